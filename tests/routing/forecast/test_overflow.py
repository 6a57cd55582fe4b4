"""What an overflow is expected to cost: hours and litres, if nobody comes and if somebody does."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest

from routing.forecast import BinHistory, forecast_city
from tomma.city import City
from tomma.model import BinId

A = BinId("A")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]
HOUR = timedelta(hours=1)


def test_expected_hours_are_the_risk_added_up_over_time(make_city: MakeCity, steady: See, now: datetime) -> None:
    """An hour at a risk of a tenth costs a tenth of an hour beside a full bin."""
    forecast = forecast_city(make_city(), {A: steady(0.3, level=0.6)}, now)
    for begin_h, end_h in ((0, 1), (0, 24), (10, 90), (30, 30)):
        minutes = [now + timedelta(minutes=10 * n + 5) for n in range(6 * begin_h, 6 * end_h)]
        summed = sum(forecast.p_overflow(A, at) for at in minutes) / 6
        told = forecast.expected_overflow_h(now + begin_h * HOUR, now + end_h * HOUR)[0]
        assert told == pytest.approx(summed, abs=0.1)


def test_a_span_in_the_past_or_backwards_has_no_hours(make_city: MakeCity, see: See, now: datetime) -> None:
    """What overflowed yesterday cannot be helped any more."""
    forecast = forecast_city(make_city(), {A: see([(1.0, 1.0), (0.0, 1.0)])}, now)
    assert forecast.expected_overflow_h(now - 9 * HOUR, now - 2 * HOUR)[0] == 0.0
    assert forecast.expected_overflow_h(now + 9 * HOUR, now + 2 * HOUR)[0] == 0.0
    since_yesterday = forecast.expected_overflow_h(now - 24 * HOUR, now + HOUR)[0]
    assert since_yesterday == pytest.approx(forecast.expected_overflow_h(now, now + HOUR)[0])


def test_a_bin_that_is_full_spills_all_that_comes(make_city: MakeCity, steady: See, see: See, now: datetime) -> None:
    """The container holds 660 l and fills 0.3 a day: some 200 l a day lie beside it."""
    rising = steady(0.3, level=0.88, silent_h=6.0)
    full = BinHistory([*rising.readings, *see([(0.0, 1.0)]).readings], rising.emptyings)
    forecast = forecast_city(make_city(), {A: full}, now)
    day = forecast.expected_overflow_l(now + 24 * HOUR, now + 48 * HOUR)[0]
    assert day == pytest.approx(0.3 * 660.0, rel=0.15)


def test_litres_within_two_spans_add_up_and_keep_the_books(make_city: MakeCity, steady: See, now: datetime) -> None:
    """What comes is in the bin or beside it."""
    forecast = forecast_city(make_city(), {A: steady(0.3, level=0.6)}, now)
    first, second = (forecast.expected_overflow_l(now + h * HOUR, now + (h + 36) * HOUR)[0] for h in (0, 36))
    both = forecast.expected_overflow_l(now, now + 72 * HOUR)[0]
    assert both == pytest.approx(first + second)
    inside = forecast.expected_fill_at(now + 72 * HOUR)[0] - forecast.expected_fill_at(now)[0]
    hours = forecast.clocks.hours_at(np.array([now.timestamp(), (now + 72 * HOUR).timestamp()]))
    came = forecast.fills.rate_per_h[0] * float(np.diff(hours)[0, 0])
    assert inside + both / 660.0 == pytest.approx(came, rel=0.02)


def test_an_emptying_saves_the_overflow_that_follows(make_city: MakeCity, steady: See, now: datetime) -> None:
    """What a visit tomorrow is worth is the difference of the two forecasts."""
    forecast = forecast_city(make_city(), {A: steady(0.3, level=0.7)}, now)
    visit, later = now + 24 * HOUR, now + 72 * HOUR
    emptied = forecast.if_emptied(visit)
    assert emptied.as_of_utc == visit
    assert emptied.steps_utc[0] == visit
    assert emptied.expected_fill_at(visit)[0] < 0.2
    assert emptied.expected_overflow_h(visit, later)[0] < 0.1 * forecast.expected_overflow_h(visit, later)[0]
    assert emptied.expected_overflow_l(visit, later)[0] < 0.1 * forecast.expected_overflow_l(visit, later)[0]


def test_drawn_futures_agree_with_the_told_ones(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Who plays plans through a thousand futures must find the risks that the forecast tells."""
    city = make_city(2000)
    forecast = forecast_city(city, {each: steady(0.3, level=0.5, bin_id=each) for each in city.bins}, now)
    times = [now + h * HOUR for h in (3, 6, 12, 24, 36, 48, 60, 72)]
    drawn = forecast.draw_fills(times, np.random.default_rng(5))
    assert (np.diff(drawn, axis=1) >= 0).all()
    for column, at in enumerate(times):
        overflowing = (drawn[:, column] >= 1.0).mean()
        assert overflowing == pytest.approx(forecast.p_overflow_at(at).mean(), abs=0.03)
        expected = np.minimum(drawn[:, column], 1.0).mean()
        assert expected == pytest.approx(forecast.expected_fill_at(at).mean(), abs=0.012)
    spilled = np.maximum(drawn[:, -1] - 1.0, 0.0).mean() * 660.0
    assert spilled == pytest.approx(forecast.expected_overflow_l(now, times[-1]).mean(), rel=0.08)
