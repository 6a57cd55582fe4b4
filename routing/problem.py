"""What a solver sees and what it answers: integers only, no bins, no clock, no HTTP.

Times are whole seconds elapsed since the local midnight that begins the day (`routing.build` converts the
clock on the wall, so a day with a change to summer time has 23 of those hours). Distances are metres, loads
litres and kilograms, money minor units. `routing.build` scales; nothing after it does.

A *place* is a row of the matrices: a depot, a disposal site, or a site with bins. Bins of one site share its
place, and a *halt* is everything a truck collects there in one go: `halt_s` is charged once per halt, when the
truck comes from another place; a break in the middle of a halt does not begin a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tomma.model import ReasonCode

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


def _within(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be within [{low}, {high}], got {value}")


@dataclass(frozen=True, slots=True)
class BinNode:
    """One bin that may be collected; it must begin within [open_s, latest_s]."""

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

    def __post_init__(self) -> None:
        """Refuse what no bin can be."""
        _within("volume_l", self.volume_l, 0, MAX_LOAD)
        _within("weight_kg", self.weight_kg, 0, MAX_LOAD)
        _within("service_s", self.service_s, 0, HORIZON_S)
        _within("fraction", self.fraction, 0, 10_000)
        _within("prize_minor", self.prize_minor, 0, MAX_MONEY_MINOR)
        _within("open_s", self.open_s, 0, HORIZON_S)
        _within("latest_s", self.latest_s, 0, HORIZON_S)


@dataclass(frozen=True, slots=True)
class DisposalNode:
    """A place to unload; unloading must begin within [open_s, latest_s] and empties the truck wholly."""

    place: int
    fractions: frozenset[int]
    unload_s: int = 0
    open_s: int = 0
    latest_s: int = HORIZON_S

    def __post_init__(self) -> None:
        """Refuse times out of the horizon."""
        _within("unload_s", self.unload_s, 0, HORIZON_S)
        _within("open_s", self.open_s, 0, HORIZON_S)
        _within("latest_s", self.latest_s, 0, HORIZON_S)


@dataclass(frozen=True, slots=True)
class BreakRule:
    """A rest that begins within [earliest_s, latest_s]; a truck home by `latest_s` has it at the depot instead."""

    earliest_s: int
    latest_s: int
    duration_s: int

    def __post_init__(self) -> None:
        """Refuse a window turned around."""
        _within("earliest_s", self.earliest_s, 0, HORIZON_S)
        _within("latest_s", self.latest_s, self.earliest_s, HORIZON_S)
        _within("duration_s", self.duration_s, 0, HORIZON_S)


@dataclass(frozen=True, slots=True)
class Truck:
    """One truck on duty within [shift_start_s, shift_end_s], empty at both ends."""

    start_place: int
    end_place: int
    capacity_l: int
    capacity_kg: int
    fractions: frozenset[int]
    shift_start_s: int
    shift_end_s: int
    fixed_minor: int = 0
    breaks: tuple[BreakRule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a shift turned around, and breaks that are not in order or overlap."""
        _within("capacity_l", self.capacity_l, 0, MAX_LOAD)
        _within("capacity_kg", self.capacity_kg, 0, MAX_LOAD)
        _within("shift_start_s", self.shift_start_s, 0, HORIZON_S)
        _within("shift_end_s", self.shift_end_s, self.shift_start_s, HORIZON_S)
        _within("fixed_minor", self.fixed_minor, 0, MAX_MONEY_MINOR)
        for first, second in pairwise(self.breaks):
            _within("earliest_s of a later break", second.earliest_s, first.latest_s, HORIZON_S)


@dataclass(frozen=True, slots=True)
class Rates:
    """What an hour and a kilometre cost; `per_handling_h_minor` is for halting, emptying and unloading."""

    per_km_minor: int
    per_h_minor: int
    per_handling_h_minor: int

    def __post_init__(self) -> None:
        """Refuse rates that would overflow a day's sum."""
        for name in ("per_km_minor", "per_h_minor", "per_handling_h_minor"):
            _within(name, getattr(self, name), 0, 10**9)


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

    def __post_init__(self) -> None:
        """Refuse matrices that do not fit and indices that lead nowhere."""
        places = len(self.halt_s)
        for name in ("distance_m", "duration_s", "reachable"):
            matrix = getattr(self, name)
            if matrix.shape != (places, places):
                raise ValueError(f"{name} must have shape ({places}, {places}), got {matrix.shape}")
        for name in ("distance_m", "duration_s", "halt_s"):
            numbers = getattr(self, name)
            if not np.issubdtype(numbers.dtype, np.integer):
                raise TypeError(f"{name} must hold whole numbers, got {numbers.dtype}")
            if numbers.size and int(numbers.min()) < 0:
                raise ValueError(f"{name} must not be negative, got {numbers.min()}")
            if numbers.size and int(numbers.max()) > MAX_ARC:
                raise ValueError(f"{name} must be at most {MAX_ARC}, got {numbers.max()}")
        self._check_indices(places)

    def _check_indices(self, places: int) -> None:
        for index, node in enumerate(self.bins):
            _within(f"place of bin {index}", node.place, 0, places - 1)
        for index, site in enumerate(self.disposals):
            _within(f"place of disposal site {index}", site.place, 0, places - 1)
        for index, truck in enumerate(self.trucks):
            _within(f"start_place of truck {index}", truck.start_place, 0, places - 1)
            _within(f"end_place of truck {index}", truck.end_place, 0, places - 1)
        ends = {truck.start_place for truck in self.trucks} | {truck.end_place for truck in self.trucks}
        taken = ends | {site.place for site in self.disposals}
        for index, node in enumerate(self.bins):
            if node.place in taken:
                raise ValueError(f"place of bin {index} must not be a depot's or disposal site's row, got {node.place}")

    @property
    def places(self) -> int:
        """How many rows the matrices have."""
        return len(self.halt_s)

    @cached_property
    def arc_minor(self) -> Int64:
        """[places, places] cost of driving, rounded half up to whole minor units arc by arc."""
        # In 36,000ths of a minor unit, since a rate is per 1,000 m or per 3,600 s: exact in 64 bits.
        metres = self.distance_m.astype(np.int64) * (self.rates.per_km_minor * 36)
        seconds = self.duration_s.astype(np.int64) * (self.rates.per_h_minor * 10)
        cost: Int64 = (metres + seconds + 18_000) // 36_000
        return cost

    def handling_minor(self, seconds: int) -> int:
        """Return what `seconds` of halting, emptying or unloading cost, rounded half up."""
        return (seconds * self.rates.per_handling_h_minor + 1800) // 3600

    @cached_property
    def disposals_of_truck(self) -> tuple[tuple[int, ...], ...]:
        """The disposal sites, open at some time, that take all that each truck may carry of this problem's bins."""
        present = frozenset(node.fraction for node in self.bins)
        return tuple(
            tuple(
                index
                for index, site in enumerate(self.disposals)
                if (truck.fractions & present) <= site.fractions and site.open_s <= site.latest_s
            )
            for truck in self.trucks
        )


class VisitKind(StrEnum):
    """What a truck does at a place."""

    COLLECT = "collect"
    DISPOSE = "dispose"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Visit:
    """One timed thing to do. `index` counts in `bins`, `disposals` or the truck's `breaks`, by kind.

    The truck arrives, waits or parks, begins, and departs when done. A break may stand at the place before
    or at the place after: the leg to its place is driven before it.
    """

    kind: VisitKind
    index: int
    place: int
    arrive_s: int
    begin_s: int
    depart_s: int


@dataclass(frozen=True, slots=True)
class TruckRoute:
    """One truck's day, from leaving its depot to being back."""

    truck: int
    start_s: int
    end_s: int
    visits: tuple[Visit, ...]
    distance_m: int
    driving_s: int
    cost_minor: int
    """Fixed cost, driving and handling."""


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer that accounts for every bin: on a route, or in `unvisited` with its reason."""

    routes: tuple[TruckRoute, ...]
    unvisited: Mapping[int, ReasonCode] = field(default_factory=dict)
    cost_minor: int = 0
    lost_prize_minor: int = 0
    """Prizes of all bins left out."""
    must_missed: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """What is compared between two answers, lower first: must bins missed, then money."""
        return (self.must_missed, self.cost_minor + self.lost_prize_minor)


Order = tuple[tuple[VisitKind, int], ...]
"""A truck's collects and disposals in order, without times or breaks: what engines pass around."""
Orders = Mapping[int, Order]
"""By truck; a truck without work is absent."""
