"""The plan of every morning, and its change at noon: when each is due, what became of it, what is to be done now. Pure.

A morning belongs to a local day. It is due at one moment of it, also on the days on which the clocks change: a time
that does not exist counts as it would without the change (02:30 is 03:30 then), one that comes twice counts when it
comes first. A day that a zone leaves out, as Samoa did with 30 December 2011, has no morning.

A second round is a morning of its own (`Schedule.at_noon`): due, begun, begun again and missed by the same rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from tomma.bounds import BoundError, Rule, check_utc, check_within, outside
from tomma.collection_days import CollectionDays
from tomma.hours import DAY_S
from tomma.model import PlanId
from tomma.plan import PlanStatus

ATTEMPTS = 3
AGAIN_AFTER = timedelta(minutes=5)
"""Between two attempts: whatever held the first one up may have passed."""
LOST_AFTER = timedelta(minutes=2)
"""A morning that was begun so long ago and whose plan nobody knows was cut off between two lines."""
SERVER_WAS_DOWN = "the server was not running on that day"
MISSED_TOLD_DAYS = 14
"""So far back mornings are told that nobody planned."""
WEEKDAYS = frozenset(range(1, 8))
MOST_DAYS_OFF = 100
LOOK_AHEAD_DAYS = 7 * (MOST_DAYS_OFF + 2)
"""Within so many there is a next plan, whichever of the days are off."""


@dataclass(frozen=True, slots=True)
class SecondRound:
    """Whether the plan on the road is changed without anybody asking, and may have a bin once more that day."""

    enabled: bool = False
    local_time_s: int = 41_400
    """By the clock on the wall, in seconds after midnight: half past eleven."""
    auto_publish: bool = False
    """Whether the change goes to the trucks without a person looking at it."""

    def __post_init__(self) -> None:
        """Refuse what no clock shows."""
        check_within("local_time_s", self.local_time_s, 0, DAY_S - 1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When plans are made without anybody asking."""

    enabled: bool = False
    local_time_s: int = 5 * 3600
    """By the clock on the wall, in seconds after midnight."""
    weekdays: frozenset[int] = WEEKDAYS
    """1 is Monday, 7 Sunday."""
    areas: frozenset[str] = frozenset()
    """Only these; empty means all."""
    auto_publish: bool = False
    """Whether the plan goes to the trucks without a person looking at it."""
    changed_utc: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    """Mornings and second rounds due before are not this schedule's."""
    second_round: SecondRound = SecondRound()
    """On the same days."""
    days_off: frozenset[date] = frozenset()
    """Days among its weekdays on which no truck comes."""

    def __post_init__(self) -> None:
        """Refuse what no clock and no week shows."""
        check_within("local_time_s", self.local_time_s, 0, DAY_S - 1)
        check_utc("changed_utc", self.changed_utc)
        check_within("days_off", len(self.days_off), 0, MOST_DAYS_OFF)
        strange = sorted(self.weekdays - WEEKDAYS)
        if strange:
            raise outside("weekdays", strange[0], 1, 7)
        if (self.enabled or self.second_round.enabled) and not self.weekdays:
            raise BoundError("weekdays", Rule.ITEMS_MIN, "must name a day when the schedule is on", None, least=1)
        if self.enabled and self.second_round.enabled and self.second_round.local_time_s <= self.local_time_s:
            bound = "must have its local_time after the morning's"
            raise BoundError("second_round", Rule.AFTER, bound, None, other="local_time")

    @property
    def collection_days(self) -> CollectionDays:
        """The days on which trucks come; ValueError for one that is off and names no weekday."""
        return CollectionDays(self.weekdays, self.days_off)

    def at_noon(self) -> "Schedule":
        """Return the second round as a schedule of its own: whatever areas the plan on the road has."""
        noon = self.second_round
        return Schedule(
            enabled=noon.enabled,
            local_time_s=noon.local_time_s,
            weekdays=self.weekdays,
            auto_publish=noon.auto_publish,
            changed_utc=self.changed_utc,
            days_off=self.days_off,
        )

    def due_utc(self, day: date, timezone: str) -> datetime | None:
        """Return when the day's plan is due; None when it has none: not its weekday, a day off, or no day there."""
        is_due = bool(self.weekdays) and self.collection_days.has(day)
        return moment_of(day, self.local_time_s, timezone) if is_due else None

    def next_utc(self, now_utc: datetime, timezone: str) -> datetime | None:
        """Return when the next plan is due; None when the schedule is off."""
        if not self.enabled:
            return None
        today = local_day(now_utc, timezone)
        coming = (self.due_utc(today + timedelta(days=ahead), timezone) for ahead in range(LOOK_AHEAD_DAYS))
        return next((due for due in coming if due is not None and due > now_utc), None)


def local_day(moment_utc: datetime, timezone: str) -> date:
    """Return the date on the calendar there and then."""
    return moment_utc.astimezone(ZoneInfo(timezone)).date()


def moment_of(day: date, wall_s: int, timezone: str) -> datetime | None:
    """Return the one moment of the local day that counts as that time on the wall; None when there is no such day."""
    wall = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)) + timedelta(seconds=wall_s)
    for fold in (0, 1):  # 1: where the gap reaches over midnight, its other side still lies on the day
        moment = wall.replace(fold=fold).astimezone(UTC)
        if local_day(moment, timezone) == day:
            return moment
    return None


class RunStatus(StrEnum):
    """What became of a morning."""

    MAKING = "making"
    READY = "ready"
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    """A second round found nothing to change: no driver was disturbed."""
    FAILED = "failed"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Run:
    """One morning, or one second round."""

    day: date
    due_utc: datetime
    status: RunStatus
    begun_utc: datetime | None = None
    """Of the last attempt; None when nobody made one."""
    plan_id: PlanId | None = None
    attempts: int = 0
    detail: str = ""
    """Why it failed or was missed, or why its plan was not published; else empty."""
    changes: PlanId | None = None
    """Of a second round: the plan that was on the road when it was first begun."""

    @property
    def late_s(self) -> float:
        """How long after its time it was begun: a server that was down catches up."""
        return max((self.begun_utc - self.due_utc).total_seconds(), 0.0) if self.begun_utc is not None else 0.0


class RunBook(Protocol):
    """Keeps what became of each morning, or of each second round: one a local day."""

    def claim(self, run: Run) -> bool:
        """Keep the run of a day that has none, durably; False when it has one: somebody else was first."""

    def note(self, run: Run) -> None:
        """Keep the run in place of its day's former one, durably."""

    def runs(self, limit: int) -> Sequence[Run]:
        """Return the newest runs by day, newest first."""


class MorningBook(Protocol):
    """Keeps the schedule and what became of each morning and of each second round."""

    @property
    def mornings(self) -> RunBook:
        """The runs of mornings."""

    @property
    def second_rounds(self) -> RunBook:
        """The runs of second rounds."""

    def schedule(self) -> Schedule:
        """Return the schedule; one that is off before anybody set it."""

    def set_schedule(self, schedule: Schedule) -> None:
        """Keep the schedule, durably, in place of the former one."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now: begin a morning (again), or write down what became of one."""

    begin: Run | None = None
    again: bool = False
    """The day has a run already."""
    missed: tuple[Run, ...] = field(default=())
    cut_off: tuple[Run, ...] = field(default=())
    """Still told as being made, and nobody makes them: their day is over, or the last attempt was lost."""


def step_of(
    schedule: Schedule, now_utc: datetime, timezone: str, known: Sequence[Run], plan: PlanStatus | None
) -> Step:
    """Return what is to be done now.

    Args:
        schedule: When plans are due.
        now_utc: Now.
        timezone: The organisation's.
        known: The newest runs, newest first.
        plan: What became of the plan of today's run; None when there is no such run or plan.
    """
    if not schedule.enabled:
        return Step()
    today = local_day(now_utc, timezone)
    run = next((each for each in known if each.day == today), None)
    step = Step(missed=_missed(schedule, today, timezone, known), cut_off=_cut_off(known, today, plan, now_utc))
    if run is not None:
        return replace(step, begin=run, again=True) if _is_to_be_begun_again(run, plan, now_utc) else step
    due = schedule.due_utc(today, timezone)
    if due is None or not schedule.changed_utc <= due <= now_utc:
        return step
    return replace(step, begin=Run(today, due, RunStatus.MAKING))


def _is_to_be_begun_again(run: Run, plan: PlanStatus | None, now_utc: datetime) -> bool:
    if run.begun_utc is None or run.attempts >= ATTEMPTS:
        return False
    if run.status is RunStatus.MAKING and plan is None:
        return now_utc - run.begun_utc >= LOST_AFTER
    return run.status is RunStatus.FAILED and now_utc - run.begun_utc >= AGAIN_AFTER


def _cut_off(known: Sequence[Run], today: date, plan: PlanStatus | None, now_utc: datetime) -> tuple[Run, ...]:
    def is_given_up(run: Run) -> bool:
        lost = plan is None and run.begun_utc is not None and now_utc - run.begun_utc >= LOST_AFTER
        return run.day < today or (lost and run.attempts >= ATTEMPTS)

    return tuple(each for each in known if each.status is RunStatus.MAKING and is_given_up(each))


def _missed(schedule: Schedule, today: date, timezone: str, known: Sequence[Run]) -> tuple[Run, ...]:
    """Return the mornings before today that were due and that nobody planned."""
    there = {each.day for each in known}
    days = (today - timedelta(days=back) for back in range(MISSED_TOLD_DAYS, 0, -1))
    due = ((day, schedule.due_utc(day, timezone)) for day in days if day not in there)
    return tuple(
        Run(day, moment, RunStatus.MISSED, detail=SERVER_WAS_DOWN)
        for day, moment in due
        if moment is not None and moment >= schedule.changed_utc
    )
