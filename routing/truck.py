"""One truck on duty: its shift and its rests, its body and what is aboard, and what its hours and kilometres cost.

Integers only, in the units of `routing.problem`. A *fraction* is the number of a waste stream, a *skill* that of
something a truck has and a bin or a site asks for.
"""

from dataclasses import dataclass
from itertools import pairwise

from routing.integers import HORIZON_S, MAX_LOAD, MAX_MONEY_MINOR, MAX_PER_HOUR_MINOR, within


@dataclass(frozen=True, slots=True)
class Rates:
    """What an hour and a kilometre cost; `per_handling_h_minor` is for halting, emptying and unloading."""

    per_km_minor: int
    per_h_minor: int
    per_handling_h_minor: int

    def __post_init__(self) -> None:
        """Refuse rates that would overflow a day's sum."""
        for name in ("per_km_minor", "per_h_minor", "per_handling_h_minor"):
            within(name, getattr(self, name), 0, MAX_PER_HOUR_MINOR)

    def leg_minor(self, distance_m: int, duration_s: int) -> int:
        """Return what a drive costs, rounded half up to whole minor units."""
        # In 36,000ths of a minor unit, since a rate is per 1,000 m or per 3,600 s.
        return (distance_m * self.per_km_minor * 36 + duration_s * self.per_h_minor * 10 + 18_000) // 36_000

    def handling_minor(self, seconds: int) -> int:
        """Return what `seconds` of halting, emptying or unloading cost, rounded half up."""
        return (seconds * self.per_handling_h_minor + 1800) // 3600


@dataclass(frozen=True, slots=True)
class BreakRule:
    """A rest that begins within [earliest_s, latest_s]; a truck home by then, or not gone yet, has it at its depot."""

    earliest_s: int
    latest_s: int
    duration_s: int

    def __post_init__(self) -> None:
        """Refuse a window turned around."""
        within("earliest_s", self.earliest_s, 0, HORIZON_S)
        within("latest_s", self.latest_s, self.earliest_s, HORIZON_S)
        within("duration_s", self.duration_s, 0, HORIZON_S)


@dataclass(frozen=True, slots=True)
class Compartment:
    """A part of a truck's body for some of its streams."""

    fractions: frozenset[int]
    capacity_l: int
    capacity_kg: int

    def __post_init__(self) -> None:
        """Refuse capacities that no body has."""
        within("capacity_l", self.capacity_l, 0, MAX_LOAD)
        within("capacity_kg", self.capacity_kg, 0, MAX_LOAD)


@dataclass(frozen=True, slots=True)
class Load:
    """What is aboard of one stream."""

    fraction: int
    volume_l: int
    weight_kg: int

    def __post_init__(self) -> None:
        """Refuse less than nothing."""
        within("fraction", self.fraction, 0, 10_000)
        within("volume_l", self.volume_l, 0, MAX_LOAD)
        within("weight_kg", self.weight_kg, 0, MAX_LOAD)


@dataclass(frozen=True, slots=True)
class Truck:
    """One truck on duty within [shift_start_s, shift_end_s + overtime_s], empty at the end."""

    start_place: int
    end_place: int
    capacity_l: int
    capacity_kg: int
    """Of the whole truck, compartments or not."""
    fractions: frozenset[int]
    shift_start_s: int
    shift_end_s: int
    fixed_minor: int = 0
    breaks: tuple[BreakRule, ...] = ()
    skills: frozenset[int] = frozenset()
    compartments: tuple[Compartment, ...] = ()
    """None means one body for all its streams; a stream belongs to one of them."""
    overtime_s: int = 0
    """How long after its shift it may be home."""
    overtime_per_h_minor: int = 0
    """What that costs beside the driving and the handling."""
    rates: Rates | None = None
    """Its own; None means the problem's."""
    profile: int = 0
    """Which roads it may drive: 0 the problem's, else `Problem.road_profiles[profile - 1]`."""
    max_unloads: int | None = None
    """The last one counts: 1 means a single trip."""
    daily_limit_l: int | None = None
    """What it may collect from its start to its end; unloading leaves these limits in force."""
    daily_limit_kg: int | None = None
    daily_limit_bins: int | None = None
    on_road: bool = False
    """It is out already, at `start_place`, at `shift_start_s`: whatever else it does, it gets a route home."""
    aboard: tuple[Load, ...] = ()
    """What is aboard at the start; only of a truck that is on the road."""

    def __post_init__(self) -> None:
        """Refuse a shift turned around, breaks that are not in order or overlap, and loads of unknown streams."""
        within("capacity_l", self.capacity_l, 0, MAX_LOAD)
        within("capacity_kg", self.capacity_kg, 0, MAX_LOAD)
        within("shift_start_s", self.shift_start_s, 0, HORIZON_S)
        within("shift_end_s", self.shift_end_s, self.shift_start_s, HORIZON_S)
        within("overtime_s", self.overtime_s, 0, HORIZON_S - self.shift_end_s)
        within("overtime_per_h_minor", self.overtime_per_h_minor, 0, MAX_PER_HOUR_MINOR)
        within("fixed_minor", self.fixed_minor, 0, MAX_MONEY_MINOR)
        for first, second in pairwise(self.breaks):
            within("earliest_s of a later break", second.earliest_s, first.latest_s, HORIZON_S)
        self._check_limits()
        self._check_loads()

    def _check_limits(self) -> None:
        if self.max_unloads is not None:
            within("max_unloads", self.max_unloads, 1, HORIZON_S)
        for name in ("daily_limit_l", "daily_limit_kg", "daily_limit_bins"):
            if getattr(self, name) is not None:
                within(name, getattr(self, name), 0, MAX_LOAD)

    def _check_loads(self) -> None:
        streams = [fraction for each in self.compartments for fraction in each.fractions]
        if len(streams) != len(set(streams)):
            raise ValueError(f"a fraction must belong to one compartment, got {sorted(streams)}")
        if self.compartments and not self.fractions <= frozenset(streams):
            missing = sorted(self.fractions - frozenset(streams))
            raise ValueError(f"every fraction of a truck with compartments must have one, got none for {missing}")
        if self.aboard and not self.on_road:
            raise ValueError("aboard must be empty for a truck that is not on the road")
        for load in self.aboard:
            if load.fraction not in self.fractions:
                raise ValueError(f"a load aboard must be of fractions the truck takes, got {load.fraction}")

    @property
    def latest_home_s(self) -> int:
        """When it must be home, overtime used up."""
        return self.shift_end_s + self.overtime_s

    @property
    def has_daily_limit(self) -> bool:
        """Whether something limits its day that unloading does not reset."""
        return any(each is not None for each in (self.daily_limit_l, self.daily_limit_kg, self.daily_limit_bins))

    def overtime_minor(self, end_s: int) -> int:
        """Return what being home at `end_s` costs in overtime, rounded half up."""
        return (max(0, end_s - self.shift_end_s) * self.overtime_per_h_minor + 1800) // 3600
