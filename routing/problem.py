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

import numpy as np

from routing.integers import HORIZON_S, MAX_ARC, MAX_LOAD, MAX_MONEY_MINOR, Bool, Gaps, Int32, check_gaps, within
from routing.truck import Rates, Truck


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
        within("volume_l", self.volume_l, 0, MAX_LOAD)
        within("weight_kg", self.weight_kg, 0, MAX_LOAD)
        within("service_s", self.service_s, 0, HORIZON_S)
        within("fraction", self.fraction, 0, 10_000)
        within("prize_minor", self.prize_minor, 0, MAX_MONEY_MINOR)
        within("open_s", self.open_s, 0, HORIZON_S)
        within("latest_s", self.latest_s, 0, HORIZON_S)
        check_gaps(self.shut_s)
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
        within("unload_s", self.unload_s, 0, HORIZON_S)
        within("open_s", self.open_s, 0, HORIZON_S)
        within("latest_s", self.latest_s, 0, HORIZON_S)
        check_gaps(self.shut_s)


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
        within("change_minor", self.change_minor, 0, MAX_MONEY_MINOR)
        self._check_places(places)
        self._check_references()

    def _check_places(self, places: int) -> None:
        for index, node in enumerate(self.bins):
            within(f"place of bin {index}", node.place, 0, places - 1)
        for index, site in enumerate(self.disposals):
            within(f"place of disposal site {index}", site.place, 0, places - 1)
        for index, truck in enumerate(self.trucks):
            within(f"start_place of truck {index}", truck.start_place, 0, places - 1)
            within(f"end_place of truck {index}", truck.end_place, 0, places - 1)
        # A truck on the road may start where a bin stands; nobody ends there.
        taken = {truck.start_place for truck in self.trucks if not truck.on_road}
        taken |= {truck.end_place for truck in self.trucks} | {site.place for site in self.disposals}
        for index, node in enumerate(self.bins):
            if node.place in taken:
                raise ValueError(f"place of bin {index} must not be a depot's or disposal site's row, got {node.place}")

    def _check_references(self) -> None:
        for index, truck in enumerate(self.trucks):
            within(f"profile of truck {index}", truck.profile, 0, len(self.road_profiles))
        last, ranks = len(self.trucks) - 1, set[tuple[int, int]]()
        for index, node in enumerate(self.bins):
            for truck_index in node.only_trucks or ():
                within(f"only_trucks of bin {index}", truck_index, 0, last)
            if node.kept_truck is not None:
                within(f"kept_truck of bin {index}", node.kept_truck, 0, last)
            if node.lock_rank is not None:
                (truck_index,) = node.only_trucks or (-1,)
                within(f"lock_rank of bin {index}", node.lock_rank, 0, HORIZON_S)
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
