"""Routes that searches have driven past, put together anew: the cheapest choice of them that empties every bin once.

A search changes a few routes at a time, and the best day is often made of routes that it saw on different days, or that
another search saw. Choosing among them is a set partitioning problem, whose linear relaxation is nearly whole when all
come from good days: HiGHS proves the best of some hundred routes within a second. (Local search with set partitioning:
Subramanian, Uchoa and Ochi, Computers & Operations Research 40, 2013.)
"""

import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest
from typing import Any

import numpy as np
import scipy  # whose parts load when they are first asked for: a fifth of a second that no other day waits for
from pyvrp import IteratedLocalSearchCallbacks, Route
from pyvrp import Solution as Found

from routing.answer import Order, Orders, Solution, VisitKind
from routing.engines.pyvrp_model import Model
from routing.problem import Problem

LEAST_ROUTES = 15
"""Of fewer there is little to choose: four routes of 25 bins have no bins in common but all."""
DAYS, DAYS_VISITS = 400, 400_000
"""Of each search, the best it came by: so many, and no more visits in all of them. They lie in memory."""
SLACK = 4
"""One part in so many more may lie there until the best are picked out anew: a visit kept takes 600 bytes."""
STEPS = (400, 800, 1_600)
"""Routes to choose among, while there is time."""
VISITS, VISITS_PER_S = 8_000, 5_000
"""In all of them after the first step, and for each second that is left: 800 routes of four bins take HiGHS half a
second, 400 of nine a tenth, 1,500 of nine more than twenty."""
NODES = 1_000
"""Of the branching, so that a count of iterations decides also here."""
TAKEN = 0.5
"""HiGHS tells whole numbers to six digits."""

Priced = tuple[int, Order]
"""A route, and what it costs less its prizes, in minor units as PyVRP counts."""
Pool = Sequence[Priced]
"""Routes, those of the best days first."""


def is_recombinable(solution: Solution) -> bool:
    """Whether there are routes enough for choosing among them, and nothing that must be emptied is left out."""
    return not solution.must_missed and len(solution.routes) >= LEAST_ROUTES


class Seen(IteratedLocalSearchCallbacks):
    """Keeps the best days that a search drives past: those that keep all rules."""

    def __init__(self) -> None:
        self._days: dict[int, Found] = {}
        self._dearest: float = np.inf

    def on_iteration(self, current: Found, candidate: Found, best: Found, cost_evaluator: Any) -> None:  # noqa: ARG002
        """Take note of where the search is."""
        if not current.is_feasible() or (cost := cost_evaluator.cost(current)) >= self._dearest:
            return
        self._days[cost] = current
        days = min(DAYS, 1 + DAYS_VISITS // (1 + current.num_clients()))
        if len(self._days) > days + days // SLACK:
            self._days = dict(islice(sorted(self._days.items()), days))
            self._dearest = max(self._days)

    def pool(self, model: Model, truck: int) -> Pool:
        """Return their routes in our problem's words, as orders of one of the like trucks."""
        found: dict[frozenset[int], Route] = {}
        for _, day in sorted(self._days.items()):
            for route in day.routes():
                clients = frozenset(activity.idx for activity in route if activity.is_client())
                if clients not in found or _cost(route) < _cost(found[clients]):
                    found[clients] = route
            if len(found) >= STEPS[-1]:
                break
        divisor = model.layout.money_divisor
        return [(_cost(route) * divisor, model.order(truck, route)) for route in found.values()]


def recombined(problem: Problem, trucks: Sequence[int], pools: Iterable[Pool], seconds: float) -> Orders:
    """Return the cheapest choice of routes in which every bin that must be emptied is, and none is twice.

    Args:
        problem: What is to be planned.
        trucks: Those that drive; they are all alike.
        pools: Of each search.
        seconds: The search for the choice ends then, with the best it has. Without any the orders are empty.
    """
    ends_at = time.monotonic() + seconds
    pool: dict[frozenset[int], Priced] = {}
    for route in chain.from_iterable(zip_longest(*pools)):
        if route is not None:
            _add(pool, route)
    best: tuple[float, list[Order]] = (np.inf, [])
    for size in STEPS[: 1 + bisect_left(STEPS, len(pool))]:
        some = dict(islice(pool.items(), size))
        left_s = ends_at - time.monotonic()
        most = min(VISITS, VISITS_PER_S * left_s)
        if not some or left_s <= 0.0 or (size > STEPS[0] and sum(map(len, some)) > most):
            break
        best = min(best, _choice(problem, len(trucks), some, left_s))
    return dict(zip(trucks, best[1], strict=False))


def _choice(
    problem: Problem, trucks: int, pool: dict[frozenset[int], Priced], seconds: float
) -> tuple[float, list[Order]]:
    """Return what the best choice costs, and its routes."""
    must = np.array([float(node.must) for node in problem.bins])
    found = scipy.optimize.milp(
        np.array([float(cost) for cost, _ in pool.values()]),
        integrality=np.ones(len(pool)),
        bounds=scipy.optimize.Bounds(0, 1),
        constraints=[
            scipy.optimize.LinearConstraint(_takes(list(pool), len(problem.bins)), must, 1),
            scipy.optimize.LinearConstraint(np.ones((1, len(pool))), 0, trucks),
        ],
        options={"time_limit": seconds, "node_limit": NODES},
    )
    if found.x is None:
        return np.inf, []
    return found.fun, [order for (_, order), share in zip(pool.values(), found.x, strict=True) if share > TAKEN]


def _add(pool: dict[frozenset[int], Priced], route: Priced) -> None:
    """Keep the cheaper of two that take the same bins, where the first of them stands."""
    bins = frozenset(index for kind, index in route[1] if kind is VisitKind.COLLECT)
    if bins not in pool or route[0] < pool[bins][0]:
        pool[bins] = route


def _takes(routes: Sequence[frozenset[int]], bins: int) -> "scipy.sparse.csr_matrix":
    """[bins, routes] 1 where the route empties the bin."""
    rows = [index for route in routes for index in sorted(route)]
    columns = [at for at, route in enumerate(routes) for _ in route]
    return scipy.sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(bins, len(routes)))


def _cost(route: Route) -> int:
    return int(route.fixed_vehicle_cost() + route.distance_cost() + route.duration_cost() - route.prizes())
