"""An order for a plan with everything decided: what button, clock and command line come to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from tomma.city import City
from tomma.model import BinId, VehicleId
from tomma.plan import Plan, Wishes
from tomma.planning_settings import PlanningSettings


@dataclass(frozen=True, slots=True)
class Order:
    """What to plan, with everything decided."""

    day: date
    city: City
    """Only with the trucks that may drive."""
    planning: PlanningSettings
    wishes: Wishes = field(default_factory=Wishes)
    crews: Mapping[VehicleId, str] = field(default_factory=dict)
    gone_areas: frozenset[str] = frozenset()
    """Which the plan to change was ordered for, and which the city does not have any more."""
    let_go: Mapping[BinId, VehicleId | None] = field(default_factory=dict)
    """What was given to a truck, or added, and of which the bin or the truck is no more."""

    def is_like(self, other: "Order") -> bool:
        """Return whether one plan answers both: the same day, trucks, shifts, prices and wishes."""
        own, others = ((each.day, each.city.vehicles, each.planning, each.wishes, each.crews) for each in (self, other))
        return own == others

    def told_on(self, plan: Plan) -> Plan:
        """Return the plan with what the next change of it has to know."""
        done = {stop.bin_id for route in plan.routes for stop in route.stops[: route.done_stops]}
        return replace(
            plan,
            crews=self.crews,
            areas=self.wishes.areas,
            gone_areas=self.gone_areas,
            let_go={id_: truck for id_, truck in self.let_go.items() if id_ not in done},
        )
