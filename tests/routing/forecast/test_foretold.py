"""How long the past counts is found out: each city's own days tell which memory would have foretold them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from routing.forecast import ForecastMemory, recall
from routing.forecast.foretold import MOST, WANDERS, Days, likely_wanders
from routing.forecast.rates import Rates
from routing.forecast.sums import DAY_S, HALF_LIVES_S, Sums
from routing.forecast_bench.town import Town, TownSettings, build_town

FloatArray = NDArray[np.float64]
DAYS, WEEK_H = 42, 7 * 24
NOW_H = DAYS * 24


@pytest.fixture(scope="module")
def steady() -> Town:
    """Six weeks of 250 bins whose rates stand still, and the week after."""
    return _town(0.0)


@pytest.fixture(scope="module")
def wandering() -> Town:
    """The same bins, each rate off by another 10 % every day."""
    return _town(0.1)


def _town(drift_a_day: float) -> Town:
    return build_town(TownSettings(bins=250, days=DAYS + 7, seed=3, reading_gap_h=4, drift_a_day=drift_a_day))


def _learnt(town: Town) -> Rates:
    return recall(ForecastMemory.empty(town.city), town.city, town.looks(NOW_H, DAYS), town.at(NOW_H)).learned.rates


def _mean_of_the_last(town: Town, days: int) -> FloatArray:
    return np.asarray(town.deposit[:, NOW_H - days * 24 : NOW_H].mean(axis=1))


def _error(town: Town, rates_per_h: FloatArray) -> float:
    comes = town.deposit[:, NOW_H : NOW_H + WEEK_H].mean(axis=1)
    return float(np.sqrt(np.mean((rates_per_h - comes) ** 2)))


def test_where_rates_stand_still_the_whole_past_counts(steady: Town) -> None:
    """As good as the true mean of all six weeks, which the mean of a fortnight comes nowhere near."""
    error = _error(steady, _learnt(steady).mean_per_h)
    assert error < 1.05 * _error(steady, _mean_of_the_last(steady, DAYS))
    assert error < 0.95 * _error(steady, _mean_of_the_last(steady, 14))


def test_where_rates_wander_the_last_days_count(wandering: Town) -> None:
    """A month ago was another town there: its mean misleads."""
    error = _error(wandering, _learnt(wandering).mean_per_h)
    assert error < 1.05 * _error(wandering, _mean_of_the_last(wandering, 7))
    assert error < 0.85 * _error(wandering, _mean_of_the_last(wandering, 28))


def test_what_is_not_known_of_a_rate_is_more_where_rates_wander(steady: Town, wandering: Town) -> None:
    """Bands are to be as wide as rates are unsure, or risks do not come true."""
    unsure = [np.median(np.sqrt(each.variance) / each.mean_per_h) for each in map(_learnt, (steady, wandering))]
    assert unsure[1] > 2.0 * unsure[0]


def test_without_evidence_a_city_is_an_ordinary_one() -> None:
    """Some 3 % a day; one surprise more or less decides nothing."""
    likely = likely_wanders(np.zeros(len(WANDERS)))
    assert likely.sum() == pytest.approx(1.0)
    assert 0.02 < likely @ WANDERS < 0.04
    assert likely_wanders(np.eye(len(WANDERS))[0]) == pytest.approx(likely, abs=0.02)


def test_a_sofa_is_no_change_of_rate() -> None:
    """However much is thrown in on one day, it counts no more than a day that was off by four standard deviations."""
    usual = _surprises(np.full(40, 0.3))
    assert np.all(_surprises(np.append(np.full(39, 0.3), 50.0)) <= usual + MOST)


def test_what_was_foretold_years_ago_is_not_judged_by_rounding_errors() -> None:
    """Two bins that fill by exactly as much every day for two years surprise no half-life that is ever trusted."""
    assert _surprises(np.full(730, 0.3), bins=2)[:, 1:] == pytest.approx(0.0, abs=0.1)


def _surprises(came: FloatArray, bins: int = 1) -> FloatArray:
    """Return the surprises of days on each of which bins that usually fill by 0.3 got `came`."""
    bin_of = np.repeat(np.arange(bins), len(came))
    age_s = np.tile(np.arange(len(came))[::-1] * DAY_S, bins)
    days = Days(bin_of, 0.5 ** (age_s[:, None] / HALF_LIVES_S), np.ones(len(bin_of)))
    rate = np.full(bins, 0.3 / 24)
    rates = Rates(rate, rate, group_mean_per_h=rate, group_h=np.full(bins, 24.0), known_h=rate)
    every = np.full(len(bin_of), 24.0), np.full(len(bin_of), 0.1)
    return days.surprises(np.tile(came, bins), *every, Sums.nothing(bins, 1, 0.0), rates)
