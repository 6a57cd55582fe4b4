"""What a fleet manager may expect of the forecast, one sentence each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from routing.forecast import BinHistory, SensorState, forecast_city
from tomma.city import City
from tomma.model import BinId, Emptying, EmptyingSource, Quality

A, B = BinId("A"), BinId("B")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]


def test_a_bin_in_use_is_fuller_tomorrow_and_so_is_its_risk(make_city: MakeCity, steady: See, now: datetime) -> None:
    """The whole point: a level is a moment, a plan needs the day after."""
    told = forecast_city(make_city(), {A: steady(0.2, level=0.5)}, now).of(A)
    assert told.level_fraction == pytest.approx(0.5, abs=0.03)
    assert told.p50[24] == pytest.approx(0.7, abs=0.05)
    assert told.p_overflow[0] < 0.001 < told.p_overflow[72]
    assert told.hours_to_full == pytest.approx(60, abs=12)


def test_a_spike_is_not_believed(make_city: MakeCity, see: See, steady: See, now: datetime) -> None:
    """One flagged echo from a bag on the sensor must not send a truck."""
    calm = steady(level=0.4, silent_h=1.0)
    spiked = BinHistory([*calm.readings, *see(odd_h_ago=[0.0]).readings], calm.emptyings)
    city = make_city()
    assert forecast_city(city, {A: spiked}, now).of(A).p90 == forecast_city(city, {A: calm}, now).of(A).p90


def test_cardboard_that_unfolded_and_was_pressed_down_is_no_waste(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """Else a box a day would make a bin that fills in an hour, and that nobody empties."""
    calm = steady(0.2, level=0.3, silent_h=8.0)
    box = see([(7.0, 0.95), (6.0, 0.95), (5.0, 0.96)]).readings
    pressed = [replace(each, quality=Quality.UNFOLDED) for each in see([(4.0, 0.33)]).readings]
    after = see([(3.0, 0.34), (0.0, 0.36)]).readings
    told = forecast_city(make_city(), {A: BinHistory([*calm.readings, *box, *pressed, *after], ())}, now).of(A)
    plain = forecast_city(make_city(), {A: BinHistory([*calm.readings, *pressed, *after], ())}, now).of(A)
    assert told.p50[24] == plain.p50[24]
    assert told.p90[24] == plain.p90[24]


def test_one_echo_from_the_lid_does_not_empty_a_full_bin(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """Until a second reading or a driver confirms it, the bin stays as urgent as it was."""
    full = steady(level=0.85, silent_h=1.0)
    echo = BinHistory([*full.readings, *see([(0.0, 0.05)]).readings], full.emptyings)
    assert forecast_city(make_city(), {A: echo}, now).of(A).level_fraction > 0.8


def test_a_lasting_drop_is_an_emptying_that_nobody_told(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """Two low readings in a row are believed, and the fall is not taken for a negative deposit."""
    full = steady(0.2, level=0.85, silent_h=3.0)
    emptied = BinHistory([*full.readings, *see([(2.0, 0.1), (0.0, 0.11)]).readings], full.emptyings)
    told = forecast_city(make_city(), {A: emptied}, now).of(A)
    assert told.level_fraction == pytest.approx(0.11, abs=0.03)
    assert told.p50[24] - told.p50[0] == pytest.approx(0.2, abs=0.06)


def test_after_an_emptying_the_bin_holds_what_is_left_not_nothing(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """Glass sticks together: a container that reads 40 % right after the truck left is 40 % full."""
    before = steady(level=0.85, silent_h=3.0)
    left = see([(1.0, 0.4)], [2.0])
    told = forecast_city(make_city(), {A: BinHistory([*before.readings, *left.readings], left.emptyings)}, now)
    assert told.of(A).level_fraction == pytest.approx(0.41, abs=0.05)


def test_a_confirmed_emptying_counts_before_the_sensor_has_noticed(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """The driver's tap is news; the next reading may be hours away."""
    full = steady(level=0.85, silent_h=1.0)
    tapped = BinHistory(full.readings, [*full.emptyings, *see(emptied_h_ago=[0.5]).emptyings])
    assert forecast_city(make_city(), {A: tapped}, now).of(A).level_fraction < 0.2


def test_a_tap_and_the_drop_that_the_sensor_saw_are_one_emptying(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """A sensor that speaks once a day reports the drop long after the driver did; the level it saw stands."""
    full = steady(level=0.85, silent_h=25.0)
    readings = [*full.readings, *see([(1.0, 0.3)]).readings]
    tap = Emptying(A, now - timedelta(hours=20), EmptyingSource.CONFIRMED, None, 0.05)
    drop = Emptying(A, now - timedelta(hours=1), EmptyingSource.DETECTED, 0.85, 0.3)
    city = make_city()
    once = forecast_city(city, {A: BinHistory(readings, [*full.emptyings, tap])}, now).of(A)
    twice = forecast_city(city, {A: BinHistory(readings, [*full.emptyings, tap, drop])}, now).of(A)
    assert twice == once
    assert twice.level_fraction == pytest.approx(0.31, abs=0.03)


def test_a_late_tap_does_not_wipe_out_the_level_seen_just_before(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """The driver empties, the sensor speaks, the driver taps: what the sensor saw is what is left."""
    full = steady(level=0.85, silent_h=3.0)
    drop = Emptying(A, now - timedelta(hours=1), EmptyingSource.DETECTED, 0.85, 0.35)
    tap = Emptying(A, now - timedelta(minutes=50), EmptyingSource.CONFIRMED)
    history = BinHistory([*full.readings, *see([(1.0, 0.35)]).readings], [*full.emptyings, drop, tap])
    assert forecast_city(make_city(), {A: history}, now).of(A).level_fraction == pytest.approx(0.36, abs=0.03)


def test_a_bin_that_reads_full_has_overflowed_more_likely_than_not(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """A sensor cannot see beyond full: 1.0 means "at least"."""
    rising = steady(level=0.88, silent_h=6.0)
    told = forecast_city(
        make_city(), {A: BinHistory([*rising.readings, *see([(0.0, 1.0)]).readings], rising.emptyings)}, now
    )
    assert told.of(A).p_overflow[0] > 0.5
    assert told.of(A).hours_to_full == 0.0


def test_time_spent_full_does_not_make_a_bin_look_slow(make_city: MakeCity, see: See, now: datetime) -> None:
    """Three days at 1.0 say nothing of the rate; read as "nothing came" they would halve it."""
    rise = [(120.0 - hour, hour / 48) for hour in range(0, 49, 4)]
    stuck_full = [(72.0 - hour, 1.0) for hour in range(4, 71, 4)]
    fresh = [(1.0, 0.02)]
    city = make_city()
    waited = forecast_city(city, {A: see(rise + stuck_full + fresh, [1.5])}, now).of(A)
    at_once = forecast_city(city, {A: see(rise + fresh, [1.5])}, now).of(A)
    assert waited.p50[24] == pytest.approx(at_once.p50[24], rel=0.05)


def test_a_bin_without_any_history_is_marked_and_not_forgotten(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Nothing known is the widest forecast, which crosses any sensible risk within days."""
    told = forecast_city(make_city(2), {A: steady(0.3)}, now).of(B)
    assert told.no_data
    assert told.sensor_state is SensorState.NONE
    assert told.p10[0] < 0.2 < 0.8 < told.p90[0]
    assert told.p_overflow[48] > 0.2


def test_a_bin_without_a_sensor_fills_like_its_kind_since_the_driver_was_there(
    make_city: MakeCity, see: See, steady: See, now: datetime
) -> None:
    """Ten neighbours in the same kind of container fill 0.3 a day: so, as far as anyone knows, does this one."""
    city = make_city(11)
    seen = {bin_id: steady(0.3, bin_id=bin_id) for bin_id in tuple(city.bins)[:10]}
    told = forecast_city(city, {**seen, BinId("K"): see(emptied_h_ago=[48.0], bin_id="K")}, now).of(BinId("K"))
    assert told.level_fraction == pytest.approx(0.65, abs=0.1)
    assert not told.no_data
    assert told.sensor_state is SensorState.NONE


def test_levels_told_with_emptyings_stand_in_for_a_sensor(make_city: MakeCity, now: datetime) -> None:
    """A driver's or a scale's word at each collection is enough to know the rate."""
    told = [Emptying(A, now - timedelta(days=day), EmptyingSource.CONFIRMED, 0.8, 0.0) for day in range(26, 0, -2)]
    forecast = forecast_city(make_city(), {A: BinHistory((), told)}, now).of(A)
    assert forecast.level_fraction == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize(
    ("gap_h", "silent_h", "state"),
    [
        pytest.param(0.25, 5.9, SensorState.OK, id="a quarter-hourly sensor may miss six hours"),
        pytest.param(0.25, 6.1, SensorState.SILENT, id="a quarter-hourly sensor is silent after six hours"),
        pytest.param(1, 23.9, SensorState.OK, id="an hourly sensor may be behind a wall for a day"),
        pytest.param(1, 24.1, SensorState.SILENT, id="an hourly sensor is silent after a day"),
        pytest.param(24, 191.0, SensorState.OK, id="a daily sensor may miss a week"),
        pytest.param(72, 193.0, SensorState.SILENT, id="nobody may be quiet for more than eight days"),
    ],
)
def test_a_sensor_is_silent_when_its_alert_would_say_so(
    make_city: MakeCity, see: See, now: datetime, gap_h: float, silent_h: float, state: SensorState
) -> None:
    """Radio loses messages in bursts: after six hours of an hourly one the demo told of 20 silent sensors in 160."""
    history = see([(silent_h + gap_h * n, 0.3) for n in range(8)])
    forecast = forecast_city(make_city(), {A: history}, now).of(A)
    assert forecast.sensor_state is state
    assert forecast.silent_h == pytest.approx(silent_h)


def test_a_sensor_whose_newest_words_are_not_to_be_trusted_is_odd(make_city: MakeCity, see: See, now: datetime) -> None:
    """It speaks, so it is not silent; but the level is only as good as the older words."""
    history = see([(float(n), 0.3) for n in range(3, 30)], odd_h_ago=[0.0, 1.0])
    assert forecast_city(make_city(), {A: history}, now).of(A).sensor_state is SensorState.ODD


def test_more_arrives_by_day_than_by_night(make_city: MakeCity, see: See, now: datetime) -> None:
    """Forecast from 07:00, before the city has shown its own habits: the afternoon brings more than the night."""
    told = forecast_city(make_city(), {A: see(emptied_h_ago=[1.0])}, now).of(A)
    afternoon, night = told.p50[12] - told.p50[6], told.p50[24] - told.p50[18]
    assert afternoon > 2 * night


def test_the_day_follows_the_clock_on_the_wall_of_the_city(make_city: MakeCity, see: See, now: datetime) -> None:
    """The same emptying told from Auckland, where it is evening: the next hours bring less."""
    emptied = {A: see(emptied_h_ago=[1.0])}
    here = forecast_city(make_city(), emptied, now).of(A)
    there = forecast_city(make_city(timezone="Pacific/Auckland"), emptied, now).of(A)
    assert there.p50[12] - there.p50[0] < 0.7 * (here.p50[12] - here.p50[0])


def test_the_city_teaches_its_own_hours(make_city: MakeCity, see: See, now: datetime) -> None:
    """Here all waste comes between 20:00 and 22:00 local time, as behind restaurants: so it does tomorrow."""
    hours = range(24 * 27, -1, -1)
    evening = {18, 19}  # UTC, in October two hours behind Stockholm
    clock = [(now - timedelta(hours=ago)).hour in evening for ago in hours]
    fill = np.cumsum(clock) * 0.05 % 0.9
    city = make_city(4)
    history = {each: see(list(zip(map(float, hours), fill.tolist(), strict=True)), bin_id=each) for each in city.bins}
    told = forecast_city(city, history, now).of(A)
    assert told.p50[16] - told.p50[12] > 5 * (told.p50[12] - told.p50[0])


def test_what_lies_after_now_is_not_looked_at(make_city: MakeCity, see: See, steady: See, now: datetime) -> None:
    """A forecast made again for last Tuesday must tell what could be known then."""
    past = steady(level=0.4)
    future = see([(-5.0, 1.0)], [-3.0])
    both = BinHistory([*past.readings, *future.readings], [*past.emptyings, *future.emptyings])
    city = make_city()
    assert forecast_city(city, {A: both}, now).of(A) == forecast_city(city, {A: past}, now).of(A)


def test_a_probability_can_be_asked_for_any_time(make_city: MakeCity, steady: See, now: datetime) -> None:
    """The next opportunity may lie beyond the steps; the past is over, so it counts as now."""
    forecast = forecast_city(make_city(), {A: steady(0.2)}, now, horizon_h=24, step_h=6)
    assert len(forecast.steps_utc) == 5
    assert forecast.p_overflow(A, now + timedelta(days=7)) > forecast.p_overflow(A, now + timedelta(days=3)) > 0.5
    assert forecast.p_overflow(A, now - timedelta(days=1)) == forecast.p_overflow(A, now)
    assert forecast.p_overflow(A, now + timedelta(hours=18)) == pytest.approx(forecast.p_overflow_steps[0, 3])


@pytest.mark.parametrize("asked", [{"horizon_h": 0}, {"step_h": 0}])
def test_a_forecast_of_no_time_is_refused(make_city: MakeCity, now: datetime, asked: dict[str, Any]) -> None:
    """The message names the field and the value."""
    with pytest.raises(ValueError, match="must be at least 1, got"):
        forecast_city(make_city(), {}, now, **asked)


def test_a_city_without_bins_has_an_empty_forecast(make_city: MakeCity, now: datetime) -> None:
    """The first day of an installation must not end in an error."""
    forecast = forecast_city(make_city(0), {}, now)
    assert forecast.p50.shape == (0, 169)
    assert np.isfinite(forecast.p50).all()
