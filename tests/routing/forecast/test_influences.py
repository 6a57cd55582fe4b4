"""Days that somebody told us are unlike others."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from routing.ahead.influences_file import read_influences
from routing.forecast import BinHistory, Influence, Influences, forecast_city
from tomma.city import City, Position
from tomma.errors import ImportRefusedError
from tomma.model import BinId, FractionCode

A, G = BinId("A"), BinId("G")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]
TOMORROW = date(2026, 10, 8)


def _risen(city: City, history: dict[BinId, BinHistory], now: datetime, *told: Influence) -> np.ndarray:
    """What each bin is expected to receive tomorrow, by the clock on the wall."""
    forecast = forecast_city(city, history, now, influences=Influences(told))
    begin, end = now + timedelta(hours=17), now + timedelta(hours=41)
    return np.asarray(forecast.expected_fill_at(end) - forecast.expected_fill_at(begin))


def test_a_fair_in_town_fills_bins_faster_on_its_day(make_city: MakeCity, steady: See, now: datetime) -> None:
    """Told to double tomorrow's waste, the forecast doubles tomorrow's and leaves the day after alone."""
    city, history = make_city(), {A: steady(0.1, level=0.2)}
    fair = Influence(TOMORROW, 2.0)
    assert _risen(city, history, now, fair)[0] == pytest.approx(2.0 * _risen(city, history, now)[0], rel=0.1)
    later = now + timedelta(hours=41)
    calm = forecast_city(city, history, now)
    told = forecast_city(city, history, now, influences=Influences((fair,)))
    after = [
        each.expected_fill_at(later + timedelta(hours=24))[0] - each.expected_fill_at(later)[0] for each in (calm, told)
    ]
    assert after[1] == pytest.approx(after[0], rel=0.1)


def test_an_event_fills_the_bins_around_it_and_no_others(make_city: MakeCity, steady: See, now: datetime) -> None:
    """G stands 330 m north of A, where the concert is."""
    city = make_city(7)
    history = {each: steady(0.1, level=0.2, bin_id=each) for each in city.bins}
    concert = Influence(TOMORROW, 3.0, near=city.position_of(A), radius_m=100.0)
    ratio = _risen(city, history, now, concert) / _risen(city, history, now)
    assert ratio[0] == pytest.approx(3.0, rel=0.15)
    assert ratio[1:] == pytest.approx(np.ones(6), rel=0.05)


def test_a_holiday_last_week_does_not_make_a_bin_look_slow(make_city: MakeCity, see: See, now: datetime) -> None:
    """Half the usual waste came on three days that were told to be half days: the rate is what it was."""
    days = 27
    amount = np.full(days, 0.03)
    amount[-4:-1] = 0.015
    level = np.concatenate(([0.0], np.cumsum(amount)))
    at_h = 22.0 + 24.0 * np.arange(days, -1, -1)  # local midnights, the last of them a day ago
    history = {A: see(list(zip((at_h - 17).tolist(), level.tolist(), strict=True)))}
    quiet = [Influence((now - timedelta(days=back)).date(), 0.5) for back in (2, 3, 4)]
    told = forecast_city(make_city(), history, now, influences=Influences(quiet)).fills.rate_per_h[0]
    untold = forecast_city(make_city(), history, now).fills.rate_per_h[0]
    assert told > 1.04 * untold


def test_a_stream_may_be_touched_alone(make_city: MakeCity, steady: See, now: datetime) -> None:
    """After Christmas it is cardboard that comes, not glass."""
    city, history = make_city(), {A: steady(0.1, level=0.2)}
    other = Influence(TOMORROW, 3.0, fraction_code=FractionCode("glass"))
    own = Influence(TOMORROW, 3.0, fraction_code=FractionCode("residual"))
    usual = _risen(city, history, now)[0]
    assert _risen(city, history, now, other)[0] == pytest.approx(usual)
    assert _risen(city, history, now, own)[0] > 2.5 * usual


def test_a_day_without_any_waste_is_no_trouble(make_city: MakeCity, steady: See, now: datetime) -> None:
    """A closed park: its clock stands still, and nothing divides by it."""
    park_shut = [Influence(TOMORROW + timedelta(days=n), 0.0) for n in range(-9, 9)]
    forecast = forecast_city(make_city(), {A: steady(0.1, level=0.2)}, now, influences=Influences(park_shut))
    assert np.isfinite(forecast.p90).all()
    assert forecast.p50[0, 168] == pytest.approx(forecast.p50[0, 0], abs=0.01)


def test_a_city_writes_its_days_into_a_plain_file(tmp_path: Path) -> None:
    """A spreadsheet is what a waste office has."""
    file = tmp_path / "days.csv"
    file.write_text(
        "day,multiplier,lat_deg,lon_deg,radius_m,fraction\n"
        "2026-12-26,1.8,,,,paper\n"
        "2026-10-08,3,60.17,24.9,250,\n"
        "2026-06-20,0.6,,,,\n",
        encoding="utf-8-sig",
    )
    assert read_influences(file).told == (
        Influence(date(2026, 12, 26), 1.8, fraction_code=FractionCode("paper")),
        Influence(date(2026, 10, 8), 3.0, near=Position(60.17, 24.9), radius_m=250.0),
        Influence(date(2026, 6, 20), 0.6),
    )


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("2026-13-01,2", id="no such month"),
        pytest.param("2026-12-01,-1", id="less than nothing"),
        pytest.param("2026-12-01,many", id="no number"),
        pytest.param("2026-12-01,2,60.1,24.9,0", id="an event without extent"),
        pytest.param("2026-12-01,2,60.1,,100", id="half a position"),
    ],
)
def test_a_file_with_a_bad_day_names_the_line(tmp_path: Path, line: str) -> None:
    """Before a plan is made of it."""
    file = tmp_path / "days.csv"
    file.write_text(f"day,multiplier,lat_deg,lon_deg,radius_m\n2026-06-20,1\n{line}\n", encoding="utf-8")
    with pytest.raises(ImportRefusedError, match=r"days\.csv, line 3"):
        read_influences(file)
