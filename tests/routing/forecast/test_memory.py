"""What is kept between two forecasts says the same as learning everything anew."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.forecast import (
    BinHistory,
    CityForecast,
    ForecastMemory,
    forecast_city,
    forecast_from,
    from_bytes,
    looks_of,
    recall,
    to_bytes,
)
from routing.forecast_bench.town import Town, TownSettings, build_town
from tomma.city import City
from tomma.model import BinId, Quality

A, B = BinId("A"), BinId("B")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]
HISTORY_H = 20 * 24


class _Heard(dict[BinId, BinHistory]):
    """Histories that do not fill the screen when a test fails."""

    def __repr__(self) -> str:
        return f"{len(self)} histories"


@pytest.fixture(scope="module")
def town() -> Town:
    """Forty bins for three weeks, a look every two hours, a fifth of them lost."""
    return build_town(TownSettings(bins=40, days=23, seed=4, reading_gap_h=2))


@pytest.fixture(scope="module")
def heard(town: Town) -> dict[BinId, BinHistory]:
    """What had been heard after twenty days."""
    return _Heard(town.histories(HISTORY_H))


def _told_piece_by_piece(town: Town, heard: dict[BinId, BinHistory], ends_h: list[int]) -> CityForecast:
    memory, begin = ForecastMemory.empty(town.city), town.at(-1)
    for end_h in ends_h:
        end = town.at(end_h)
        news = {bin_id: _between(had, begin, end) for bin_id, had in heard.items()}
        recalled = recall(memory, town.city, looks_of(town.bin_ids, news, end), end)
        memory, begin = from_bytes(to_bytes(recalled.memory)), end
    return forecast_from(recalled, town.city, end)


def _between(had: BinHistory, begin: datetime, end: datetime) -> BinHistory:
    return BinHistory(
        [each for each in had.readings if begin < each.measured_utc <= end],
        [each for each in had.emptyings if begin < each.at_utc <= end],
    )


@settings(max_examples=8, deadline=None, derandomize=True)
@given(ends_h=st.sets(st.integers(1, HISTORY_H - 1), min_size=1, max_size=12))
def test_what_is_told_in_pieces_gives_the_same_as_all_at_once(
    town: Town, heard: dict[BinId, BinHistory], ends_h: set[int]
) -> None:
    """However often a plan is made: the sums were taken with what was known then, so a few percent may differ."""
    whole = forecast_city(town.city, heard, town.at(HISTORY_H))
    pieces = _told_piece_by_piece(town, heard, [*sorted(ends_h), HISTORY_H])
    assert pieces.fills.rate_per_h == pytest.approx(whole.fills.rate_per_h, rel=0.1)
    assert pieces.level_fraction == pytest.approx(whole.level_fraction, abs=0.01)
    for step in (6, 24, 72, 168):
        assert pieces.p_overflow_steps[:, step] == pytest.approx(whole.p_overflow_steps[:, step], abs=0.08)
        assert pieces.p50[:, step] == pytest.approx(whole.p50[:, step], abs=0.04)


def test_hearing_the_same_news_again_changes_nothing(town: Town, heard: dict[BinId, BinHistory]) -> None:
    """A forecast every quarter of an hour reads the last day again and again."""
    now, later = town.at(HISTORY_H - 24), town.at(HISTORY_H)
    memory = ForecastMemory.empty(town.city)
    first = recall(memory, town.city, looks_of(town.bin_ids, heard, now), now).memory
    once = recall(first, town.city, looks_of(town.bin_ids, heard, later), later)
    again = recall(once.memory, town.city, looks_of(town.bin_ids, heard, later), later)
    assert forecast_from(again, town.city, later).p90 == pytest.approx(
        forecast_from(once, town.city, later).p90, abs=0.01
    )
    assert to_bytes(again.memory) == to_bytes(recall(again.memory, town.city, again.memory.tail, later).memory)


def test_a_memory_is_small_however_long_the_past(town: Town, heard: dict[BinId, BinHistory]) -> None:
    """Sums and three days of levels: not four weeks of readings, and no more after four months than after one."""
    now = town.at(HISTORY_H)
    memory = recall(ForecastMemory.empty(town.city), town.city, looks_of(town.bin_ids, heard, now), now).memory
    readings = sum(len(had.readings) for had in heard.values())
    assert len(memory.tail.levels.fill) < 0.3 * readings


def test_silence_forgets_nothing(make_city: MakeCity, steady: See, now: datetime) -> None:
    """A sensor that is dead for a month is asked about every day; its bin fills as it did."""
    city, history = make_city(), {A: steady(0.3)}
    memory = recall(ForecastMemory.empty(city), city, looks_of((A,), history, now), now).memory
    for day in range(1, 31):
        at = now + timedelta(days=day)
        told = recall(memory, city, looks_of((A,), {}, at), at)
        memory = told.memory
    forecast = forecast_from(told, city, at)
    assert forecast.fills.rate_per_h[0] * 24 == pytest.approx(0.3, rel=0.1)
    assert forecast.silent_h[0] == pytest.approx(30 * 24)
    assert forecast.p_overflow(A, at) > 0.999


def test_a_late_reading_is_heard_and_an_echo_is_understood_by_what_follows(
    make_city: MakeCity, steady: See, see: See, now: datetime
) -> None:
    """A gateway sends a day late; a lone echo at the end of one batch is told from a drop by the next batch."""
    city, past = make_city(), steady(0.2, level=0.5, silent_h=48.0)
    late, echo = see([(40.0, 0.53), (30.0, 0.55)]), see([(20.0, 0.02)])
    after = see([(10.0, 0.64), (4.0, 0.66)])
    memory = ForecastMemory.empty(city)
    for ago_h, part in ((41.0, past), (19.0, echo), (9.0, see([(10.0, 0.64)])), (0.0, late), (0.0, after)):
        at = now - timedelta(hours=ago_h)
        told = recall(memory, city, looks_of((A,), {A: part}, at), at)
        memory = told.memory
    whole = BinHistory([*past.readings, *late.readings, *echo.readings, *after.readings], past.emptyings)
    pieces, once = forecast_from(told, city, now).of(A), forecast_city(city, {A: whole}, now).of(A)
    assert pieces.level_fraction == pytest.approx(once.level_fraction, abs=0.005)
    assert pieces.p50 == pytest.approx(once.p50, abs=0.01)


def test_a_sensor_blocked_for_weeks_leaves_no_pile_of_readings(make_city: MakeCity, see: See, now: datetime) -> None:
    """What nobody trusts is kept for three days, to see that the sensor is odd."""
    city = make_city()
    good = see([(24.0 * 30 + hour, 0.4) for hour in range(0, 72, 2)])
    odd = see(odd_h_ago=[float(hour) for hour in range(24 * 30)])
    heard = looks_of((A,), {A: BinHistory([*good.readings, *odd.readings])}, now)
    memory = recall(ForecastMemory.empty(city), city, heard, now).memory
    assert len(memory.tail.levels.fill) < 200
    assert forecast_from(recall(memory, city, heard, now), city, now).sensor_states[0] == "odd"


def test_new_bins_start_with_nothing_and_old_ones_keep_their_past(
    make_city: MakeCity, steady: See, now: datetime
) -> None:
    """A city changes every week; learning anew each time would make the memory useless."""
    memory = recall(
        ForecastMemory.empty(make_city(2)),
        make_city(2),
        looks_of((A, B), {A: steady(0.1), B: steady(0.4, bin_id="B")}, now),
        now,
    ).memory
    changed = make_city(names=["new", "B"])
    told = forecast_from(recall(memory, changed, looks_of(tuple(changed.bins), {}, now), now), changed, now)
    assert told.no_data == (True, False)
    assert told.fills.rate_per_h[1] * 24 == pytest.approx(0.4, rel=0.15)
    assert told.level_fraction[1] == pytest.approx(0.5, abs=0.03)


def test_a_memory_does_not_unlearn(make_city: MakeCity, see: See, now: datetime) -> None:
    """For a forecast of last week the caller learns anew, from what was known then."""
    city = make_city()
    memory = recall(ForecastMemory.empty(city), city, looks_of((A,), {A: see([(0.0, 0.5)])}, now), now).memory
    earlier = now - timedelta(hours=1)
    with pytest.raises(ValueError, match="must not lie before"):
        recall(memory, city, looks_of((A,), {}, earlier), earlier)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda kept: b"", id="empty"),
        pytest.param(lambda kept: kept[:-20], id="cut off"),
        pytest.param(lambda kept: kept.replace(b"version\x02", b"version\x03"), id="of another version"),
        pytest.param(lambda kept: kept.replace(b"settled_s", b"settled_x"), id="without a column"),
    ],
)
def test_a_damaged_memory_is_refused(make_city: MakeCity, damage: Callable[[bytes], bytes]) -> None:
    """Half a memory would be a forecast that nobody can explain; the caller learns anew."""
    kept = to_bytes(ForecastMemory.empty(make_city()))
    assert from_bytes(kept).bin_ids == (A,)
    with pytest.raises(ValueError, match=r"must be|damaged"):
        from_bytes(damage(kept))


def test_untrusted_flags_survive_the_disk(make_city: MakeCity, steady: See, now: datetime) -> None:
    """A reading that was a spike before the restart is one after it."""
    city, calm = make_city(), steady(level=0.4, silent_h=1.0)
    spike = [replace(calm.readings[0], measured_utc=now, fill_fraction=1.0, quality=Quality.SPIKE)]
    history = {A: BinHistory([*calm.readings, *spike], calm.emptyings)}
    memory = recall(ForecastMemory.empty(city), city, looks_of((A,), history, now), now).memory
    told = recall(from_bytes(to_bytes(memory)), city, looks_of((A,), {}, now), now)
    assert forecast_from(told, city, now).level_fraction[0] < 0.5
    assert np.isfinite(told.learned.noise_sd)
