"""Routes that a search has driven past, put together anew: the cheapest choice of them that empties every bin once.

A search changes a few routes at a time; where each takes a handful of bins, the best day is often made of routes it
has seen on different days. Choosing among them is a set partitioning problem, whose linear relaxation is then nearly
whole: HiGHS proves the best of a thousand routes within a second. (Local search with set partitioning: Subramanian,
Uchoa and Ochi, Computers & Operations Research 40, 2013.) Of long routes too few fit together for it to find any.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pyvrp import IteratedLocalSearchCallbacks, Route
from pyvrp import Solution as Found
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from routing.engines.pyvrp_model import Model
from routing.problem import Order, Orders, Problem, Solution, VisitKind

SHORT_ROUTE_BINS = 6
"""Up to here on the mean. Of routes of nine (X-n251) HiGHS finds no choice in half a minute."""
EVERY = 10
"""Iterations of which one's routes are kept: each changes few, and keeping them all would take a fifth of the time."""
MOST_ROUTES = 4_000
"""Of each search, those seen last."""
NODES = 1_000
"""Of the branching, so that a count of iterations decides also here."""

TAKEN = 0.5
"""HiGHS tells whole numbers to six digits."""

Pool = Mapping[frozenset[int], tuple[int, Order]]
"""For the bins that a truck empties together: what it costs less their prizes, as PyVRP counts, and the order."""


def is_recombinable(solution: Solution) -> bool:
    """Whether routes are short enough for choosing among them, and nothing that must be emptied is left out."""
    collected = sum(visit.kind is VisitKind.COLLECT for route in solution.routes for visit in route.visits)
    return not solution.must_missed and 0 < collected <= SHORT_ROUTE_BINS * len(solution.routes)


class Seen(IteratedLocalSearchCallbacks):
    """Keeps the routes that a search drives past."""

    def __init__(self) -> None:
        self._left = EVERY
        self._routes: dict[frozenset[int], Route] = {}

    def on_iteration(self, current: Found, candidate: Found, best: Found, cost_evaluator: Any) -> None:  # noqa: ARG002
        """Take note of where the search is, one time in so many."""
        self._left -= 1
        if not self._left:
            self._left = EVERY
            self.note(current)

    def note(self, solution: Found) -> None:
        """Keep those of its routes that keep all rules, the cheaper of two with the same bins."""
        for route in solution.routes():
            if not route.is_feasible():
                continue
            bins = frozenset(activity.idx for activity in route if activity.is_client())
            before = self._routes.pop(bins, route)  # put in anew: the order tells which were seen last
            self._routes[bins] = min(before, route, key=_cost)

    def pool(self, model: Model, truck: int) -> Pool:
        """Return what was kept in our problem's words, as orders of one of the like trucks."""
        found: dict[frozenset[int], tuple[int, Order]] = {}
        for route in [*self._routes.values()][-MOST_ROUTES:]:
            _add(found, _cost(route), model.order(truck, route))
        return found


def recombined(problem: Problem, trucks: Sequence[int], pools: Iterable[Pool], seconds: float) -> Orders:
    """Return the cheapest choice of routes in which every bin that must be emptied is, and none is twice.

    Args:
        problem: What is to be planned.
        trucks: Those that drive; they are all alike.
        pools: Of each search.
        seconds: The search for the choice ends then, with the best it has. Without any the orders are empty.
    """
    pool: dict[frozenset[int], tuple[int, Order]] = {}
    for cost, order in (route for each in pools for route in each.values()):
        _add(pool, cost, order)
    must = np.array([float(node.must) for node in problem.bins])
    chosen = (
        pool
        and milp(
            np.array([float(cost) for cost, _ in pool.values()]),
            integrality=np.ones(len(pool)),
            bounds=Bounds(0, 1),
            constraints=[
                LinearConstraint(_takes(pool, len(problem.bins)), must, 1),
                LinearConstraint(np.ones((1, len(pool))), 0, len(trucks)),
            ],
            options={"time_limit": seconds, "node_limit": NODES},
        ).x
    )
    if not pool or chosen is None:
        return {}
    orders = (order for (_, order), share in zip(pool.values(), chosen, strict=True) if share > TAKEN)
    return dict(zip(trucks, orders, strict=False))


def _add(pool: dict[frozenset[int], tuple[int, Order]], cost: int, order: Order) -> None:
    bins = frozenset(index for kind, index in order if kind is VisitKind.COLLECT)
    if bins not in pool or cost < pool[bins][0]:
        pool[bins] = (cost, order)


def _takes(pool: Pool, bins: int) -> csr_matrix:
    """[bins, routes] 1 where the route empties the bin."""
    rows = [index for route in pool for index in sorted(route)]
    columns = [at for at, route in enumerate(pool) for _ in route]
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(bins, len(pool)))


def _cost(route: Route) -> int:
    return int(route.fixed_vehicle_cost() + route.distance_cost() + route.duration_cost() - route.prizes())
