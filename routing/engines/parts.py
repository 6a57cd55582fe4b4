"""Days that do not touch each other: trucks and bins that no stream connects can be planned apart, and better.

Compactors for residual waste and crane trucks for glass share streets, not bins: two small problems are easier than
one large one, and the fleets to try add up where they would multiply.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.answer import Order, Orders, Solution, TruckRoute, VisitKind
from routing.engines.finish import changes_minor
from routing.integers import Int64
from routing.problem import BinNode, Problem, RoadProfile
from tomma.reasons import ReasonCode


@dataclass(frozen=True)
class Part:
    """Some of the trucks and bins, as a problem of their own."""

    problem: Problem
    trucks: tuple[int, ...]
    """Which truck of the whole each is."""
    bins: tuple[int, ...]
    places: tuple[int, ...]
    """Which row of the whole's matrices each of the part's is: only what its trucks and bins need comes along."""

    def to_whole(self, orders: Orders) -> dict[int, Order]:
        """Return orders of this part in the numbers of the whole."""
        return {
            self.trucks[truck]: tuple(
                (kind, self.bins[index] if kind is VisitKind.COLLECT else index) for kind, index in order
            )
            for truck, order in orders.items()
        }

    def from_whole(self, orders: Mapping[int, Order]) -> dict[int, Order]:
        """Return what orders of the whole say of this part's trucks."""
        truck_of = {whole: own for own, whole in enumerate(self.trucks)}
        bin_of = {whole: own for own, whole in enumerate(self.bins)}
        return {
            truck_of[truck]: tuple(
                (kind, bin_of[index] if kind is VisitKind.COLLECT else index)
                for kind, index in order
                if kind is not VisitKind.COLLECT or index in bin_of
            )
            for truck, order in orders.items()
            if truck in truck_of
        }

    def of_whole(self, solution: Solution) -> Solution:
        """Return what a solution of the whole says of this part, whose trucks collect only this part's bins."""
        truck_of = {whole: own for own, whole in enumerate(self.trucks)}
        bin_of = {whole: own for own, whole in enumerate(self.bins)}
        row_of = {whole: own for own, whole in enumerate(self.places)}
        routes = tuple(
            replace(
                route,
                truck=truck_of[route.truck],
                visits=tuple(
                    replace(
                        visit,
                        index=bin_of[visit.index] if visit.kind is VisitKind.COLLECT else visit.index,
                        place=row_of[visit.place],
                    )
                    for visit in route.visits
                ),
            )
            for route in solution.routes
            if route.truck in truck_of
        )
        unvisited = {bin_of[index]: code for index, code in solution.unvisited.items() if index in bin_of}
        return summed(self.problem, routes, unvisited)

    def routes_of_whole(self, solution: Solution) -> list[TruckRoute]:
        """Return the part's routes in the numbers of the whole; times and money are the same."""
        return [
            replace(
                route,
                truck=self.trucks[route.truck],
                visits=tuple(
                    replace(
                        visit,
                        index=self.bins[visit.index] if visit.kind is VisitKind.COLLECT else visit.index,
                        place=self.places[visit.place],
                    )
                    for visit in route.visits
                ),
            )
            for route in solution.routes
        ]


def joined(problem: Problem, best: Solution, changed: Iterable[tuple[Part, Solution]]) -> Solution:
    """Return `best` with what was found for some parts, of which no two share a truck or a bin."""
    routes, unvisited = {route.truck: route for route in best.routes}, dict(best.unvisited)
    for part, found in changed:
        for truck in part.trucks:
            routes.pop(truck, None)
        for index in part.bins:
            unvisited.pop(index, None)
        routes |= {route.truck: route for route in part.routes_of_whole(found)}
        unvisited |= {part.bins[index]: code for index, code in found.unvisited.items()}
    return summed(problem, tuple(routes[truck] for truck in sorted(routes)), dict(sorted(unvisited.items())))


def summed(problem: Problem, routes: tuple[TruckRoute, ...], unvisited: Mapping[int, ReasonCode]) -> Solution:
    """Return the solution of these routes, all sums made."""
    truck_of = {
        visit.index: route.truck
        for route in routes
        for visit in route.visits
        if visit.kind is VisitKind.COLLECT and problem.change_minor
    }
    return Solution(
        routes=routes,
        unvisited=unvisited,
        cost_minor=sum(route.cost_minor for route in routes),
        lost_prize_minor=sum(problem.bins[index].prize_minor for index in unvisited),
        must_missed=sum(problem.bins[index].must for index in unvisited),
        change_minor=changes_minor(problem, truck_of) if problem.change_minor else 0,
    )


def parts(problem: Problem) -> tuple[Part, ...]:
    """Return the problem's independent parts, those with bins and trucks; the largest first."""
    groups = _streams_together(problem)
    if len(groups) == 1 and problem.trucks:
        # As it is: a copy of a large city's streets would be one too many.
        return (
            Part(problem, *(tuple(range(count)) for count in (len(problem.trucks), len(problem.bins), problem.places))),
        )
    found = []
    for streams in groups:
        trucks = tuple(
            index
            for index, truck in enumerate(problem.trucks)
            if truck.fractions & streams and problem.disposals_of_truck[index]
        )
        bins = tuple(index for index, node in enumerate(problem.bins) if node.fraction in streams)
        if trucks and bins:
            found.append(part_of(problem, trucks, bins))
    return tuple(sorted(found, key=lambda part: (-len(part.bins), part.bins)))


def part_of(problem: Problem, trucks: Sequence[int], bins: Sequence[int]) -> Part:
    """Return these trucks and bins as a problem of their own; what points at trucks is renumbered.

    A bin locked to trucks of which none comes along can then be collected by nobody; one that was kept by a truck
    elsewhere is moved whatever happens, so its price of moving is left out.
    """
    places = _places(problem, trucks, bins)
    row = np.zeros(problem.places, dtype=np.int64)
    row[places] = np.arange(len(places))
    own = {whole: index for index, whole in enumerate(trucks)}
    nodes = (_renumbered(problem.bins[index], own) for index in bins)
    offered = (problem.trucks[index] for index in trucks)
    base, *further = (_rows(roads, places) for roads in problem.profiles)
    smaller = replace(
        problem,
        distance_m=base.distance_m,
        duration_s=base.duration_s,
        reachable=base.reachable,
        road_profiles=tuple(further),
        halt_s=problem.halt_s[places],
        trucks=tuple(
            replace(each, start_place=int(row[each.start_place]), end_place=int(row[each.end_place]))
            for each in offered
        ),
        bins=tuple(replace(node, place=int(row[node.place])) for node in nodes),
        disposals=tuple(replace(site, place=int(row[site.place])) for site in problem.disposals),
    )
    return Part(smaller, tuple(trucks), tuple(bins), tuple(places.tolist()))


def _places(problem: Problem, trucks: Sequence[int], bins: Sequence[int]) -> Int64:
    """Return the rows that the trucks, the bins and the disposal sites stand for, in their order."""
    wanted = {problem.bins[index].place for index in bins} | {site.place for site in problem.disposals}
    for index in trucks:
        wanted |= {problem.trucks[index].start_place, problem.trucks[index].end_place}
    return np.array(sorted(wanted), dtype=np.int64)


def _rows(roads: RoadProfile, places: Int64) -> RoadProfile:
    if len(places) == len(roads.reachable):
        return roads
    at = np.ix_(places, places)
    return RoadProfile(roads.distance_m[at], roads.duration_s[at], roads.reachable[at])


def _renumbered(node: BinNode, own: Mapping[int, int]) -> BinNode:
    if node.only_trucks is None and node.kept_truck is None:
        return node
    locked = None if node.only_trucks is None else frozenset(own[each] for each in node.only_trucks if each in own)
    kept = None if node.kept_truck is None else own.get(node.kept_truck)
    rank = node.lock_rank if locked else None
    return replace(node, only_trucks=locked, kept_truck=kept, lock_rank=rank)


def _streams_together(problem: Problem) -> list[frozenset[int]]:
    """Group streams that some truck carries together."""
    present = frozenset(node.fraction for node in problem.bins)
    groups = [frozenset({stream}) for stream in sorted(present)]
    for truck in problem.trucks:
        joined = [group for group in groups if group & truck.fractions]
        groups = [group for group in groups if not group & truck.fractions]
        if joined:
            groups.append(frozenset().union(*joined))
    return groups
