"""What waiting costs: sane in its shape, and the rule it implies is the cheapest there is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.choice.renewal import GRID, _relative_values, _usual_step, _values, waiting_minor
from routing.forecast import BinHistory, CityForecast, forecast_city
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings

A = BinId("A")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]
PLANNING = PlanningSettings()
VISIT_MINOR = np.array([3_000.0])


def _waiting(forecast: CityForecast, now: datetime, visit_minor: float = 3_000.0) -> float:
    return float(waiting_minor(forecast, PLANNING, now + timedelta(hours=5), np.array([visit_minor]))[0])


def test_the_fuller_a_bin_the_dearer_it_is_to_wait(make_city: MakeCity, steady: See, now: datetime) -> None:
    """An empty one costs nothing to leave, one about to overflow more than the visit."""
    costs = [
        _waiting(forecast_city(make_city(), {A: steady(0.15, level=level)}, now), now)
        for level in (0.05, 0.3, 0.5, 0.7, 0.9)
    ]
    assert costs == sorted(costs)
    assert costs[0] < 0.1 * 3_000.0
    assert costs[-1] > 3_000.0


def test_a_quick_bin_is_worth_more_than_a_slow_one_of_the_same_level(
    make_city: MakeCity, steady: See, now: datetime
) -> None:
    """Tonight's overflow counts, next month's does not."""
    quick, slow = (forecast_city(make_city(), {A: steady(rate, level=0.7)}, now) for rate in (0.4, 0.03))
    assert _waiting(quick, now) > 2.0 * _waiting(slow, now)


def test_a_visit_that_will_be_dear_later_is_worth_more_today(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Half of the next visit lies in a bin half full."""
    forecast = forecast_city(make_city(), {A: steady(0.03, level=0.5)}, now)
    assert _waiting(forecast, now, 6_000.0) == pytest.approx(2.0 * _waiting(forecast, now), rel=0.1)


def test_a_silent_sensor_makes_waiting_dearer(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Who does not know whether it is full must reckon with it."""
    told = forecast_city(make_city(), {A: steady(0.2, level=0.5)}, now)
    silent = forecast_city(make_city(), {A: steady(0.2, level=0.5, silent_h=60.0)}, now)
    assert _waiting(silent, now) > _waiting(told, now)


def test_no_threshold_on_the_level_is_cheaper_in_the_long_run(make_city: MakeCity, steady: See, now: datetime) -> None:
    """The average cost found is that of the best of all rules "empty it from this level on", reckoned one by one."""
    forecast = forecast_city(make_city(), {A: steady(0.25, level=0.5)}, now)
    step = _usual_step(forecast, PLANNING)
    average, _ = _relative_values(step, VISIT_MINOR, np.zeros(1))
    rises, overflow = step.rises[0], step.overflow_minor[0]
    by_threshold = [_average_of(rises, overflow, threshold) for threshold in range(1, GRID + 1)]
    assert float(average[0]) == pytest.approx(min(by_threshold), rel=1e-3)


def _average_of(rises: np.ndarray, overflow: np.ndarray, threshold: int) -> float:
    """Return the long-run cost of a step when the bin is emptied from `threshold` on, by the chain's own balance."""
    chain = np.zeros((GRID + 1, GRID + 1))
    for level in range(GRID + 1):
        start = 0 if level >= threshold else level
        for rise, p in enumerate(rises):
            chain[level, min(start + rise, GRID)] += p
    balance = np.linalg.lstsq(
        np.vstack([chain.T - np.eye(GRID + 1), np.ones(GRID + 1)]), np.append(np.zeros(GRID + 1), 1.0), rcond=None
    )[0]
    costs = [VISIT_MINOR[0] + overflow[0] if level >= threshold else overflow[level] for level in range(GRID + 1)]
    return float(balance @ costs)


@settings(max_examples=25, deadline=None)
@given(
    level=st.floats(0.0, 1.0),
    per_day=st.floats(0.0, 3.0),
    silent_h=st.floats(0.0, 600.0),
    visit_minor=st.floats(0.0, 1e7),
)
def test_whatever_is_known_the_cost_is_a_number(
    make_city: MakeCity, steady: See, now: datetime, level: float, per_day: float, silent_h: float, visit_minor: float
) -> None:
    """A bin nobody knows, one that never fills, one that fills thrice a day: all get a price."""
    forecast = forecast_city(make_city(2), {A: steady(per_day, level=level, silent_h=silent_h)}, now)
    costs = waiting_minor(forecast, PLANNING, now, np.full(2, visit_minor))
    assert np.isfinite(costs).all()


def test_starting_anew_is_worth_nothing(make_city: MakeCity, steady: See, now: datetime) -> None:
    """All values are told from there."""
    step = _usual_step(forecast_city(make_city(), {A: steady(0.25, level=0.5)}, now), PLANNING)
    average, values = _relative_values(step, VISIT_MINOR, np.zeros(1))
    assert values[0, 0] == pytest.approx(0.0, abs=1.0)
    np.testing.assert_array_equal(values, _values(step, VISIT_MINOR, average))
