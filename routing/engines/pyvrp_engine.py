"""The default engine: PyVRP's iterated local search, offered one fleet after the other.

PyVRP does not give up a truck it was offered, even where fewer would do: sweeping over smaller fleets is the largest
single gain (docs/decisions/0004-engines.md). Greedy insertion ranks the fleets; then rounds of searches with fewer
fleets and more time each, every one from its own best; the last round runs the winner with several seeds.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import get_context

from pyvrp import SolveParams
from pyvrp import solve as search
from pyvrp.search import NeighbourhoodParams

from routing.engines.arcs import Arcs, arcs
from routing.engines.finish import orders_of, settle
from routing.engines.interface import Budget, Report
from routing.engines.pyvrp_model import build_model
from routing.problem import Order, Orders, Problem, Solution, Truck

MAX_FLEETS = 24
"""More than this are not even ranked."""
ROUNDS = ((6, 0.4), (2, 0.25), (1, 0.35))
"""How many fleets are searched, and with which share of the budget."""
LAST_SEEDS = 2
PATIENCE, PATIENCE_PER_BIN = 500, 10
"""Iterations without anything better after which a search ends: a village is planned in two seconds."""
RANKING_SHARE = 0.2
"""Of the seconds, for ranking the fleets at most."""
WORTH_WORKERS_S, WORTH_WORKERS_BINS = 8.0, 60
"""Starting workers takes a second or two; below this the searches run one after the other in this process."""
PARAMS = SolveParams(neighbourhood=NeighbourhoodParams(num_neighbours=30))


@dataclass(frozen=True, slots=True)
class Try:
    """One search: which trucks are offered, from where it starts, how long it may take."""

    trucks: tuple[int, ...]
    hard: bool
    """Whether PyVRP must serve the must bins; otherwise they carry a prize that no detour outweighs."""
    start: tuple[tuple[int, Order], ...]
    seed: int
    seconds: float
    iterations: int | None
    ends_at: float
    """On the monotonic clock, which all processes of a machine share."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try came to."""

    tried: Try
    solution: Solution

    @property
    def rank(self) -> tuple[int, int, int]:
        """Lower is better; the smaller fleet first among equals."""
        return (*self.solution.rank, len(self.tried.trucks))


def solve(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Orders) -> Solution:
    """Return the best solution over all fleets tried."""
    began_at = time.monotonic()
    best = settle(problem, start)
    fleets = _fleets(problem, best)
    if not fleets or not problem.bins:
        return best
    settling_s = time.monotonic() - began_at  # what it takes to turn a search's end into a solution
    ends_at = began_at + budget.seconds - 2 * settling_s
    if budget.seconds < WORTH_WORKERS_S or len(problem.bins) < WORTH_WORKERS_BINS:
        budget = replace(budget, workers=1)
    with _executor(problem, budget.workers) as executor:
        tries = [Try(fleet, True, (), seed, 0.0, None, ends_at) for fleet in fleets]
        ranked = _promising(_until(began_at + RANKING_SHARE * budget.seconds, executor.map(_greedy, tries)))
        for number, (count, share) in enumerate(ROUNDS):
            chosen = _chosen(ranked[:count], number, seed)
            outcomes = []
            for outcome in executor.map(_search, _with_budget(chosen, budget, share, ends_at, number)):
                outcomes.append(outcome)
                if outcome.solution.rank < best.rank:
                    best = outcome.solution
                    report(f"pyvrp round {number + 1}", best)
            ranked = sorted(outcomes, key=lambda each: each.rank)
    return best


def _until(moment: float, outcomes: Iterator[Outcome]) -> list[Outcome]:
    """Return the outcomes that are there by the moment, at least one."""
    there = []
    for outcome in outcomes:
        there.append(outcome)
        if time.monotonic() > moment:
            break
    return there


def _promising(outcomes: list[Outcome]) -> list[Outcome]:
    """Rank fleets by what greedy made of them.

    It packs loosely: a must bin it missed is not yet held against a fleet, only priced like four average visits.
    """
    most = min(outcomes, key=lambda each: len(each.solution.unvisited)).solution
    visits = sum(len(route.visits) for route in most.routes)
    price = 4 * most.cost_minor // max(1, visits)

    def guess(each: Outcome) -> tuple[int, int]:
        return sum(each.solution.rank[1:]) + price * each.solution.must_missed, len(each.tried.trucks)

    return sorted(outcomes, key=guess)


def _chosen(ranked: list[Outcome], number: int, seed: int) -> list[Try]:
    """Each from its own best; in the last round the winner with `LAST_SEEDS` seeds, however many workers there are.

    Before the first round a fleet on which greedy missed must bins is let off its start: PyVRP's own finds room
    faster. A fleet that misses some after a search goes on with soft ones.
    """
    if number == len(ROUNDS) - 1:
        ranked = ranked * LAST_SEEDS
    tries = []
    for at, each in enumerate(ranked):
        served = each.solution.must_missed == 0
        start = tuple(orders_of(each.solution).items()) if served or number else ()
        tries.append(replace(each.tried, hard=served or not number, start=start, seed=seed + 10 * number + at))
    if not number and all(each.solution.must_missed for each in ranked):
        whole = max(ranked, key=lambda each: len(each.tried.trucks))
        tries.append(replace(whole.tried, hard=False, start=tuple(orders_of(whole.solution).items()), seed=seed))
    return tries


def _with_budget(tries: list[Try], budget: Budget, share: float, ends_at: float, number: int) -> list[Try]:
    """Split the round's share evenly; the last round takes all the seconds that are left."""
    lanes = max(1, min(budget.workers, len(tries)))
    left = ends_at - time.monotonic()
    total = left if number == len(ROUNDS) - 1 else left * share / sum(each for _, each in ROUNDS[number:])
    seconds = total / -(-len(tries) // lanes)
    iterations = None if budget.iterations is None else max(1, int(budget.iterations * share) // len(tries))
    return [replace(each, seconds=seconds, iterations=iterations, ends_at=ends_at) for each in tries]


def _fleets(problem: Problem, greedy: Solution) -> list[tuple[int, ...]]:
    """Return the fleets worth a try: every choice of unlike trucks if few, else ever fewer of the busiest."""
    usable = [truck for truck, sites in enumerate(problem.disposals_of_truck) if sites]
    kinds: dict[Truck, list[int]] = {}
    for truck in usable:
        kinds.setdefault(problem.trucks[truck], []).append(truck)
    choices = 1
    for like in kinds.values():
        choices *= len(like) + 1
    if choices - 1 <= MAX_FLEETS:
        fleets = [
            tuple(sorted(truck for like, count in zip(kinds.values(), each, strict=True) for truck in like[:count]))
            for each in product(*(range(len(like) + 1) for like in kinds.values()))
            if any(each)
        ]
        used = len(greedy.routes)
        return sorted(fleets, key=lambda fleet: (abs(len(fleet) - used), fleet))
    busy = {route.truck: len(route.visits) for route in greedy.routes}
    order = sorted(usable, key=lambda truck: (-busy.get(truck, 0), problem.trucks[truck].fixed_minor, truck))
    sizes = range(len(order), 0, -max(1, len(order) // MAX_FLEETS))
    return [tuple(sorted(order[:size])) for size in sizes]


_world: tuple[Problem, Arcs]
"""The problem of a worker process, sent to it once."""


def _enter(problem: Problem) -> None:
    global _world  # noqa: PLW0603  (a worker's only way to keep what it was started with)
    _world = (problem, arcs(problem))


@contextmanager
def _executor(problem: Problem, workers: int) -> "Iterator[Executor | _Inline]":
    if workers < 2:
        _enter(problem)
        yield _Inline()
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _enter, (problem,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Inline:
    """Runs tries one after the other in this process."""

    def map(self, function: Callable[[Try], Outcome], tries: Iterable[Try]) -> Iterator[Outcome]:
        """Yield each outcome when it is there."""
        return map(function, tries)


def _greedy(tried: Try) -> Outcome:
    """What the fleet comes to by insertion alone."""
    problem, priced = _world
    return Outcome(tried, settle(problem, {}, priced, tried.trucks))


def _search(tried: Try) -> Outcome:
    """Search from the start, or from PyVRP's own when it is empty."""
    problem, priced = _world
    before = settle(problem, dict(tried.start), priced, tried.trucks)
    model = build_model(problem, priced, tried.trucks, required=tried.hard)
    result = search(
        model.data,
        stop=_Stop(
            min(time.monotonic() + tried.seconds, tried.ends_at),
            tried.iterations,
            PATIENCE + PATIENCE_PER_BIN * len(model.bins),
        ),
        seed=tried.seed,
        collect_stats=False,
        display=False,
        params=PARAMS,
        initial_solution=model.warm_start(orders_of(before)) if tried.start else None,
    )
    if not result.best.is_feasible():
        return Outcome(tried, before)
    after = settle(problem, model.orders(result.best), priced, tried.trucks)
    return Outcome(tried, min(before, after, key=lambda each: each.rank))


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
        return self._waited > self._patience or time.monotonic() >= self._ends_at
