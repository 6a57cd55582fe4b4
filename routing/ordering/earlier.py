"""What was decided for a day when its plan was ordered: a change of that plan keeps it unless it says otherwise."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from routing.alternatives.pareto import COSTS
from routing.planning.basis import Basis, from_bytes
from tomma.city import City
from tomma.errors import NotFoundError
from tomma.model import PlanId, VehicleId
from tomma.plan import Plan
from tomma.planning_settings import PlanningSettings
from tomma.ports import PlanStore
from tomma.trucks import Shift

log = logging.getLogger(__name__)

ORDERED = ("budget_s", "accepted_overflow_probability", *COSTS)
"""What an order can say about the settings: the budget, the probability, and what the knob of risk moves."""


@dataclass(frozen=True)
class Earlier:
    """The day as it was decided so far; with nothing in it, as the city usually works."""

    vehicle_ids: frozenset[VehicleId] | None = None
    """Who drives, or did until a person took the truck out; None means all."""
    shifts: Mapping[VehicleId, Shift] = field(default_factory=dict)
    crews: Mapping[VehicleId, str] = field(default_factory=dict)
    settings: PlanningSettings | None = None
    areas: frozenset[str] = frozenset()
    balanced: bool = False

    @classmethod
    def of(cls, plans: PlanStore, former: Plan | None) -> Self:
        """Return what holds for the plan on the road, told by it and by each plan of the day that it changed.

        A truck that broke down is in none but the first, and has its shift and its crew again when it is mended.
        """
        shifts: dict[VehicleId, Shift] = {}
        crews: dict[VehicleId, str] = {}
        latest: Basis | None = None
        for plan, basis in _back(plans, former):
            crews = {**plan.crews, **crews}
            if basis is not None:
                shifts = {**{each.id: each.shift for each in basis.vehicles}, **shifts}
                latest = latest or basis
        if former is None or latest is None:
            return cls(crews=crews)
        on_duty = frozenset(each.id for each in latest.vehicles) | former.unavailable
        wishes = latest.wishes
        return cls(on_duty, shifts, crews, latest.settings, wishes.areas, wishes.balanced)

    def city(self, city: City) -> City:
        """Return the city with the trucks and the shifts of that day; all else of a truck is as it is now."""
        driving = {id_: each for id_, each in city.vehicles.items() if self._drives(id_)}
        own = {id_: replace(each, shift=self.shifts.get(id_, each.shift)) for id_, each in driving.items()}
        return replace(city, vehicles=own)

    def planning(self, planning: PlanningSettings) -> PlanningSettings:
        """Return the city's settings with what was ordered for the day; prices are today's."""
        if self.settings is None:
            return planning
        return planning.model_copy(update={name: getattr(self.settings, name) for name in ORDERED})

    def _drives(self, vehicle_id: VehicleId) -> bool:
        return self.vehicle_ids is None or vehicle_id in self.vehicle_ids


def _back(plans: PlanStore, former: Plan | None) -> Iterator[tuple[Plan, Basis | None]]:
    """Yield the plan, the one that it changed, and so on to the first of the day."""
    seen: set[PlanId] = set()
    while former is not None and former.id not in seen:
        seen.add(former.id)
        yield former, _basis(plans, former.based_on or former.id)
        former = _plan(plans, former.replaces)


def _plan(plans: PlanStore, plan_id: PlanId | None) -> Plan | None:
    try:
        return None if plan_id is None else plans.get(plan_id)
    except NotFoundError:
        return None


def _basis(plans: PlanStore, plan_id: PlanId) -> Basis | None:
    kept = plans.basis(plan_id)
    try:
        return None if kept is None else from_bytes(kept)
    except ValueError as exc:  # of another version: the trucks must still be told what changes
        log.warning("plan's basis cannot be read plan=%s reason=%s", plan_id, exc)
        return None
