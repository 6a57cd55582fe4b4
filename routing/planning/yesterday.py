"""The last plan that was driven, as an answer to begin with: drivers know its rounds."""

from datetime import date, timedelta

from routing.answer import Order, Orders, VisitKind
from routing.planning.build import Built
from tomma.plan import Plan
from tomma.ports import PlanStore

DAYS_BACK = 7
"""A round older than a week says little about today."""


def last_driven(plans: PlanStore, day: date) -> Plan | None:
    """Return the newest published plan of the week before the day."""
    for back in range(1, DAYS_BACK + 1):
        found = plans.published(day - timedelta(days=back))
        if found is not None:
            return found
    return None


def orders_of_plan(built: Built, plan: Plan) -> Orders:
    """Return who goes where in which order by that plan, as far as today's trucks, bins and gates have a part in it."""
    trucks = {vehicle_id: index for index, vehicle_id in enumerate(built.vehicle_ids)}
    bins = {bin_id: index for index, bin_id in enumerate(built.bin_ids)}
    gates = {site_id: index for index, site_id in enumerate(built.points.disposal_ids)}
    orders: dict[int, Order] = {}
    for route in plan.routes:
        order: list[tuple[VisitKind, int]] = []
        for stop in route.stops:
            if stop.bin_id in bins:
                order.append((VisitKind.COLLECT, bins[stop.bin_id]))
            elif stop.disposal_site_id in gates:
                order.append((VisitKind.DISPOSE, gates[stop.disposal_site_id]))
        if route.vehicle_id in trucks and any(kind is VisitKind.COLLECT for kind, _ in order):
            orders[trucks[route.vehicle_id]] = tuple(order)
    return orders
