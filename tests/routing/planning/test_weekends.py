"""Days without trucks: what Friday leaves waits until Monday."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from routing.ahead.coming_days import coming_days
from routing.ahead.days_ahead import DaysAhead
from routing.planning import search
from routing.planning.planner import make_plan
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.at_once import at_once
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.model import BinId, PlanId
from tomma.plan import Plan
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

EVERY_DAY = PlanningSettings(budget_s=5.0, seed=4)
MON_TO_FRI = EVERY_DAY.model_copy(update={"collection_weekdays": ("mon", "tue", "wed", "thu", "fri")})
THURSDAY, FRIDAY, SATURDAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture
def stores(tmp_path: Path, made_stores: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Real stores; how good a plan's routes are does not matter here."""
    monkeypatch.setattr(search, "solve_in_child", at_once)
    shutil.copytree(made_stores, tmp_path, dirs_exist_ok=True)
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        yield opened


def plan(stores: Stores, day: date, settings: PlanningSettings) -> Plan:
    """Press the button at half past five."""
    now_utc = datetime(day.year, day.month, day.day, 4, 30, tzinfo=UTC)
    city = small_city()
    stores.readings.append(ten_days_of_readings(city, now_utc))
    return make_plan(
        city=city,
        readings=stores.readings,
        events=stores.events,
        roads=StraightLineRoads(1.35, 22.0),
        settings=settings,
        day=day,
        now_utc=now_utc,
        plan_id=PlanId(f"p-{day}"),
        iterations=5,
    )


def told_hours(made: Plan) -> set[float]:
    """Within how many hours the bins of a plan, and those left out, are told to overflow or not."""
    stops = [stop.reasons for route in made.routes for stop in route.stops]
    reasons = [why for own in (*stops, *(each.reasons for each in made.left_out)) for why in own]
    return {why.values["by_h"] for why in reasons if "by_h" in why.values}


def musts(made: Plan) -> set[BinId]:
    """Bins that are emptied because they would overflow before trucks come again."""
    stops = [stop for route in made.routes for stop in route.stops if stop.bin_id is not None]
    risky = {ReasonCode.OVERFLOW_RISK, ReasonCode.FULL_NOW}
    return {BinId(str(each.bin_id)) for each in stops if risky & {why.code for why in each.reasons}}


@pytest.mark.parametrize(("day", "hours"), [(THURSDAY, 24.0), (FRIDAY, 72.0), (SATURDAY, 48.0)])
def test_a_plan_looks_to_the_day_on_which_trucks_come_again(stores: Stores, day: date, hours: float) -> None:
    """Friday's plan was made as if trucks came on Saturday: bins overflowed until Monday, and nobody knew why."""
    assert told_hours(plan(stores, day, MON_TO_FRI)) == {hours}


def test_friday_takes_what_would_overflow_at_the_weekend(stores: Stores) -> None:
    """And on a day before a working day it takes no more than where trucks come daily."""
    daily, friday = plan(stores, FRIDAY, EVERY_DAY), plan(stores, FRIDAY, MON_TO_FRI)
    assert musts(daily) < musts(friday)


def test_where_the_next_opportunity_is_set_farther_off_that_counts(stores: Stores) -> None:
    """Who plans once a week by hand has said so."""
    weekly = MON_TO_FRI.model_copy(update={"next_opportunity_h": 168.0})
    assert told_hours(plan(stores, FRIDAY, weekly)) == {168.0}


def ahead(stores: Stores, first: date, settings: PlanningSettings) -> DaysAhead:
    """Look at the week from that day on."""
    city, now_utc = small_city(), datetime(first.year, first.month, first.day, 4, 30, tzinfo=UTC)
    stores.readings.append(ten_days_of_readings(city, now_utc))
    return coming_days(
        city=city,
        readings=stores.readings,
        events=stores.events,
        settings=settings,
        first_day=first,
        days=7,
        now_utc=now_utc,
    )


def test_the_outlook_has_no_work_for_days_without_trucks(stores: Stores) -> None:
    """Work levelled onto a Sunday is work that nobody does."""
    found = ahead(stores, THURSDAY, MON_TO_FRI)
    assert [each.day.isoweekday() for each in found.days] == [4, 5, 1, 2, 3]
    due = {each.bin_id: each.due for of_day in found.days for each in of_day.bins}
    assert due, "else this tells nothing"
    assert not {5, 6} & {day.weekday() for day in due.values()}


def test_what_falls_due_at_the_weekend_is_due_on_friday(stores: Stores) -> None:
    """By Monday it would have overflowed."""
    daily, working = (
        {each.bin_id for of_day in ahead(stores, FRIDAY, settings).days for each in of_day.bins if each.due == FRIDAY}
        for settings in (EVERY_DAY, MON_TO_FRI)
    )
    assert daily < working
