"""`/schedule`: the plan of every morning."""

from typing import Annotated

from fastapi import APIRouter, Body

from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.problems.model import bound_refused, field_refused, problems
from api.schedule.caller import OTHER_PUBLISHED, TOO_LATE
from api.schedule.schemas import RunOut, ScheduleIn, ScheduleOut
from api.services import Hands
from tomma.bounds import Rule
from tomma.errors import NotFoundError, Refusal
from tomma.mornings import SERVER_WAS_DOWN, Run, RunStatus, Schedule
from tomma.ports import PlanStore

router = APIRouter(prefix="/schedule", tags=["plans"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

RUNS_SHOWN = 14
_KNOWN = {
    TOO_LATE: Refusal.MORNING_TOO_LATE,
    OTHER_PUBLISHED: Refusal.OTHER_PLAN_PUBLISHED,
    SERVER_WAS_DOWN: Refusal.SERVER_WAS_DOWN,
}


@router.get("", summary="The plan of every morning", responses=problems(404, 503))
def get_schedule(hands: Hands) -> ScheduleOut:
    """Return when plans are made without anybody asking, and what became of the last mornings."""
    return _shown(hands)


@router.put(
    "",
    summary="Set the plan of every morning",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(400, 403, 404, 413, 415, 422, 503),
)
def set_schedule(hands: Hands, asked: Annotated[ScheduleIn, Body()]) -> ScheduleOut:
    """Set when plans are made. It counts from its next time: a morning that is over is not planned after all.

    Each local day is planned once, whatever the clocks do: a time that does not exist on the day of the change counts
    as an hour later, one that comes twice counts when it comes first. A server that was down at the time catches up
    the same day.
    """
    known = {each.area for each in hands.city.current().sites.values()}
    strange = sorted(set(asked.areas) - known)
    if strange:
        raise field_refused("areas", Rule.KNOWN, "must be of this city", strange[0])
    hours, minutes = asked.local_time.split(":")
    try:
        schedule = Schedule(
            enabled=asked.enabled,
            local_time_s=int(hours) * 3600 + int(minutes) * 60,
            weekdays=frozenset(asked.weekdays),
            areas=frozenset(asked.areas),
            auto_publish=asked.auto_publish,
            changed_utc=hands.context.clock.now_utc(),
        )
    except ValueError as exc:
        raise bound_refused(exc) from exc
    hands.context.mornings.set_schedule(schedule)
    hands.mornings.nudge()
    return _shown(hands)


def _shown(hands: Hands) -> ScheduleOut:
    schedule = hands.context.mornings.schedule()
    timezone = hands.city.current().organisation.timezone
    hours, minutes = divmod(schedule.local_time_s // 60, 60)
    return ScheduleOut(
        enabled=schedule.enabled,
        local_time=f"{hours:02}:{minutes:02}",
        timezone=timezone,
        weekdays=sorted(schedule.weekdays),
        areas=sorted(schedule.areas),
        auto_publish=schedule.auto_publish,
        changed_utc=schedule.changed_utc,
        next_utc=schedule.next_utc(hands.context.clock.now_utc(), timezone),
        runs=[_run_out(each, _failure(hands.context.plans, each)) for each in hands.context.mornings.runs(RUNS_SHOWN)],
    )


def _failure(plans: PlanStore, run: Run) -> str:
    """Return why in a name that the page has words for, where there is one."""
    if run.detail in _KNOWN:
        return _KNOWN[run.detail]
    if run.status is not RunStatus.FAILED or run.plan_id is None:
        return ""
    try:
        return plans.get(run.plan_id).failure
    except NotFoundError:  # plans of long ago are deleted
        return ""


def _run_out(run: Run, failure: str) -> RunOut:
    return RunOut(
        day=run.day,
        due_utc=run.due_utc,
        status=run.status.value,
        begun_utc=run.begun_utc,
        late_s=round(run.late_s, 1),
        plan_id=run.plan_id,
        attempts=run.attempts,
        detail=run.detail,
        failure=failure,
    )
