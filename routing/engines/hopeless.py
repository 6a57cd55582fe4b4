"""Bins that no truck can collect today even if it did nothing else: found before any engine sees them, with the reason.

An engine then gets a problem in which every bin can be served on its own, and cannot be asked the impossible.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from routing.engines.arcs import FORBIDDEN_S, Arcs, arcs, before_breaks
from routing.engines.insertion import Bins
from routing.engines.schedule import timed
from routing.problem import Bool, Problem, Solution, VisitKind
from tomma.model import ReasonCode


@dataclass(frozen=True)
class Reduced:
    """The problem without its hopeless bins, and the way back to the whole one."""

    whole: Problem
    problem: Problem
    kept: tuple[int, ...]
    """Which bin of the whole problem each bin is."""
    hopeless: Mapping[int, ReasonCode]

    def restore(self, solution: Solution) -> Solution:
        """Return a solution of the reduced problem as one of the whole, with the hopeless bins' reasons."""
        routes = tuple(
            replace(
                route,
                visits=tuple(
                    replace(visit, index=self.kept[visit.index]) if visit.kind is VisitKind.COLLECT else visit
                    for visit in route.visits
                ),
            )
            for route in solution.routes
        )
        unvisited = {self.kept[index]: code for index, code in solution.unvisited.items()} | dict(self.hopeless)
        lost = [self.whole.bins[index] for index in unvisited]
        return Solution(
            routes=routes,
            unvisited=dict(sorted(unvisited.items())),
            cost_minor=solution.cost_minor,
            lost_prize_minor=sum(node.prize_minor for node in lost),
            must_missed=sum(node.must for node in lost),
        )


def reduce(problem: Problem) -> Reduced:
    """Return the problem without the bins that cannot be served at all."""
    hopeless = why_hopeless(problem)
    kept = tuple(index for index in range(len(problem.bins)) if index not in hopeless)
    smaller = replace(problem, bins=tuple(problem.bins[index] for index in kept)) if hopeless else problem
    return Reduced(problem, smaller, kept, hopeless)


def why_hopeless(problem: Problem) -> dict[int, ReasonCode]:
    """Return the reason for each bin that no truck can collect even alone; the first that applies."""
    if not problem.trucks:
        return dict.fromkeys(range(len(problem.bins)), ReasonCode.NO_VEHICLE)
    if not problem.bins:
        return {}
    bins = Bins(problem)
    count = len(problem.bins)
    taken, small, reached, alone = (np.zeros(count, dtype=np.bool_) for _ in range(4))
    priced = arcs(problem)
    for truck in _unlike(problem):
        takes, fits = _takes(problem, bins, truck)
        roads = takes & fits & _reaches(problem, priced, bins, truck)
        taken |= takes
        small |= takes & fits
        reached |= roads
        alone |= roads & _in_time(problem, priced, bins, truck)
    for index in np.flatnonzero(reached & ~alone):
        alone[index] = _in_time_exactly(problem, int(index))
    return {
        index: code
        for index in range(count)
        if (code := _first_reason(bool(taken[index]), bool(small[index]), bool(reached[index]), bool(alone[index])))
    }


def _first_reason(taken: bool, small: bool, reached: bool, alone: bool) -> ReasonCode | None:
    if not taken:
        return ReasonCode.NO_VEHICLE_FOR_FRACTION
    if not small:
        return ReasonCode.TOO_BIG_FOR_ANY_TRUCK
    if not reached:
        return ReasonCode.UNREACHABLE
    return None if alone else ReasonCode.NO_TIME_WINDOW


def _unlike(problem: Problem) -> list[int]:
    """One truck of each kind, those that can unload somewhere."""
    kinds = {truck: index for index, truck in enumerate(problem.trucks) if problem.disposals_of_truck[index]}
    return sorted(kinds.values())


def _takes(problem: Problem, bins: Bins, truck_index: int) -> tuple[Bool, Bool]:
    truck = problem.trucks[truck_index]
    takes = np.isin(bins.fraction, sorted(truck.fractions))
    fits = (bins.volume_l <= truck.capacity_l) & (bins.weight_kg <= truck.capacity_kg)
    return takes, fits


def _reaches(problem: Problem, priced: Arcs, bins: Bins, truck_index: int) -> Bool:
    """Whether roads lead depot -> bin -> some disposal site -> depot."""
    truck = problem.trucks[truck_index]
    there = priced.duration_s[truck.start_place, bins.place] < FORBIDDEN_S
    away = np.zeros(len(bins.place), dtype=np.bool_)
    for site in problem.disposals_of_truck[truck_index]:
        place = problem.disposals[site].place
        if priced.duration_s[place, truck.end_place] < FORBIDDEN_S:
            away |= priced.duration_s[bins.place, place] < FORBIDDEN_S
    reaches: Bool = there & away
    return reaches


def _in_time(problem: Problem, priced: Arcs, bins: Bins, truck_index: int) -> Bool:
    """Whether the truck, with all its breaks on top, makes it there, to some disposal site, and home."""
    truck = problem.trucks[truck_index]
    latest_s = before_breaks(bins.latest_s, truck.breaks)
    home_s = int(before_breaks(np.array([truck.shift_end_s]), truck.breaks)[0])
    arrive = truck.shift_start_s + priced.duration_s[truck.start_place, bins.place]
    leave = np.maximum(arrive, bins.open_s) + bins.service_s
    fine = np.zeros(len(bins.place), dtype=np.bool_)
    for index in problem.disposals_of_truck[truck_index]:
        site = problem.disposals[index]
        at_site = leave + priced.duration_s[bins.place, site.place]
        closes_s = int(before_breaks(np.array([site.latest_s]), truck.breaks)[0])
        home = np.maximum(at_site, site.open_s) + site.unload_s + priced.duration_s[site.place, truck.end_place]
        fine |= (at_site <= closes_s) & (home <= home_s)
    in_time: Bool = fine & (arrive <= latest_s) & (bins.open_s <= bins.latest_s)
    return in_time


def _in_time_exactly(problem: Problem, index: int) -> bool:
    """Whether any truck has a timetable for this bin alone, with its breaks where they fit best."""
    node = problem.bins[index]
    for truck in _unlike(problem):
        offered = problem.trucks[truck]
        if node.fraction not in offered.fractions:
            continue
        if node.volume_l > offered.capacity_l or node.weight_kg > offered.capacity_kg:
            continue
        for site in problem.disposals_of_truck[truck]:
            if timed(problem, truck, ((VisitKind.COLLECT, index), (VisitKind.DISPOSE, site))) is not None:
                return True
    return False
