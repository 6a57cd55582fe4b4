"""An instance of Kim et al. (2006) as our problem.

A foot is a metre and a minor unit, a tenth of a yard a litre. Seconds of driving are rounded up, so that what holds
here holds in exact numbers. There are as many trucks as the best published plan has, and a few for hire that cost far
more than any detour: the objective is miles, with no more trucks than published if that can be done at all.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from routing.answer import Solution, VisitKind
from routing.bench_solver.case import Published, Routes, Score
from routing.bench_solver.kim_instance import (
    FEET_PER_MILE,
    LUNCH_FROM_S,
    LUNCH_LATEST_S,
    KimInstance,
    driving_s,
    feet,
    read_instance,
    score,
)
from routing.bench_solver.published import KIM
from routing.problem import BinNode, DisposalNode, Problem
from routing.truck import BreakRule, Rates, Truck

FEET_ARE_MONEY = Rates(per_km_minor=1_000, per_h_minor=0, per_handling_h_minor=0)
EVERYTHING = frozenset({0})
TENTHS = 10
"""Loads have at most one decimal."""
DEPOT = 0
FOR_HIRE_SHARE, FOR_HIRE_LEAST = 0.25, 2
HIRE_IN_FARTHEST_TRIPS = 10
"""What a hired truck costs: so many times the way to the farthest node and back."""


@dataclass(frozen=True)
class KimCase:
    """One instance."""

    path: Path
    instance: KimInstance
    group = "kim"

    @property
    def name(self) -> str:
        """The file's name."""
        return self.instance.name

    @property
    def size(self) -> int:
        """Stops to be visited."""
        return len(self.instance.stops)

    @property
    def published(self) -> Published | None:
        """The best of the literature."""
        return KIM.get(self.name)

    @cached_property
    def problem(self) -> Problem:
        """Return the instance for our solvers; places are the judge's node numbers."""
        instance = self.instance
        distance_ft = self._distances_ft()
        duration_s = np.ceil(driving_s(instance, 1.0) * distance_ft - 1e-9)
        first_stop = 1 + len(instance.landfills)
        return Problem(
            distance_m=np.rint(distance_ft).astype(np.int32),
            duration_s=duration_s.astype(np.int32),
            reachable=np.broadcast_to(np.True_, distance_ft.shape),
            halt_s=np.zeros(len(distance_ft), dtype=np.int32),
            bins=tuple(
                BinNode(
                    place,
                    math.ceil(TENTHS * node.yards),
                    0,
                    node.service_s,
                    must=True,
                    open_s=node.open_s,
                    latest_s=node.latest_s,
                )
                for place, node in enumerate(instance.stops, start=first_stop)
            ),
            disposals=tuple(
                DisposalNode(place, EVERYTHING, node.service_s, node.open_s, node.latest_s)
                for place, node in enumerate(instance.landfills, start=1)
            ),
            trucks=(self._truck(0),) * self.own_trucks + (self._truck(self.hire_ft),) * self.for_hire,
            rates=FEET_ARE_MONEY,
        )

    def _distances_ft(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        x = np.array([node.x_ft for node in self.instance.nodes])
        y = np.array([node.y_ft for node in self.instance.nodes])
        manhattan: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
        return manhattan

    @property
    def own_trucks(self) -> int:
        """Trucks for nothing: the published number, else what the yards and the hours of service ask for."""
        if self.published is not None and self.published.trucks is not None:
            return self.published.trucks
        return fewest_trucks(self.instance)

    @property
    def for_hire(self) -> int:
        """Further trucks."""
        return max(FOR_HIRE_LEAST, math.ceil(FOR_HIRE_SHARE * self.own_trucks))

    @property
    def hire_ft(self) -> int:
        """Return what one of them costs."""
        instance = self.instance
        return math.ceil(HIRE_IN_FARTHEST_TRIPS * 2 * max(feet(instance.depot, node) for node in instance.nodes))

    def _truck(self, price_ft: int) -> Truck:
        instance = self.instance
        return Truck(
            start_place=DEPOT,
            end_place=DEPOT,
            capacity_l=int(TENTHS * instance.capacity_yards),
            capacity_kg=0,
            fractions=EVERYTHING,
            shift_start_s=instance.depot.open_s,
            shift_end_s=instance.depot.latest_s,
            fixed_minor=price_ft,
            breaks=(BreakRule(LUNCH_FROM_S, LUNCH_LATEST_S, instance.lunch_s),),
            daily_limit_l=int(TENTHS * instance.yards_a_day),
            daily_limit_bins=instance.stops_a_day,
        )

    def routes(self, solution: Solution) -> Routes:
        """Return the nodes that each truck visits; its lunch goes without saying."""
        return tuple(
            tuple(visit.place for visit in route.visits if visit.kind is not VisitKind.BREAK)
            for route in solution.routes
        )

    def score(self, routes: Routes) -> Score:
        """Judge by the authors' rules; the objective counts hired trucks at their price."""
        verdict = score(self.instance, routes)
        hired_ft = max(0, verdict.trucks - self.own_trucks) * self.hire_ft
        return replace(verdict, objective=verdict.objective + hired_ft / FEET_PER_MILE, miles=verdict.objective)


def open_case(path: Path) -> KimCase:
    """Read an instance."""
    return KimCase(path, read_instance(path))


def fewest_trucks(instance: KimInstance) -> int:
    """Return how many trucks the day's yards and the hours of service ask for at the least."""
    by_yards = sum(node.yards for node in instance.stops) / instance.yards_a_day
    shift_s = instance.depot.latest_s - instance.depot.open_s - instance.lunch_s
    by_hours = sum(node.service_s for node in instance.stops) / shift_s
    return math.ceil(max(by_yards, by_hours))
