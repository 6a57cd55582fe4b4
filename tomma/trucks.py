"""Trucks: what they carry, when they work, what they cost. Times of day are seconds after local midnight."""

from dataclasses import dataclass

from tomma.bounds import check_within
from tomma.hours import DAY_S
from tomma.model import DepotId, FractionCode, VehicleId
from tomma.skills import check_skills


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
        check_skills(self.skills)
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
