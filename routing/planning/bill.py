"""What a plan costs, emits and is expected to leave undone. Pure."""

from collections.abc import Collection, Sequence

from routing.answer import Solution, VisitKind
from routing.choice.demand import Demand
from routing.choice.nearby import per_lift_minor
from tomma.model import BinId
from tomma.plan import Route
from tomma.planning_settings import PlanningSettings


def expected_overflows(asked: Sequence[Demand], collected: Collection[BinId]) -> float:
    """Return how many bins are expected to overflow until the next opportunity: before their visit, or without one."""
    return round(sum(each.p_before if each.bin_id in collected else each.p_overflow for each in asked), 3)


def co2_kg(routes: Sequence[Route], lifts: int, settings: PlanningSettings) -> float:
    """Return what so many kilometres and lifts emit."""
    km = sum(route.distance_m for route in routes) / 1000.0
    return round(km * settings.co2_kg_per_km + lifts * settings.co2_kg_per_lift, 1)


def cost_minor_of(solution: Solution, settings: PlanningSettings) -> int:
    """Return driving, hours and trucks as the engines know them, and the lifts, which they need not."""
    lifts = sum(visit.kind is VisitKind.COLLECT for route in solution.routes for visit in route.visits)
    return solution.cost_minor + round(lifts * per_lift_minor(settings))
