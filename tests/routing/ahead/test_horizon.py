"""The days ahead: everything in time, work levelled, and what cannot be done told."""

import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.ahead.days_ahead import DaysAhead, look_ahead, taken_early
from routing.ahead.horizon import Cluster, Fleet, Horizon, Levelled, Unit, as_due, greedy, violations_of
from routing.ahead.horizon_child import level
from routing.ahead.horizon_cpsat import solve
from routing.choice.demand import demands
from routing.daytime import WorkingDay
from routing.forecast import BinHistory, forecast_city
from tests.routing.planning.small_city import HOUR_S, small_city
from tomma.city import City
from tomma.model import BinId, Reading, SensorId
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode
from tomma.trucks import Shift

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
PLANNING = PlanningSettings(accepted_overflow_probability=0.05)


def a_week(units: list[Unit], *, trucks: int = 1, shift_s: int = 8 * HOUR_S, truck_minor: int = 0) -> Horizon:
    """Four days of one fleet; each cluster that the units name is a ten-minute way off."""
    clusters = max((unit.cluster for unit in units), default=-1) + 1
    return Horizon(
        days=4,
        units=tuple(units),
        clusters=tuple(Cluster(0, 600, 7_200) for _ in range(clusters)),
        fleets=(Fleet(trucks, shift_s, truck_minor),),
        hour_minor=43_200,
    )


def hours(horizon: Horizon, levelled: Levelled) -> list[float]:
    """Work of each day of the only fleet."""
    return [seconds / HOUR_S for seconds in levelled.work_s(horizon)[0]]


def test_a_day_with_too_much_work_gives_some_to_the_days_before() -> None:
    """Sixteen hours due on Thursday for a truck of eight: half of it is done earlier."""
    horizon = a_week([Unit(at, 3, 4 * HOUR_S - 600, 1_000) for at in range(4)])
    levelled = solve(horizon, seconds=5.0, seed=0, start=as_due(horizon))
    assert hours(horizon, as_due(horizon))[3] == 16.0
    assert max(hours(horizon, levelled)) <= 8.0
    assert levelled.beyond_s(horizon) == ((0, 0, 0, 0),)


def test_what_is_cheap_to_take_early_is_taken_early() -> None:
    """A bin that was emptied yesterday loses more by an early visit than one that stood for a week."""
    dear, cheap = Unit(0, 3, 5 * HOUR_S, 90_000), Unit(1, 3, 5 * HOUR_S, 100)
    levelled = solve(a_week([dear, cheap]), seconds=5.0, seed=0, start=as_due(a_week([dear, cheap])))
    assert levelled.day_of[0] == 3
    assert levelled.day_of[1] < 3


def test_a_neighbourhood_is_gone_to_once_where_that_is_cheaper() -> None:
    """Two stops of one street, due a day apart, are one trip; of two ends of the town they are not."""
    together = [Unit(0, 1, 600, 100), Unit(0, 2, 600, 100)]
    apart = [Unit(0, 1, 600, 100), Unit(1, 2, 600, 100)]
    assert solve(a_week(together), seconds=5.0, seed=0, start=as_due(a_week(together))).day_of == (1, 1)
    assert solve(a_week(apart), seconds=5.0, seed=0, start=as_due(a_week(apart))).day_of == (1, 2)


def test_trucks_are_levelled_where_one_can_stay_in() -> None:
    """Nine hours and seven hours are three truck days, eight and eight are two."""
    units = [Unit(0, 2, 4 * HOUR_S - 600, 100), Unit(1, 2, 5 * HOUR_S - 600, 100), Unit(2, 1, 7 * HOUR_S - 600, 100)]
    horizon = a_week(units, trucks=2, shift_s=9 * HOUR_S, truck_minor=60_000)
    due, levelled = as_due(horizon), solve(horizon, seconds=5.0, seed=0, start=as_due(horizon))
    assert sum(levelled.trucks(horizon)[0]) <= sum(due.trucks(horizon)[0])
    assert levelled.cost_minor(horizon) <= due.cost_minor(horizon)


def test_work_that_no_truck_has_time_for_is_told() -> None:
    """Twelve hours due today stay twelve hours due today."""
    horizon = a_week([Unit(0, 0, 12 * HOUR_S - 600, 1)])
    assert level(horizon, budget_s=2.0, memory_limit_mb=1_024, seed=0).beyond_s(horizon) == ((4 * HOUR_S, 0, 0, 0),)


UNITS = st.builds(
    Unit,
    cluster=st.integers(0, 4),
    due=st.integers(0, 3),
    work_s=st.integers(0, 6 * HOUR_S),
    early_minor=st.integers(0, 50_000),
)


@settings(max_examples=25, deadline=None)
@given(units=st.lists(UNITS, max_size=14), trucks=st.integers(0, 3))
def test_every_answer_is_in_time_and_no_dearer_than_waiting(units: list[Unit], trucks: int) -> None:
    """Whatever falls due, no unit is forgotten or late, and the better search is never the worse one."""
    horizon = a_week(units, trucks=trucks)
    quick = greedy(horizon)
    found = solve(horizon, seconds=0.3, seed=1, start=quick)
    for each in (quick, found):
        assert violations_of(horizon, each) == ()
    assert found.cost_minor(horizon) <= quick.cost_minor(horizon) <= as_due(horizon).cost_minor(horizon)


def test_the_same_seed_levels_the_same_way() -> None:
    """A plan that looks ahead must not change when nothing did."""
    horizon = a_week([Unit(at % 3, 1 + at % 3, (1 + at % 3) * HOUR_S, 500 + at) for at in range(12)])
    first, second = (level(horizon, budget_s=30.0, memory_limit_mb=1_024, seed=5) for _ in range(2))
    assert first == second
    assert first.engine == "cp-sat", "or the process of its own gave nothing better"


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(subprocess.TimeoutExpired("cp-sat", 1.0), id="hangs"),
        pytest.param(subprocess.CalledProcessError(-9, "cp-sat"), id="is killed"),
        pytest.param(b"0 0 x", id="answers nonsense"),
        pytest.param(b"9 9 9 9", id="answers a day that is not there"),
    ],
)
def test_a_search_that_fails_leaves_the_greedy_answer(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception | bytes
) -> None:
    """The days ahead come back whatever the library does."""
    horizon = a_week([Unit(at, 3, 4 * HOUR_S - 600, 1_000) for at in range(4)])

    def run(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
        if isinstance(trouble, Exception):
            raise trouble
        return subprocess.CompletedProcess((), 0, trouble)

    monkeypatch.setattr(subprocess, "run", run)
    assert level(horizon, budget_s=1.0, memory_limit_mb=1_024, seed=0) == greedy(horizon)


def seen(level_now: float, per_day: float, bin_id: str) -> BinHistory:
    """Ten days of a bin that rises evenly to this level."""
    at = [NOW - timedelta(hours=4 * n) for n in range(60, -1, -1)]
    fills = [max(0.0, level_now - per_day / 6 * n) for n in range(60, -1, -1)]
    return BinHistory(
        [Reading(BinId(bin_id), SensorId("x"), t, t, fill) for t, fill in zip(at, fills, strict=True)], ()
    )


def ahead_of(
    city: City, *, days: int = 5, level_now: float = 0.55, requested: frozenset[BinId] = frozenset()
) -> DaysAhead:
    """Five bins rise alike and fall due together, b6 stays empty."""
    histories = {BinId(f"b{n}"): seen(level_now, 0.12, f"b{n}") for n in range(1, 6)} | {
        BinId("b6"): seen(0.1, 0.001, "b6")
    }
    forecast = forecast_city(city, histories, NOW)
    working = [WorkingDay(MONDAY, city.organisation.timezone).later(at) for at in range(days)]
    return look_ahead(city, forecast, PLANNING, working, {}, requested)


def test_the_outlook_tells_which_bins_fall_due_when_and_how_much_work_that_is() -> None:
    """What a manager asks on Monday: do I need the second truck on Thursday?"""
    told = ahead_of(small_city())
    due = {each.bin_id: each.due for day in told.days for each in day.bins}
    assert BinId("b6") not in due
    assert len(set(due.values())) == 1
    (day,) = [each for each in told.days if each.bins]
    assert 0.0 < day.work_h < day.shift_h
    assert day.volume_l > 5 * 0.5 * 660
    assert (day.trucks, day.beyond_h) == (1, 0.0)
    assert [each.day for each in told.days] == [MONDAY + timedelta(days=at) for at in range(5)]


def test_a_bin_that_somebody_asked_for_is_due_on_the_first_day() -> None:
    """However empty it is."""
    first = ahead_of(small_city(), requested=frozenset({BinId("b6")})).days[0]
    assert {each.bin_id: each.due for each in first.bins}[BinId("b6")] == MONDAY


def test_today_takes_over_from_a_day_that_has_no_time_and_says_so() -> None:
    """Trucks that work an hour a day cannot do it all on the last one."""
    city = small_city(shift=Shift(6 * HOUR_S, 6 * HOUR_S + 2_400))
    told = ahead_of(city, level_now=0.72)
    assert told.early, "some of it is brought forward to the first day"
    reason = next(iter(told.early.values()))
    assert reason.code is ReasonCode.LEVELLED
    assert reason.values["work_h"] > reason.values["shift_h"]
    histories = {BinId(f"b{n}"): seen(0.55, 0.12, f"b{n}") for n in range(1, 6)}
    asked = demands(city, forecast_city(city, histories, NOW), PLANNING, NOW, {})
    raised = {each.bin_id: each for each in taken_early(asked, told)}
    for bin_id, why in told.early.items():
        assert raised[bin_id].reasons == (why,)
        assert raised[bin_id].prize_minor > 0
