"""The dispatcher of the demo: asks for a plan every morning and sends it out.

A small state machine, stepped by the live loop, so that sensors go on reporting while the planner thinks. A plan
that fails is logged and asked for again, a few times; then the day goes by without one.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from simulator.office import OfficeUnavailableError, PlanView

log = logging.getLogger(__name__)

MORNING = time(5, 30)
FIRST_FROM = time(3, 0)  # the first plan comes at once, so that who starts a demo need not wait for the morning
EVENING = time(13, 0)  # too late for a plan of today
ATTEMPTS = 3
WAITING = frozenset({"queued", "solving"})


class PlanDesk(Protocol):
    """What a dispatcher needs of the server; `simulator.office.Office` keeps it."""

    def plans(self, limit: int = 20) -> tuple[PlanView, ...]:
        """Return the newest plans."""

    def plan(self, plan_id: str) -> PlanView:
        """Return one plan in short."""

    def ask_for_plan(self, day: date, budget_s: float | None) -> PlanView:
        """Ask for the day's plan."""

    def publish(self, plan_id: str) -> PlanView:
        """Send the plan to the trucks."""


@dataclass
class Dispatcher:
    """Keeps one published plan a day coming."""

    office: PlanDesk
    zone: ZoneInfo
    budget_s: float | None
    tell: Callable[[str], None]
    published: dict[date, str] = field(default_factory=dict)
    """Plan by day."""
    _pending: str | None = None
    _attempts: dict[date, int] = field(default_factory=dict)

    def step(self, now_utc: datetime) -> None:
        """Do the next thing that is due; OfficeUnavailableError when the server does not answer."""
        local = now_utc.astimezone(self.zone)
        day = local.date()
        if self._pending is not None:
            self._follow(self._pending)
        elif day not in self.published and self._opens() <= local.time() < EVENING:
            self._begin(day)

    def _opens(self) -> time:
        return MORNING if self._attempts else FIRST_FROM

    def _begin(self, day: date) -> None:
        plan = next((each for each in self.office.plans() if each.day == day and each.status == "published"), None)
        if plan is not None:
            self.published[day] = plan.id
        elif self._attempts.get(day, 0) < ATTEMPTS:
            self._attempts[day] = self._attempts.get(day, 0) + 1
            self._pending = self.office.ask_for_plan(day, self.budget_s).id
            self.tell(f"plan asked for day={day} plan={self._pending}")

    def _follow(self, plan_id: str) -> None:
        plan = self.office.plan(plan_id)
        if plan.status in WAITING:
            return
        self._pending = None
        if plan.status == "ready":
            try:
                self.office.publish(plan_id)
            except OfficeUnavailableError as exc:  # somebody at the desk was first
                log.warning("plan not published plan=%s: %s", plan_id, exc)
                return
            self.published[plan.day] = plan_id
            self.tell(f"plan published day={plan.day} plan={plan_id} stops={plan.stops}")
        elif plan.status == "published":
            self.published[plan.day] = plan_id
        else:
            log.warning("plan failed day=%s plan=%s status=%s: %s", plan.day, plan_id, plan.status, plan.detail)
