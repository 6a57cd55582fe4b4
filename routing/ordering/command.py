"""What `tomma plan` was asked for, with what a change of the plan on the road takes over."""

from dataclasses import dataclass, replace
from datetime import date

from routing.ordering.areas_now import AreasNow
from routing.ordering.earlier import Earlier
from routing.ordering.order import Order
from routing.ordering.taken_over import BinWishes, let_go, still_wished, with_former
from tomma.city import City
from tomma.model import DisposalSiteId, VehicleId
from tomma.plan import Plan, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.ports import PlanStore, RequestBook


@dataclass(frozen=True, slots=True)
class Words:
    """What an operator says; what is None is left as it was."""

    bins: BinWishes
    vehicle_ids: frozenset[VehicleId] | None = None
    """Only these drive."""
    broken: frozenset[VehicleId] | None = None
    closed: frozenset[DisposalSiteId] | None = None
    budget_s: float | None = None


def ordered(
    day: date,
    city: City,
    planning: PlanningSettings,
    words: Words,
    former: Plan | None,
    plans: PlanStore,
    requests: RequestBook,
) -> Order:
    """Return the order.

    Args:
        day: Local date.
        city: As it is now.
        planning: As the city has set it.
        words: What was asked for.
        former: The plan on the road that is to be changed; None for a plan of its own.
        plans: Where the plans before it are.
        requests: Who asked for a bin since takes back that it was left out.

    Raises:
        ValueError: If a bin is locked to a truck that stands still, or wanted and unwanted at once.
    """
    earlier, areas, still = Earlier.of(plans, former), AreasNow(), Wishes()
    if former is not None:
        areas = AreasNow.of(earlier.areas, former, city)
        still = still_wished(former, city, requests, earlier, areas.areas)
    gone = still.unavailable if words.broken is None else words.broken
    bins = with_former(words.bins, still, gone)
    wishes = Wishes(
        excluded=bins.excluded,
        locked=bins.locked,
        unavailable=gone,
        replan_of=None if former is None else former.id,
        included=bins.included,
        areas=areas.areas,
        balanced=still.balanced,
        closed=(still.closed & city.disposal_sites.keys()) if words.closed is None else words.closed,
    )
    planning = earlier.planning(planning)
    if words.budget_s is not None:
        planning = planning.model_copy(update={"budget_s": words.budget_s})
    working = earlier if words.vehicle_ids is None else replace(earlier, vehicle_ids=words.vehicle_ids)
    released = {} if former is None else dict(let_go(former, city, wishes))
    return Order(day, working.city(city), planning, wishes, earlier.crews, areas.gone, released)
