"""The production engine in this process, with a budget of iterations: no clock decides a result.

The same problem, iterations and seed give the same routes, on every machine with the same version of the engine: what
comparisons and audits need. Who has a person waiting calls `routing.solve` instead.
"""

from importlib.metadata import version

from routing.answer import Solution
from routing.check import violations
from routing.engines.finish import settle
from routing.engines.hopeless import reduce, why_hopeless
from routing.engines.interface import Budget
from routing.engines.pyvrp_engine import solve
from routing.problem import Problem

AMPLE_S = 3_600.0


def engine_version() -> str:
    """Return what must be the same for the same routes: the engine, and what we lay around it."""
    return f"pyvrp {version('pyvrp')}, tomma {version('tomma')}"


def solve_here(problem: Problem, iterations: int, seed: int) -> Solution:
    """Return checked routes; with no iterations, by insertion alone.

    Raises:
        AssertionError: If the independent checker finds a rule broken.
    """
    if not problem.bins or not problem.trucks:
        return Solution((), why_hopeless(problem), must_missed=sum(node.must for node in problem.bins))
    reduced = reduce(problem)
    start = settle(reduced.problem, {})
    if iterations and reduced.problem.bins:
        budget = Budget(AMPLE_S, iterations, workers=1)
        start = solve(reduced.problem, budget=budget, seed=seed, report=lambda *_: None, start=start)
    solution = reduced.restore(start)
    faults = violations(problem, solution)
    if faults:
        raise AssertionError(f"the router broke a rule: {faults[0]}")
    return solution
