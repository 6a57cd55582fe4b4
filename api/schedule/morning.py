"""The plan of every morning."""

import logging
from dataclasses import replace
from datetime import datetime

from api.schedule.caller import TOO_LATE, Caller
from api.schedule.hands import CallerHands
from routing.ordering.order import Order
from routing.planning.leaving import default_day
from tomma.city import City
from tomma.model import AlertKind
from tomma.mornings import Run, RunStatus, Schedule
from tomma.plan import Plan, PlanStatus, Wishes

log = logging.getLogger(__name__)

OTHER_PUBLISHED = "another plan of this day had been published already: this one waits for a person"


class MorningCaller(Caller):
    """Makes each morning's plan."""

    def __init__(self, hands: CallerHands) -> None:
        super().__init__("morning", AlertKind.MORNING_PLAN_FAILED, hands.context.mornings.mornings, hands)

    def _schedule(self) -> Schedule:
        return self._context.mornings.schedule()

    def _decided(self, schedule: Schedule, run: Run, city: City, now_utc: datetime) -> tuple[Run, Order | None]:
        if default_day(city, now_utc) != run.day:
            return replace(run, status=RunStatus.MISSED, detail=TOO_LATE), None
        wishes = Wishes(areas=_areas(schedule, city))
        return run, Order(run.day, city, self._context.planning(city), wishes)

    def _settled(self, schedule: Schedule, run: Run, plan: Plan, now_utc: datetime) -> Run:  # noqa: ARG002
        if not schedule.auto_publish or plan.status is not PlanStatus.READY:
            return run
        if self._context.plans.published(run.day) is not None:  # a person's
            return replace(run, detail=OTHER_PUBLISHED)
        return self._publish(run, plan)


def _areas(schedule: Schedule, city: City) -> frozenset[str]:
    """Return the areas that are still there; when none is, all are planned rather than nothing."""
    known = {each.area for each in city.sites.values()}
    gone = sorted(schedule.areas - known)
    if gone:
        log.warning("morning areas unknown areas=%s", gone)
    return schedule.areas & known
