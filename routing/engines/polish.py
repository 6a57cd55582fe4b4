"""Polishing: neighbouring trucks' routes, with the bins around them, are planned anew together, again and again.

A few routes are a small problem: a search gets through it many times while it would go once through the city, and
groups that share no truck are searched at the same time. Only what is better is put back, so a round never harms.
Now and then a group is offered other trucks: one fewer, or an idle one in place of a busy one.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from routing.answer import Solution, VisitKind
from routing.engines.bins import is_wanted
from routing.engines.executors import Lanes
from routing.engines.finish import orders_of
from routing.engines.interface import Report
from routing.engines.parts import Part, joined, part_of
from routing.engines.search import Search, search
from routing.integers import Int64
from routing.problem import Problem

SLICE_S_PER_BIN = 0.005
"""A group of 400 bins is searched for two seconds at a time: shorter ones only begin, longer ones wait."""
LEAST_SLICE_S = 0.4
SIZES = (2, 2, 3)
"""Routes in a group, round by round."""
OTHER_TRUCKS_EVERY = 4
"""Every so many rounds the groups are offered other trucks."""
STALE_ROUNDS = 3
"""After so many rounds without anything better nothing better is expected."""
MIN_LEFT_S = 0.15


@dataclass
class Polish:
    """Round after round on one problem."""

    problem: Problem
    lanes: Lanes
    ends_at: float
    """On the monotonic clock."""
    iterations: int | None
    seed: int
    report: Report
    _wanted: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Bins that nobody would collect for their prize are in no group."""
        self._wanted = [index for index in range(len(self.problem.bins)) if is_wanted(self.problem, index)]
        self._place = np.array([node.place for node in self.problem.bins], dtype=np.int64)
        self._rng = np.random.default_rng(self.seed)
        self._beside_s = 0.0
        """What a task takes beside its search: stating the problem, settling, the way there and back."""

    def run(self, best: Solution) -> Solution:
        """Return the best after the time or the iterations are up, or when nothing gets better any more."""
        stale = number = spent = 0
        while best.routes and stale < STALE_ROUNDS and self.ends_at - time.monotonic() > MIN_LEFT_S:
            if self.iterations is not None and spent >= self.iterations:
                break
            before = best.rank
            pieces = self._pieces(best, number)
            tasks = self._tasks(best, pieces, number)
            spent += sum(task.iterations or 0 for task in tasks)
            began_at, turns = time.monotonic(), -(-len(tasks) // self.lanes.count)
            best = self._put_back(best, pieces, tasks)
            beside_s = (time.monotonic() - began_at) / turns - max(task.seconds for task in tasks)
            self._beside_s = max(0.0, beside_s)
            stale = 0 if best.rank < before else stale + 1
            number += 1
        return best

    def _put_back(self, best: Solution, pieces: Sequence[Part], tasks: Sequence[Search]) -> Solution:
        """Search, and take what is better, group by group as it comes."""
        taken: dict[int, tuple[int, int]] = {}
        for at, (task, found) in enumerate(zip(tasks, self.lanes.map(search, tasks), strict=True)):
            part = pieces[at % len(pieces)]
            assert task.start is not None  # noqa: S101  (every group begins where it is)
            to_beat = taken.get(at % len(pieces), task.start.rank)
            if found.solution.rank < to_beat:
                taken[at % len(pieces)] = found.solution.rank
                best = joined(self.problem, best, [(part, found.solution)])
                self.report("polish", best)
        return best

    def _tasks(self, best: Solution, pieces: Sequence[Part], number: int) -> list[Search]:
        """One search per group; lanes left over search the groups with further seeds."""
        copies = max(1, self.lanes.count // len(pieces)) if len(pieces) < self.lanes.count else 1
        limited = any(truck.has_daily_limit for truck in self.problem.trucks)
        left_s = self.ends_at - time.monotonic()
        turns = -(-len(pieces) * copies // self.lanes.count)
        tasks = []
        for copy in range(copies):
            seed, strict = self.seed + 1_000 + 10 * number + copy, not (limited and (number + copy) % 2)
            for part in pieces:
                start = part.of_whole(best)
                seconds = max(MIN_LEFT_S / 2, left_s / turns - self._beside_s)
                if self.iterations is None:  # else the clock would decide on a busy machine where each slice ends
                    seconds = min(seconds, max(LEAST_SLICE_S, SLICE_S_PER_BIN * len(part.bins)))
                iterations = self.iterations and max(1, self.iterations // (4 * len(pieces) * copies))
                fleet = tuple(range(len(part.trucks)))
                task = Search(part.problem, fleet, seconds, iterations, seed, start, orders_of(start), strict=strict)
                # What was missed may be squeezed in when it has to be: every other round it has.
                hard = start.must_missed == 0 or number % 2 == 0
                tasks.append(replace(self._with_other_trucks(task, number), hard=hard))
        return tasks

    def _with_other_trucks(self, task: Search, number: int) -> Search:
        """Offer one truck fewer, or the idle one in place of another; else only the busy ones."""
        assert task.start is not None  # noqa: S101
        busy = sorted(route.truck for route in task.start.routes)
        idle = [truck for truck in task.trucks if truck not in busy]
        if number % OTHER_TRUCKS_EVERY != OTHER_TRUCKS_EVERY - 1:
            # With bins left out that must be collected, a further truck may be what is missing.
            return replace(task, trucks=tuple(busy if not task.start.must_missed else sorted(busy + idle[:1])))
        free = [truck for truck in busy if not task.problem.trucks[truck].on_road]
        if not free or (len(busy) < 2 and not idle):
            return replace(task, trucks=tuple(busy))
        gone = free[int(self._rng.integers(len(free)))]
        orders = dict(task.orders or {})
        order = orders.pop(gone)
        kept = [truck for truck in busy if truck != gone]
        if idle and (len(busy) < 2 or self._rng.random() < 0.5):
            kept.append(idle[0])
            orders[idle[0]] = order
        return replace(task, trucks=tuple(sorted(kept)), orders=orders)

    def _pieces(self, best: Solution, number: int) -> list[Part]:
        """Return groups of neighbouring routes with the bins around them, and at most one idle truck each."""
        collected = [
            [visit.index for visit in route.visits if visit.kind is VisitKind.COLLECT] for route in best.routes
        ]
        apart_s = self._apart_s(collected)
        wide = number % OTHER_TRUCKS_EVERY == OTHER_TRUCKS_EVERY - 1
        size = SIZES[number % len(SIZES)] + wide
        groups = list(self._groups(apart_s, size)) if len(collected) > 2 else [list(range(len(collected)))]
        around = self._left_out_by_group(collected, groups)
        idle = self._idle(best)
        pieces = []
        for at, group in enumerate(groups):
            bins = sorted({index for route in group for index in collected[route]} | set(around[at]))
            trucks = [best.routes[route].truck for route in group] + idle[at :: len(groups)][:1]
            pieces.append(part_of(self.problem, sorted(trucks), bins))
        return pieces

    def _idle(self, best: Solution) -> list[int]:
        """Return unused trucks in an order of chance, unlike ones first."""
        used = {route.truck for route in best.routes}
        free = [[truck for truck in kind if truck not in used] for kind in self.problem.like_trucks]
        free = [kind for kind in free if kind and self.problem.disposals_of_truck[kind[0]]]
        self._rng.shuffle(free)
        return [kind[turn] for turn in range(max(map(len, free), default=0)) for kind in free if turn < len(kind)]

    def _apart_s(self, collected: Sequence[Sequence[int]]) -> Int64:
        """[routes, routes] how far the nearer half of one route's bins are from another route, on average."""
        apart = np.zeros((len(collected), len(collected)), dtype=np.int64)
        places = [self._place[list(bins)] for bins in collected]
        for here, rows in enumerate(places):
            for there, columns in enumerate(places):
                if here != there and len(rows) and len(columns):
                    nearest = np.sort(self.problem.duration_s[np.ix_(rows, columns)].min(axis=1))
                    apart[here, there] = int(nearest[: max(1, len(nearest) // 2)].mean())
        both: Int64 = apart + apart.T
        return both

    def _groups(self, apart_s: Int64, size: int) -> Iterator[list[int]]:
        """Begin with any route, take its nearest free neighbours, each now and then passed over; until all are in."""
        free = list(self._rng.permutation(len(apart_s)))
        while free:
            first = int(free.pop(0))
            near = sorted((int(other) for other in free), key=lambda other: (int(apart_s[first, other]), other))
            chosen = [other for other in near if self._rng.random() < 0.7][: size - 1]
            chosen += [other for other in near if other not in chosen][: size - 1 - len(chosen)]
            free = [other for other in free if int(other) not in chosen]
            yield sorted([first, *chosen])

    def _left_out_by_group(
        self, collected: Sequence[Sequence[int]], groups: Sequence[Sequence[int]]
    ) -> list[list[int]]:
        """Return the bins left out that are nearest to each group's routes."""
        on_route = {index for bins in collected for index in bins}
        out = [index for index in self._wanted if index not in on_route]
        around: list[list[int]] = [[] for _ in groups]
        if not out:
            return around
        nearest = []
        for group in groups:
            rows = self._place[[index for route in group for index in collected[route]]]
            near = self.problem.duration_s[np.ix_(self._place[out], rows)]
            nearest.append(near.min(axis=1) if rows.size else np.full(len(out), np.iinfo(np.int32).max))
        for index, at in zip(out, np.stack(nearest).argmin(axis=0).tolist(), strict=True):
            around[at].append(index)
        return around
