"""Plain days: like trucks that cost nothing to have and drive one trip. There is no fleet to find, only routes.

A small one is searched as a whole by every lane, exactly as PyVRP does it, each with a seed of its own: our layer then
costs nothing but its start. Of several lanes the first goes on for as long as PyVRP would, the others begin anew with
another seed whenever nothing better comes: so what PyVRP finds alone in that time is found here as well. In a large
one, or where there is little time for its bins, a single search does not get through the whole: after a while the
routes are cut in two, each lane searches a half, and the cut turns from round to round. Where there are many routes,
the last part of the time is for choosing among those of all searches (`recombine`).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
from pyvrp import IteratedLocalSearchParams, Result, SolveParams, solve
from pyvrp import Solution as Found
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria, NoImprovement, StoppingCriterion

from routing.answer import Solution, VisitKind
from routing.engines.arcs import arcs
from routing.engines.bins import is_wanted
from routing.engines.executors import Lanes
from routing.engines.finish import orders_of, settle
from routing.engines.fleets import idle_trucks_are_free
from routing.engines.interface import Report
from routing.engines.parts import Part, joined, part_of
from routing.engines.pyvrp_model import Model, build_model
from routing.engines.recombine import Pool, Seen, is_recombinable, recombined
from routing.engines.search import Outcome, Search
from routing.integers import Int64
from routing.problem import Problem

WHOLE_BINS = 400
"""Up to here halves gain nothing, given time: a search gets through the whole often enough."""
HASTY_BINS, HASTE_S_PER_BIN = 200, 0.03
"""With less time for so many, halves gain already: docs/benchmarks/solver.md. Fewer bins are worse off in halves."""
WHOLE_SHARE = 0.15
"""Of the seconds of a large day, before it is cut: measured in docs/benchmarks/solver.md."""
SEARCH_SHARE, CHOICE_SHARE = 0.7, 0.2
"""Of the seconds of a day of many routes: for searching, and at most for choosing. The rest goes on from there."""
ROUNDS = 6
"""Cuts, in the time that is left."""
SPARE_TRUCKS = 2
PATIENCE_PER_BIN = 60
"""Iterations without anything better after which a search begins anew. A small day's search seldom leaves the valley
it has come to: on RC208 three in five stay a percent above the best known for minutes."""
BEGINNINGS = 16
"""So many in a row without anything better end it: a village's after a second, and no larger one's before its time."""
LEAST_S = 0.3
FAR_SEED = 1_000
"""Between the seeds of two beginnings: lanes and rounds use those beside the first."""


def is_plain(problem: Problem) -> bool:
    """Whether an idle truck is no temptation, and no truck is unlike another."""
    able = [group for group in problem.like_trucks if any(problem.disposals_of_truck[truck] for truck in group)]
    return len(able) == 1 and idle_trucks_are_free(problem)


def _able(problem: Problem) -> tuple[int, ...]:
    """Those that somebody unloads: of a plain day they are all alike."""
    return tuple(truck for truck, sites in enumerate(problem.disposals_of_truck) if sites)


@dataclass
class Plain:
    """A plain day's search."""

    problem: Problem
    lanes: Lanes
    ends_at: float
    """On the monotonic clock."""
    iterations: int | None
    seed: int
    report: Report
    _pools: list[Pool] = field(default_factory=list, init=False)
    """Of the searches so far."""

    def run(self, best: Solution) -> Solution:
        """Return the best found; report whatever is better on the way."""
        left_s = max(LEAST_S, self.ends_at - time.monotonic())
        rounds, chooses = self._rounds(left_s), is_recombinable(best)
        if not chooses:
            return self._search(best, self.ends_at, rounds, self._share(rounds))
        first = self._share(rounds + 1) if rounds else self._share(0, SEARCH_SHARE)
        best = self._search(best, self.ends_at - (1.0 - SEARCH_SHARE) * left_s, rounds, first, keeps=True)
        best = self._recombined(best, CHOICE_SHARE * left_s)
        seconds = self.ends_at - time.monotonic()
        if seconds < LEAST_S:
            return best
        if rounds:
            return self._halves(best, seconds, rounds, first)
        return self._whole(best, seconds, self._share(0, 1.0 - SEARCH_SHARE), from_best=True)

    def _search(
        self, best: Solution, ends_at: float, rounds: int, iterations: int | None, *, keeps: bool = False
    ) -> Solution:
        """Search the whole, then so many times halves of it; `iterations` are those of each."""
        left_s = max(LEAST_S, ends_at - time.monotonic())
        best = self._whole(best, WHOLE_SHARE * left_s if rounds else left_s, iterations, keeps=keeps)
        for number in range(rounds):
            seconds = (ends_at - time.monotonic()) / (rounds - number)
            if seconds < LEAST_S:
                break
            best = self._halves(best, seconds, number, iterations, keeps=keeps)
        return best

    def _recombined(self, best: Solution, seconds: float) -> Solution:
        """Choose among the routes of all searches."""
        orders = recombined(self.problem, _able(self.problem), self._pools, seconds)
        chosen = settle(self.problem, orders) if orders else best
        if chosen.rank < best.rank:
            best = chosen
            self.report("recombined", best)
        return best

    def _rounds(self, left_s: float) -> int:
        """How often the routes are cut; not at all where a search gets through the whole often enough."""
        if self.lanes.count < 2 or not self._gains_by_halves(left_s):
            return 0
        return ROUNDS if self.iterations else min(ROUNDS, int((1.0 - WHOLE_SHARE) * left_s / LEAST_S))

    def _gains_by_halves(self, left_s: float) -> bool:
        """Whether it is a large day, or a hasty one. Where iterations are counted the clock decides nothing."""
        bins = len(self.problem.bins)
        hasty = bins >= HASTY_BINS and self.iterations is None and left_s < HASTE_S_PER_BIN * bins
        return hasty or bins > WHOLE_BINS

    def _whole(
        self, best: Solution, seconds: float, iterations: int | None, *, keeps: bool = False, from_best: bool = False
    ) -> Solution:
        """Search from PyVRP's own start, in further lanes also from `best`; with `from_best` in all of them."""
        told = [
            _Told(self._task(best, seconds, iterations, lane, from_best), self.lanes.count > 1 and not lane, keeps)
            for lane in range(self.lanes.count)
        ]
        for found in self.lanes.map(_as_told, told):
            self._pools.append(found.pool)
            if found.solution.rank < best.rank:
                best = found.solution
                self.report("routes", best)
        return best

    def _task(self, best: Solution, seconds: float, iterations: int | None, lane: int, from_best: bool) -> Search:
        can_all = not best.must_missed
        return Search(
            self.problem,
            tuple(range(len(self.problem.trucks))),
            seconds,
            iterations,
            self.seed + lane + (self.lanes.count if from_best else 0),
            start=best if (lane or from_best) and can_all else None,
            orders=orders_of(best) if (lane % 2 or from_best) and can_all else None,
            hard=can_all,
        )

    def _share(self, rounds: int, share: float = 1.0) -> int | None:
        return self.iterations and max(1, int(share * self.iterations) // (1 + rounds))

    def _halves(
        self, best: Solution, seconds: float, number: int, iterations: int | None, *, keeps: bool = False
    ) -> Solution:
        pieces = _cut(self.problem, best, max(2, self.lanes.count), self.seed + number)
        told = []
        for part in pieces:
            start = part.of_whole(best)
            every = tuple(range(len(part.trucks)))
            task = Search(part.problem, every, seconds, iterations, self.seed + number, start, orders_of(start))
            told.append(_Told(replace(task, hard=start.must_missed == 0), keeps=keeps))
        for part, each, found in zip(pieces, told, self.lanes.map(_as_told, told), strict=True):
            self._pools.append([(cost, part.to_whole({0: order})[part.trucks[0]]) for cost, order in found.pool])
            if each.task.start is not None and found.solution.rank < each.task.start.rank:
                best = joined(self.problem, best, [(part, found.solution)])
                self.report("halves", best)
        return best


@dataclass(frozen=True, slots=True)
class _Told:
    """What a lane is to do."""

    task: Search
    goes_on: bool = False
    keeps: bool = False


def _as_told(told: _Told) -> Outcome:
    return as_it_comes(told.task, goes_on=told.goes_on, keeps=told.keeps)


def as_it_comes(task: Search, *, goes_on: bool = False, keeps: bool = False) -> Outcome:
    """Search with PyVRP's own parameters and, without a start, from its own; again and again, while there is time.

    With `goes_on` the first search has the patience of all of them; with `keeps` the outcome has the routes it saw.
    """
    ends_at = time.monotonic() + task.seconds
    priced = arcs(task.problem)
    model = build_model(task.problem, priced, task.trucks, required=task.hard)
    if not model.bins:
        return Outcome(task.start or settle(task.problem, {}, priced, task.trucks), {}, None)
    seen = Seen() if keeps else None
    params = SolveParams(ils=IteratedLocalSearchParams(callbacks=seen)) if seen else SolveParams()
    orders = model.orders(_best_of_many(model, task, params, ends_at, 0 if goes_on else BEGINNINGS))
    after = settle(task.problem, orders, priced, task.trucks)
    best = after if task.start is None else min(task.start, after, key=lambda each: each.rank)
    return Outcome(best, orders, None, seen.pool(model, _able(task.problem)[0]) if seen else ())


def _best_of_many(model: Model, task: Search, params: SolveParams, ends_at: float, anew: int) -> Found:
    patience = PATIENCE_PER_BIN * len(model.bins) * (1 + BEGINNINGS - anew)
    first = _once(model, task, params, ends_at, patience)
    best, left, vain = first, _less(task.iterations, first), 0
    for seed in count(task.seed + FAR_SEED, FAR_SEED):
        if vain == anew or left == 0 or time.monotonic() >= ends_at:
            return best.best
        found = _once(model, replace(task, orders=None, iterations=left, seed=seed), params, ends_at, patience)
        left = _less(left, found)
        best, vain = (found, 0) if found.cost() < best.cost() else (best, vain + 1)
    return best.best


def _once(model: Model, task: Search, params: SolveParams, ends_at: float, patience: int) -> Result:
    return solve(
        model.data,
        stop=_stop(ends_at, task.iterations, patience),
        seed=task.seed,
        collect_stats=False,
        display=False,
        params=params,
        initial_solution=None if task.orders is None else model.warm_start(task.orders),
    )


def _less(iterations: int | None, spent: Result) -> int | None:
    return iterations and max(0, iterations - spent.num_iterations)


def _stop(ends_at: float, iterations: int | None, patience: int) -> MultipleCriteria:
    criteria: list[StoppingCriterion] = [
        MaxRuntime(max(0.01, ends_at - time.monotonic())),
        NoImprovement(patience),
    ]
    return MultipleCriteria([*criteria, MaxIterations(iterations)] if iterations is not None else criteria)


def _cut(problem: Problem, best: Solution, count: int, seed: int) -> list[Part]:
    """Return the routes in `count` pieces of as many bins, side by side between a chance route and the farthest."""
    collected = [[visit.index for visit in route.visits if visit.kind is VisitKind.COLLECT] for route in best.routes]
    if len(collected) < 2 * count:
        return [part_of(problem, range(len(problem.trucks)), range(len(problem.bins)))]
    away = _apart(problem, collected)
    pole = int(np.random.default_rng(seed).integers(len(collected)))
    other = int(away[pole].argmax())
    order = np.argsort(away[pole] - away[other], kind="stable").tolist()
    before = np.cumsum([0, *(len(collected[at]) for at in order)])[:-1]
    piece_of = {at: int(count * bins // len(_all(collected))) for at, bins in zip(order, before.tolist(), strict=True)}
    groups = [[at for at in range(len(collected)) if piece_of[at] == piece] for piece in range(count)]
    return _parts(problem, best, collected, [group for group in groups if group])


def _all(collected: Sequence[Sequence[int]]) -> list[int]:
    return [index for bins in collected for index in bins]


def _apart(problem: Problem, collected: Sequence[Sequence[int]]) -> Int64:
    """[routes, routes] what driving between a bin of one and a bin of another costs on average."""
    cost = arcs(problem).of(0).cost_minor
    places = np.array([problem.bins[index].place for index in _all(collected)], dtype=np.int64)
    starts = np.cumsum([0, *map(len, collected)])[:-1]
    sizes = np.array([len(bins) for bins in collected], dtype=np.int64)
    sums = np.add.reduceat(np.add.reduceat(cost[np.ix_(places, places)], starts, axis=0), starts, axis=1)
    mean: Int64 = sums // (sizes[:, None] * sizes[None, :])
    return mean + mean.T


def _parts(
    problem: Problem, best: Solution, collected: Sequence[Sequence[int]], groups: Sequence[Sequence[int]]
) -> list[Part]:
    """Each group with some idle trucks, and the bins left out that are nearest to it."""
    used = {route.truck for route in best.routes}
    idle = [truck for truck in range(len(problem.trucks)) if truck not in used]
    around = _left_out(problem, [[index for at in group for index in collected[at]] for group in groups])
    parts = []
    for number, group in enumerate(groups):
        trucks = [best.routes[at].truck for at in group] + idle[number :: len(groups)][:SPARE_TRUCKS]
        bins = [index for at in group for index in collected[at]] + around[number]
        parts.append(part_of(problem, sorted(trucks), sorted(bins)))
    return parts


def _left_out(problem: Problem, groups: Sequence[Sequence[int]]) -> list[list[int]]:
    on_route = {index for bins in groups for index in bins}
    out = [index for index in range(len(problem.bins)) if index not in on_route and is_wanted(problem, index)]
    around: list[list[int]] = [[] for _ in groups]
    if out:
        cost = arcs(problem).of(0).cost_minor
        place = np.array([node.place for node in problem.bins], dtype=np.int64)
        nearest = np.stack([cost[np.ix_(place[out], place[list(bins)])].min(axis=1) for bins in groups]).argmin(axis=0)
        for index, at in zip(out, nearest.tolist(), strict=True):
            around[at].append(index)
    return around
