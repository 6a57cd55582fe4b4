"""What a municipality owns: places, bins, sensors; beside it its `containers` and `trucks`. Changed by people.

`City` is one consistent snapshot of all of it: what ingest, routing and the pages read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from tomma.bounds import BoundError, Rule, check_utc, check_within, check_words
from tomma.containers import MAX_HEIGHT_MM, ContainerType
from tomma.hours import DAY_S, OpenHours, open_spans
from tomma.model import BinId, ContainerTypeId, DepotId, DisposalSiteId, FractionCode, SensorId, SiteId, VehicleId
from tomma.rounds import FixedRound
from tomma.skills import check_skills
from tomma.trucks import Vehicle

CALIBRATED_SPAN_MM = 50.0
"""The least between a measured empty and a measured full level: less is the noise of an echo, not a container."""


@dataclass(frozen=True, slots=True)
class Position:
    """A point on the earth, WGS 84."""

    lat_deg: float
    lon_deg: float

    def __post_init__(self) -> None:
        """Refuse what is not on the globe."""
        check_within("lat_deg", self.lat_deg, -90.0, 90.0)
        check_within("lon_deg", self.lon_deg, -180.0, 180.0)


@dataclass(frozen=True, slots=True)
class Organisation:
    """The municipality or company that owns everything else."""

    id: str
    name: str
    timezone: str = "Europe/Stockholm"
    currency: str = "SEK"


@dataclass(frozen=True, slots=True)
class Fraction:
    """A waste stream, such as residual waste or glass."""

    code: FractionCode
    name_sv: str
    name_en: str
    density_kg_per_l: float
    hygiene_interval_days: float | None = None
    """The longest a bin of this stream may stand unemptied, whatever its fill."""

    def __post_init__(self) -> None:
        """Refuse a density no waste has."""
        check_within("density_kg_per_l", self.density_kg_per_l, 0.001, 5.0)
        if self.hygiene_interval_days is not None:
            check_within("hygiene_interval_days", self.hygiene_interval_days, 0.5, 365.0)


AREA_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Site:
    """A place a truck stops at; one or more bins stand there."""

    id: SiteId
    name: str
    position: Position
    access_note: str = ""
    service_s: int = 60
    """Time to park, open and close, once per stop however many bins are emptied."""
    access: tuple[OpenHours, ...] = ()
    """When a truck may begin to empty there; none given means always."""
    kerb: bool = False
    """Whether the truck must stop with it on its own side of the street."""
    area: str = ""
    """The part of the city people say it lies in, such as a district or a round; empty means none is named."""

    def __post_init__(self) -> None:
        """Refuse a service time longer than two hours, and an area that no list has room for."""
        check_within("service_s", self.service_s, 0, 7200)
        check_words("area", self.area, 0, AREA_LETTERS)


@dataclass(frozen=True, slots=True)
class Bin:
    """The standing place for one container. History belongs to it, not to the container or the sensor."""

    id: BinId
    site_id: SiteId
    container_type_id: ContainerTypeId
    fraction_code: FractionCode
    service_s: int = 60
    """Time to empty this container, added to the site's."""
    skills: frozenset[str] = frozenset()
    """What its truck must have beside what the container asks for, such as the key of a yard."""
    fixed_rounds: tuple[FixedRound, ...] = ()
    """When the municipality's fixed rounds come, or came before: what the audited saving compares with
    (docs/saving.md). Nothing is planned by it."""

    def __post_init__(self) -> None:
        """Refuse a service time longer than two hours."""
        check_within("service_s", self.service_s, 0, 7200)
        check_skills(self.skills)


@dataclass(frozen=True, slots=True)
class Sensor:
    """A device that measures fill."""

    id: SensorId
    make: str = ""
    model: str = ""
    dead_zone_mm: float = 0.0
    """Nearer than this it cannot measure: whatever it says then means "at least that full", or something before it."""
    sound_reference_c: float | None = None
    """The air temperature that an ultrasonic sensor without own compensation reckons with (makers say 20 or 25);
    None when it compensates itself, or measures by radar or light: nearly all do."""

    def __post_init__(self) -> None:
        """Refuse a dead zone deeper than containers, and a reference that no maker means."""
        check_within("dead_zone_mm", self.dead_zone_mm, 0.0, 2_000.0)
        if self.sound_reference_c is not None:
            check_within("sound_reference_c", self.sound_reference_c, -40.0, 60.0)


@dataclass(frozen=True, slots=True)
class Installation:
    """A sensor hung in a bin from one time to another (None: until now)."""

    sensor_id: SensorId
    bin_id: BinId
    from_utc: datetime
    to_utc: datetime | None = None
    offset_mm: float = 0.0
    """How much deeper the sensor hangs than where the container type's empty_mm begins; negative when above it."""
    tilt_deg: float = 0.0
    """Angle between the sensor's axis and the plumb line."""
    empty_mm: float | None = None
    """What this sensor said in this container when it was empty; then neither the type's empty_mm nor offset_mm nor
    tilt_deg counts: the installer measured what those three reckon."""
    full_mm: float | None = None
    """The same at the rated full level; None beside empty_mm: the type's height above the bottom."""

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins, and a mounting that no bracket allows."""
        self._check_calibration()
        check_within("offset_mm", self.offset_mm, -5_000.0, 5_000.0)
        check_within("tilt_deg", self.tilt_deg, 0.0, 45.0)
        check_utc("from_utc", self.from_utc)
        if self.to_utc is not None:
            check_utc("to_utc", self.to_utc)
            if self.to_utc <= self.from_utc:
                bound = f"must be after from_utc ({self.from_utc})"
                raise BoundError("to_utc", Rule.AFTER, bound, self.to_utc, other="from_utc")

    def _check_calibration(self) -> None:
        if self.full_mm is not None and self.empty_mm is None:
            raise BoundError("full_mm", Rule.BELONGS, "needs empty_mm beside it", f"{self.full_mm:g}", other="empty_mm")
        if self.empty_mm is not None:
            check_within("empty_mm", self.empty_mm, CALIBRATED_SPAN_MM, MAX_HEIGHT_MM)
        if self.empty_mm is not None and self.full_mm is not None:
            check_within("full_mm", self.full_mm, 0.0, self.empty_mm - CALIBRATED_SPAN_MM)

    def covers(self, moment: datetime) -> bool:
        """Return whether the sensor hung there at `moment`."""
        return self.from_utc <= moment and (self.to_utc is None or moment < self.to_utc)


@dataclass(frozen=True, slots=True)
class Depot:
    """Where trucks start and end their day."""

    id: DepotId
    name: str
    position: Position


@dataclass(frozen=True, slots=True)
class DisposalSite:
    """Where trucks unload; open within [opens_s, closes_s], local time of day."""

    id: DisposalSiteId
    name: str
    position: Position
    fractions: frozenset[FractionCode]
    opens_s: int = 0
    closes_s: int = DAY_S
    unload_s: int = 900
    hours: tuple[OpenHours, ...] = ()
    """When it differs by weekday, or closes in between: these count then, in place of opens_s and closes_s."""

    def open_on(self, iso_weekday: int) -> tuple[tuple[int, int], ...]:
        """Return the spans (opens_s, closes_s) of such a day, in order; none when it stays closed."""
        return open_spans(self.hours, iso_weekday) if self.hours else ((self.opens_s, self.closes_s),)

    def __post_init__(self) -> None:
        """Refuse opening hours turned around."""
        check_within("closes_s", self.closes_s, self.opens_s + 1, DAY_S)
        check_within("unload_s", self.unload_s, 0, 4 * 3600)


@dataclass(frozen=True)
class City:
    """One consistent snapshot of an organisation's master data, keyed by id."""

    organisation: Organisation
    fractions: Mapping[FractionCode, Fraction]
    container_types: Mapping[ContainerTypeId, ContainerType]
    sites: Mapping[SiteId, Site]
    bins: Mapping[BinId, Bin]
    sensors: Mapping[SensorId, Sensor]
    installations: tuple[Installation, ...]
    vehicles: Mapping[VehicleId, Vehicle]
    depots: Mapping[DepotId, Depot]
    disposal_sites: Mapping[DisposalSiteId, DisposalSite]

    def closed_at(self, closed: Collection[DisposalSiteId]) -> "City":
        """Return the city of a day on which nothing is unloaded there: the places stay, and take no stream."""
        if not closed:
            return self
        shut = {
            each.id: replace(each, fractions=frozenset()) for each in self.disposal_sites.values() if each.id in closed
        }
        return replace(self, disposal_sites={**self.disposal_sites, **shut})

    def taken_only_at(self, closed: Collection[DisposalSiteId]) -> frozenset[FractionCode]:
        """Return the streams that no other disposal site takes."""
        by_closed, by_open = (
            frozenset().union(*(each.fractions for each in self.disposal_sites.values() if (each.id in closed) is shut))
            for shut in (True, False)
        )
        return by_closed - by_open

    @cached_property
    def installations_of_sensor(self) -> Mapping[SensorId, tuple[Installation, ...]]:
        """Every sensor's installations, oldest first."""
        found: dict[SensorId, list[Installation]] = {}
        for installation in sorted(self.installations, key=lambda each: each.from_utc):
            found.setdefault(installation.sensor_id, []).append(installation)
        return {sensor_id: tuple(periods) for sensor_id, periods in found.items()}

    def installation_of_sensor(self, sensor_id: SensorId, moment: datetime) -> Installation | None:
        """Return where and how the sensor hung at `moment`, or None."""
        for installation in self.installations_of_sensor.get(sensor_id, ()):
            if installation.covers(moment):
                return installation
        return None

    def bin_of_sensor(self, sensor_id: SensorId, moment: datetime) -> BinId | None:
        """Return the bin in which the sensor hung at `moment`, or None."""
        installation = self.installation_of_sensor(sensor_id, moment)
        return installation.bin_id if installation else None

    def position_of(self, bin_id: BinId) -> Position:
        """Return where the bin stands."""
        return self.sites[self.bins[bin_id].site_id].position

    def container_type_of(self, bin_id: BinId) -> ContainerType:
        """Return the geometry of the container on that place."""
        return self.container_types[self.bins[bin_id].container_type_id]

    def fraction_of(self, bin_id: BinId) -> Fraction:
        """Return the waste stream of the bin."""
        return self.fractions[self.bins[bin_id].fraction_code]
