"""The second round: the plan on the road changed at noon, by the clock, as the office's button would.

A driver is not disturbed for nothing: a change that leaves every truck what it had to do is put aside. Nor is one sent
that a person could not have meant: after somebody changed the plan in the meantime, or when no truck has time for it.
"""

from dataclasses import replace
from datetime import datetime

from api.plans.order_schemas import PlanOrder
from api.plans.orders import decided
from api.schedule.caller import TOO_LATE, Caller
from api.schedule.hands import CallerHands
from routing.ordering.order import Order
from routing.planning.leaving import default_day
from routing.planning.morning import morning_of
from routing.planning.unchanged import changes_nothing
from tomma.city import City
from tomma.errors import TommaError
from tomma.model import AlertKind
from tomma.mornings import ATTEMPTS, Run, RunStatus, Schedule
from tomma.plan import Plan, PlanStatus, Wishes

NOTHING_ON_ROAD = "no plan of this day had been sent to the trucks by then"
ROAD_CHANGED = "somebody changed the plan on the road after the second round was begun: it waits for a person"
STALE_S = 1_200.0
"""By the wall clock. Trucks are elsewhere so long after: a server that was down meanwhile makes the change anew."""


class NoonCaller(Caller):
    """Changes the plan on the road once a day; a bin may be on it that was emptied that morning."""

    def __init__(self, hands: CallerHands) -> None:
        super().__init__("second-round", AlertKind.SECOND_ROUND_FAILED, hands.context.mornings.second_rounds, hands)

    def _schedule(self) -> Schedule:
        return self._context.mornings.schedule().at_noon()

    def _decided(self, schedule: Schedule, run: Run, city: City, now_utc: datetime) -> tuple[Run, Order | None]:  # noqa: ARG002
        on_road = self._context.plans.published(run.day)
        if on_road is None:
            return replace(run, status=RunStatus.MISSED, detail=NOTHING_ON_ROAD), None
        try:
            order = self._change_of(on_road)
        except TommaError as exc:
            return replace(run, status=RunStatus.FAILED, detail=str(exc)), None
        if not _has_time(order, now_utc):
            return replace(run, status=RunStatus.MISSED, detail=TOO_LATE), None
        again = order.planning.model_copy(update={"empty_again_same_day": True})
        return replace(run, changes=run.changes or on_road.id), replace(order, planning=again)

    def _change_of(self, on_road: Plan) -> Order:
        """Return the order that the office's button would make: all that was decided for the day holds."""
        return decided(self._hands, PlanOrder(replan_of=on_road.id))

    def _is_lost(self, run: Run, plan: Plan, now_utc: datetime) -> bool:
        waits_s = self._context.clock.real_seconds((now_utc - plan.created_utc).total_seconds())
        is_stale = waits_s > STALE_S + self._context.settings.planning.budget_s
        return plan.status is PlanStatus.READY and is_stale and run.attempts < ATTEMPTS

    def _settled(self, schedule: Schedule, run: Run, plan: Plan, now_utc: datetime) -> Run:
        if plan.status is PlanStatus.DISCARDED:  # by a server that died before it said so, or by a person just now
            return replace(run, status=RunStatus.UNCHANGED)
        on_road = self._context.plans.published(run.day)
        if on_road is None or plan.replaces != on_road.id or run.changes != on_road.id:
            return replace(run, detail=ROAD_CHANGED)
        if self._changes_nothing(plan, on_road):
            self._context.plans.discard(plan.id)
            self._done("discard_plan", plan, PlanStatus.DISCARDED)
            return replace(run, status=RunStatus.UNCHANGED)
        if not schedule.auto_publish:
            return run
        if not _has_time(self._change_of(on_road), now_utc):
            return replace(run, detail=TOO_LATE)
        return self._publish(run, plan)

    def _changes_nothing(self, plan: Plan, on_road: Plan) -> bool:
        """Return whether the trucks are to do what they had to do, as far as was known when the plan was made."""
        plans, events, then_utc = self._context.plans, self._context.events, plan.snapshot_utc
        wishes = Wishes(replan_of=on_road.id)
        city = self._city.current()
        return changes_nothing(plan, morning_of(plans, events, city, plan.day, then_utc, wishes, until_utc=then_utc))


def _has_time(order: Order, now_utc: datetime) -> bool:
    """Return whether a truck that drives that day has an hour of its shift left."""
    driving = {id_: each for id_, each in order.city.vehicles.items() if id_ not in order.wishes.unavailable}
    return default_day(replace(order.city, vehicles=driving), now_utc) == order.day
