"""The one router that all policies share: same problem, same engine, same budget, so that only the choice differs."""

from dataclasses import dataclass

from routing.answer import Solution
from routing.planning.build import Built, Fleet, build_problem, points_of, wanted
from routing.solve_here import solve_here
from simulator.proving.morning import Choice, Morning
from tomma.city import City
from tomma.trucks import Vehicle


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
    built = build_problem(
        morning.town.city, chosen, points, Fleet(morning.vehicles, morning.day), [matrix], morning.planning
    )
    return routed_by(built, morning.town.city, iterations, seed)


def routed_by(built: Built, city: City, iterations: int, seed: int) -> Routed:
    """Return the routes of a problem."""
    fleet = tuple(city.vehicles[each] for each in built.vehicle_ids)
    return Routed(built, solve_here(built.problem, iterations, seed), fleet)
