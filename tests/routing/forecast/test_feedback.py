"""What people saw with their own eyes counts whatever the sensor says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from routing.forecast import BinHistory, Feedback, Word, forecast_city
from tomma.city import City
from tomma.model import BinId, Quality

A = BinId("A")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]


def _said(had: BinHistory, now: datetime, *words: tuple[float, Word]) -> BinHistory:
    return replace(had, feedback=[Feedback(now - timedelta(hours=ago_h), word) for ago_h, word in words])


def test_a_bin_the_driver_found_empty_is_empty(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Somebody else was there, or a bag hangs before the sensor."""
    had = _said(steady(0.2, level=0.85, silent_h=2.0), now, (1.0, Word.EMPTY))
    assert forecast_city(make_city(), {A: had}, now).of(A).level_fraction < 0.2


def test_a_sensor_that_goes_on_as_if_nothing_had_been_said_is_not_believed(
    make_city: MakeCity, steady: See, see: See, now: datetime
) -> None:
    """The driver stood before an empty bin; the sensor showed 0.85 before and 0.86 after: it looks at a bag."""
    had = steady(0.2, level=0.85, silent_h=12.0)
    goes_on = BinHistory([*had.readings, *see([(8.0, 0.86), (4.0, 0.86), (0.0, 0.87)]).readings], had.emptyings)
    told = forecast_city(make_city(), {A: _said(goes_on, now, (10.0, Word.EMPTY))}, now).of(A)
    assert told.level_fraction < 0.4


def test_a_sensor_that_saw_it_too_is_believed(make_city: MakeCity, steady: See, see: See, now: datetime) -> None:
    """What it shows after the driver's word is what is left."""
    had = steady(0.2, level=0.85, silent_h=12.0)
    saw = BinHistory([*had.readings, *see([(8.0, 0.31), (4.0, 0.34), (0.0, 0.37)]).readings], had.emptyings)
    told = forecast_city(make_city(), {A: _said(saw, now, (10.0, Word.EMPTY))}, now).of(A)
    assert told.level_fraction == pytest.approx(0.37, abs=0.03)


def test_a_bin_said_to_overflow_is_full_though_its_sensor_sees_half(
    make_city: MakeCity, steady: See, see: See, now: datetime
) -> None:
    """Waste heaped at the wall, the sensor looks past it; until a truck comes the bin stays full."""
    had = steady(0.2, level=0.5, silent_h=12.0)
    later = BinHistory([*had.readings, *see([(8.0, 0.52), (4.0, 0.53), (0.0, 0.55)]).readings], had.emptyings)
    city = make_city()
    assert forecast_city(city, {A: later}, now).of(A).p_overflow[0] < 0.01
    assert forecast_city(city, {A: _said(later, now, (10.0, Word.FULL))}, now).of(A).p_overflow[0] > 0.5


def test_after_the_next_emptying_the_sensor_is_believed_again(
    make_city: MakeCity, steady: See, see: See, now: datetime
) -> None:
    """A word is about one filling."""
    had = steady(0.2, level=0.5, silent_h=12.0)
    fresh = see([(2.0, 0.05), (0.0, 0.08)], [3.0])
    told = BinHistory([*had.readings, *fresh.readings], [*had.emptyings, *fresh.emptyings])
    forecast = forecast_city(make_city(), {A: _said(told, now, (10.0, Word.FULL))}, now).of(A)
    assert forecast.level_fraction == pytest.approx(0.08, abs=0.03)


def test_a_sensor_that_follows_the_sun_widens_the_band(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Flagged as drifting it still tells something, but not to the percent."""
    calm = steady(0.2, level=0.5)
    drifting = replace(calm, readings=[replace(each, quality=Quality.DRIFT) for each in calm.readings])
    city = make_city()
    sure, unsure = (forecast_city(city, {A: each}, now).of(A) for each in (calm, drifting))
    assert unsure.p90[0] - unsure.p10[0] > 2.0 * (sure.p90[0] - sure.p10[0])


def test_a_stuck_sensor_widens_the_band_from_its_last_good_word_on(
    make_city: MakeCity, steady: See, see: See, now: datetime
) -> None:
    """It says 0.5 for three days; nobody believes that nothing came."""
    calm = steady(0.2, level=0.5, silent_h=72.0)
    stuck = [replace(each, quality=Quality.STUCK) for each in see([(float(h), 0.5) for h in range(72)]).readings]
    told = forecast_city(make_city(), {A: BinHistory([*calm.readings, *stuck], calm.emptyings)}, now).of(A)
    assert told.sensor_state == "odd"
    assert told.p_overflow[0] > 0.4
