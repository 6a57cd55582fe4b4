"""The last plan that was driven, as an answer to begin with: drivers know its rounds."""

from datetime import date, timedelta

from routing.answer import Orders
from routing.planning.build import Built
from routing.planning.orders import collecting, orders_of
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
    return collecting(orders_of(built, {route.vehicle_id: route.stops for route in plan.routes}))
