"""Which day the organisation's trucks work on, and the plan they drive.

That is the day on the calendar; after midnight it is the day before for as long as its trucks are out by their plan, or
late: a driver of the night must not stand without a route at twelve. When the new day's trucks are about to leave, the
day is theirs.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from api.city.keeper import CityKeeper
from routing.daytime import local_day
from tomma.clock import Clock
from tomma.plan import Plan, PlanHead, PlanStatus
from tomma.ports import PlanStore

NIGHT_ENDS_H = 12
"""From noon on nobody drives yesterday's plan; so long after midnight it is looked for."""
LATE = timedelta(hours=2)
"""After their plan's end trucks may still be out."""
LOOKED_AT = timedelta(hours=1)
"""Before a plan's first truck leaves its drivers look at it."""


class Today:
    """Asks the plan store for today, and hands out the same object while the plan is the same.

    It is asked twice a second, so a plan, megabytes in a large city, is read only when another one was published.
    """

    def __init__(self, plans: PlanStore, city: CityKeeper, clock: Clock) -> None:
        self._plans = plans
        self._city = city
        self._clock = clock
        self._published: Mapping[date, Plan] = {}

    def day(self) -> date:
        """Return the local day that trucks work on now; NotFoundError before the first import."""
        now_utc, timezone = self._clock.now_utc(), self._city.current().organisation.timezone
        today = local_day(now_utc, timezone)
        is_night = local_day(now_utc - timedelta(hours=NIGHT_ENDS_H), timezone) < today
        before = today - timedelta(days=1)
        return before if is_night and self._is_driven(before, now_utc) and not self._begins(today, now_utc) else today

    def published(self) -> Plan | None:
        """Return the plan the trucks drive today, if one was published."""
        return self._of(self.day())

    def _is_driven(self, day: date, now_utc: datetime) -> bool:
        plan = self._of(day)
        return plan is not None and any(route.end_utc + LATE > now_utc for route in plan.routes)

    def _begins(self, day: date, now_utc: datetime) -> bool:
        plan = self._of(day)
        return plan is not None and any(route.start_utc - LOOKED_AT <= now_utc for route in plan.routes)

    def _of(self, day: date) -> Plan | None:
        head = self._head(day, PlanStatus.PUBLISHED)
        if head is None:
            return None
        known = self._published.get(day)
        if known is None or known.id != head.id:
            known = self._plans.published(day)
            kept = {each: plan for each, plan in self._published.items() if each >= day - timedelta(days=1)}
            self._published = kept if known is None else {**kept, day: known}
        return known

    def newest_ready(self) -> Plan | None:
        """Return today's newest plan that could be published, if there is one."""
        head = self._head(self.day(), PlanStatus.READY)
        return None if head is None else self._plans.get(head.id)

    def _head(self, day: date, status: PlanStatus) -> PlanHead | None:
        return next((each for each in self._plans.heads(day=day) if each.status is status), None)
