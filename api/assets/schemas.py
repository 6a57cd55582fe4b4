"""What `/assets` takes and answers about places, bins, container types and sensors."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.schema import Name, Shown, Told, UtcTime

Text = Annotated[str, StringConstraints(strict=True, max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
Skills = Annotated[list[Name], Field(max_length=20)]
KindName = Literal["sites", "bins", "container-types", "sensors"]


class SiteIn(Told):
    """A place; what is left out stays as it is."""

    id: Name | None = None
    name: Text | None = Field(default=None, examples=["Exempelgatan 4"])
    lat_deg: float | None = None
    lon_deg: float | None = None
    access_note: Text | None = None
    service_s: int | None = Field(default=None, description="Time to park, open and close. [s]")
    kerb: bool | None = Field(default=None, description="The truck must stop on its own side of the street.")
    area: Text | None = None


class BinIn(Told):
    """A bin; what is left out stays as it is."""

    id: Name | None = None
    site_id: Name | None = None
    container_type_id: Name | None = None
    fraction_code: Name | None = None
    service_s: int | None = Field(default=None, description="Time to empty it, added to the site's. [s]")
    skills: Skills | None = Field(default=None, description="What its truck must have.", examples=[["key"]])


class VolumePointIn(Told):
    """How much a container holds up to a height."""

    height_mm: float
    volume_l: float


class ContainerTypeIn(Told):
    """A kind of container; what is left out stays as it is."""

    id: Name | None = None
    name: Text | None = None
    volume_l: float | None = Field(default=None, description="[l]")
    empty_mm: float | None = Field(default=None, description="From the sensor to the bottom of an empty one. [mm]")
    full_mm: float | None = Field(default=None, description="From the sensor to the rated full level. [mm]")
    max_kg: float | None = Field(default=None, description="[kg]")
    shape: Name | None = Field(default=None, examples=["straight"])
    taper_ratio: float | None = None
    diameter_mm: float | None = None
    shaft_mm: float | None = None
    shaft_ratio: float | None = None
    volume_table: Annotated[list[VolumePointIn], Field(max_length=200)] | None = None
    skills: Skills | None = None


class SensorIn(Told):
    """A device; what is left out stays as it is."""

    id: Name | None = None
    make: Text | None = Field(default=None, examples=["Milesight"])
    model: Text | None = Field(default=None, examples=["EM400-TLD"])
    dead_zone_mm: float | None = Field(default=None, description="Nearer than this it cannot measure. [mm]")
    sound_reference_c: float | None = Field(default=None, description="Air temperature it reckons with. [°C]")


class HangIn(Told):
    """A sensor that hangs in a bin from a time on; what hung there ends at that time."""

    sensor_id: Name
    at_utc: UtcTime | None = Field(default=None, description="Null is now.")
    replaces_sensor_id: Name | None = Field(
        default=None, description="What hangs there as the asker sees it; null is nothing. Else 409."
    )
    make: Text | None = None
    model: Text | None = None
    offset_mm: float = 0.0
    tilt_deg: float = 0.0
    empty_mm: float | None = Field(default=None, description="What it says in the empty container. [mm]")
    full_mm: float | None = Field(default=None, description="What it says at the rated full level. [mm]")


class TakeDownIn(Told):
    """The end of an installation."""

    sensor_id: Name
    at_utc: UtcTime | None = Field(default=None, description="Null is now.")


class SiteOut(Shown):
    """A place."""

    id: str
    name: str
    lat_deg: float
    lon_deg: float
    access_note: str
    service_s: int
    kerb: bool
    area: str
    bins: int = Field(description="How many bins stand there.")


class ContainerTypeOut(Shown):
    """A kind of container."""

    id: str
    name: str
    volume_l: float
    empty_mm: float
    full_mm: float
    max_kg: float
    shape: str
    taper_ratio: float | None
    diameter_mm: float | None
    shaft_mm: float | None
    shaft_ratio: float | None
    volume_table: list[dict[str, float]]
    skills: list[str]
    bins: int = Field(description="How many bins have one.")


class SensorOut(Shown):
    """A device."""

    id: str
    make: str
    model: str
    dead_zone_mm: float
    sound_reference_c: float | None
    bin_id: str | None = Field(description="Where it hangs; null when nowhere.")
    since_utc: UtcTime | None


class BinRowOut(Shown):
    """A bin as the list shows it."""

    id: str
    site_id: str
    site_name: str
    area: str
    lat_deg: float
    lon_deg: float
    container_type_id: str
    container_type: str
    fraction_code: str
    service_s: int
    skills: list[str]
    sensor_id: str | None
    make: str
    model: str
    since_utc: UtcTime | None = Field(description="Since when that sensor hangs there.")


class PeriodOut(Shown):
    """A sensor in a bin from one time to another."""

    sensor_id: str
    bin_id: str
    from_utc: UtcTime
    to_utc: UtcTime | None
    offset_mm: float
    tilt_deg: float
    empty_mm: float | None
    full_mm: float | None
    retired: bool = Field(description="The sensor, or the bin, has gone out of use since.")


class FittingOut(Shown):
    """What an installer did there."""

    key: str
    sensor_id: str
    done_utc: UtcTime
    received_utc: UtcTime
    note: str
    photo_keys: list[str]


class BinDetailOut(BinRowOut):
    """A bin with everything that is known of it."""

    history: list[PeriodOut] = Field(description="Every sensor that hung there, the newest first.")
    fittings: list[FittingOut]
    photos: list[str] = Field(description="Keys of photos, the newest first.")


class BinsOut(Shown):
    """A page of the registry's bins."""

    total: int = Field(description="How many match, on all pages.")
    areas: list[str]
    bins: list[BinRowOut]


class SitesOut(Shown):
    """A page of the registry's sites."""

    total: int = Field(description="How many match, on all pages.")
    sites: list[SiteOut]


class ContainerTypesOut(Shown):
    """Every container type."""

    total: int = Field(description="How many match, on all pages.")
    container_types: list[ContainerTypeOut]


class SensorsOut(Shown):
    """A page of the registry's devices."""

    total: int = Field(description="How many match, on all pages.")
    sensors: list[SensorOut]


class RetiredOut(Shown):
    """Something that went out of use."""

    kind: str
    id: str
    retired_utc: UtcTime
    value: dict[str, Any]
    installations: list[PeriodOut]


class RetiredsOut(Shown):
    """What went out of use, the newest first."""

    retired: list[RetiredOut]


class ImportFaultOut(Shown):
    """A cell that does not say what it must."""

    line: int = Field(description="As a spreadsheet counts; 0 for what is wrong with the whole.")
    column: str = Field(examples=["lat_deg"], description="`row` for what is wrong with the whole row.")
    bound: str = Field(examples=["must be within [-90, 90]"])
    value: str = Field(examples=["95"])
    rule: str = Field(examples=["within"], description="The bound by name, so that it can be told in any language.")
    values: dict[str, str | float] = Field(
        examples=[{"low": -90, "high": 90}], description="What the rule's sentence names."
    )


class ImportChangeOut(Shown):
    """One thing that would be added, changed or removed."""

    action: Literal["add", "change", "remove"]
    kind: str
    id: str
    line: int | None = Field(description="Of the file; null for what the file does not name.")
    before: dict[str, Any]
    after: dict[str, Any]


class ImportOut(Shown):
    """What a spreadsheet would do, or did."""

    dry_run: bool
    rows: int = Field(description="Lines with something in them.")
    encoding: str
    delimiter: str
    added: int = Field(description="Things that are new.")
    changed: int = Field(description="Things that differ.")
    removed: int = Field(description="Things that go out of use.")
    faults: list[ImportFaultOut] = Field(description="With any, nothing is stored.")
    changes: list[ImportChangeOut] = Field(description="The first 500.")
    revision: int = Field(description="Send it back as If-Match to carry out what was shown, and nothing else.")
