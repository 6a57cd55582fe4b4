"""The plan of every morning over changes of the clock: once per local day, in any zone, however often anybody looks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tomma.bounds import BoundError
from tomma.codec import from_json
from tomma.mornings import Run, RunStatus, Schedule, SecondRound, local_day, moment_of, step_of
from tomma.plan import PlanStatus

ZONES = sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/")))
DAY = timedelta(days=1)


def local(moment_utc: datetime, zone: str) -> str:
    """What the clock on the wall shows."""
    return moment_utc.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def scheduled(wall_s: int, changed_utc: datetime, *, is_noon: bool) -> Schedule:
    """A schedule of mornings at that time alone, or of second rounds alone."""
    if is_noon:
        noon = SecondRound(enabled=True, local_time_s=wall_s)
        return Schedule(changed_utc=changed_utc, second_round=noon).at_noon()
    return Schedule(enabled=True, local_time_s=wall_s, changed_utc=changed_utc)


@pytest.mark.parametrize(
    ("day", "wall", "shown"),
    [
        pytest.param(date(2026, 3, 29), (2, 30), "2026-03-29 03:30", id="an hour that does not exist"),
        pytest.param(date(2026, 10, 25), (2, 30), "2026-10-25 02:30", id="an hour that comes twice"),
        pytest.param(date(2026, 3, 29), (5, 0), "2026-03-29 05:00", id="after the change"),
        pytest.param(date(2026, 11, 22), (5, 0), "2026-11-22 05:00", id="any other day"),
    ],
)
def test_a_time_on_the_wall_is_one_moment(day: date, wall: tuple[int, int], shown: str) -> None:
    """A manager who sets half past two must get a plan on the two odd nights as well."""
    moment = moment_of(day, wall[0] * 3600 + wall[1] * 60, "Europe/Stockholm")
    assert moment is not None
    assert local(moment, "Europe/Stockholm") == shown


def test_an_hour_that_comes_twice_counts_when_it_comes_first() -> None:
    """In summer time: an hour before the other one."""
    assert moment_of(date(2026, 10, 25), 9_000, "Europe/Stockholm") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_has_no_morning() -> None:
    """Samoa went from the 29th of December 2011 to the 31st."""
    assert moment_of(date(2011, 12, 30), 18_000, "Pacific/Apia") is None
    assert moment_of(date(2011, 12, 31), 18_000, "Pacific/Apia") is not None


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2000, 1, 2), date(2037, 12, 20)),
    wall_min=st.integers(0, 1439),
    looks_min=st.lists(st.integers(7, 55), min_size=1, max_size=12),
    is_noon=st.booleans(),
)
@example("Europe/Stockholm", date(2026, 3, 28), 150, [20], False)
@example("Europe/Stockholm", date(2026, 10, 24), 150, [7], True)
@example("Africa/Cairo", date(2024, 4, 25), 30, [20], False)
@example("America/Asuncion", date(2023, 10, 1), 5, [13], True)
@example("Pacific/Apia", date(2011, 12, 28), 300, [40], True)
@example("Australia/Lord_Howe", date(2025, 10, 4), 135, [11], False)
@example("America/Scoresbysund", date(2024, 3, 30), 1_410, [19], True)
def test_each_local_day_is_planned_exactly_once(
    zone: str, first: date, wall_min: int, looks_min: list[int], is_noon: bool
) -> None:
    """Whoever looks, at whatever pace, over every change of the clock: not twice, never not at all; nor at noon."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    schedule = scheduled(wall_min * 60, start - DAY, is_noon=is_noon)
    runs: dict[date, Run] = {}
    seen: set[date] = set()
    now, number = start, 0
    while now < start + 4 * DAY:
        step = step_of(schedule, now, zone, sorted(runs.values(), key=lambda run: run.day, reverse=True), None)
        runs |= {each.day: each for each in step.missed}
        if step.begin is not None:
            assert step.begin.day == local_day(now, zone)
            assert step.begin.day not in runs
            assert now >= step.begin.due_utc
            runs[step.begin.day] = replace(step.begin, status=RunStatus.READY, begun_utc=now)
        seen.add(local_day(now, zone))
        now += timedelta(minutes=looks_min[number % len(looks_min)])
        number += 1
    whole = sorted(seen)[1:-1]  # the first and the last day were seen in part
    late = {day for day in whole if runs[day].status is RunStatus.MISSED}
    assert set(whole) <= runs.keys()
    assert all(local_day(runs[day].due_utc + timedelta(minutes=55), zone) != day for day in late), "it had its time"


@given(st.integers(1, 3), st.sampled_from([RunStatus.FAILED, RunStatus.MAKING]), st.integers(0, 600))
def test_a_morning_is_begun_again_only_after_a_while_and_three_times_at_most(
    attempts: int, status: RunStatus, waited_s: int
) -> None:
    """A fault that stays must not keep the solver busy all day."""
    due = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    run = Run(date(2026, 11, 22), due, status, due, attempts=attempts)
    plan = PlanStatus.FAILED if status is RunStatus.FAILED else None
    schedule = Schedule(enabled=True, changed_utc=due - DAY)
    step = step_of(schedule, due + timedelta(seconds=waited_s), "Europe/Stockholm", [run], plan)
    wait_s = 300 if status is RunStatus.FAILED else 120
    assert (step.begin is not None) == (attempts < 3 and waited_s >= wait_s)


def test_mornings_and_second_rounds_are_switched_apart() -> None:
    """A city that plans its mornings by hand may want the noon, and the other way round; the days are the same."""
    due = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    noon = SecondRound(enabled=True, auto_publish=True)
    both = Schedule(weekdays=frozenset({1}), areas=frozenset({"Norr"}), changed_utc=due - DAY, second_round=noon)
    assert step_of(both, due, "Europe/Stockholm", [], None).begin is None
    begun = step_of(both.at_noon(), due, "Europe/Stockholm", [], None).begin
    assert begun is not None
    assert (begun.day, begun.due_utc) == (date(2026, 11, 23), due)
    assert step_of(both.at_noon(), due + DAY, "Europe/Stockholm", [begun], None).begin is None, "no Tuesday"
    assert both.at_noon().auto_publish
    assert not replace(both, enabled=True, second_round=SecondRound()).at_noon().enabled


def test_a_second_round_before_its_morning_is_refused() -> None:
    """It would find no plan on the road, every day; alone, any time of the day is well."""
    early = SecondRound(enabled=True, local_time_s=4 * 3600)
    assert Schedule(second_round=early).second_round is early
    with pytest.raises(BoundError, match="second_round must have its local_time after the morning's"):
        Schedule(enabled=True, second_round=early)


def test_a_schedule_kept_before_there_were_second_rounds_has_none() -> None:
    """Whoever never asked for one must not get one by an update."""
    kept = from_json('{"enabled":true,"local_time_s":18000,"auto_publish":true}', Schedule)
    assert not kept.at_noon().enabled


@pytest.mark.parametrize(
    ("attempts", "waited", "is_cut_off"),
    [
        pytest.param(2, timedelta(minutes=3), False, id="it is begun again"),
        pytest.param(3, timedelta(minutes=1), False, id="it may still come"),
        pytest.param(3, timedelta(minutes=3), True, id="the last attempt was lost"),
        pytest.param(1, DAY, True, id="its day is over"),
    ],
)
def test_what_nobody_makes_any_more_is_not_told_as_being_made(
    attempts: int, waited: timedelta, is_cut_off: bool
) -> None:
    """A server that died three times over a plan, or for the night, left it "being made" for ever."""
    due = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
    run = Run(date(2026, 11, 22), due, RunStatus.MAKING, due, attempts=attempts)
    schedule = Schedule(enabled=True, changed_utc=due - DAY / 2)
    step = step_of(schedule, due + waited, "Europe/Stockholm", [run], None)
    assert step.cut_off == ((run,) if is_cut_off else ())
    assert (
        step_of(schedule, due + waited, "Europe/Stockholm", [replace(run, status=RunStatus.FAILED)], None).cut_off == ()
    )
