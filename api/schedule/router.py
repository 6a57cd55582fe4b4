"""`/schedule`: the plan of every morning, and its change at noon."""

from typing import Annotated

from fastapi import APIRouter, Body

from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.plans.desk import STOPPED
from api.problems.model import bound_refused, field_refused, problems
from api.schedule.caller import TOO_LATE
from api.schedule.morning import OTHER_PUBLISHED
from api.schedule.noon import NOTHING_ON_ROAD, ROAD_CHANGED
from api.schedule.schemas import RunOut, ScheduleIn, ScheduleOut, SecondRoundOut
from api.services import Hands
from tomma.bounds import Rule
from tomma.errors import NotFoundError, Refusal
from tomma.mornings import SERVER_WAS_DOWN, Run, RunBook, RunStatus, Schedule, SecondRound
from tomma.ports import PlanStore

router = APIRouter(prefix="/schedule", tags=["plans"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

RUNS_SHOWN = 14
_KNOWN = {
    TOO_LATE: Refusal.MORNING_TOO_LATE,
    OTHER_PUBLISHED: Refusal.OTHER_PLAN_PUBLISHED,
    NOTHING_ON_ROAD: Refusal.NOTHING_ON_ROAD,
    ROAD_CHANGED: Refusal.ROAD_CHANGED,
    STOPPED: Refusal.SERVER_STOPPED,
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

    A plan looks to the next day on which trucks come: with Monday to Friday, Friday's takes what would overflow by
    Monday, and the day before a day off what would by the day after it.

    The second round changes the plan on the road as an order with `replan_of` would, and may have a bin once more that
    was emptied that day. A change that leaves every truck what it had to do is put aside (`unchanged`).
    """
    known = {each.area for each in hands.city.current().sites.values()}
    strange = sorted(set(asked.areas) - known)
    if strange:
        raise field_refused("areas", Rule.KNOWN, "must be of this city", strange[0])
    noon = asked.second_round
    try:
        schedule = Schedule(
            enabled=asked.enabled,
            local_time_s=_wall_s(asked.local_time),
            weekdays=frozenset(asked.weekdays),
            days_off=frozenset(asked.days_off),
            areas=frozenset(asked.areas),
            auto_publish=asked.auto_publish,
            changed_utc=hands.context.clock.now_utc(),
            second_round=SecondRound(noon.enabled, _wall_s(noon.local_time), noon.auto_publish),
        )
    except ValueError as exc:
        raise bound_refused(exc) from exc
    hands.context.mornings.set_schedule(schedule)
    hands.mornings.nudge()
    hands.second_rounds.nudge()
    return _shown(hands)


def _wall_s(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _wall_text(wall_s: int) -> str:
    hours, minutes = divmod(wall_s // 60, 60)
    return f"{hours:02}:{minutes:02}"


def _shown(hands: Hands) -> ScheduleOut:
    book, now_utc = hands.context.mornings, hands.context.clock.now_utc()
    schedule = book.schedule()
    timezone, noon = hands.city.current().organisation.timezone, schedule.second_round
    return ScheduleOut(
        enabled=schedule.enabled,
        local_time=_wall_text(schedule.local_time_s),
        timezone=timezone,
        weekdays=sorted(schedule.weekdays),
        days_off=sorted(schedule.days_off),
        areas=sorted(schedule.areas),
        auto_publish=schedule.auto_publish,
        changed_utc=schedule.changed_utc,
        next_utc=schedule.next_utc(now_utc, timezone),
        runs=_runs(book.mornings, hands.context.plans),
        second_round=SecondRoundOut(
            enabled=noon.enabled,
            local_time=_wall_text(noon.local_time_s),
            auto_publish=noon.auto_publish,
            next_utc=schedule.at_noon().next_utc(now_utc, timezone),
            runs=_runs(book.second_rounds, hands.context.plans),
        ),
    )


def _runs(book: RunBook, plans: PlanStore) -> list[RunOut]:
    return [_run_out(each, _failure(plans, each)) for each in book.runs(RUNS_SHOWN)]


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
