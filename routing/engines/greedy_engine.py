"""The last resort and the first answer: cheapest insertion, then ruin and recreate for as long as there is time.

Own code, no solver library: it gives a feasible solution for anything, in milliseconds for a small town.
"""

import time

import numpy as np

from routing.answer import Solution
from routing.engines.arcs import arcs
from routing.engines.finish import account, complete, orders_of
from routing.engines.insertion import tours_of
from routing.engines.interface import Budget, Report
from routing.engines.tour import COLLECT, Tour
from routing.problem import Problem


def solve(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:
    """Return the best of repeatedly emptying a neighbourhood and filling it again."""
    ends_at = time.monotonic() + budget.seconds
    priced = arcs(problem)
    rng = np.random.default_rng(seed)
    best = start
    rounds = 0
    while _collects(best) and time.monotonic() < ends_at and (budget.iterations is None or rounds < budget.iterations):
        rounds += 1
        tours = tours_of(problem, priced, orders_of(best))
        _ruin(problem, tours, rng)
        found = account(problem, tours, complete(problem, tours))
        if found.rank < best.rank:
            best = found
            report("greedy", best)
    return best


def _collects(solution: Solution) -> bool:
    """Whether there is anything to ruin: trucks that are on the road have routes without a bin, too."""
    return any(visit.kind is COLLECT for route in solution.routes for visit in route.visits)


def _ruin(problem: Problem, tours: list[Tour], rng: np.random.Generator) -> None:
    """Take off the bins nearest to a random collected one, or now and then a whole truck's."""
    collected = [index for tour in tours for kind, index in tour.order if kind is COLLECT]
    if rng.random() < 0.1:
        victim = tours[int(rng.integers(len(tours)))]
        gone = {index for kind, index in victim.order if kind is COLLECT}
    else:
        places = np.array([problem.bins[index].place for index in collected])
        around = problem.duration_s[int(rng.choice(places)), places]
        nearest = np.argsort(around, kind="stable")[: int(rng.integers(3, 25))]
        gone = {collected[int(at)] for at in nearest}
    for tour in tours:
        tour.order = [(kind, index) for kind, index in tour.order if kind is not COLLECT or index not in gone]
        tour.tidy()
