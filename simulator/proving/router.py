"""The one router that all policies share: same problem, same engine, same budget, so that only the choice differs.

It is the production engine, called in this process with a budget of iterations: no clock decides a result.
"""

from dataclasses import dataclass

from routing.build import Built, build_problem, points_of, wanted
from routing.check import violations
from routing.engines.finish import settle
from routing.engines.hopeless import reduce
from routing.engines.interface import Budget
from routing.engines.pyvrp_engine import solve
from routing.problem import Solution
from simulator.proving.morning import Choice, Morning
from tomma.city import Vehicle

AMPLE_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Routed:
    """A day's problem and its checked answer."""

    built: Built
    solution: Solution
    vehicles: tuple[Vehicle, ...]
    """By the problem's trucks. Tours of one truck on one day share its name."""


def route(morning: Morning, choice: Choice, iterations: int, seed: int) -> Routed:
    """Return the day's routes; with no iterations, by insertion alone.

    Raises:
        AssertionError: If the independent checker finds a rule broken.
    """
    chosen = wanted(choice)
    points = points_of(morning.town.city, chosen, morning.vehicles)
    matrix = morning.town.drives(points)
    built = build_problem(morning.town.city, chosen, matrix, points, morning.vehicles, morning.day, morning.planning)
    solution = Solution(())
    if built.problem.bins and built.problem.trucks:
        reduced = reduce(built.problem)
        start = settle(reduced.problem, {})
        if iterations and reduced.problem.bins:
            budget = Budget(AMPLE_S, iterations, workers=1)
            start = solve(reduced.problem, budget=budget, seed=seed, report=lambda *_: None, start=start)
        solution = reduced.restore(start)
        faults = violations(built.problem, solution)
        if faults:
            raise AssertionError(f"the router broke a rule: {faults[0]}")
    fleet = tuple(morning.town.city.vehicles[each] for each in built.vehicle_ids)
    return Routed(built, solution, fleet)
