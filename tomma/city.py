"""What a municipality owns: places, containers, sensors, trucks. Master data, changed by people.

`City` is one consistent snapshot of it: what ingest, routing and the pages read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from tomma.bounds import BoundError, Rule, check_utc, check_within
from tomma.hours import DAY_S, OpenHours, open_spans
from tomma.model import BinId, ContainerTypeId, DepotId, DisposalSiteId, FractionCode, SensorId, SiteId, VehicleId
from tomma.rounds import FixedRound
from tomma.volume_table import check_volume_table

MAX_HEIGHT_MM = 20_000.0
"""The farthest any fill-level sensor sees."""
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


SKILL_LETTERS = 40


def _check_skills(skills: frozenset[str]) -> None:
    for skill in skills:
        _check_words("skills", skill, 1, SKILL_LETTERS, told_as="a skill")


def _check_words(name: str, words: str, least: int, most: int, told_as: str = "") -> None:
    if not least <= len(words) <= most or words != words.strip():
        bound = f"must have {least} to {most} letters and no blank around"
        raise BoundError(name, Rule.WORDS, bound, repr(words), told_as=told_as, most=most)


class Shape(StrEnum):
    """How the waste height relates to the volume; the formulas are in `ingest.geometry`."""

    STRAIGHT = "straight"
    """Upright walls: wheelie bins, upright cylinders; also what nobody has measured."""
    BOX = "box"
    """The same, for who looks for it."""
    TAPERED = "tapered"
    """A truncated cone or pyramid; needs taper_ratio."""
    LYING_CYLINDER = "lying_cylinder"
    """A tank on its side; diameter_mm when the rated full level is not its crown."""
    SPHERE = "sphere"
    """A ball; diameter_mm when the rated full level is not its crown."""
    IGLOO = "igloo"
    """A half ball on its flat side, such as a glass igloo; diameter_mm of the foot when it is not twice the height."""
    UNDERGROUND = "underground"
    """A container under a narrower shaft; needs shaft_mm and shaft_ratio."""
    TABLE = "table"
    """Anything else; needs volume_table."""


@dataclass(frozen=True, slots=True)
class VolumePoint:
    """How much a container holds up to a height above its bottom."""

    height_mm: float
    volume_l: float


_SHAPE_FIELDS: Mapping[str, frozenset[Shape]] = {
    "taper_ratio": frozenset({Shape.TAPERED}),
    "diameter_mm": frozenset({Shape.LYING_CYLINDER, Shape.SPHERE, Shape.IGLOO}),
    "shaft_mm": frozenset({Shape.UNDERGROUND}),
    "shaft_ratio": frozenset({Shape.UNDERGROUND}),
    "volume_table": frozenset({Shape.TABLE}),
}
"""Where each measure of a shape belongs; it is required there, but for diameter_mm."""


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
    taper_ratio: float | None = None
    """Width at the bottom over width at the rated full level; below 1 when the container widens upwards."""
    diameter_mm: float | None = None
    """Inner diameter."""
    shaft_mm: float | None = None
    """How far the shaft reaches down below the rated full level."""
    shaft_ratio: float | None = None
    """Cross-section of the shaft over that of the container below it."""
    volume_table: tuple[VolumePoint, ...] = ()
    """From (0, 0) to the rated full level or beyond, upwards; straight lines between."""
    skills: frozenset[str] = frozenset()
    """What a truck must have to empty it, such as crane or lift: the words that `Vehicle.skills` uses."""

    def __post_init__(self) -> None:
        """Refuse a geometry that turns the container upside down, or measures of another shape."""
        check_within("volume_l", self.volume_l, 1.0, 100_000.0)
        check_within("empty_mm", self.empty_mm, 1.0, 20_000.0)
        check_within("full_mm", self.full_mm, 0.0, 20_000.0)
        check_within("max_kg", self.max_kg, 0.1, 50_000.0)
        if self.full_mm >= self.empty_mm:
            bound = f"must be below empty_mm ({self.empty_mm:g})"
            raise BoundError("full_mm", Rule.BELOW_EMPTY, bound, f"{self.full_mm:g}", mm=self.empty_mm)
        self._check_shape_fields()
        if self.taper_ratio is not None:
            check_within("taper_ratio", self.taper_ratio, 0.05, 20.0)
        if self.diameter_mm is not None:
            least = self.height_mm * (2.0 if self.shape is Shape.IGLOO else 1.0)
            check_within("diameter_mm", self.diameter_mm, least, 40_000.0)
        if self.shaft_mm is not None and self.shaft_ratio is not None:
            check_within("shaft_mm", self.shaft_mm, 0.0, self.height_mm)
            check_within("shaft_ratio", self.shaft_ratio, 0.01, 1.0)
        if self.volume_table:
            points = [(each.height_mm, each.volume_l) for each in self.volume_table]
            check_volume_table(points, self.height_mm, 2 * MAX_HEIGHT_MM)
        _check_skills(self.skills)

    @property
    def height_mm(self) -> float:
        """From the bottom to the rated full level."""
        return self.empty_mm - self.full_mm

    def _check_shape_fields(self) -> None:
        for name, shapes in _SHAPE_FIELDS.items():
            given = getattr(self, name) not in (None, ())
            if given and self.shape not in shapes:
                bound = f"belongs to the shape {' or '.join(sorted(shapes))}"
                raise BoundError(name, Rule.BELONGS_TO_SHAPE, bound, f"it with the shape {self.shape}")
            if not given and self.shape in shapes and name != "diameter_mm":
                raise BoundError(name, Rule.GIVEN_FOR_SHAPE, f"must be given for the shape {self.shape}", None)


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
        _check_words("area", self.area, 0, AREA_LETTERS)


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
        _check_skills(self.skills)


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
class Compartment:
    """A part of a truck's body that holds some of its streams apart from the others."""

    fractions: frozenset[FractionCode]
    capacity_l: float
    capacity_kg: float

    def __post_init__(self) -> None:
        """Refuse a part that can hold nothing."""
        if not self.fractions:
            raise ValueError("fractions of a compartment must name a stream, got none")
        check_within("capacity_l", self.capacity_l, 1.0, 1_000_000.0)
        check_within("capacity_kg", self.capacity_kg, 1.0, 100_000.0)


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
    end_depot_id: DepotId | None = None
    """Where it ends its day when that is not where it starts."""
    compartments: tuple[Compartment, ...] = ()
    """None given means one body for all its streams."""
    skills: frozenset[str] = frozenset()
    """What it has that some bins need, such as crane, lift or a key."""
    overtime_s: int = 0
    """How long after its shift it may be home."""
    overtime_cost_per_h_minor: int = 0
    """What an hour of that costs beside the usual hour."""
    cost_per_km_minor: int | None = None
    """Its own; None means what the settings say. So for the hour."""
    cost_per_h_minor: int | None = None
    max_unloads_per_day: int | None = None
    """The last one counts; 1 means a single trip."""
    max_bins_per_day: int | None = None
    """What it may collect in a day, however often it unloads; so for litres and kilograms."""
    max_l_per_day: float | None = None
    max_kg_per_day: float | None = None
    weight_kg: float | None = None
    """Gross, for roads and bridges that are weak; None means the standard truck of the roads, or its road profile."""
    height_m: float | None = None

    def __post_init__(self) -> None:
        """Refuse a truck that can carry nothing, and compartments that do not fit its streams."""
        check_within("capacity_l", self.capacity_l, 1.0, 1_000_000.0)
        check_within("capacity_kg", self.capacity_kg, 1.0, 100_000.0)
        check_within("fixed_cost_minor", self.fixed_cost_minor, 0, 10**9)
        check_within("overtime_s", self.overtime_s, 0, DAY_S)
        check_within("overtime_cost_per_h_minor", self.overtime_cost_per_h_minor, 0, 10**8)
        for name, low, high in _VEHICLE_BOUNDS:
            value = getattr(self, name)
            if value is not None:
                check_within(name, value, low, high)
        _check_skills(self.skills)
        streams = [code for each in self.compartments for code in each.fractions]
        if self.compartments and sorted(streams) != sorted(self.fractions):
            raise ValueError(
                "every one of a truck's fractions must have exactly one compartment, "
                f"got {sorted(streams)} for {sorted(self.fractions)}"
            )


_VEHICLE_BOUNDS = (
    ("cost_per_km_minor", 0, 10**6),
    ("cost_per_h_minor", 0, 10**8),
    ("max_unloads_per_day", 1, 100),
    ("max_bins_per_day", 0, 10**6),
    ("max_l_per_day", 0.0, 10**8),
    ("max_kg_per_day", 0.0, 10**8),
    ("weight_kg", 500.0, 60_000.0),
    ("height_m", 1.0, 4.5),
)


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
