"""What a solver answers: each truck's day on the clock, and every bin on a route or left out with its reason.

Times are whole seconds since midnight, distances metres, money minor units, as in `routing.problem`, whose `bins`,
`disposals` and `trucks` are meant by every index here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tomma.reasons import ReasonCode


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
    """Fixed cost, driving, handling and overtime."""


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer that accounts for every bin: on a route, or in `unvisited` with its reason."""

    routes: tuple[TruckRoute, ...]
    unvisited: Mapping[int, ReasonCode] = field(default_factory=dict)
    cost_minor: int = 0
    lost_prize_minor: int = 0
    """Prizes of all bins left out."""
    must_missed: int = 0
    change_minor: int = 0
    """`Problem.change_minor` for every bin that its truck of the plan before does not collect: nobody pays it."""

    @property
    def rank(self) -> tuple[int, int]:
        """What is compared between two answers, lower first: must bins missed, then money."""
        return (self.must_missed, self.cost_minor + self.lost_prize_minor + self.change_minor)


Order = tuple[tuple[VisitKind, int], ...]
"""A truck's collects and disposals in order, without times or breaks: what engines pass around."""
Orders = Mapping[int, Order]
"""By truck; a truck without work is absent."""
