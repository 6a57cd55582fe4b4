"""What day it is for the organisation, and the plan its trucks drive."""

from datetime import date
from zoneinfo import ZoneInfo

from api.city.keeper import CityKeeper
from tomma.clock import Clock
from tomma.plan import Plan, PlanStatus
from tomma.ports import PlanStore


class Today:
    """Asks the plan store for today, and hands out the same object while the plan is the same."""

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
        plan, known = self._plans.published(self.day()), self._published
        if plan is not None and known is not None and plan.id == known.id:
            return known
        self._published = plan
        return plan

    def newest_ready(self) -> Plan | None:
        """Return today's newest plan that could be published, if there is one."""
        return next((plan for plan in self._plans.of_day(self.day()) if plan.status is PlanStatus.READY), None)
