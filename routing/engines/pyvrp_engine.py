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
from routing.engines.parts import Part, parts
from routing.engines.pyvrp_model import build_model
from routing.problem import Problem, Solution, Truck

MAX_FLEETS = 24
"""More than this are not even ranked."""
ROUNDS = ((6, 0.4), (2, 0.25), (1, 0.35))
"""How many fleets are searched, and with which share of the budget."""
LAST_SEEDS = 2
SETTLINGS_AT_END = 3
"""A search's end is settled in the worker and again as part of the whole, and a busy machine is slower at the end."""
PATIENCE, PATIENCE_PER_BIN = 500, 10
"""Iterations without anything better after which a search ends: a village is planned in two seconds."""
RANKING_SHARE = 0.2
"""Of the seconds, for ranking the fleets at most."""
WORTH_WORKERS_S, WORTH_WORKERS_BINS = 8.0, 60
"""Starting workers takes a second or two; below this the searches run one after the other in this process."""
PARAMS = SolveParams(neighbourhood=NeighbourhoodParams(num_neighbours=30))


@dataclass(frozen=True, slots=True)
class Try:
    """One search: in which part, which trucks are offered, from where it starts, how long it may take."""

    part: int
    trucks: tuple[int, ...]
    ends_at: float
    """On the monotonic clock, which all processes of a machine share."""
    start: Solution | None = None
    """The best this fleet has come to."""
    warm: bool = True
    """Whether to search from there, or from PyVRP's own start."""
    hard: bool = True
    """Whether PyVRP must serve the must bins; otherwise they carry a prize that no detour outweighs."""
    seed: int = 0
    seconds: float = 0.0
    iterations: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try came to."""

    tried: Try
    solution: Solution

    @property
    def rank(self) -> tuple[int, int, int]:
        """Lower is better; the smaller fleet first among equals."""
        return (*self.solution.rank, len(self.tried.trucks))


def solve(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
    """Return the best solution over all fleets tried, of each independent part."""
    began_at = time.monotonic()
    priced = arcs(problem)
    best = min(start, settle(problem, orders_of(start), priced), key=lambda each: each.rank)
    settling_s = time.monotonic() - began_at  # what it takes to turn a search's end into a solution
    left_s = budget.seconds - SETTLINGS_AT_END * settling_s
    pieces = parts(problem)
    if budget.seconds < WORTH_WORKERS_S or len(problem.bins) < WORTH_WORKERS_BINS:
        budget = replace(budget, workers=1)
    done = 0
    with _executor(pieces, budget.workers) as executor:
        for number, part in enumerate(pieces):
            done += len(part.bins)
            ends_at = began_at + left_s * done / len(problem.bins)
            share = replace(
                budget,
                seconds=max(0.01, ends_at - time.monotonic()),
                iterations=_part_of(budget.iterations, len(part.bins) / len(problem.bins)),
            )

            def note(stage: str, solution: Solution, part: Part = part) -> None:
                nonlocal best
                whole = (len(problem.bins), len(problem.trucks), problem.places)
                if (len(part.bins), len(part.trucks), len(part.places)) == whole:
                    best = solution
                    report(stage, best)
                    return
                rest = {truck: order for truck, order in orders_of(best).items() if truck not in part.trucks}
                found = settle(problem, rest | part.to_whole(orders_of(solution)), priced)
                if found.rank < best.rank:
                    best = found
                    report(stage, best)

            sweep = _Sweep(part.problem, number, executor, share, ends_at, seed, note)
            sweep.run(settle(part.problem, part.from_whole(orders_of(best))))
    return best


def _part_of(iterations: int | None, share: float) -> int | None:
    return None if iterations is None else max(1, int(iterations * share))


@dataclass
class _Sweep:
    """Fleet after fleet on one part."""

    problem: Problem
    part: int
    executor: "Executor | _Inline"
    budget: Budget
    ends_at: float
    seed: int
    report: Report

    def run(self, best: Solution) -> None:
        """Rank the fleets, then search in rounds; report whatever is better than `best`."""
        rank_until = time.monotonic() + RANKING_SHARE * self.budget.seconds
        tries = [Try(self.part, fleet, self.ends_at) for fleet in _fleets(self.problem, best)]
        ranked = _promising(_until(rank_until, self.executor.map(_greedy, tries)))
        for number, (count, share) in enumerate(ROUNDS):
            chosen = _chosen(ranked[:count], number, self.seed)
            outcomes = []
            for outcome in self.executor.map(_search, self._with_budget(chosen, share, number)):
                outcomes.append(outcome)
                if outcome.solution.rank < best.rank:
                    best = outcome.solution
                    self.report(f"pyvrp round {number + 1}", best)
            ranked = sorted(outcomes, key=lambda each: each.rank)
            if time.monotonic() >= self.ends_at:
                break

    def _with_budget(self, tries: list[Try], share: float, number: int) -> list[Try]:
        """Split the round's share evenly; the last round takes all the seconds that are left."""
        lanes = max(1, min(self.budget.workers, len(tries)))
        left_s = max(0.0, self.ends_at - time.monotonic())
        seconds = left_s * share / sum(each for _, each in ROUNDS[number:]) / -(-len(tries) // lanes)
        iterations = _part_of(self.budget.iterations, share / len(tries))
        return [replace(each, seconds=seconds, iterations=iterations) for each in tries]


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
        warm, hard = served or number > 0, served or number == 0
        tries.append(replace(each.tried, start=each.solution, warm=warm, hard=hard, seed=seed + 10 * number + at))
    if not number and all(each.solution.must_missed for each in ranked):
        whole = max(ranked, key=lambda each: len(each.tried.trucks))
        tries.append(replace(whole.tried, start=whole.solution, warm=True, hard=False, seed=seed))
    return tries


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


_world: tuple[tuple[Problem, Arcs], ...]
"""The parts that a worker process works on, sent to it once."""


def _enter(problems: tuple[Problem, ...]) -> None:
    global _world  # noqa: PLW0603  (a worker's only way to keep what it was started with)
    _world = tuple((problem, arcs(problem)) for problem in problems)


@contextmanager
def _executor(pieces: tuple[Part, ...], workers: int) -> "Iterator[Executor | _Inline]":
    problems = tuple(part.problem for part in pieces)
    if workers < 2:
        _enter(problems)
        yield _Inline()
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _enter, (problems,))
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
    problem, priced = _world[tried.part]
    return Outcome(tried, settle(problem, {}, priced, tried.trucks))


def _search(tried: Try) -> Outcome:
    """Let PyVRP search; the outcome is never worse than the start."""
    problem, priced = _world[tried.part]
    before = tried.start
    assert before is not None  # noqa: S101  (only ranked fleets are searched)
    if time.monotonic() >= tried.ends_at:
        return Outcome(tried, before)
    model = build_model(problem, priced, tried.trucks, required=tried.hard)
    ends_at = min(time.monotonic() + tried.seconds, tried.ends_at)
    result = search(
        model.data,
        stop=_Stop(ends_at, tried.iterations, PATIENCE + PATIENCE_PER_BIN * len(model.bins)),
        seed=tried.seed,
        collect_stats=False,
        display=False,
        params=PARAMS,
        initial_solution=model.warm_start(orders_of(before)) if tried.warm else None,
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
