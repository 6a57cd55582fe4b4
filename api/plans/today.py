"""What day it is for the organisation, and the plan its trucks drive."""

from datetime import date
from zoneinfo import ZoneInfo

from api.city.keeper import CityKeeper
from tomma.clock import Clock
from tomma.plan import Plan, PlanHead, PlanStatus
from tomma.ports import PlanStore


class Today:
    """Asks the plan store for today, and hands out the same object while the plan is the same.

    It is asked twice a second, so a plan, megabytes in a large city, is read only when another one was published.
    """

    def __init__(self, plans: PlanStore, city: CityKeeper, clock: Clock) -> None:
        self._plans = plans
        self._city = city
        self._clock = clock
        self._published: Plan | None = None

    def day(self) -> date:
        """Return the organisation's local day; NotFoundError before the first import."""
        zone = ZoneInfo(self._city.current().organisation.timezone)
        return self._clock.now_utc().astimezone(zone).date()

    def published(self) -> Plan | None:
        """Return the plan the trucks drive today, if one was published."""
        day, known = self.day(), self._published
        head = self._head(day, PlanStatus.PUBLISHED)
        if head is None or known is None or known.id != head.id:
            known = self._published = None if head is None else self._plans.published(day)
        return known

    def newest_ready(self) -> Plan | None:
        """Return today's newest plan that could be published, if there is one."""
        head = self._head(self.day(), PlanStatus.READY)
        return None if head is None else self._plans.get(head.id)

    def _head(self, day: date, status: PlanStatus) -> PlanHead | None:
        return next((each for each in self._plans.heads(day=day) if each.status is status), None)
