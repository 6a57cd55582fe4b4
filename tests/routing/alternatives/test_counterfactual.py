"""What the day would cost without us: rounds by the calendar, a threshold, on the same streets as the plan."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.alternatives.counterfactual import (
    RuleDay,
    Totals,
    due_by_calendar,
    expected_overflows,
    fixed_rounds,
    threshold_rule,
)
from routing.alternatives.rules import ROUNDS_DAYS, interval_days
from routing.daytime import WorkingDay
from routing.forecast import BinHistory, forecast_city
from routing.planning.build import Points
from routing.planning.drives import Drives, ask_drives
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.rounds import FixedRound, comes_on, rounds_of, told

MONDAY = date(2026, 11, 23)
MORNING_UTC = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
STREETS = StraightLineRoads(1.35, 22.0)
EVERY_MONDAY = (FixedRound(frozenset({1})),)
NEVER_ON_MONDAYS = (FixedRound(frozenset({2})),)


def with_rounds(city: City, rounds: Mapping[str, tuple[FixedRound, ...]]) -> City:
    """Return the village with these rounds; bins that are not named come on Tuesdays."""
    named = {id_: replace(each, fixed_rounds=rounds.get(id_, NEVER_ON_MONDAYS)) for id_, each in city.bins.items()}
    return replace(city, bins=named)


def a_day(city: City) -> RuleDay:
    """Return that Monday's question on straight lines."""
    heard = ten_days_of_readings(city, MORNING_UTC)
    history = {id_: BinHistory([each for each in heard if each.bin_id == id_], (), ()) for id_ in city.bins}
    vehicles = tuple(city.vehicles.values())

    def ask(points: Points) -> Drives:
        return ask_drives(STREETS, points.positions, vehicles, MONDAY, 6 * 3600, 14 * 3600)

    return RuleDay(
        city=city,
        day=WorkingDay(MONDAY, city.organisation.timezone),
        vehicles=vehicles,
        planning=PlanningSettings(),
        forecast=forecast_city(city, history, MORNING_UTC),
        at_utc=MORNING_UTC + timedelta(hours=5),
        last_emptied={},
        ask_drives=ask,
        iterations=20,
    )


def test_fixed_rounds_take_whose_turn_it_is_whatever_the_sensors_say() -> None:
    """b6 is all but empty and still gets its lift: that is what a calendar does."""
    found = fixed_rounds(a_day(with_rounds(small_city(), {"b1": EVERY_MONDAY, "b6": EVERY_MONDAY})))

    assert (found.lifts, found.stops, found.left_behind) == (2, 2, 0)
    assert found.disposals >= 1
    assert found.distance_m > 0
    assert found.work_s >= 2 * (90 + 45) + 900


def test_the_threshold_takes_what_the_sensors_call_full_and_nothing_else() -> None:
    """Of the village only b5 and two more stand above 70 %; a higher line takes fewer."""
    day = a_day(small_city())
    level = day.forecast.level_fraction

    assert threshold_rule(day, 0.7).lifts == int((level >= 0.7).sum()) > 0
    assert threshold_rule(day, 0.99).lifts == 0
    assert threshold_rule(day, 0.99).cost_minor == 0


def test_the_same_day_comes_to_the_same_metre_again() -> None:
    """Who audits a saving must be able to compute it anew."""
    rounds = dict.fromkeys(("b1", "b3", "b4", "b5"), EVERY_MONDAY)
    first, second = (fixed_rounds(a_day(with_rounds(small_city(), rounds))) for _ in range(2))

    assert first == second
    assert isinstance(first, Totals)


def test_an_emptied_bin_is_expected_to_overflow_less() -> None:
    """The figure beside a plan's: the fewer bins a day takes, the more of them are on the street tomorrow."""
    day = a_day(small_city())
    nobody = expected_overflows(day.forecast, day.at_utc, day.next_utc, frozenset())
    everybody = expected_overflows(day.forecast, day.at_utc, day.next_utc, frozenset(day.city.bins))

    assert 0.0 <= everybody < nobody
    assert threshold_rule(day, 2.0).expected_overflows == pytest.approx(nobody)


def test_hygiene_is_the_law_for_a_rule_too() -> None:
    """A calendar that forgets a bin for a fortnight would be cheaper than any that may be driven."""
    city = with_rounds(small_city(), {})
    day = replace(a_day(city), last_emptied={BinId("b1"): MORNING_UTC - timedelta(days=13, hours=12)})

    assert fixed_rounds(day).lifts == 1


def test_a_bin_without_rounds_gets_the_longest_that_hardly_overflows() -> None:
    """So a city that never wrote its calendar down is compared with a sensible one, not with a lavish one."""
    volume_l, rate = np.array([600.0, 600.0, 600.0]), np.array([100.0, 300.0, 0.0])

    assert interval_days(volume_l, rate, 0.6).tolist() == [3, 1, 28]


@given(st.sampled_from(ROUNDS_DAYS), st.dates(date(2024, 1, 1), date(2030, 1, 1)))
def test_every_bin_has_its_turn_once_in_its_interval(interval: int, first: date) -> None:
    """Nobody is forgotten and nobody comes twice, wherever a bin lies."""
    city, bin_ids = small_city(), tuple(small_city().bins)
    days = [first + timedelta(days=number) for number in range(interval)]
    turns = sum(due_by_calendar(city, bin_ids, day, np.full(len(bin_ids), interval)).astype(int) for day in days)

    assert np.array_equal(turns, np.ones(len(bin_ids)))


def test_every_second_week_stays_every_second_week_over_a_year_with_53_weeks() -> None:
    """2026 has one: by the weeks' numbers two odd ones would follow each other."""
    rounds = (FixedRound(frozenset({4}), every_weeks=2, week_of=date(2026, 12, 17)),)
    thursdays = [date(2026, 12, 17) + timedelta(weeks=number) for number in range(5)]

    assert [comes_on(rounds, day) for day in thursdays] == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("weekdays", "every_weeks", "told"),
    [
        pytest.param(frozenset[int](), 1, "weekdays must be some of 1", id="no day"),
        pytest.param(frozenset({8}), 1, r"got \[8\]", id="a day that no week has"),
        pytest.param(frozenset({1}), 0, "every_weeks must be within", id="never"),
    ],
)
def test_rounds_that_no_calendar_has_are_refused(weekdays: frozenset[int], every_weeks: int, told: str) -> None:
    """With field, bound and value."""
    with pytest.raises(ValueError, match=told):
        FixedRound(weekdays, every_weeks)


@given(
    st.lists(
        st.builds(
            FixedRound,
            st.frozensets(st.integers(1, 7), min_size=1),
            st.integers(1, 52),
            st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        ),
        max_size=3,
    )
)
def test_a_calendar_in_a_spreadsheet_is_the_same_calendar(rounds: list[FixedRound]) -> None:
    """What is written out is read back with the same days; a weekly round needs no date."""
    again = rounds_of(told(rounds))
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(371)]

    assert [comes_on(again, day) for day in days] == [comes_on(rounds, day) for day in days]


@pytest.mark.parametrize("cell", ["tisdag", "tue/0", "tue/2 2026-13-01", "mon,tue", "tue//2"])
def test_a_cell_that_is_no_calendar_is_refused(cell: str) -> None:
    """With what it must be."""
    with pytest.raises(ValueError, match=r"must be|month"):
        rounds_of(cell)
