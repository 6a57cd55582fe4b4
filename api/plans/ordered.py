"""What the day of a plan was ordered with, as a change of it would take it over."""

from api.plans.order_schemas import OrderedOut, OrderedShiftOut
from api.services import Services
from routing.ordering.areas_now import AreasNow
from routing.ordering.earlier import Earlier
from tomma.model import PlanId
from tomma.natural import natural_key, truck_order


def ordered_out(hands: Services, plan_id: PlanId) -> OrderedOut:
    """Return it with the trucks and the areas that the city still has; NotFoundError when there is no such plan."""
    city, plan = hands.city.current(), hands.context.plans.get(plan_id)
    earlier = Earlier.of(hands.context.plans, plan)
    driving, areas = earlier.city(city).vehicles, AreasNow.of(earlier.areas, plan, city)
    known = sorted(city.vehicles, key=truck_order(city))
    return OrderedOut(
        vehicle_ids=[each for each in known if each in driving and each not in plan.unavailable],
        unavailable_vehicle_ids=[each for each in known if each in plan.unavailable],
        closed_disposal_site_ids=sorted(plan.closed & city.disposal_sites.keys(), key=natural_key),
        shifts={
            each: OrderedShiftOut(start_s=own.start_s, end_s=own.end_s)
            for each in known
            for own in (earlier.shifts.get(each, city.vehicles[each].shift),)
        },
        crews={each: earlier.crews[each] for each in known if earlier.crews.get(each)},
        areas=sorted(areas.areas, key=natural_key),
        gone_areas=sorted(areas.gone, key=natural_key),
        balanced=earlier.balanced,
        accepted_overflow_probability=earlier.planning(hands.context.settings.planning).accepted_overflow_probability,
    )
