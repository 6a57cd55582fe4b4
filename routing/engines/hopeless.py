"""Bins that no truck can collect today even if it did nothing else: found before any engine sees them, with the reason.

An engine then gets a problem in which every bin can be served on its own, and cannot be asked the impossible.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from routing.answer import Order, Orders, Solution, TruckRoute, Visit, VisitKind
from routing.engines.arcs import FORBIDDEN_S, before_breaks, begin_at
from routing.engines.bins import Bins, rooms_of
from routing.engines.chains import Chained, chain
from routing.engines.finish import changes_minor
from routing.engines.locked import unlock
from routing.engines.schedule import homebound, timed
from routing.integers import Bool, Int64
from routing.problem import Problem, RoadProfile
from tomma.reasons import ReasonCode


@dataclass(frozen=True)
class Reduced:
    """The problem without its hopeless and its locked first bins, and the way back to the whole one."""

    whole: Problem
    problem: Problem
    kept: tuple[int, ...]
    """Which bin of the whole problem each bin is."""
    hopeless: Mapping[int, ReasonCode]
    prefixes: Mapping[int, Order] = field(default_factory=dict)
    """Locked first bins of trucks, in the numbers of the whole."""

    chained: Chained | None = None
    """Its disposal sites that stand for several."""

    def restore(self, solution: Solution) -> Solution:
        """Return a solution of the reduced problem as one of the whole, with the hopeless bins' reasons."""
        routes = tuple(self._whole_route(route) for route in solution.routes)
        truck_of = {
            visit.index: route.truck for route in routes for visit in route.visits if visit.kind is VisitKind.COLLECT
        }
        unvisited = {self.kept[index]: code for index, code in solution.unvisited.items()} | dict(self.hopeless)
        cost_minor = solution.cost_minor
        if self.prefixes or self.chained is not None:  # routes were put together anew; else a lie stays one
            cost_minor = sum(route.cost_minor for route in routes)
            missing = [index for index in range(len(self.whole.bins)) if index not in truck_of]
            unvisited = {index: unvisited.get(index, ReasonCode.NO_CAPACITY) for index in missing}
        lost = [self.whole.bins[index] for index in unvisited]
        return Solution(
            routes=routes,
            unvisited=dict(sorted(unvisited.items())),
            cost_minor=cost_minor,
            lost_prize_minor=sum(node.prize_minor for node in lost),
            must_missed=sum(node.must for node in lost),
            change_minor=changes_minor(self.whole, truck_of),
        )

    def _whole_route(self, route: TruckRoute) -> TruckRoute:
        truck = route.truck
        visits = tuple(
            replace(visit, index=self.kept[visit.index]) if visit.kind is VisitKind.COLLECT else visit
            for visit in route.visits
        )
        chains = self.chained is not None and truck in self.chained.trucks
        if truck not in self.prefixes and not chains:
            return replace(route, visits=visits)
        order = (*self.prefixes.get(truck, ()), *_without_breaks(visits))
        if self.chained is not None and chains:
            order = self.chained.order_of_whole(self.whole, truck, order)
        return _timed_or_less(self.whole, truck, order)

    def inward(self, orders: Orders) -> dict[int, Order]:
        """Return orders of the whole as orders of the reduced problem: where an engine may begin."""
        own = {whole: index for index, whole in enumerate(self.kept)}
        found = {
            truck: tuple(
                (kind, own[index] if kind is VisitKind.COLLECT else index)
                for kind, index in order
                if kind is not VisitKind.COLLECT or index in own
            )
            for truck, order in orders.items()
        }
        if self.chained is None:
            return found
        return {truck: self.chained.order_in(truck, order) for truck, order in found.items()}


def _without_breaks(visits: Sequence[Visit]) -> Order:
    return tuple((visit.kind, visit.index) for visit in visits if visit.kind is not VisitKind.BREAK)


def _timed_or_less(whole: Problem, truck: int, order: Order) -> TruckRoute:
    """Return the timetable of an order put together anew; where a break falls badly, without its cheapest bins."""
    while (route := timed(whole, truck, order)) is None:
        bins = [at for at, (kind, _) in enumerate(order) if kind is VisitKind.COLLECT]
        if not bins:
            break
        nodes = whole.bins
        gone = min(bins, key=lambda at: (nodes[order[at][1]].must, nodes[order[at][1]].prize_minor, -at))
        order = order[:gone] + order[gone + 1 :]
    route = route or homebound(whole, truck)
    if route is None:
        raise ValueError(f"truck {truck} finds no way home")
    return route


def reduce(problem: Problem) -> Reduced:
    """Return the problem without the bins that cannot be served at all, and those whose turn is fixed."""
    chained = chain(problem)
    unlocked = unlock(chained.problem)
    first = {index for prefix in unlocked.prefixes.values() for _, index in prefix}
    hopeless = {index: code for index, code in why_hopeless(unlocked.problem).items() if index not in first}
    hopeless |= unlocked.refused
    kept = tuple(index for index in range(len(problem.bins)) if index not in hopeless and index not in first)
    smaller = unlocked.problem
    if len(kept) < len(problem.bins):
        smaller = replace(smaller, bins=tuple(problem.bins[index] for index in kept))
    return Reduced(problem, smaller, kept, hopeless, unlocked.prefixes, chained if chained.gates else None)


def why_hopeless(problem: Problem) -> dict[int, ReasonCode]:
    """Return the reason for each bin that no truck can collect even alone; the first that applies."""
    if not problem.trucks:
        return dict.fromkeys(range(len(problem.bins)), ReasonCode.NO_VEHICLE)
    if not problem.bins:
        return {}
    bins = Bins(problem)
    stages = np.zeros((len(STAGES), len(problem.bins)), dtype=np.bool_)
    for truck in _unlike(problem):
        stages |= _stages(problem, bins, truck)
    alone = stages[-1]
    for index in np.flatnonzero(stages[-2] & ~alone):
        alone[index] = _in_time_exactly(problem, bins, int(index))
    failed = np.argmin(stages, axis=0)  # the first stage that no truck passes
    found = {index: STAGES[failed[index]] for index in range(len(problem.bins)) if not alone[index]}
    return found | dict.fromkeys(_beside_a_load(problem, found), ReasonCode.NO_CAPACITY)


STAGES = (
    ReasonCode.NO_VEHICLE_FOR_FRACTION,
    ReasonCode.NO_VEHICLE_FOR_SKILL,
    ReasonCode.ITS_VEHICLE_CANNOT,
    ReasonCode.TOO_BIG_FOR_ANY_TRUCK,
    ReasonCode.UNREACHABLE,
    ReasonCode.ROAD_LIMIT,
    ReasonCode.NO_TIME_WINDOW,
)
"""What keeps a bin out when no truck passes that stage, having passed all before it."""


def _beside_a_load(problem: Problem, found: Mapping[int, ReasonCode]) -> Iterator[int]:
    """Yield the bins that a truck that is out had time for, were it empty: it is room that they lack."""
    late = [index for index, code in found.items() if code is ReasonCode.NO_TIME_WINDOW]
    if not late or not any(truck.aboard for truck in problem.trucks):
        return
    emptied = replace(problem, trucks=tuple(replace(truck, aboard=()) for truck in problem.trucks))
    bins = Bins(emptied)
    yield from (index for index in late if _in_time_exactly(emptied, bins, index))


def _stages(problem: Problem, bins: Bins, truck_index: int) -> Bool:
    """Return [stages, bins]: how far each bin comes with this truck."""
    truck = problem.trucks[truck_index]
    own = _reaches(problem, truck_index, problem.roads_of(truck_index), bins)
    any_road = own.copy()
    for roads in problem.profiles if problem.road_profiles else ():
        any_road |= _reaches(problem, truck_index, roads, bins)
    passed = np.stack(
        [
            bins.streams_of(truck),
            bins.skilled(truck),
            bins.free_for(truck_index),
            bins.small_for(truck),
            any_road,
            own,
            _in_time(problem, bins, truck_index),
        ]
    )
    together: Bool = np.logical_and.accumulate(passed, axis=0)
    return together


def _unlike(problem: Problem) -> list[int]:
    """One truck of each kind, those that can unload somewhere."""
    return [group[-1] for group in problem.like_trucks if problem.disposals_of_truck[group[-1]]]


def _reaches(problem: Problem, truck_index: int, roads: RoadProfile, bins: Bins) -> Bool:
    """Whether roads lead depot -> bin -> some disposal site -> depot."""
    truck, open_roads = problem.trucks[truck_index], roads.reachable
    there = open_roads[truck.start_place, bins.place] | (bins.place == truck.start_place)
    away = np.zeros(len(bins.place), dtype=np.bool_)
    for site in problem.disposals_of_truck[truck_index]:
        place = problem.disposals[site].place
        if place == truck.end_place or open_roads[place, truck.end_place]:
            away |= open_roads[bins.place, place]
    reaches: Bool = there & away
    return reaches


def _in_time(problem: Problem, bins: Bins, truck_index: int) -> Bool:
    """Whether the truck, with all its breaks on top, makes it there, to some disposal site, and home.

    Bins that are shut at times, and those beside which a truck that is out has no room left, are left to the exact
    look.
    """
    truck, roads = problem.trucks[truck_index], problem.roads_of(truck_index)
    latest_s = before_breaks(bins.latest_s, truck.breaks)
    home_s = int(before_breaks(np.array([truck.latest_home_s]), truck.breaks)[0])
    halt_s = np.where(bins.place == truck.start_place, 0, problem.halt_s[bins.place])
    arrive = truck.shift_start_s + _drives_s(roads, truck.start_place, bins.place) + halt_s
    leave = np.maximum(arrive, bins.open_s) + bins.service_s
    fine = np.zeros(len(bins.place), dtype=np.bool_)
    for index in problem.disposals_of_truck[truck_index]:
        site = problem.disposals[index]
        at_site = begin_at(leave + _drives_s(roads, bins.place, site.place), site.open_s, site.shut_s)
        closes_s = int(before_breaks(np.array([site.latest_s]), truck.breaks)[0])
        home = at_site + site.unload_s + int(_drives_s(roads, site.place, truck.end_place))
        fine |= (at_site <= closes_s) & (home <= home_s)
    for room in rooms_of(bins, truck):
        fine &= room.at_start + room.amount <= room.capacity
    fine[[index for index, node in enumerate(problem.bins) if node.shut_s]] = False
    in_time: Bool = fine & (arrive <= latest_s) & (bins.open_s <= bins.latest_s)
    return in_time


def _drives_s(roads: RoadProfile, here: Int64 | int, there: Int64 | int) -> Int64:
    """Return the seconds of some drives: whole matrices of a large city are not made for so little."""
    seconds = np.where(roads.reachable[here, there], roads.duration_s[here, there].astype(np.int64), FORBIDDEN_S)
    drives: Int64 = np.where(np.equal(here, there), 0, seconds)
    return drives


def _in_time_exactly(problem: Problem, bins: Bins, index: int) -> bool:
    """Whether any truck has a timetable for this bin alone, with its breaks where they fit best."""
    bin_visit = (VisitKind.COLLECT, index)
    for truck in _unlike(problem):
        if not bins.allowed(problem, truck)[index]:
            continue
        offered = problem.trucks[truck]
        room = all(room.at_start + int(room.amount[index]) <= room.capacity for room in rooms_of(bins, offered))
        unloadings = [(VisitKind.DISPOSE, site) for site in problem.disposals_of_truck[truck]]
        orders: list[Order] = [(bin_visit, last) for last in unloadings] if room else []
        if offered.aboard and offered.max_unloads != 1:
            orders += [(first, bin_visit, last) for first in unloadings for last in unloadings]
        if any(timed(problem, truck, order) is not None for order in orders):
            return True
    return False
