"""The waste comes as it was measured: Edinburgh's rates and weekdays, Groningen's hours and sizes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from simulator.catalogue import STREAMS, WEEKDAY_FACTOR
from simulator.deposits import Inflow, deposits_of_hour, inflow_of
from simulator.towns import Town, make_town

SEED = 5
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
HOUR_INDEX = 500_000


def litres_per_hour(inflow: Inflow, days: int) -> np.ndarray:
    """Litres by day and hour, all bins together."""
    found = np.zeros((days, 24))
    for day in range(days):
        for hour in range(24):
            local = MONDAY + timedelta(days=day, hours=hour)
            found[day, hour] = deposits_of_hour(inflow, local, HOUR_INDEX + day * 24 + hour, SEED).volume_l.sum()
    return found


@pytest.fixture(scope="module")
def eight_weeks(small_town: Town) -> np.ndarray:
    """What 160 bins took in over eight weeks."""
    return litres_per_hour(inflow_of(small_town.truths), 56)


def test_the_mean_inflow_is_the_rate(small_town: Town, eight_weeks: np.ndarray) -> None:
    """Else every figure measured on the town is off by that much."""
    rate_l_per_day = sum(truth.rate_l_per_day for truth in small_town.truths)
    assert eight_weeks.sum() / 56 == pytest.approx(rate_l_per_day, rel=0.03)


def test_weekdays_differ_as_in_edinburgh(eight_weeks: np.ndarray) -> None:
    """Saturday brings a third more than Wednesday: what a forecast has to learn."""
    per_weekday = eight_weeks.sum(axis=1).reshape(8, 7).mean(axis=0)
    expected = np.asarray(WEEKDAY_FACTOR) / np.mean(WEEKDAY_FACTOR)
    assert per_weekday / per_weekday.mean() == pytest.approx(expected, rel=0.08)


def test_the_busiest_hours_are_twelve_to_seventeen(eight_weeks: np.ndarray) -> None:
    """Groningen's peak."""
    per_hour = eight_weeks.sum(axis=0)
    assert set(np.argsort(per_hour)[-5:]) <= {11, 12, 13, 14, 15, 16, 17}
    assert per_hour[3] < 0.15 * per_hour[14]


def test_days_of_one_bin_scatter_as_measured(small_town: Town) -> None:
    """Edinburgh's within-site coefficient of variation is 0.43, weekdays included."""
    inflow = inflow_of(small_town.truths)
    litter = [number for number, truth in enumerate(small_town.truths) if truth.stream.fraction.code == "litter"]
    days = np.zeros((56, len(small_town.truths)))
    for day in range(56):
        for hour in range(24):
            local = MONDAY + timedelta(days=day, hours=hour)
            found = deposits_of_hour(inflow, local, HOUR_INDEX + day * 24 + hour, SEED)
            np.add.at(days[day], found.bin_index, found.volume_l)
    variation = days[:, litter].std(axis=0) / days[:, litter].mean(axis=0)
    assert np.median(variation) == pytest.approx(0.43, abs=0.05)


def test_site_rates_are_gamma_distributed_as_in_edinburgh() -> None:
    """Shape 3.70, scale 13.3 % a day: a few places fill three times as fast as the median."""
    truths = make_town("city-1400", seed=2).truths
    litter = [truth for truth in truths if truth.stream.fraction.code == "litter"]
    pct_per_day = np.asarray([100 * truth.rate_l_per_day / truth.volume_l for truth in litter])
    assert pct_per_day.mean() == pytest.approx(3.70 * 13.3, rel=0.1)
    assert pct_per_day.std() / pct_per_day.mean() == pytest.approx(3.70**-0.5, rel=0.15)


def test_deposits_have_the_size_of_a_bag(small_town: Town) -> None:
    """Groningen: 10 to 60 litres, mean 33.4, for residual waste."""
    residual = STREAMS[next(code for code in STREAMS if code == "residual")]
    inflow = Inflow(np.asarray([3_000.0]), np.asarray([residual.deposit_l]))
    volume_l = np.concatenate(
        [deposits_of_hour(inflow, MONDAY, HOUR_INDEX + hour, SEED).volume_l for hour in range(2_000)]
    )
    assert volume_l.min() >= 10.0
    assert volume_l.max() <= 60.0
    assert volume_l.mean() == pytest.approx(33.4, rel=0.02)


def test_an_hour_is_the_same_whoever_asks_and_whenever(small_town: Town) -> None:
    """Hours are addressed, not drawn in turn: history and live agree."""
    inflow = inflow_of(small_town.truths)
    first = deposits_of_hour(inflow, MONDAY, HOUR_INDEX, SEED)
    deposits_of_hour(inflow, MONDAY + timedelta(hours=9), HOUR_INDEX + 9, SEED)
    again = deposits_of_hour(inflow, MONDAY, HOUR_INDEX, SEED)
    assert np.array_equal(first.volume_l, again.volume_l)
    assert np.array_equal(first.bin_index, again.bin_index)
    by_minute = [first.of_minute(minute)[1] for minute in range(60)]
    assert np.array_equal(np.concatenate(by_minute), first.volume_l)
