"""What the day was so far: the plan on the road, what drivers did by it, and where its trucks are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from routing.planning.standing import Standing, standing_of
from tomma.city import City
from tomma.errors import ConflictError, Refusal
from tomma.fold import DayState, fold, tried_again
from tomma.model import BinId, VehicleId
from tomma.plan import Plan, PlanStatus, Wishes
from tomma.ports import EventLog, PlanStore

DRIVEN = frozenset({PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED})


@dataclass(frozen=True)
class Morning:
    """What the day was so far: the plan on the road, and where its trucks are."""

    plan: Plan
    state: DayState
    standings: Mapping[VehicleId, Standing]

    @property
    def truck_of(self) -> Mapping[BinId, VehicleId]:
        """Whose each bin is that still lies ahead."""
        return {stop.bin_id: each.vehicle_id for each in self.standings.values() for stop in each.ahead if stop.bin_id}


def morning_of(
    plans: PlanStore | None,
    events: EventLog,
    city: City,
    day: date,
    now_utc: datetime,
    wishes: Wishes,
    until_utc: datetime | None = None,
) -> Morning:
    """Return what the day was so far under the plan to change; with `until_utc`, as far as was known then.

    Raises:
        ConflictError: If that plan is of another day, or was never sent to the trucks.
        NotFoundError: If there is none.
    """
    if plans is None or wishes.replan_of is None:
        raise ConflictError("to change a plan, the store of plans must be at hand")
    former = plans.get(wishes.replan_of)
    if former.day != day or former.status is not PlanStatus.PUBLISHED:
        raise ConflictError(
            f"plan {former.id} is {former.status} for {former.day}; only a published plan is changed",
            Refusal.PLAN_NOT_PUBLISHED,
        )
    of_day = [each.id for each in plans.heads(day=day) if each.status in DRIVEN]
    known = (event for each in of_day for event in events.of_plan(each))
    until = (event for event in known if until_utc is None or event.received_utc <= until_utc)
    state = tried_again(fold(until), former)
    return Morning(former, state, standing_of(former, state, city, now_utc))
