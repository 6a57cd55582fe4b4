"""For days with limits that unloading does not reset: PyVRP first, which cannot state them, then OR-Tools, which can.

PyVRP's model splits such a limit over the trips it allows, so it may miss what a fuller first trip and an emptier
second one would give; OR-Tools goes on from there with the true limit. Neither is worse than its start.
"""

import time
from dataclasses import replace

from routing.answer import Solution
from routing.engines import ortools_engine, pyvrp_engine
from routing.engines.interface import Budget, Report
from routing.problem import Problem

FIRST_SHARE, FIRST_SHARE_OF_MANY = 0.6, 0.85
MANY_BINS = 400
"""With more, OR-Tools' local search finds little in the seconds of a plan."""


def solve(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
    """Return the best of both, the second from the first's best."""
    ends_at = time.monotonic() + budget.seconds
    share = FIRST_SHARE_OF_MANY if len(problem.bins) > MANY_BINS else FIRST_SHARE
    first = replace(budget, seconds=budget.seconds * share)
    best = pyvrp_engine.solve(problem, budget=first, seed=seed, report=report, start=start)
    rest = replace(budget, seconds=max(0.05, ends_at - time.monotonic()))
    return ortools_engine.solve(problem, budget=rest, seed=seed, report=report, start=best)
