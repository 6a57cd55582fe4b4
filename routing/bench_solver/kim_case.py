"""An instance of Kim et al. (2006) as our problem.

A foot is a metre and a minor unit, a tenth of a yard a litre. Seconds of driving are rounded up, so that what holds
here holds in exact numbers. A truck costs as much as the way to the farthest node: enough for planners to use no
more trucks than were published, and not so much that one truck less may cost the miles of a whole route.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

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
from routing.problem import BinNode, BreakRule, DisposalNode, Problem, Rates, Solution, Truck, VisitKind

FEET_ARE_MONEY = Rates(per_km_minor=1_000, per_h_minor=0, per_handling_h_minor=0)
EVERYTHING = frozenset({0})
TENTHS = 10
"""Loads have at most one decimal."""
DEPOT, SPARE_TRUCKS = 0, 6


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
            trucks=(self._truck(),) * trucks_offered(instance),
            rates=FEET_ARE_MONEY,
        )

    def _distances_ft(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        x = np.array([node.x_ft for node in self.instance.nodes])
        y = np.array([node.y_ft for node in self.instance.nodes])
        manhattan: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
        return manhattan

    def _truck(self) -> Truck:
        instance = self.instance
        return Truck(
            start_place=DEPOT,
            end_place=DEPOT,
            capacity_l=int(TENTHS * instance.capacity_yards),
            capacity_kg=0,
            fractions=EVERYTHING,
            shift_start_s=instance.depot.open_s,
            shift_end_s=instance.depot.latest_s,
            fixed_minor=truck_price_ft(instance),
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
        """Judge by the authors' rules; the objective counts trucks at their price."""
        verdict = score(self.instance, routes)
        priced = verdict.objective + verdict.trucks * truck_price_ft(self.instance) / FEET_PER_MILE
        return replace(verdict, objective=priced, miles=verdict.objective)


def open_case(path: Path) -> KimCase:
    """Read an instance."""
    return KimCase(path, read_instance(path))


def truck_price_ft(instance: KimInstance) -> int:
    """Return the way to the farthest node."""
    return math.ceil(max(feet(instance.depot, node) for node in instance.nodes))


def trucks_offered(instance: KimInstance) -> int:
    """Return about twice what the day's yards and the hours of service ask for."""
    by_yards = sum(node.yards for node in instance.stops) / instance.yards_a_day
    shift_s = instance.depot.latest_s - instance.depot.open_s - instance.lunch_s
    by_hours = sum(node.service_s for node in instance.stops) / shift_s
    return 2 * math.ceil(max(by_yards, by_hours)) + SPARE_TRUCKS
