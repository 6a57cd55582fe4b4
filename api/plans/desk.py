"""Makes plans in the background, one after the other: the solver takes the whole machine."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from api.context import Planner
from api.live.hub import Hub
from api.live.topics import CITY, plan_topic
from api.plans.making import Making
from api.turns import TurnTaker
from routing.ordering.order import Order
from tomma.clock import Clock
from tomma.errors import ConflictError, Refusal, TommaError
from tomma.model import PlanId
from tomma.plan import UNFINISHED, Plan, PlanProgress, PlanStatus, RoadsSource
from tomma.ports import PlanStore

log = logging.getLogger(__name__)

PROGRESS_EVERY_S = 0.1
STOPPED = "the server stopped while this plan was being made; order it again"
CRASHED = "the planner crashed; the operator's log says why"


@dataclass(slots=True)
class _Job:
    plan: Plan
    order: Order
    latest: PlanProgress
    told_s: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)


class PlanDesk(TurnTaker):
    """Takes orders from any thread; one thread of its own works them off.

    While a day's plan is being made, a second order that asks for the same is the same job: two managers who press
    the button together see one plan.
    """

    def __init__(
        self,
        *,
        plans: PlanStore,
        planner: Planner,
        hub: Hub,
        clock: Clock,
        make_plan_id: Callable[[], PlanId],
        making: Making,
        look_s: float,
    ) -> None:
        super().__init__("plan-desk", log, every_s=0.0)  # a turn waits for its order
        self._plans = plans
        self._making = making
        self._look_s = look_s
        self._planner = planner
        self._hub = hub
        self._clock = clock
        self._make_plan_id = make_plan_id
        self._lock = threading.Lock()
        self._jobs: dict[PlanId, _Job] = {}
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False

    def start(self) -> None:
        """Bury the ghosts of the last run and begin to work."""
        self._bury_ghosts()
        super().start()

    def stop(self) -> None:
        """Give up what is unfinished and say so in the store; a late result is thrown away."""
        super().stop()
        with self._lock:
            self._closed = True
            jobs = list(self._jobs.values())
            self._jobs.clear()
            for job in jobs:
                self._save(replace(job.plan, status=PlanStatus.FAILED, detail=STOPPED, failure=Refusal.SERVER_STOPPED))
                self._making.end(job.plan.id)  # so whoever comes next fails one that could not be stored
        self._queue.put(None)

    def order(self, order: Order, plan_id: PlanId | None = None) -> Plan:
        """Return the plan that will be made: a new one (of that id), or the same one that is being made already."""
        with self._lock:
            for known in self._jobs.values():
                if known.order.is_like(order):
                    return known.plan
            plan = _queued(plan_id or self._make_plan_id(), order.day, self._clock.now_utc())
            self._mark_and_save(plan)
            queued = PlanProgress(plan.id, PlanStatus.QUEUED, "queued", 0.0, budget_s=order.planning.budget_s)
            job = _Job(plan, order, queued)
            self._jobs[plan.id] = job
        self._queue.put(job)
        self._hub.tell(CITY, "plan", {"id": plan.id, "status": plan.status.value})
        return plan

    def progress(self, plan_id: PlanId) -> PlanProgress | None:
        """Return how far the plan is; None when it is not being made now."""
        with self._lock:
            job = self._jobs.get(plan_id)
            return job.latest if job is not None else None

    def stop_early(self, plan_id: PlanId) -> bool:
        """Ask for the best plan so far; one that has not begun takes its first answer. False: it is not being made."""
        with self._lock:
            job = self._jobs.get(plan_id)
            if job is not None:
                job.stop.set()
        return job is not None

    @property
    def busy(self) -> bool:
        """Whether a plan is being made or waits: what can wait should."""
        with self._lock:
            return bool(self._jobs)

    def _mark_and_save(self, plan: Plan) -> None:
        self._making.begin(plan.id)
        try:
            self._plans.save(plan)
        except BaseException:
            self._making.end(plan.id)
            raise

    def _turn(self) -> None:
        try:
            job = self._queue.get(timeout=self._look_s)
        except queue.Empty:
            self._bury_ghosts()
        else:
            if job is not None and self._begin(job):
                self._finish(job, self._make(job))

    def _bury_ghosts(self) -> None:
        """Fail the unfinished plans that no living server makes; those of another one are its own."""
        for plan in self._plans.unfinished():
            with self._making.nobodys(plan.id) as is_nobodys:
                if not is_nobodys:
                    continue
                left = self._plans.get(plan.id)  # it may have been finished since
                if left.status not in UNFINISHED:
                    continue
                log.warning("plan was left unfinished plan=%s day=%s", left.id, left.day)
                self._plans.save(
                    replace(left, status=PlanStatus.FAILED, detail=STOPPED, failure=Refusal.SERVER_STOPPED)
                )
            self._hub.tell(CITY, "plan", {"id": plan.id, "status": PlanStatus.FAILED.value})

    def _begin(self, job: _Job) -> bool:
        with self._lock:
            if self._closed:
                return False
            job.plan = replace(job.plan, status=PlanStatus.SOLVING)
            self._mark(job.plan)
        self._hub.tell(CITY, "plan", {"id": job.plan.id, "status": PlanStatus.SOLVING.value})
        return True

    def _make(self, job: _Job) -> Plan:
        log.info("plan begun plan=%s day=%s", job.plan.id, job.order.day)
        try:
            plan = self._planner(
                city=job.order.city,
                planning=job.order.planning,
                day=job.order.day,
                now_utc=self._clock.now_utc(),
                plan_id=job.plan.id,
                on_progress=lambda progress: self._note(job, progress),
                wishes=job.order.wishes,
                stop=job.stop,
            )
        except TommaError as exc:
            log.warning("plan failed plan=%s reason=%s", job.plan.id, exc)
            kind = exc.kind if isinstance(exc, ConflictError) else Refusal.NO_ANSWER
            return replace(job.plan, status=PlanStatus.FAILED, detail=str(exc), failure=kind)
        except Exception:  # the desk must go on; the plan says that it failed
            log.exception("plan crashed plan=%s", job.plan.id)
            return replace(job.plan, status=PlanStatus.FAILED, detail=CRASHED, failure=Refusal.PLANNER_CRASHED)
        if plan.status is PlanStatus.READY and plan.violations:
            detail = f"the checker refused it: {plan.violations[0]}"
            return replace(plan, status=PlanStatus.FAILED, detail=detail, failure=Refusal.CHECKER_REFUSED)
        return job.order.told_on(plan)

    def _note(self, job: _Job, progress: PlanProgress) -> None:
        """Pass progress on, ten times a second at most; the end is told by `_finish`, once it is stored."""
        job.latest = replace(
            progress,
            plan_id=job.plan.id,
            status=PlanStatus.SOLVING,
            elapsed_s=round(progress.elapsed_s, 2),
            budget_s=job.order.planning.budget_s,
        )
        now_s = time.monotonic()
        if now_s - job.told_s >= PROGRESS_EVERY_S:
            job.told_s = now_s
            self._hub.tell(plan_topic(job.plan.id), "progress", job.latest)

    def _finish(self, job: _Job, plan: Plan) -> None:
        with self._lock:
            if self._closed:
                return
            self._save(plan)
            self._jobs.pop(job.plan.id, None)
            self._making.end(job.plan.id)
        log.info("plan ended plan=%s status=%s", plan.id, plan.status)
        last = final_progress(plan, job.latest)
        self._hub.tell(plan_topic(plan.id), "progress", last)
        self._hub.tell(CITY, "plan", {"id": plan.id, "status": plan.status.value})

    def _mark(self, plan: Plan) -> None:
        """Store that it is begun; a store that is away now may be back when the plan is made."""
        try:
            self._plans.set_status(plan.id, plan.status)
        except TommaError as exc:
            log.warning("plan begun but not marked plan=%s reason=%s", plan.id, exc)

    def _save(self, plan: Plan) -> None:
        try:
            self._plans.save(plan)
        except TommaError:
            log.exception("plan could not be stored plan=%s", plan.id)


def final_progress(plan: Plan, latest: PlanProgress | None = None) -> PlanProgress:
    """Return the last word on a plan that is no longer being made."""
    return PlanProgress(
        plan_id=plan.id,
        status=plan.status,
        stage="done" if plan.status is not PlanStatus.FAILED else "failed",
        elapsed_s=latest.elapsed_s if latest else 0.0,
        best_cost_minor=None if plan.status is PlanStatus.FAILED else plan.cost_minor,
        stops=None if plan.status is PlanStatus.FAILED else len(plan.bins_collected),
        detail=plan.detail,
        failure=plan.failure,
        budget_s=latest.budget_s if latest else None,
    )


def _queued(plan_id: PlanId, day: date, now_utc: datetime) -> Plan:
    return Plan(
        id=plan_id,
        day=day,
        created_utc=now_utc,
        snapshot_utc=now_utc,
        status=PlanStatus.QUEUED,
        engine="",
        roads_source=RoadsSource.STRAIGHT_LINE,  # not known yet; nothing shows it before the plan is made
        routes=(),
        left_out=(),
        cost_minor=0,
        lost_prize_minor=0,
    )
