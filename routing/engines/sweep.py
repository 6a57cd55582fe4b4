"""The fleet sweep: short searches with ever fewer fleets and ever more time, so that the right trucks are found early.

First one fleet of each size, then the choices of unlike trucks of the best size and its neighbours, then the best of
all in two rounds, each from where it got. Every round uses all lanes and the same seconds for each of its fleets.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.answer import Orders, Solution
from routing.engines.arcs import Arcs
from routing.engines.executors import Lanes
from routing.engines.finish import orders_of
from routing.engines.fleets import Fleet, fleets, idle_trucks_are_free
from routing.engines.interface import Report
from routing.engines.search import Outcome, Search, has_skeleton, search, skeleton
from routing.problem import Problem

PROBE_SHARE = 0.1
"""Of the seconds, for finding out which sizes serve what must be served."""
SHARES = (0.3, 0.3, 0.2, 0.2)
"""Of the rest: for sizes, for choices, for the best few, for the last two."""
KEPT = (3, 2)
"""Fleets in the last rounds."""
NEARLY = 0.03
"""A size that misses at most such a share of the must bins may serve them after a longer search."""
MAX_PROBES, MAX_SIZES = 10, 5
FROM_ROUTES_BINS = 500
"""So many bins that must all be emptied take too long to become a plan by chance: there the known routes begin, and a
truck is saved by leaving out the shortest of them. 2100_stop: 17 trucks in place of 18 (docs/benchmarks/solver.md)."""
PROBE_S_PER_BIN = 0.0006
"""A search from scratch needs so long before its fleet can be told from others."""
MISSED_VISITS = (2, 4, 8, 1_000)
"""A must bin that a round missed is priced like so many average visits: a longer search will find room for it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a fleet came to."""

    fleet: Fleet
    outcome: Outcome
    round: int = 0

    @property
    def solution(self) -> Solution:
        """The settled one."""
        return self.outcome.solution


@dataclass
class Sweep:
    """Fleet after fleet on one problem."""

    problem: Problem
    priced: Arcs
    lanes: Lanes
    seconds: float
    iterations: int | None
    seed: int
    report: Report

    def run(self, best: Solution) -> Solution:
        """Return the best over all fleets tried; report whatever is better than `best` on the way."""
        self._best = best
        self._ends_at = time.monotonic() + self.seconds
        by_size = fleets(self.problem, self.priced)
        sizes = self._sizes(by_size)
        if not sizes:
            return best
        only = sum(map(len, by_size.values())) == 1
        # Seconds that one fleet does not need are the polish's; iterations that nobody took would be lost.
        tried = self._round(0, [by_size[size][0] for size in sizes], [], share=1.0 if only else SHARES[0])
        if not only or self._best.must_missed:
            tried += self._round(1, self._choices(by_size, sizes, tried), [])
            for number, count in enumerate(KEPT, start=2):
                kept = sorted(tried, key=self._promise)[:count]
                tried = self._round(number, [each.fleet for each in kept], kept) or kept
        return self._best

    def _sizes(self, by_size: dict[int, list[Fleet]]) -> list[int]:
        """Return the sizes to begin with, from the least that serves all must bins to one more than greedy took."""
        if not by_size or idle_trucks_are_free(self.problem):
            return [max(by_size)] if by_size else []
        most = max(len(self._best.routes) + 1, min(by_size))
        sizes = [size for size in by_size if size <= most] or [max(by_size)]
        if has_skeleton(self.problem) and len(sizes) > 1:
            sizes = self._able(by_size, _spread(sizes[::-1], MAX_PROBES)[::-1])
        return sorted(_spread(sizes, min(MAX_SIZES, self._probes(SHARES[0]))))

    def _able(self, by_size: dict[int, list[Fleet]], sizes: Sequence[int]) -> list[int]:
        """Return the sizes whose roomiest fleet serves the must bins, or nearly, when it has nothing else to do."""
        turns = -(-len(sizes) // self.lanes.count)
        seconds = PROBE_SHARE * self.seconds / turns
        iterations = self.iterations and max(1, int(self.iterations * PROBE_SHARE))
        tasks = [Search(self.problem, by_size[size][0], seconds, iterations, self.seed) for size in sizes]
        missed = [outcome.solution.must_missed for outcome in self.lanes.map(skeleton, tasks)]
        few = max(min(missed), NEARLY * sum(node.must for node in self.problem.bins))
        return [size for size, count in zip(sizes, missed, strict=True) if count <= few]

    def _probes(self, share: float) -> int:
        """Return how many fleets a round can look at; with a count of iterations the seconds do not matter."""
        if self.iterations is not None:
            return MAX_PROBES
        least_s = max(0.05, PROBE_S_PER_BIN * len(self.problem.bins))
        return max(2, int(self.seconds * share * self.lanes.count / least_s))

    def _choices(self, by_size: dict[int, list[Fleet]], sizes: Sequence[int], tried: Sequence[Tried]) -> list[Fleet]:
        """Return untried fleets of the best size, of sizes near it and of those between it and the next tried."""
        size = len(min(tried, key=self._promise).fleet)
        at = sizes.index(size)
        below = sizes[at - 1] if at else size - 1
        above = sizes[at + 1] if at + 1 < len(sizes) else size + 1
        near = sorted((each for each in by_size if below < each < above and each != size), key=lambda n: abs(n - size))
        others = [by_size[each][0] for each in near]
        like = by_size[size][1:]
        turns = [fleet for pair in zip(like, others, strict=False) for fleet in pair]
        turns += like[len(others) :] + others[len(like) :]
        turns += [fleet for each in (size - 1, size + 1) for fleet in by_size.get(each, [])[1:2]]
        return list(dict.fromkeys(turns))[: self._probes(SHARES[1])]

    def _round(
        self, number: int, chosen: Sequence[Fleet], before: Sequence[Tried], *, share: float | None = None
    ) -> list[Tried]:
        """Search with each fleet: from scratch, or where it had got `before`; `share` is of the iterations."""
        if not chosen or (number and time.monotonic() >= self._ends_at):
            return []
        turns = -(-len(chosen) // self.lanes.count)
        left_s = max(0.0, self._ends_at - time.monotonic())
        seconds = left_s * SHARES[number] / sum(SHARES[number:]) / turns
        iterations = self.iterations and max(1, int(self.iterations * (share or SHARES[number]) / len(chosen)))
        tasks = [Search(self.problem, fleet, seconds, iterations, self.seed + 10 * number) for fleet in chosen]
        tasks = self._begun(tasks, before)
        if before and number == len(SHARES) - 1 and any(truck.has_daily_limit for truck in self.problem.trucks):
            tasks = [replace(task, strict=at % 2 == 0) for at, task in enumerate(tasks)]
        tried = []
        for fleet, outcome in zip(chosen, self.lanes.map(search, tasks), strict=True):
            tried.append(Tried(fleet, outcome, number))
            if outcome.solution.rank < self._best.rank:
                self._best = outcome.solution
                self.report(f"fleets, round {number + 1}", outcome.solution)
        return tried

    def _begun(self, tasks: Sequence[Search], before: Sequence[Tried]) -> list[Search]:
        """Return the tasks with where they begin: where their fleets had got, from routes known, or from scratch."""
        if len(self.problem.bins) < FROM_ROUTES_BINS or has_skeleton(self.problem):
            return [_going_on(*each) for each in zip(tasks, before, strict=True)] if before else list(tasks)
        known = [replace(task, orders=as_many(self._best, task.trucks)) for task in tasks]
        if not before:
            return known
        # A fleet that did not suffice begins anew, with what the others have found since.
        return [
            task if each.solution.must_missed else _going_on(task, each)
            for task, each in zip(known, before, strict=True)
        ]

    def _promise(self, tried: Tried) -> tuple[int, int]:
        """Lower is better: money, with what was missed priced as if a longer search would find room for it."""
        visits = sum(len(route.visits) for route in self._best.routes)
        price = MISSED_VISITS[tried.round] * self._best.cost_minor // max(1, visits)
        return sum(tried.solution.rank[1:]) + price * tried.solution.must_missed, len(tried.fleet)


def _spread(sizes: Sequence[int], count: int) -> list[int]:
    """Return at most `count` sizes: the first three, and of the others some at even distances."""
    if len(sizes) <= count:
        return list(sizes)
    head, tail = list(sizes[:3]), sizes[3:]
    rest = max(0, count - len(head))
    return head[:count] + [tail[round((at + 1) * len(tail) / rest) - 1] for at in range(rest)]


def as_many(known: Solution, fleet: Fleet) -> Orders:
    """Return the known routes with the most to do, one for each truck: its own where it has one, else another's."""
    fullest = dict(sorted(orders_of(known).items(), key=lambda each: -len(each[1]))[: len(fleet)])
    gone = [truck for truck in fullest if truck not in fleet]
    idle = [truck for truck in fleet if truck not in fullest]
    heirs = dict(zip(gone, idle, strict=False))
    return {heirs.get(truck, truck): order for truck, order in fullest.items()}


def _going_on(task: Search, before: Tried) -> Search:
    """Return the task beginning where an earlier one with the same trucks ended."""
    outcome = before.outcome
    return replace(task, start=outcome.solution, orders=outcome.orders, penalties=outcome.penalties)
