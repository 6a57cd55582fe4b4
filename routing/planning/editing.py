"""Plans changed by hand: orders in, orders and timetables out, without a solver. Pure.

An engine keeps every rule; a person may have a reason to break one. So a round that no timetable allows is driven all
the same, late where it must be, and the checker of `routing.replay` says what that breaks. Only what no road leads to
is refused.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from routing.answer import Order, TruckRoute, VisitKind
from routing.engines.arcs import Arcs, arcs
from routing.engines.gates import last_site
from routing.engines.schedule import homebound, timed
from routing.integers import HORIZON_S
from routing.problem import Problem
from routing.replay import Fault, Replay
from tomma.edits import EditKind
from tomma.errors import ConflictError, Refusal

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE
TRIES = 3
"""Of the places in one trip of one truck so many are driven in full, the cheapest ones: what overloads a trip does so
wherever in it."""


@dataclass(frozen=True, slots=True)
class Change:
    """An edit in the numbers of the problem."""

    kind: EditKind
    bin_index: int
    truck: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Driven:
    """One truck's round, timed, and what it breaks."""

    route: TruckRoute
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """One place to put a bin."""

    extra_minor: int
    """About what it costs more: without handling, which is the same everywhere, or overtime."""
    truck: int
    trip: int
    order: Order


@dataclass
class Desk:
    """The rounds of one plan while a person changes them."""

    problem: Problem
    orders: dict[int, Order]
    names: Sequence[str]
    """What to call each bin in a refusal."""

    @cached_property
    def _arcs(self) -> Arcs:
        return arcs(self.problem)

    @cached_property
    def _late(self) -> tuple[Problem, Problem]:
        """The problem as if no gate and no shift ever closed; and without rests, too."""
        problem = self.problem
        trucks = tuple(replace(each, overtime_s=HORIZON_S - each.shift_end_s) for each in problem.trucks)
        opened = replace(
            problem,
            bins=tuple(replace(each, latest_s=HORIZON_S) for each in problem.bins),
            disposals=tuple(replace(each, latest_s=HORIZON_S) for each in problem.disposals),
            trucks=trucks,
        )
        return opened, replace(opened, trucks=tuple(replace(each, breaks=()) for each in trucks))

    def apply(self, change: Change) -> None:
        """Carry out one change.

        Raises:
            ConflictError: If the bin is not where the change takes it to be, or no road leads there.
        """
        index, name = change.bin_index, self.names[change.bin_index]
        own = self.truck_of(index)
        if change.kind is EditKind.UNLOCK:
            return
        if change.kind is EditKind.ADD and own is not None:
            raise ConflictError(f"bin {name} is on the plan already: move it instead", Refusal.BIN_ON_PLAN, bin_id=name)
        if change.kind in (EditKind.REMOVE, EditKind.MOVE) and own is None:
            raise ConflictError(f"bin {name} is not on the plan: add it instead", Refusal.BIN_OFF_PLAN, bin_id=name)
        if change.kind is EditKind.LOCK and own is not None and change.truck in (None, own):
            return
        if own is not None:
            self._take_off(own, index)
        if change.kind is not EditKind.REMOVE:
            keep = own if change.truck is None and change.kind is EditKind.MOVE else change.truck
            self._put(index, keep, change.position)

    def truck_of(self, index: int) -> int | None:
        """Return whose round the bin is on."""
        return next((truck for truck, order in self.orders.items() if (COLLECT, index) in order), None)

    def drive(self, truck: int, order: Order) -> Driven | None:
        """Return the round with its times, in time if that can be, and what it breaks; None when no road leads there.

        An empty round is none, unless the truck is out and has to come home.
        """
        if not any(kind is COLLECT for kind, _ in order):
            home = homebound(self.problem, truck) if self.problem.trucks[truck].on_road else None
            return Driven(home, ()) if home is not None else None
        route = timed(self.problem, truck, order)
        for later in () if route is not None else self._late:
            route = route or timed(later, truck, order)
        return Driven(route, tuple(Replay(self.problem, route).faults())) if route is not None else None

    def _take_off(self, truck: int, index: int) -> None:
        self.orders[truck] = self._tidy(truck, tuple(each for each in self.orders[truck] if each != (COLLECT, index)))

    def _put(self, index: int, truck: int | None, position: int | None) -> None:
        trucks = range(len(self.problem.trucks)) if truck is None else (truck,)
        best: tuple[tuple[int, int], int, Order] | None = None
        for way in self._cheapest(way for each in trucks for way in self._ways(each, index, position)):
            driven = self.drive(way.truck, way.order)
            if driven is None:
                continue
            before = self.drive(way.truck, self.orders.get(way.truck, ()))
            extra = driven.route.cost_minor - (before.route.cost_minor if before else 0)
            worse = len(driven.faults) - (len(before.faults) if before else 0)
            if best is None or (worse, extra) < best[0]:
                best = ((worse, extra), way.truck, way.order)
            if worse <= 0:
                break  # ways come cheapest first
        if best is None:
            raise ConflictError(
                f"no road leads to bin {self.names[index]} for a truck of the day: check its position",
                Refusal.NO_ROAD,
                bin_id=self.names[index],
            )
        self.orders[best[1]] = best[2]

    def _cheapest(self, ways: Iterable[_Way]) -> Iterator[_Way]:
        """Yield the ways worth a try, the cheapest first."""
        tried = Counter[tuple[int, int]]()
        for way in sorted(ways, key=lambda each: (each.extra_minor, each.truck, each.trip)):
            tried[way.truck, way.trip] += 1
            if tried[way.truck, way.trip] <= TRIES:
                yield way

    def _ways(self, truck: int, index: int, position: int | None) -> Iterator[_Way]:
        """Yield every gap that the bin may be put into, as it is and with an unloading just before."""
        order = self.orders.get(truck, ())
        if not order:
            yield self._first(truck, index)
            return
        priced, own, visit = self._arcs.of(truck), self.problem.trucks[truck], (COLLECT, index)
        cost, place = priced.cost_minor, self.problem.bins[index].place
        places = [own.start_place, *(self._place(each) for each in order), own.end_place]
        done, trip, bins = 0, 0, sum(kind is COLLECT for kind, _ in order)
        for at, (kind, _) in enumerate((*order, (COLLECT, -1))):
            here, there = places[at], places[at + 1]
            ends = at == len(order) and order[-1][0] is DISPOSE
            if not ends and (position is None or done == min(position, bins)):
                away = int(cost[place, there]) - int(cost[here, there])
                yield _Way(int(cost[here, place]) + away, truck, trip, (*order[:at], visit, *order[at:]))
                if at and order[at - 1][0] is COLLECT and self.problem.disposals_of_truck[truck]:
                    gate = (DISPOSE, last_site(self.problem, priced, truck, here))
                    by_gate = int(cost[here, self._place(gate)]) + int(cost[self._place(gate), place]) + away
                    yield _Way(by_gate, truck, -1 - trip, (*order[:at], gate, visit, *order[at:]))
            done, trip = done + (kind is COLLECT), trip + (kind is DISPOSE)

    def _first(self, truck: int, index: int) -> _Way:
        """Return the round of a truck that had none."""
        own, cost, place = self.problem.trucks[truck], self._arcs.of(truck).cost_minor, self.problem.bins[index].place
        order = self._tidy(truck, ((COLLECT, index),))
        after = self._place(order[-1])
        legs = ((own.start_place, place), (place, after), (after, own.end_place))
        return _Way(own.fixed_minor + sum(int(cost[leg]) for leg in legs), truck, 0, order)

    def _place(self, visit: tuple[VisitKind, int]) -> int:
        kind, index = visit
        return self.problem.bins[index].place if kind is COLLECT else self.problem.disposals[index].place

    def _tidy(self, truck: int, order: Order) -> Order:
        """Return the order without unloadings of nothing, and with one at the end if something is aboard."""
        own, tidy = self.problem.trucks[truck], list[tuple[VisitKind, int]]()
        loaded = bool(own.aboard)
        for kind, index in order:
            if kind is COLLECT or loaded:
                tidy.append((kind, index))
                loaded = kind is COLLECT
        if loaded and tidy and self.problem.disposals_of_truck[truck]:
            tidy.append((DISPOSE, last_site(self.problem, self._arcs.of(truck), truck, self._place(tidy[-1]))))
        return tuple(tidy)


def changed(problem: Problem, orders: Mapping[int, Order], changes: Sequence[Change], names: Sequence[str]) -> Desk:
    """Return the rounds after all the changes; see `Desk.apply` for what is refused."""
    desk = Desk(problem, dict(orders), names)
    for each in changes:
        desk.apply(each)
    return desk
