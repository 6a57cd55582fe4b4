"""Orders what the clock asks for, publishes it if it shall be, and writes down what became of it.

What is to be done is decided from the stores alone (`tomma.mornings.step_of`), so a server that was down, or died in
the middle, goes on where the last one stopped. What is ordered, and when it may go to the trucks, is told by the
morning (`api.schedule.morning`) and by the second round (`api.schedule.noon`).
"""

import logging
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from api.city.keeper import CityKeeper
from api.context import ApiContext
from api.live.topics import CITY
from api.plans.desk import STOPPED
from api.schedule.hands import CallerHands
from api.turns import TurnTaker
from routing.ordering.order import Order
from tomma.audit import Deed
from tomma.city import City
from tomma.errors import ConflictError, NotFoundError
from tomma.model import Alert, AlertKind
from tomma.mornings import MISSED_TOLD_DAYS, Run, RunBook, RunStatus, Schedule, local_day, step_of
from tomma.plan import Plan, PlanStatus

log = logging.getLogger(__name__)

LOOK_MOST_S = 20.0
TOO_LATE = "no truck has an hour of its shift left today"
_ENDED = {
    PlanStatus.READY: RunStatus.READY,
    PlanStatus.PUBLISHED: RunStatus.PUBLISHED,
    PlanStatus.SUPERSEDED: RunStatus.PUBLISHED,
    PlanStatus.DISCARDED: RunStatus.READY,
    PlanStatus.FAILED: RunStatus.FAILED,
}


class Caller(TurnTaker):
    """One thread that looks every few seconds of the clock; `nudge` makes it look at once."""

    def __init__(self, what: str, alert: AlertKind, book: RunBook, hands: CallerHands) -> None:
        """Make ready.

        Args:
            what: What log lines call it.
            alert: Raised while the last one failed.
            book: Keeps what became of each.
            hands: What it works with.
        """
        context = hands.context
        every_s = context.clock.real_seconds(context.pace.schedule_every_clock_s)
        super().__init__(what, log, every_s=min(max(every_s, context.pace.poll_s), LOOK_MOST_S))
        self._what = what
        self._alert = alert
        self._book = book
        self._hands = hands

    @property
    def _context(self) -> ApiContext:
        return self._hands.context

    @property
    def _city(self) -> CityKeeper:
        return self._hands.city

    @abstractmethod
    def _schedule(self) -> Schedule:
        """Return when it is due."""

    @abstractmethod
    def _decided(self, schedule: Schedule, run: Run, city: City, now_utc: datetime) -> tuple[Run, Order | None]:
        """Return what to order; without an order the run says by its status why there is none."""

    @abstractmethod
    def _settled(self, schedule: Schedule, run: Run, plan: Plan, now_utc: datetime) -> Run:
        """Return what becomes of a plan that is made, or was put aside since; who sends it out calls `_publish`."""

    def _is_lost(self, run: Run, plan: Plan, now_utc: datetime) -> bool:  # noqa: ARG002  (a plan of a whole day keeps)
        """Return whether the plan came so long ago that it has to be made anew."""
        return False

    def _turn(self) -> None:
        self.look(self._context.clock.now_utc())

    def look(self, now_utc: datetime) -> None:
        """Do what is to be done now."""
        schedule = self._schedule()
        if not schedule.enabled:
            return
        city = self._city.current()
        timezone = city.organisation.timezone
        known = self._book.runs(MISSED_TOLD_DAYS + 1)
        today = local_day(now_utc, timezone)
        run = next((each for each in known if each.day == today), None)
        plan = self._plan_of(run, now_utc)
        if run is not None and run.status is RunStatus.MAKING and plan is not None:
            self._follow(schedule, run, plan, now_utc)
            return
        step = step_of(schedule, now_utc, timezone, known, plan.status if plan is not None else None)
        self._tell_missed(step.missed)
        for left in step.cut_off:
            self._close(left, now_utc, is_over=left.day != today)
        if step.begin is not None:
            self._begin(schedule, step.begin, city, now_utc, again=step.again)

    def _tell_missed(self, runs: Sequence[Run]) -> None:
        for missed in runs:
            if self._book.claim(missed):
                log.warning("%s missed day=%s", self._what, missed.day)
                self._tell(missed)

    def _close(self, run: Run, now_utc: datetime, *, is_over: bool) -> None:
        """Write down what became of one that a server died over; of a day that is over nobody is alarmed."""
        plan = self._plan_of(run, now_utc)
        status = _ENDED.get(plan.status, RunStatus.FAILED) if plan is not None else RunStatus.FAILED
        run = replace(run, status=status, detail=plan.detail if plan is not None else STOPPED)
        log.warning("%s cut off day=%s status=%s", self._what, run.day, run.status)
        self._book.note(run)
        if not is_over:
            self._raise_alert(run)
        self._tell(run)

    def _begin(self, schedule: Schedule, run: Run, city: City, now_utc: datetime, *, again: bool) -> None:
        plan_id = self._context.make_plan_id()
        run = replace(
            run, status=RunStatus.MAKING, begun_utc=now_utc, plan_id=plan_id, attempts=run.attempts + 1, detail=""
        )
        run, order = self._decided(schedule, run, city, now_utc)
        if order is None:
            run = replace(run, plan_id=None)
        if again:
            self._book.note(run)
        elif not self._book.claim(run):
            return  # another server was first
        log.info("%s begun day=%s late_s=%.0f attempt=%d", self._what, run.day, run.late_s, run.attempts)
        if order is not None:
            plan = self._hands.desk.order(order, plan_id)
            run = replace(run, plan_id=plan.id)
            self._book.note(run)
        elif run.status is RunStatus.FAILED:
            self._raise_alert(run)
        self._tell(run)

    def _plan_of(self, run: Run | None, now_utc: datetime) -> Plan | None:
        if run is None or run.plan_id is None:
            return None
        try:
            plan = self._context.plans.get(run.plan_id)
        except NotFoundError:
            return None
        return None if self._is_lost(run, plan, now_utc) else plan

    def _follow(self, schedule: Schedule, run: Run, plan: Plan, now_utc: datetime) -> None:
        """Write down what became of the plan, once it is known."""
        status = _ENDED.get(plan.status)
        if status is None:
            return
        run = replace(run, status=status, detail=plan.detail)
        if status is RunStatus.READY:
            run = self._settled(schedule, run, plan, now_utc)
        self._book.note(run)
        self._raise_alert(run)
        log.info("%s ended day=%s status=%s", self._what, run.day, run.status)
        self._tell(run)

    def _publish(self, run: Run, plan: Plan) -> Run:
        """Send the plan to the trucks, unless another one was sent at the same moment."""
        try:
            self._context.plans.publish(plan.id)
        except ConflictError as exc:
            return replace(run, detail=str(exc))
        self._done("publish_plan", plan, PlanStatus.PUBLISHED)
        return replace(run, status=RunStatus.PUBLISHED)

    def _done(self, action: str, plan: Plan, status: PlanStatus) -> None:
        """Put on record, and tell the pages, what was done with the plan without anybody asking."""
        self._hands.recorder.record([Deed(self._context.wall.now_utc(), "schedule", action, f"plan:{plan.id}")])
        self._hands.hub.tell(CITY, "plan", {"id": plan.id, "status": status.value})

    def _raise_alert(self, run: Run) -> None:
        """Say that it failed where people look for trouble; the next one that does not ends it."""
        now_utc = self._context.clock.now_utc()
        standing = any(each.kind is self._alert for each in self._context.readings.active_alerts())
        failed = run.status is RunStatus.FAILED
        if failed != standing:
            values = {"attempts": float(run.attempts)} if failed else {}
            self._context.readings.append([], alerts=[Alert(self._alert, now_utc, active=failed, values=values)])

    def _tell(self, run: Run) -> None:
        self._hands.hub.tell(CITY, "schedule", {"day": run.day.isoformat(), "status": run.status.value})
