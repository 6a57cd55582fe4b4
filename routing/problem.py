"""What a solver sees: integers only, no bins, no clock, no HTTP. What it answers is in `routing.answer`.

Times are whole seconds elapsed since the local midnight that begins the day (`routing.planning.build` converts the
clock on the wall, so a day with a change to summer time has 23 of those hours). Distances are metres, loads
litres and kilograms, money minor units. `routing.planning.build` scales; nothing after it does.

A *place* is a row of the matrices: a depot, a disposal site, or a site with bins. Bins of one site share its
place, and a *halt* is everything a truck collects there in one go: `halt_s` is charged once per halt, when the
truck comes from another place; a break in the middle of a halt does not begin a new one.

Every field beyond the plain day (one body, one day, empty trucks in their depots) has a neutral default. What
points at trucks or bins lives in `BinNode`, so that `engines.parts` renumbers in one place.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

HORIZON_S = 3 * 24 * 3600
"""No time of a problem lies beyond; shifts may run past the midnight after the day."""
MAX_LOAD = 10**9
MAX_ARC = 10**8
"""Metres or seconds of one arc: times the dearest rate still inside 64 bits."""
MAX_MONEY_MINOR = 10**12
"""Sums over 100,000 arcs stay far inside 64 bits."""
MAX_PER_HOUR_MINOR = 10**9

Gaps = tuple[tuple[int, int], ...]
"""Spans (from_s, to_s) in which nothing may begin, the first second included, the last not; in order."""


def _within(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be within [{low}, {high}], got {value}")


def _check_gaps(gaps: Gaps) -> None:
    for from_s, to_s in gaps:
        _within("start of a gap in shut_s", from_s, 0, HORIZON_S)
        _within("end of a gap in shut_s", to_s, from_s + 1, HORIZON_S)
    for first, second in pairwise(gaps):
        _within("start of a later gap in shut_s", second[0], first[1] + 1, HORIZON_S)


def begin_by(ready_s: int, open_s: int, shut_s: Gaps) -> int:
    """Return the first second from `ready_s` on at which something may begin."""
    begin_s = max(ready_s, open_s)
    for from_s, to_s in shut_s:
        if from_s <= begin_s < to_s:
            begin_s = to_s
    return begin_s


@dataclass(frozen=True, slots=True)
class BinNode:
    """One bin that may be collected; it must begin within [open_s, latest_s], outside of `shut_s`."""

    place: int
    volume_l: int
    weight_kg: int
    service_s: int = 0
    fraction: int = 0
    must: bool = False
    prize_minor: int = 0
    """What leaving the bin is expected to cost; of a must bin: how urgent it is among must bins."""
    open_s: int = 0
    latest_s: int = HORIZON_S
    shut_s: Gaps = ()
    """When the gate is shut in between: several windows of one day are one window with gaps."""
    skills: frozenset[int] = frozenset()
    """What its truck must have, all of them: a crane, a lift, a key."""
    only_trucks: frozenset[int] | None = None
    """The trucks it is locked to; None: any that can."""
    kept_truck: int | None = None
    """Whose it is in the plan that this one replaces: `Problem.change_minor` is lost if that truck does not come."""
    lock_rank: int | None = None
    """The first visits of its only truck are its bins with a rank, in this order: the frozen next stops."""

    def __post_init__(self) -> None:
        """Refuse what no bin can be."""
        _within("volume_l", self.volume_l, 0, MAX_LOAD)
        _within("weight_kg", self.weight_kg, 0, MAX_LOAD)
        _within("service_s", self.service_s, 0, HORIZON_S)
        _within("fraction", self.fraction, 0, 10_000)
        _within("prize_minor", self.prize_minor, 0, MAX_MONEY_MINOR)
        _within("open_s", self.open_s, 0, HORIZON_S)
        _within("latest_s", self.latest_s, 0, HORIZON_S)
        _check_gaps(self.shut_s)
        if self.lock_rank is not None and len(self.only_trucks or ()) != 1:
            raise ValueError(f"lock_rank belongs to a bin locked to one truck, got only_trucks {self.only_trucks}")


@dataclass(frozen=True, slots=True)
class DisposalNode:
    """A place to unload; it must begin within [open_s, latest_s], outside of `shut_s`.

    It empties the truck wholly; of one with compartments, those of which it takes all that is in them.
    """

    place: int
    fractions: frozenset[int]
    unload_s: int = 0
    open_s: int = 0
    latest_s: int = HORIZON_S
    shut_s: Gaps = ()
    skills: frozenset[int] = frozenset()
    """What a truck must have to be let in."""

    def __post_init__(self) -> None:
        """Refuse times out of the horizon."""
        _within("unload_s", self.unload_s, 0, HORIZON_S)
        _within("open_s", self.open_s, 0, HORIZON_S)
        _within("latest_s", self.latest_s, 0, HORIZON_S)
        _check_gaps(self.shut_s)


@dataclass(frozen=True, slots=True)
class BreakRule:
    """A rest that begins within [earliest_s, latest_s]; a truck home by then, or not gone yet, has it at its depot."""

    earliest_s: int
    latest_s: int
    duration_s: int

    def __post_init__(self) -> None:
        """Refuse a window turned around."""
        _within("earliest_s", self.earliest_s, 0, HORIZON_S)
        _within("latest_s", self.latest_s, self.earliest_s, HORIZON_S)
        _within("duration_s", self.duration_s, 0, HORIZON_S)


@dataclass(frozen=True, slots=True)
class Rates:
    """What an hour and a kilometre cost; `per_handling_h_minor` is for halting, emptying and unloading."""

    per_km_minor: int
    per_h_minor: int
    per_handling_h_minor: int

    def __post_init__(self) -> None:
        """Refuse rates that would overflow a day's sum."""
        for name in ("per_km_minor", "per_h_minor", "per_handling_h_minor"):
            _within(name, getattr(self, name), 0, MAX_PER_HOUR_MINOR)

    def leg_minor(self, distance_m: int, duration_s: int) -> int:
        """Return what a drive costs, rounded half up to whole minor units."""
        # In 36,000ths of a minor unit, since a rate is per 1,000 m or per 3,600 s.
        return (distance_m * self.per_km_minor * 36 + duration_s * self.per_h_minor * 10 + 18_000) // 36_000

    def handling_minor(self, seconds: int) -> int:
        """Return what `seconds` of halting, emptying or unloading cost, rounded half up."""
        return (seconds * self.per_handling_h_minor + 1800) // 3600


@dataclass(frozen=True, slots=True)
class Compartment:
    """A part of a truck's body for some of its streams."""

    fractions: frozenset[int]
    capacity_l: int
    capacity_kg: int

    def __post_init__(self) -> None:
        """Refuse capacities that no body has."""
        _within("capacity_l", self.capacity_l, 0, MAX_LOAD)
        _within("capacity_kg", self.capacity_kg, 0, MAX_LOAD)


@dataclass(frozen=True, slots=True)
class Load:
    """What is aboard of one stream."""

    fraction: int
    volume_l: int
    weight_kg: int

    def __post_init__(self) -> None:
        """Refuse less than nothing."""
        _within("fraction", self.fraction, 0, 10_000)
        _within("volume_l", self.volume_l, 0, MAX_LOAD)
        _within("weight_kg", self.weight_kg, 0, MAX_LOAD)


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
        _within("capacity_l", self.capacity_l, 0, MAX_LOAD)
        _within("capacity_kg", self.capacity_kg, 0, MAX_LOAD)
        _within("shift_start_s", self.shift_start_s, 0, HORIZON_S)
        _within("shift_end_s", self.shift_end_s, self.shift_start_s, HORIZON_S)
        _within("overtime_s", self.overtime_s, 0, HORIZON_S - self.shift_end_s)
        _within("overtime_per_h_minor", self.overtime_per_h_minor, 0, MAX_PER_HOUR_MINOR)
        _within("fixed_minor", self.fixed_minor, 0, MAX_MONEY_MINOR)
        for first, second in pairwise(self.breaks):
            _within("earliest_s of a later break", second.earliest_s, first.latest_s, HORIZON_S)
        self._check_limits()
        self._check_loads()

    def _check_limits(self) -> None:
        if self.max_unloads is not None:
            _within("max_unloads", self.max_unloads, 1, HORIZON_S)
        for name in ("daily_limit_l", "daily_limit_kg", "daily_limit_bins"):
            if getattr(self, name) is not None:
                _within(name, getattr(self, name), 0, MAX_LOAD)

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


@dataclass(frozen=True)
class RoadProfile:
    """The drives of trucks that may not drive everywhere, or drive slower."""

    distance_m: Int32
    """[places, places], from row to column; meaningless where not reachable."""
    duration_s: Int32
    reachable: Bool

    def check(self, places: int) -> None:
        """Raise ValueError or TypeError unless these are whole, not negative, and of the right shape."""
        for name in ("distance_m", "duration_s", "reachable"):
            matrix = getattr(self, name)
            if matrix.shape != (places, places):
                raise ValueError(f"{name} must have shape ({places}, {places}), got {matrix.shape}")
        for name in ("distance_m", "duration_s"):
            _check_arcs(name, getattr(self, name))


def _check_arcs(name: str, numbers: Int32) -> None:
    if not np.issubdtype(numbers.dtype, np.integer):
        raise TypeError(f"{name} must hold whole numbers, got {numbers.dtype}")
    if numbers.size and int(numbers.min()) < 0:
        raise ValueError(f"{name} must not be negative, got {numbers.min()}")
    if numbers.size and int(numbers.max()) > MAX_ARC:
        raise ValueError(f"{name} must be at most {MAX_ARC}, got {numbers.max()}")


@dataclass(frozen=True)
class Problem:
    """One day's task. Valid from birth: a wrong field raises ValueError with field, bound and value."""

    distance_m: Int32
    """[places, places], from row to column; meaningless where not reachable."""
    duration_s: Int32
    reachable: Bool
    halt_s: Int32
    """[places], charged once per halt at a bin's place."""
    bins: tuple[BinNode, ...]
    disposals: tuple[DisposalNode, ...]
    trucks: tuple[Truck, ...]
    rates: Rates
    road_profiles: tuple[RoadProfile, ...] = ()
    """Further ones, for trucks whose `profile` counts from 1."""
    change_minor: int = 0
    """What it costs when a bin leaves its truck of the plan before (`BinNode.kept_truck`), or that plan at all."""

    def __post_init__(self) -> None:
        """Refuse matrices that do not fit and indices that lead nowhere."""
        places = len(self.halt_s)
        for profile in self.profiles:
            profile.check(places)
        _check_arcs("halt_s", self.halt_s)
        _within("change_minor", self.change_minor, 0, MAX_MONEY_MINOR)
        self._check_places(places)
        self._check_references()

    def _check_places(self, places: int) -> None:
        for index, node in enumerate(self.bins):
            _within(f"place of bin {index}", node.place, 0, places - 1)
        for index, site in enumerate(self.disposals):
            _within(f"place of disposal site {index}", site.place, 0, places - 1)
        for index, truck in enumerate(self.trucks):
            _within(f"start_place of truck {index}", truck.start_place, 0, places - 1)
            _within(f"end_place of truck {index}", truck.end_place, 0, places - 1)
        # A truck on the road may start where a bin stands; nobody ends there.
        taken = {truck.start_place for truck in self.trucks if not truck.on_road}
        taken |= {truck.end_place for truck in self.trucks} | {site.place for site in self.disposals}
        for index, node in enumerate(self.bins):
            if node.place in taken:
                raise ValueError(f"place of bin {index} must not be a depot's or disposal site's row, got {node.place}")

    def _check_references(self) -> None:
        for index, truck in enumerate(self.trucks):
            _within(f"profile of truck {index}", truck.profile, 0, len(self.road_profiles))
        last, ranks = len(self.trucks) - 1, set[tuple[int, int]]()
        for index, node in enumerate(self.bins):
            for truck_index in node.only_trucks or ():
                _within(f"only_trucks of bin {index}", truck_index, 0, last)
            if node.kept_truck is not None:
                _within(f"kept_truck of bin {index}", node.kept_truck, 0, last)
            if node.lock_rank is not None:
                (truck_index,) = node.only_trucks or (-1,)
                _within(f"lock_rank of bin {index}", node.lock_rank, 0, HORIZON_S)
                if (truck_index, node.lock_rank) in ranks:
                    raise ValueError(f"lock_rank of bin {index} is that of another: {node.lock_rank}")
                ranks.add((truck_index, node.lock_rank))

    @property
    def places(self) -> int:
        """How many rows the matrices have."""
        return len(self.halt_s)

    @cached_property
    def profiles(self) -> tuple[RoadProfile, ...]:
        """All road profiles, the problem's own matrices first."""
        return (RoadProfile(self.distance_m, self.duration_s, self.reachable), *self.road_profiles)

    def roads_of(self, truck: int) -> RoadProfile:
        """Return the drives of a truck."""
        return self.profiles[self.trucks[truck].profile]

    def rates_of(self, truck: int) -> Rates:
        """Return what a truck's kilometres and hours cost."""
        return self.trucks[truck].rates or self.rates

    def handling_minor(self, seconds: int) -> int:
        """Return what `seconds` of halting, emptying or unloading cost at the problem's own rates."""
        return self.rates.handling_minor(seconds)

    @cached_property
    def disposals_of_truck(self) -> tuple[tuple[int, ...], ...]:
        """The disposal sites, open at some time, that take all that each truck may carry of this problem's bins."""
        present = frozenset(node.fraction for node in self.bins)
        return tuple(
            tuple(
                index
                for index, site in enumerate(self.disposals)
                if (truck.fractions & (present | {load.fraction for load in truck.aboard})) <= site.fractions
                and site.open_s <= site.latest_s
                and site.skills <= truck.skills
            )
            for truck in self.trucks
        )

    @cached_property
    def like_trucks(self) -> tuple[tuple[int, ...], ...]:
        """Trucks that are the same in everything and that no bin names: it does not matter which of them drives."""
        named = {truck for node in self.bins for truck in node.only_trucks or ()}
        named |= {node.kept_truck for node in self.bins if node.kept_truck is not None}
        groups: dict[tuple[Truck, int], list[int]] = {}
        for index, truck in enumerate(self.trucks):
            alone = index if index in named or truck.on_road else -1
            groups.setdefault((truck, alone), []).append(index)
        return tuple(tuple(group) for group in groups.values())
