"""What `/installations` takes and answers."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.schema import Name, Shown, Told, UtcTime
from tomma.fitting import FITTING_NOTE_MAX

Key = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Note = Annotated[
    str, StringConstraints(strict=True, max_length=FITTING_NOTE_MAX, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
]
Label = Annotated[str, StringConstraints(strict=True, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]


class FittingIn(Told):
    """A sensor was hung in a bin, or measured anew where it hangs. Sent again with the same key, it is done once."""

    key: Key = Field(examples=["0f3a9a52-31b1-4a2c-9d0e-6d4f7b1c2a33"])
    sensor_id: Name
    bin_id: Name
    done_utc: UtcTime
    replaces_sensor_id: Name | None = Field(default=None, description="What hung there and was taken down.")
    moves_from_bin_id: Name | None = Field(default=None, description="Where this sensor hung before.")
    make: Label = ""
    model: Label = ""
    empty_mm: float | None = Field(default=None, description="What it said in the empty container. [mm]")
    full_mm: float | None = Field(default=None, description="What it said at the rated full level. [mm]")
    lat_deg: float | None = Field(default=None, description="Where the place really is; null leaves it.")
    lon_deg: float | None = None
    accuracy_m: float | None = Field(default=None, description="How far off that may be. [m]")
    note: Note = ""
    photo_keys: Annotated[tuple[Key, ...], Field(max_length=5)] = ()


class FittingDoneOut(Shown):
    """It is done, once."""

    key: str
    status: Literal["stored", "duplicate"]


class PhotoOut(Shown):
    """The photo is kept."""

    key: str
    size_bytes: int
    status: Literal["stored", "duplicate"]


class CatalogueTypeOut(Shown):
    """A kind of container, as the phone needs it."""

    id: str
    name: str
    empty_mm: float
    full_mm: float


class CatalogueBinOut(Shown):
    """A bin, as the phone needs it."""

    id: str
    site: str
    lat_deg: float
    lon_deg: float
    type: str
    sensor: str | None = Field(description="What hangs there now.")


class CatalogueOut(Shown):
    """Everything an installer needs without a network."""

    revision: int = Field(description="Grows with every change of the registry.")
    makes: list[str] = Field(description="Makes whose messages we can read.")
    container_types: list[CatalogueTypeOut]
    bins: list[CatalogueBinOut]


class DeviceOut(Shown):
    """What is known of a device right now: for the self-test, and for measuring the empty container."""

    device_id: str = Field(description="As it is registered, or as it calls itself.")
    state: Literal["unheard", "waiting", "reading", "hung"] = Field(
        description="unheard: nothing came; waiting: it sends, hanging nowhere; hung: no reading yet; reading: all well"
    )
    bin_id: str | None
    since_utc: UtcTime | None = Field(description="Since when it hangs there.")
    make: str = Field(description="As registered, or the likeliest by what it sent.")
    heard_utc: UtcTime | None
    received_utc: UtcTime | None
    distance_mm: float | None
    fill_fraction: float | None
    battery_fraction: float | None
    battery_v: float | None
    rssi_dbm: float | None
    snr_db: float | None
    quality: list[str]
