"""The days on which trucks come."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomma.collection_days import CollectionDays
from tomma.planning_settings import PlanningSettings

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
WEEKS = st.frozensets(st.integers(1, 7), min_size=1)


@given(WEEKS, DAYS)
def test_the_next_day_is_one_of_them_and_none_lies_between(weekdays: frozenset[int], day: date) -> None:
    """A day passed over is a day on which bins are not emptied."""
    gap = CollectionDays(weekdays).gap_days(day)
    assert (day + timedelta(days=gap)).isoweekday() in weekdays
    assert all((day + timedelta(days=before)).isoweekday() not in weekdays for before in range(1, gap))


def test_the_first_day_of_an_outlook_is_told_whichever_it_is() -> None:
    """Somebody plans for that Saturday."""
    weekdays = CollectionDays(frozenset({1, 2, 3, 4, 5}))
    assert [each.isoweekday() for each in weekdays.within(date(2026, 11, 21), 4)] == [6, 1, 2]


def test_a_day_off_is_passed_over() -> None:
    """Before Easter a plan looks from Thursday to Tuesday."""
    easter = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
    days = CollectionDays(frozenset({1, 2, 3, 4, 5}), easter)
    assert days.gap_days(date(2026, 4, 2)) == 5
    assert days.within(date(2026, 4, 2), 7) == (date(2026, 4, 2), date(2026, 4, 7), date(2026, 4, 8))
    assert days.only({4}).days_off == easter


def test_no_plan_looks_farther_than_its_forecast() -> None:
    """A fortnight's holidays are longer than anybody foresees a level."""
    off = frozenset(date(2026, 7, 1) + timedelta(days=each) for each in range(31))
    assert CollectionDays(days_off=off).gap_days(date(2026, 7, 1)) == 7


def test_days_that_no_week_has_are_refused() -> None:
    """With their bound."""
    with pytest.raises(ValueError, match="weekdays"):
        CollectionDays(frozenset({0}))
    with pytest.raises(ValueError, match="none"):
        CollectionDays(frozenset())


def test_a_days_settings_reach_to_the_next_trucks_and_never_less_far_than_they_were_set() -> None:
    """Twice a day stays twice a day on a Thursday, and a week stays a week on a Friday."""
    friday, thursday = date(2026, 11, 20), date(2026, 11, 19)
    weekdays = ("mon", "tue", "wed", "thu", "fri")

    def hours(set_h: float, day: date) -> float:
        return PlanningSettings(next_opportunity_h=set_h, collection_weekdays=weekdays).on(day).next_opportunity_h

    assert [hours(each, thursday) for each in (12.0, 24.0, 168.0)] == [12.0, 24.0, 168.0]
    assert [hours(each, friday) for each in (12.0, 24.0, 168.0)] == [72.0, 72.0, 168.0]
