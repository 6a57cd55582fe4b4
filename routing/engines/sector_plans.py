"""A plan for each sector by itself, each with its own sweep, as many at a time as there are lanes."""

import time
from dataclasses import dataclass

from routing.answer import Solution, VisitKind
from routing.engines.arcs import arcs
from routing.engines.executors import Inline, Lanes
from routing.engines.finish import settle
from routing.engines.interface import Report
from routing.engines.parts import Part, joined
from routing.engines.sectors import nothing_done, sectors
from routing.engines.sweep import Sweep
from routing.problem import Problem


@dataclass(frozen=True, slots=True)
class SectorTask:
    """One sector to be planned by itself; it carries all it needs."""

    problem: Problem
    start: Solution | None
    seconds: float
    iterations: int | None
    seed: int


def plan_sectors(
    problem: Problem,
    lanes: Lanes,
    seconds: float,
    iterations: int | None,
    seed: int,
    best: Solution,
    report: Report,
) -> Solution:
    """Return the plan put together from sectors if it is better than `best`; report each better one."""
    ends_at = time.monotonic() + seconds
    pieces = sectors(problem)
    starts = [part.of_whole(best) if _is_apart(part, best) else None for part in pieces]
    whole = best if all(starts) else nothing_done(problem)
    turns = -(-len(pieces) // lanes.count)
    left_s = max(0.05, ends_at - time.monotonic())
    share = iterations and max(1, iterations // len(pieces))
    tasks = [
        SectorTask(part.problem, start, left_s / turns, share, seed + at)
        for at, (part, start) in enumerate(zip(pieces, starts, strict=True))
    ]
    for part, found in zip(pieces, lanes.map(plan_sector, tasks), strict=True):
        whole = joined(problem, whole, [(part, found)])
        if whole.rank < best.rank:
            best = whole
            report("sectors", best)
    return best


def plan_sector(task: SectorTask) -> Solution:
    """Sweep one sector in this process."""
    ends_at = time.monotonic() + task.seconds
    priced = arcs(task.problem)
    start = task.start or settle(task.problem, {}, priced)
    left_s = max(0.05, ends_at - time.monotonic())
    return Sweep(task.problem, priced, Inline(), left_s, task.iterations, task.seed, lambda *_: None).run(start)


def _is_apart(part: Part, solution: Solution) -> bool:
    """Whether the sector's trucks collect the sector's bins and no others, and nobody else does."""
    own_trucks, own_bins = set(part.trucks), set(part.bins)
    return all(
        (route.truck in own_trucks) == (visit.index in own_bins)
        for route in solution.routes
        for visit in route.visits
        if visit.kind is VisitKind.COLLECT
    )
