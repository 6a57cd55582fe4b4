"""A plan beside yesterday's and beside what other rules would have done: computed once, in the background."""

import logging
import queue
import time
from dataclasses import asdict, dataclass
from datetime import date
from threading import Lock

from api.city.keeper import CityKeeper
from api.context import ApiContext
from api.live.hub import Hub
from api.live.topics import CITY
from api.plans.compared_schemas import ComparisonColumn, ComparisonOut
from api.plans.desk import PlanDesk
from api.plans.view import UNMADE
from api.turns import TurnTaker
from routing.alternatives.counterfactual import Totals
from routing.alternatives.rule_columns import RuleColumns
from routing.planning.totals import totals_of
from routing.planning.yesterday import last_driven
from tomma.errors import ConflictError, Refusal, TommaError
from tomma.model import PlanId
from tomma.plan import Plan

log = logging.getLogger(__name__)

KEPT = 40
AGAIN_AFTER_S = 60.0
"""So much later a page that looks has the rules computed again, if they failed for a reason that may have passed."""
PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Failed:
    """Why the rules could not be computed."""

    detail: str
    kind: Refusal
    at_s: float
    """When that was, by a steady clock."""

    @property
    def may_have_passed(self) -> bool:
        """Whether there may be an answer by now; a plan whose basis is gone has none ever."""
        return self.kind is Refusal.NO_ANSWER and time.monotonic() - self.at_s >= AGAIN_AFTER_S


class Comparisons(TurnTaker):
    """One thread that computes the rules' columns of plans that somebody looks at; plans being made come first."""

    def __init__(self, context: ApiContext, city: CityKeeper, desk: PlanDesk, hub: Hub) -> None:
        super().__init__("comparisons", log, every_s=0.0)  # a turn waits for its plan
        self._context = context
        self._city = city
        self._desk = desk
        self._hub = hub
        self._lock = Lock()
        self._known: dict[PlanId, RuleColumns | Failed | None] = {}
        self._queue: queue.SimpleQueue[PlanId | None] = queue.SimpleQueue()

    def stop(self) -> None:
        """Compute no more."""
        super().stop()
        self._queue.put(None)

    def of(self, plan_id: PlanId) -> ComparisonOut:
        """Return the plan beside the others, as far as they are known.

        Raises:
            ConflictError: If there is nothing to compare: the plan is not made yet, or failed.
            NotFoundError: If there is no such plan.
        """
        plan = self._context.plans.get(plan_id)
        if plan.status in UNMADE:
            raise ConflictError(f"plan {plan_id} is {plan.status}: there is nothing to compare", Refusal.PLAN_NOT_MADE)
        # The rules know nothing of what a person changes: all drafts of a plan have the same columns.
        found = self._rules(plan.based_on or plan.id)
        yesterday = last_driven(self._context.plans, plan.day)
        both = found if isinstance(found, RuleColumns) else None
        return ComparisonOut(
            this=_column(plan),
            yesterday=_column(yesterday) if yesterday is not None else None,
            fixed_rounds=_rule_column(plan.day, both.fixed_rounds) if both else None,
            threshold=_rule_column(plan.day, both.threshold) if both else None,
            rules="ready" if both else "computing" if found is None else "failed",
            detail=found.detail if isinstance(found, Failed) else "",
            failure=found.kind if isinstance(found, Failed) else "",
        )

    def _rules(self, plan_id: PlanId) -> RuleColumns | Failed | None:
        with self._lock:
            found = self._known.get(plan_id)
            if plan_id not in self._known or (isinstance(found, Failed) and found.may_have_passed):
                self._known[plan_id] = None
                while len(self._known) > KEPT:
                    self._known.pop(next(iter(self._known)))
                self._queue.put(plan_id)
            return self._known[plan_id]

    def _turn(self) -> None:
        plan_id = self._queue.get()
        while self._desk.busy and not self._leaving.is_set():
            self._leaving.wait(PAUSE_S)
        if plan_id is None or self._leaving.is_set():
            return
        found = self._computed(plan_id)
        with self._lock:
            if plan_id in self._known:
                self._known[plan_id] = found
        self._hub.tell(CITY, "comparison", {"id": plan_id})

    def _computed(self, plan_id: PlanId) -> RuleColumns | Failed:
        try:
            return self._context.rules(city=self._city.current(), plan_id=plan_id)
        except TommaError as exc:
            log.warning("comparison failed plan=%s reason=%s", plan_id, exc)
            kind = exc.kind if isinstance(exc, ConflictError) else Refusal.NO_ANSWER
            return Failed(str(exc), kind, time.monotonic())
        except Exception:  # the page shows the plan and yesterday's all the same
            log.exception("comparison crashed plan=%s", plan_id)
            text = "the rules could not be computed; the operator's log says why"
            return Failed(text, Refusal.NO_ANSWER, time.monotonic())


def _column(plan: Plan) -> ComparisonColumn:
    return ComparisonColumn(**asdict(totals_of(plan)), day=plan.day, plan_id=plan.id)


def _rule_column(day: date, totals: Totals) -> ComparisonColumn:
    """Return a rule's day; nobody weighs what it leaves behind."""
    return ComparisonColumn(
        day=day,
        plan_id=None,
        distance_m=totals.distance_m,
        driving_s=totals.driving_s,
        work_s=totals.driving_s + totals.work_s,
        lifts=totals.lifts,
        stops=totals.stops,
        disposals=totals.disposals,
        volume_l=round(totals.volume_l, 1),
        weight_kg=None,
        co2_kg=totals.co2_kg,
        expected_overflows=round(totals.expected_overflows, 3),
        cost_minor=totals.cost_minor,
        lost_prize_minor=None,
        trucks=totals.trucks,
    )
