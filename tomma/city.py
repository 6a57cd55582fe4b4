"""What a municipality owns: places, containers, sensors, trucks. Master data, changed by people.

`City` is one consistent snapshot of it: what ingest, routing and the pages read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from tomma.model import (
    BinId,
    ContainerTypeId,
    DepotId,
    DisposalSiteId,
    FractionCode,
    SensorId,
    SiteId,
    VehicleId,
    check_utc,
    check_within,
)

DAY_S = 24 * 3600


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


class Shape(StrEnum):
    """How the waste height relates to the volume."""

    STRAIGHT = "straight"


@dataclass(frozen=True, slots=True)
class ContainerType:
    """A kind of container and its geometry, as the sensor in its lid sees it."""

    id: ContainerTypeId
    name: str
    volume_l: float
    empty_mm: float
    """Distance from the sensor to the bottom of an empty container."""
    full_mm: float
    """Distance from the sensor to the waste when the container is rated full."""
    max_kg: float
    shape: Shape = Shape.STRAIGHT

    def __post_init__(self) -> None:
        """Refuse a geometry that turns the container upside down."""
        check_within("volume_l", self.volume_l, 1.0, 100_000.0)
        check_within("empty_mm", self.empty_mm, 1.0, 20_000.0)
        check_within("full_mm", self.full_mm, 0.0, 20_000.0)
        check_within("max_kg", self.max_kg, 0.1, 50_000.0)
        if self.full_mm >= self.empty_mm:
            raise ValueError(f"full_mm must be below empty_mm ({self.empty_mm:g}), got {self.full_mm:g}")


@dataclass(frozen=True, slots=True)
class Site:
    """A place a truck stops at; one or more bins stand there."""

    id: SiteId
    name: str
    position: Position
    access_note: str = ""
    service_s: int = 60
    """Time to park, open and close, once per stop however many bins are emptied."""

    def __post_init__(self) -> None:
        """Refuse a service time longer than two hours."""
        check_within("service_s", self.service_s, 0, 7200)


@dataclass(frozen=True, slots=True)
class Bin:
    """The standing place for one container. History belongs to it, not to the container or the sensor."""

    id: BinId
    site_id: SiteId
    container_type_id: ContainerTypeId
    fraction_code: FractionCode
    service_s: int = 60
    """Time to empty this container, added to the site's."""

    def __post_init__(self) -> None:
        """Refuse a service time longer than two hours."""
        check_within("service_s", self.service_s, 0, 7200)


@dataclass(frozen=True, slots=True)
class Sensor:
    """A device that measures fill."""

    id: SensorId
    make: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """A sensor hung in a bin from one time to another (None: until now)."""

    sensor_id: SensorId
    bin_id: BinId
    from_utc: datetime
    to_utc: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins."""
        check_utc("from_utc", self.from_utc)
        if self.to_utc is not None:
            check_utc("to_utc", self.to_utc)
            if self.to_utc <= self.from_utc:
                raise ValueError(f"to_utc must be after from_utc ({self.from_utc}), got {self.to_utc}")

    def covers(self, moment: datetime) -> bool:
        """Return whether the sensor hung there at `moment`."""
        return self.from_utc <= moment and (self.to_utc is None or moment < self.to_utc)


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of `duration_s` that starts within [earliest_s, latest_s], local time of day."""

    earliest_s: int
    latest_s: int
    duration_s: int

    def __post_init__(self) -> None:
        """Refuse a break with a window turned around."""
        check_within("latest_s", self.latest_s, self.earliest_s, DAY_S)
        check_within("duration_s", self.duration_s, 0, 4 * 3600)


@dataclass(frozen=True, slots=True)
class Shift:
    """Working hours, local time of day, with the breaks in them."""

    start_s: int
    end_s: int
    breaks: tuple[Break, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a shift that ends before it starts."""
        check_within("start_s", self.start_s, 0, DAY_S)
        check_within("end_s", self.end_s, self.start_s + 1, 2 * DAY_S)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A truck: what it carries, which streams, when it is on duty, what it costs."""

    id: VehicleId
    name: str
    depot_id: DepotId
    capacity_l: float
    """Litres of loose waste it takes, compaction already counted in."""
    capacity_kg: float
    fractions: frozenset[FractionCode]
    shift: Shift
    road_profile: str = "truck"
    fixed_cost_minor: int = 0
    """Cost of taking it out for a day."""

    def __post_init__(self) -> None:
        """Refuse a truck that can carry nothing."""
        check_within("capacity_l", self.capacity_l, 1.0, 1_000_000.0)
        check_within("capacity_kg", self.capacity_kg, 1.0, 100_000.0)
        check_within("fixed_cost_minor", self.fixed_cost_minor, 0, 10**9)


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

    @cached_property
    def installations_of_sensor(self) -> Mapping[SensorId, tuple[Installation, ...]]:
        """Every sensor's installations, oldest first."""
        found: dict[SensorId, list[Installation]] = {}
        for installation in sorted(self.installations, key=lambda each: each.from_utc):
            found.setdefault(installation.sensor_id, []).append(installation)
        return {sensor_id: tuple(periods) for sensor_id, periods in found.items()}

    def bin_of_sensor(self, sensor_id: SensorId, moment: datetime) -> BinId | None:
        """Return the bin in which the sensor hung at `moment`, or None."""
        for installation in self.installations_of_sensor.get(sensor_id, ()):
            if installation.covers(moment):
                return installation.bin_id
        return None

    def position_of(self, bin_id: BinId) -> Position:
        """Return where the bin stands."""
        return self.sites[self.bins[bin_id].site_id].position

    def container_type_of(self, bin_id: BinId) -> ContainerType:
        """Return the geometry of the container on that place."""
        return self.container_types[self.bins[bin_id].container_type_id]

    def fraction_of(self, bin_id: BinId) -> Fraction:
        """Return the waste stream of the bin."""
        return self.fractions[self.bins[bin_id].fraction_code]
