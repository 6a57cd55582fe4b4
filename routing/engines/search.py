"""One search: PyVRP on one fleet, from a start or from scratch, for some seconds. Runs in any process, on any machine.

PyVRP begins with penalties so high that a short search never leaves the first valley: an hour of lateness then costs
more than the whole day. Here they begin near what a second of driving and a litre of room are worth.
"""

import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pyvrp import (
    IteratedLocalSearch,
    IteratedLocalSearchCallbacks,
    IteratedLocalSearchParams,
    PenaltyManager,
    PenaltyParams,
    RandomNumberGenerator,
)
from pyvrp import Solution as Found
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import OPERATORS, LocalSearch, NeighbourhoodParams, PerturbationManager, compute_neighbours

from routing.answer import Orders, Solution
from routing.engines.arcs import FORBIDDEN_S, Arcs, arcs
from routing.engines.finish import settle
from routing.engines.parts import part_of
from routing.engines.pyvrp_model import Model, build_model
from routing.engines.recombine import Pool
from routing.problem import Problem

NEIGHBOURS = 40
"""Half of a bin's neighbours stay out of the plan on a usual day: 30 were too few, 80 too slow."""
PATIENCE, PATIENCE_PER_BIN = 500, 10
"""Iterations without anything better after which a search ends: a village is planned in two seconds."""
PATIENCE_WITHOUT = 3
"""So many times longer while nothing was found that keeps all rules: penalties must grow first."""
INFEASIBLE = 2**62
PENALTY_UPDATES = 100
"""Feasibilities registered between two changes of the penalties; PyVRP's 500 are a second of a large city."""
PENALTY_ROOM = 100.0
"""Penalties may grow to so many times what they begin with."""
LEAST_PENALTY = 0.1
SKELETON_SHARE = 0.2
"""Of the seconds of a search from scratch, for the must bins alone."""
LEAST_SKELETON, MOST_SKELETON_SHARE = 10, 0.7
"""Must bins that are worth being planned first, and of all bins the share above which it is the same problem."""

Penalties = tuple[list[float], float, float]
"""Of a unit of each load, of lateness and of distance, as PyVRP orders them."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is to be searched. It carries all it needs, so that it can be done anywhere."""

    problem: Problem
    trucks: tuple[int, ...]
    """The fleet that is offered."""
    seconds: float
    iterations: int | None = None
    seed: int = 0
    start: Solution | None = None
    """What is known already; the answer is never worse."""
    orders: Orders | None = None
    """Where to begin; None means from scratch."""
    hard: bool = True
    """Whether must bins are required; else they carry a prize that no detour outweighs."""
    penalties: Penalties | None = None
    """What an earlier search on the same trucks had come to."""
    strict: bool = True
    """Whether every answer keeps the limits of the day; otherwise trips may be full, and the excess is mended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to, and where the next one may go on."""

    solution: Solution
    """Settled, and not worse than the start."""
    orders: Orders
    """Of the best; where nothing kept all rules, where the search was last: that breaks some."""
    penalties: Penalties | None
    pool: Pool = ()
    """Routes that it drove past, where it was told to keep them."""


def search(task: Search) -> Outcome:
    """Search, and settle what was found; from scratch the must bins are planned first, and the others around them."""
    began_at = time.monotonic()
    if task.orders is None and task.hard and has_skeleton(task.problem):
        task = replace(task, orders=skeleton(replace(task, seconds=SKELETON_SHARE * task.seconds)).orders)
    priced = arcs(task.problem)
    model = build_model(task.problem, priced, task.trucks, required=task.hard, strict=task.strict)
    found, penalties = None, None
    if model.bins:
        found, penalties = _run(model, priced, task, began_at + task.seconds)
    orders = {} if found is None else model.orders(found)
    after = settle(task.problem, orders, priced, task.trucks)
    best = after if task.start is None else min(task.start, after, key=lambda each: each.rank)
    return Outcome(best, orders, penalties)


def has_skeleton(problem: Problem) -> bool:
    """Whether planning the must bins first is another, smaller problem."""
    musts = sum(node.must for node in problem.bins)
    return LEAST_SKELETON <= musts <= MOST_SKELETON_SHARE * len(problem.bins)


def skeleton(task: Search) -> Outcome:
    """Search with the must bins alone; the outcome's solution knows no others, its orders are those of the whole."""
    part = part_of(
        task.problem,
        range(len(task.problem.trucks)),
        [index for index, node in enumerate(task.problem.bins) if node.must],
    )
    iterations = task.iterations and max(1, int(SKELETON_SHARE * task.iterations))
    found = search(replace(task, problem=part.problem, iterations=iterations))
    return replace(found, orders=part.to_whole(found.orders))


def _run(model: Model, priced: Arcs, task: Search, ends_at: float) -> tuple[Found, Penalties]:
    """Return PyVRP's best; where nothing kept all rules, what it had last: settling takes off what is too much."""
    rng = RandomNumberGenerator(seed=task.seed)
    neighbours = compute_neighbours(model.data, NeighbourhoodParams(num_neighbours=NEIGHBOURS))
    local = LocalSearch(model.data, rng, neighbours, PerturbationManager())
    for operator in OPERATORS:
        if operator.supports(model.data):
            local.add_operator(operator(model.data))
    penalties = _penalties(model, priced, task.penalties)
    if task.orders is not None:
        begin = model.warm_start(task.orders)
    else:
        begin = local(Found.make_random(model.data, rng), penalties.cost_evaluator(), exhaustive=True)
    last = _Last(begin)
    patience = PATIENCE + PATIENCE_PER_BIN * len(model.bins)
    stop = _Stop(ends_at, task.iterations, patience)
    steered = IteratedLocalSearchParams(callbacks=last)
    with warnings.catch_warnings():
        # Of penalties at their bound: a fleet that cannot do it is what the sweep looks for.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = IteratedLocalSearch(model.data, penalties, local, begin, steered).run(stop, False, False)
    return result.best if result.best.is_feasible() else last.current, _plain(penalties.penalties())


def _plain(penalties: Penalties) -> Penalties:
    loads, late, far = penalties
    return [float(each) for each in loads], float(late), float(far)


class _Last(IteratedLocalSearchCallbacks):
    """Remembers where the search is, for the case that it never gets feasible."""

    def __init__(self, current: Found) -> None:
        self.current = current

    def on_iteration(self, current: Found, candidate: Found, best: Found, cost_evaluator: Any) -> None:  # noqa: ARG002
        """Take note."""
        self.current = current


def _penalties(model: Model, priced: Arcs, before: Penalties | None) -> PenaltyManager:
    """Return penalties that begin at the price of the time and the room that are exceeded."""
    real = priced.duration_s < FORBIDDEN_S
    seconds, minor = float(priced.duration_s[real].sum()), float(priced.cost_minor[real].sum())
    per_s = minor / max(1.0, seconds) / model.layout.money_divisor
    trip = 2.0 * minor / max(1, int(np.count_nonzero(priced.duration_s))) / model.layout.money_divisor
    rooms = np.array([each.capacity for each in model.data.vehicle_types()], dtype=np.float64).min(axis=0)
    first = [float(each) for each in np.maximum(LEAST_PENALTY, trip / np.maximum(1.0, rooms))]
    late = max(LEAST_PENALTY, per_s)
    params = PenaltyParams(
        solutions_between_updates=PENALTY_UPDATES,
        min_penalty=LEAST_PENALTY / 10,
        max_penalty=PENALTY_ROOM * max(*first, late),
    )
    return PenaltyManager(before or (first, late, late), params)


class _Stop:
    """Ends a search by the clock, by the count, or when nothing better came for long: whichever is first."""

    def __init__(self, ends_at: float, iterations: int | None, patience: int) -> None:
        self._ends_at = ends_at
        self._left = iterations
        self._patience = patience
        self._best_cost = -1
        self._waited = 0

    def __call__(self, best_cost: int) -> bool:
        """Tell PyVRP whether to stop before the next iteration."""
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                return True
        self._waited = 0 if best_cost != self._best_cost else self._waited + 1
        self._best_cost = best_cost
        patience = self._patience * (PATIENCE_WITHOUT if best_cost >= INFEASIBLE else 1)
        return self._waited > patience or time.monotonic() >= self._ends_at
