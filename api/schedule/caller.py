"""Orders the plan of every morning in time, publishes it if it shall be, and writes down what became of it.

What is to be done is decided from the stores alone (`tomma.mornings.step_of`), so a server that was down, or died in
the middle, goes on where the last one stopped.
"""

import logging
from dataclasses import replace
from datetime import datetime

from api.audit.recorder import Recorder
from api.city.keeper import CityKeeper
from api.context import ApiContext
from api.live.hub import Hub
from api.live.topics import CITY
from api.plans.desk import Order, PlanDesk
from api.turns import TurnTaker
from routing.planning.leaving import default_day
from tomma.audit import Deed
from tomma.city import City
from tomma.errors import ConflictError, NotFoundError
from tomma.model import Alert, AlertKind
from tomma.mornings import MISSED_TOLD_DAYS, MorningBook, Run, RunStatus, Schedule, local_day, step_of
from tomma.plan import Plan, PlanStatus, Wishes

log = logging.getLogger(__name__)

LOOK_MOST_S = 20.0
TOO_LATE = "no truck has an hour of its shift left today"
OTHER_PUBLISHED = "another plan of this day had been published already: this one waits for a person"
_ENDED = {
    PlanStatus.READY: RunStatus.READY,
    PlanStatus.PUBLISHED: RunStatus.PUBLISHED,
    PlanStatus.SUPERSEDED: RunStatus.PUBLISHED,
    PlanStatus.DISCARDED: RunStatus.READY,
    PlanStatus.FAILED: RunStatus.FAILED,
}


class MorningCaller(TurnTaker):
    """One thread that looks every few seconds of the clock; `nudge` makes it look at once."""

    def __init__(
        self, context: ApiContext, book: MorningBook, city: CityKeeper, desk: PlanDesk, hub: Hub, recorder: Recorder
    ) -> None:
        every_s = context.clock.real_seconds(context.pace.schedule_every_clock_s)
        super().__init__("mornings", log, every_s=min(max(every_s, context.pace.poll_s), LOOK_MOST_S))
        self._context = context
        self._recorder = recorder
        self._book = book
        self._city = city
        self._desk = desk
        self._hub = hub

    def _turn(self) -> None:
        self.look(self._context.clock.now_utc())

    def look(self, now_utc: datetime) -> None:
        """Do what is to be done now."""
        schedule = self._book.schedule()
        if not schedule.enabled:
            return
        city = self._city.current()
        timezone = city.organisation.timezone
        known = self._book.runs(MISSED_TOLD_DAYS + 1)
        today = local_day(now_utc, timezone)
        run = next((each for each in known if each.day == today), None)
        plan = self._plan_of(run)
        if run is not None and run.status is RunStatus.MAKING and plan is not None:
            self._follow(schedule, run, plan)
            return
        step = step_of(schedule, now_utc, timezone, known, plan.status if plan is not None else None)
        for missed in step.missed:
            if self._book.claim(missed):
                log.warning("morning missed day=%s", missed.day)
                self._tell(missed)
        if step.begin is not None:
            self._begin(schedule, step.begin, city, now_utc, again=step.again)

    def _begin(self, schedule: Schedule, run: Run, city: City, now_utc: datetime, *, again: bool) -> None:
        plan_id = self._context.make_plan_id()
        run = replace(
            run, status=RunStatus.MAKING, begun_utc=now_utc, plan_id=plan_id, attempts=run.attempts + 1, detail=""
        )
        if default_day(city, now_utc) != run.day:
            run = replace(run, status=RunStatus.MISSED, detail=TOO_LATE, plan_id=None)
        if again:
            self._book.note(run)
        elif not self._book.claim(run):
            return  # another server was first
        log.info("morning begun day=%s late_s=%.0f attempt=%d", run.day, run.late_s, run.attempts)
        if run.status is RunStatus.MAKING:
            planning = self._context.settings.planning
            order = Order(run.day, city, planning, Wishes(areas=self._areas(schedule, city)))
            plan = self._desk.order(order, plan_id)
            run = replace(run, plan_id=plan.id)
            self._book.note(run)
        self._tell(run)

    def _areas(self, schedule: Schedule, city: City) -> frozenset[str]:
        """Return the areas that are still there; when none is, all are planned rather than nothing."""
        known = {each.area for each in city.sites.values()}
        gone = sorted(schedule.areas - known)
        if gone:
            log.warning("morning areas unknown areas=%s", gone)
        return schedule.areas & known

    def _plan_of(self, run: Run | None) -> Plan | None:
        if run is None or run.plan_id is None:
            return None
        try:
            return self._context.plans.get(run.plan_id)
        except NotFoundError:
            return None

    def _follow(self, schedule: Schedule, run: Run, plan: Plan) -> None:
        """Write down what became of the plan, once it is known."""
        status = _ENDED.get(plan.status)
        if status is None:
            return
        run = replace(run, status=status, detail=plan.detail)
        if status is RunStatus.READY and schedule.auto_publish and plan.status is PlanStatus.READY:
            run = self._published(run, plan)
        self._book.note(run)
        self._raise_alert(run)
        log.info("morning ended day=%s status=%s", run.day, run.status)
        self._tell(run)

    def _published(self, run: Run, plan: Plan) -> Run:
        """Send the plan to the trucks, unless a person has sent another one."""
        plans = self._context.plans
        if plans.published(run.day) is not None:
            return replace(run, detail=OTHER_PUBLISHED)
        try:
            plans.publish(plan.id)
        except ConflictError as exc:
            return replace(run, detail=str(exc))
        now_utc = self._context.wall.now_utc()
        self._recorder.record([Deed(now_utc, "schedule", "publish_plan", f"plan:{plan.id}")])
        self._hub.tell(CITY, "plan", {"id": plan.id, "status": PlanStatus.PUBLISHED.value})
        return replace(run, status=RunStatus.PUBLISHED)

    def _raise_alert(self, run: Run) -> None:
        """Say that a morning has no plan where people look for trouble; the next one that has ends it."""
        kind, now_utc = AlertKind.MORNING_PLAN_FAILED, self._context.clock.now_utc()
        standing = any(each.kind is kind for each in self._context.readings.active_alerts())
        failed = run.status is RunStatus.FAILED
        if failed != standing:
            values = {"attempts": float(run.attempts)} if failed else {}
            self._context.readings.append([], alerts=[Alert(kind, now_utc, active=failed, values=values)])

    def _tell(self, run: Run) -> None:
        self._hub.tell(CITY, "schedule", {"day": run.day.isoformat(), "status": run.status.value})
