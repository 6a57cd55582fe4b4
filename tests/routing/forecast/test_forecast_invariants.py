"""What must hold for any history at all, however odd."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.forecast import BinHistory, CityForecast, forecast_city
from tomma.city import City
from tomma.model import BinId, Emptying, EmptyingSource, Quality, Reading, SensorId

A = BinId("A")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]
MANY = settings(max_examples=60, deadline=None)

fractions = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 5e-324, 0.9999999]))
hours_ago = st.one_of(st.floats(0, 700), st.sampled_from([0.0, 24.0, 48.0]))
flags = st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.SPIKE, Quality.STUCK, Quality.LATE | Quality.OUT_OF_RANGE])
looks = st.lists(st.tuples(hours_ago, fractions, flags), max_size=25)
taps = st.lists(
    st.tuples(hours_ago, st.none() | fractions, st.none() | fractions, st.sampled_from(list(EmptyingSource))),
    max_size=6,
)


def _history(
    levels: list[tuple[float, float, Quality]],
    emptied: list[tuple[float, float | None, float | None, EmptyingSource]],
    now: datetime,
) -> BinHistory:
    def reading(h_ago: float, fill: float, quality: Quality) -> Reading:
        at = now - timedelta(hours=h_ago)
        return Reading(A, SensorId("S"), at, at, fill, quality)

    def emptying(h_ago: float, before: float | None, after: float | None, source: EmptyingSource) -> Emptying:
        return Emptying(A, now - timedelta(hours=h_ago), source, before, after)

    return BinHistory([reading(*each) for each in levels], [emptying(*each) for each in emptied])


def _assert_sane(forecast: CityForecast) -> None:
    for values in (forecast.p10, forecast.p50, forecast.p90, forecast.p_overflow_steps):
        assert np.isfinite(values).all()
        assert ((values >= 0) & (values <= 1)).all()
        assert (np.diff(values, axis=1) >= 0).all()
    assert (forecast.p10 <= forecast.p50).all()
    assert (forecast.p50 <= forecast.p90).all()
    for once in (forecast.level_fraction, forecast.level_sd_fraction):
        assert ((once >= 0) & (once <= 1)).all()
    assert (forecast.hours_to_full >= 0).all()
    assert (forecast.hours_from_empty(0.05) >= 0).all()


@MANY
@given(own=looks, emptied=taps, other=looks)
def test_any_history_gives_ordered_rising_probabilities(
    make_city: MakeCity,
    now: datetime,
    own: list[tuple[float, float, Quality]],
    emptied: list[tuple[float, float | None, float | None, EmptyingSource]],
    other: list[tuple[float, float, Quality]],
) -> None:
    """A NaN or a falling risk would reach the planner as money."""
    history = {A: _history(own, emptied, now), BinId("B"): _history(other, [], now)}
    _assert_sane(forecast_city(make_city(3), history, now))


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param([], id="nothing seen"),
        pytest.param([(3.0, 0.4)], id="one reading"),
        pytest.param([(3.0, 0.4), (3.0, 0.6), (3.0, 0.1)], id="three sensors at the same moment"),
        pytest.param([(float(n), 1.0) for n in range(40)], id="full all the time"),
        pytest.param([(float(n), 0.0) for n in range(40)], id="empty all the time"),
        pytest.param([(float(n), n % 2) for n in range(40)], id="a sensor that has lost its mind"),
        pytest.param([(6000.0, 0.4)], id="a reading eight months old"),
    ],
)
def test_the_poorest_histories_give_a_forecast_too(
    make_city: MakeCity, see: See, now: datetime, levels: list[tuple[float, float]]
) -> None:
    """Each of these has been seen in the field."""
    _assert_sane(forecast_city(make_city(), {A: see(levels)}, now))


@MANY
@given(level=st.floats(0, 1), per_day=st.floats(0.01, 0.8), first_h=st.floats(0, 400), more_h=st.floats(0, 400))
def test_more_silence_never_lowers_the_risk(
    make_city: MakeCity, steady: See, now: datetime, level: float, per_day: float, first_h: float, more_h: float
) -> None:
    """A sensor that dies must pull the truck towards it, not hide its bin."""
    city, history = make_city(), {A: steady(per_day, level=level)}
    sooner, later = now + timedelta(hours=first_h), now + timedelta(hours=first_h + more_h)
    for ahead_h in (0, 24, 72):
        before = forecast_city(city, history, sooner).p_overflow(A, sooner + timedelta(hours=ahead_h))
        after = forecast_city(city, history, later).p_overflow(A, later + timedelta(hours=ahead_h))
        assert after >= before - 1e-9


@MANY
@given(levels=looks, emptied=taps)
def test_an_emptying_never_raises_the_level(
    make_city: MakeCity,
    now: datetime,
    levels: list[tuple[float, float, Quality]],
    emptied: list[tuple[float, float | None, float | None, EmptyingSource]],
) -> None:
    """Whatever was there before bounds what is left."""
    past = _history([(h + 0.01, *rest) for h, *rest in levels], [(h + 0.01, *rest) for h, *rest in emptied], now)  # type: ignore[misc]
    tap = Emptying(A, now, EmptyingSource.CONFIRMED)
    city = make_city()
    without = forecast_city(city, {A: past}, now).of(A)
    with_it = forecast_city(city, {A: replace(past, emptyings=[*past.emptyings, tap])}, now).of(A)
    assert with_it.level_fraction <= without.level_fraction + 0.02


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(6)), data=st.lists(looks, min_size=6, max_size=6))
def test_the_order_of_bins_and_readings_changes_nothing(
    make_city: MakeCity, now: datetime, order: list[int], data: list[list[tuple[float, float, Quality]]]
) -> None:
    """Two servers with the same data must make the same plan."""
    names = [f"bin {n}" for n in range(6)]
    history = {BinId(name): _history(levels, [], now) for name, levels in zip(names, data, strict=True)}
    turned = {bin_id: BinHistory(had.readings[::-1], had.emptyings) for bin_id, had in history.items()}
    city = make_city(names=names)
    plain = forecast_city(city, history, now)
    other = forecast_city(replace(city, bins={BinId(names[n]): city.bins[BinId(names[n])] for n in order}), turned, now)
    for name in names:
        assert other.of(BinId(name)).p90 == pytest.approx(plain.of(BinId(name)).p90, abs=1e-6)
        assert other.of(BinId(name)).p_overflow == pytest.approx(plain.of(BinId(name)).p_overflow, abs=1e-6)


@pytest.mark.parametrize(
    "midnight",
    [
        pytest.param(datetime(2026, 3, 28, 23, tzinfo=UTC), id="the night that lacks an hour"),
        pytest.param(datetime(2026, 10, 24, 22, tzinfo=UTC), id="the night with an hour twice"),
        pytest.param(datetime(2028, 2, 28, 23, tzinfo=UTC), id="the night to a leap day"),
    ],
)
def test_nights_that_change_the_clock_are_forecast_hour_by_hour(
    make_city: MakeCity, see: See, now: datetime, midnight: datetime
) -> None:
    """Noon is busy by the clock on the wall: from local midnight it is 11, 12 or 13 hours away."""
    emptied = BinHistory((), [replace(each, at_utc=midnight) for each in see(emptied_h_ago=[0.0]).emptyings])
    forecast = forecast_city(make_city(), {A: emptied}, midnight, horizon_h=24)
    _assert_sane(forecast)
    hourly = np.diff([forecast.expected_fill_at(at)[0] for at in forecast.steps_utc])
    noon = {3: 11, 10: 13, 2: 12}[midnight.month]
    assert hourly[noon] > 1.15 * hourly[noon - 1]
