"""One waste_city instance among the benchmark's cases; its own evaluator is the judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from pathlib import Path

from routing.answer import Solution
from routing.bench_solver.case import Routes, Score
from routing.bench_solver.waste_city import WasteCity, city, load
from routing.problem import Problem


@dataclass(frozen=True)
class WasteCityCase:
    """One city, made anew from its numbers wherever it is needed."""

    path: Path
    bins: int
    trucks: int
    seed: int
    group = "waste_city"
    published = None

    @property
    def name(self) -> str:
        """Size, trucks and seed."""
        return f"waste_city-{self.bins}-{self.trucks}-s{self.seed}"

    @property
    def size(self) -> int:
        """Bins that may be visited."""
        return self.bins

    @cached_property
    def city(self) -> WasteCity:
        """Make the city."""
        return city(load(self.path), self.bins, self.trucks, self.seed)

    @property
    def problem(self) -> Problem:
        """Return the city for our solvers."""
        return self.city.problem

    def routes(self, solution: Solution) -> Routes:
        """Return the nodes of every truck, also of those that stay at home: the judge counts by position."""
        return tuple(tuple(nodes) for nodes in self.city.sequences(solution))

    def score(self, routes: Sequence[Sequence[int]]) -> Score:
        """Let the benchmark's own evaluator judge."""
        used = sum(bool(route) for route in routes)
        try:
            verdict = self.city.module.evaluate(self.city.instance, [list(route) for route in routes])
        except AssertionError as exc:
            return Score(inf, used, (f"the evaluator says {exc}",))
        return Score(float(verdict["obj"]), used)

    def cost_per_visit(self, routes: Routes) -> float:
        """Return what driving and trucks cost for each bin on the routes, prizes aside."""
        verdict = self.city.module.evaluate(self.city.instance, [list(route) for route in routes])
        return float(verdict["routing"]) / int(verdict["visits"])

    def cost_from_bin_to_bin(self, routes: Routes) -> float:
        """Return what driving from one bin to the next costs for each bin on the routes.

        It leaves out the trucks and their ways to depot and disposal sites, which grow with the city, however it is
        planned.
        """
        cost, first_bin = self.city.instance["cost"], 1 + len(self.problem.disposals)
        legs = [leg for route in routes for leg in pairwise(route) if min(leg) >= first_bin]
        visits = sum(node >= first_bin for route in routes for node in route)
        return sum(int(cost[leg]) for leg in legs) / visits
