"""The default engine: PyVRP's iterated local search with our layer above it.

Which trucks to offer is swept (`sweep`), a large city is cut into sectors that are swept apart (`sectors`), and what
came out is polished route by neighbouring route (`polish`), all in as many lanes as there are (`executors`).
Trucks and bins that no waste stream connects are planned one after the other (`parts`).
"""

import time
from dataclasses import dataclass

from routing.answer import Solution
from routing.engines.arcs import arcs
from routing.engines.executors import Lanes, open_lanes
from routing.engines.interface import Budget, Report
from routing.engines.parts import Part, joined, parts
from routing.engines.plain import Plain, is_plain
from routing.engines.polish import Polish
from routing.engines.sector_plans import plan_sectors
from routing.engines.sectors import is_large
from routing.engines.sweep import Sweep
from routing.problem import Problem

WHOLE_S_PER_BIN = 0.02
"""1599_stop finds its 13 trucks in one piece, and in sectors only 15: docs/benchmarks/solver.md."""
ONE_PIECE_BINS = 3_000
"""More are always cut: each lane that searches in one piece holds all arcs, sixteen bytes each, and the days it keeps.
Two of them took 2.2 GB for 5,000 bins; whoever passes the limit is ended, and greedy insertion's plan is driven."""
SWEEP_SHARE = 0.5
"""Of the seconds of a part, the rest is for polishing."""
WHOLE_SHARE = 0.8
"""The same where a large city is searched in one piece: routes of two or three trucks are too few to save one."""
WORTH_LANES_S, WORTH_LANES_BINS = 1.5, 60
"""Starting processes takes a moment; below this the searches run one after the other in this process."""


def solve(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
    """Return the best solution over all fleets tried, of each independent part."""
    ends_at = time.monotonic() + budget.seconds
    pieces = parts(problem)
    small = budget.seconds < WORTH_LANES_S or len(problem.bins) < WORTH_LANES_BINS
    best = start
    with open_lanes(1 if small else budget.workers, budget.cluster_address) as lanes:
        for number, part in enumerate(pieces):
            left = sum(len(each.bins) for each in pieces[number:])
            share_s = (ends_at - time.monotonic()) * len(part.bins) / left
            iterations = budget.iterations and max(1, budget.iterations * len(part.bins) // len(problem.bins))
            joiner = _Joiner(problem, part, best, report)
            _plan(part.problem, _Given(lanes, max(0.01, share_s), iterations, seed), part.of_whole(best), joiner.note)
            best = joiner.best
    return best


@dataclass
class _Joiner:
    """Puts what is found for one part into the whole and tells it."""

    problem: Problem
    part: Part
    best: Solution
    report: Report

    def note(self, stage: str, found: Solution) -> None:
        """Take a better solution of the part."""
        self.best = joined(self.problem, self.best, [(self.part, found)])
        self.report(stage, self.best)


@dataclass(frozen=True, slots=True)
class _Given:
    """What one part may spend."""

    lanes: Lanes
    seconds: float
    iterations: int | None
    seed: int


def _plan(problem: Problem, given: _Given, best: Solution, report: Report) -> None:
    """Sweep, or sectors, then polish; report whatever is better."""
    ends_at = time.monotonic() + given.seconds
    if is_plain(problem) and len(problem.bins) <= ONE_PIECE_BINS:
        Plain(problem, given.lanes, ends_at, given.iterations, given.seed, report).run(best)
        return
    half = given.iterations and max(1, given.iterations // 2)
    large, whole = is_large(problem), _is_better_whole(problem, given.seconds)
    seconds = given.seconds * (WHOLE_SHARE if large and whole else SWEEP_SHARE)
    if large and not whole:
        best = plan_sectors(problem, given.lanes, seconds, half, given.seed, best, report)
    else:
        best = Sweep(problem, arcs(problem), given.lanes, seconds, half, given.seed, report).run(best)
    Polish(problem, given.lanes, ends_at, half, given.seed, report).run(best)


def _is_better_whole(problem: Problem, seconds: float) -> bool:
    """Whether all must be collected, and there is time to search in one piece.

    Sectors share trucks out by whole numbers: where nothing can be left out that takes a truck or two more.
    """
    bins = len(problem.bins)
    return all(node.must for node in problem.bins) and bins <= ONE_PIECE_BINS and seconds >= WHOLE_S_PER_BIN * bins
