"""The forecast from real stores, with a memory on the disk."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from routing.ahead.histories import last_emptied, load_histories, unemptied_since
from routing.ahead.outlook import Foresight, city_outlook
from routing.forecast import BinHistory, forecast_city
from tomma.city import City
from tomma.events import Event, EventKind
from tomma.model import BinId, PlanId, VehicleId
from tomma.stores.books.database import open_database
from tomma.stores.books.events import SqlEventLog
from tomma.stores.readings.sqlite import SqliteReadings

A = BinId("A")
MakeCity = Callable[..., City]
See = Callable[..., BinHistory]
EARLIER = timedelta(hours=30)


@pytest.fixture
def readings(tmp_path: Path, steady: See) -> Iterator[SqliteReadings]:
    """A store with four weeks of one bin."""
    store = SqliteReadings(tmp_path / "readings.sqlite3")
    had = steady(0.2, level=0.5)
    store.append(had.readings, had.emptyings)
    yield store
    store.close()


@pytest.fixture
def events(tmp_path: Path) -> Iterator[SqlEventLog]:
    """A log on disk."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    yield SqlEventLog(engine)
    engine.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the memory is kept; nothing is there yet."""
    return tmp_path / "new folder" / "forecast.msgpack"


def test_the_outlook_is_the_forecast_of_the_stores(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """Without a memory it is learnt anew each time."""
    city = make_city()
    history = load_histories(city, readings, events, now)
    told = city_outlook(city, readings, events, now)
    assert told.forecast.of(A) == forecast_city(city, history, now).of(A)
    assert told.unemptied_since == unemptied_since(history)
    assert told.last_emptied == last_emptied(history)


def test_with_a_memory_only_what_is_new_is_read(
    make_city: MakeCity,
    readings: SqliteReadings,
    events: SqlEventLog,
    now: datetime,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four weeks of a large city are six million readings; the last day is what a plan can wait for."""
    city = make_city()
    city_outlook(city, readings, events, now - EARLIER, Foresight(file))
    asked: list[datetime] = []
    whole = readings.range_all

    def watched(from_utc: datetime, to_utc: datetime) -> object:
        asked.append(from_utc)
        return whole(from_utc, to_utc)

    monkeypatch.setattr(readings, "range_all", watched)
    told = city_outlook(city, readings, events, now, Foresight(file))
    assert asked[0] > now - timedelta(days=3)
    anew = city_outlook(city, readings, events, now)
    assert told.forecast.level_fraction == pytest.approx(anew.forecast.level_fraction, abs=0.01)
    assert told.forecast.p50[0] == pytest.approx(anew.forecast.p50[0], abs=0.03)
    assert told.unemptied_since == anew.unemptied_since


def test_a_tap_that_comes_after_a_weekend_is_heard(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime, file: Path
) -> None:
    """The tablet lay in the truck without a network; the sensor is dead and cannot tell."""
    city = make_city()
    two_days = timedelta(days=2)
    before = city_outlook(city, readings, events, now + two_days, Foresight(file))
    at = now + timedelta(hours=1)
    events.append(
        [
            Event(
                "tap-00000001",
                "tablet",
                1,
                PlanId("plan"),
                VehicleId("truck"),
                EventKind.EMPTIED,
                at,
                now + two_days,
                bin_id=A,
            )
        ]
    )
    told = city_outlook(city, readings, events, now + two_days, Foresight(file))
    assert told.forecast.level_fraction[0] < before.forecast.level_fraction[0] - 0.2
    assert told.unemptied_since == {A: at}


@pytest.mark.parametrize(
    ("damage", "learnt_anew"),
    [
        pytest.param(lambda file: file.write_bytes(b"half"), True, id="half a file"),
        pytest.param(lambda file: file.unlink(), False, id="no file"),
    ],
)
def test_a_memory_that_cannot_be_read_is_made_anew(
    make_city: MakeCity,
    readings: SqliteReadings,
    events: SqlEventLog,
    now: datetime,
    file: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], object],
    learnt_anew: bool,
) -> None:
    """It saves time and holds no truth of its own."""
    city = make_city()
    city_outlook(city, readings, events, now - EARLIER, Foresight(file))
    damage(file)
    with caplog.at_level(logging.WARNING):
        told = city_outlook(city, readings, events, now, Foresight(file))
    assert told.forecast.of(A) == city_outlook(city, readings, events, now).forecast.of(A)
    assert ("learnt anew" in caplog.text) is learnt_anew
    assert file.exists()


@pytest.mark.parametrize("days", [pytest.param(-1, id="of tomorrow"), pytest.param(4, id="four days old")])
def test_a_memory_of_another_time_is_not_used(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime, file: Path, days: int
) -> None:
    """It cannot unlearn, and what came late in four days it has not seen."""
    city = make_city()
    city_outlook(city, readings, events, now - timedelta(days=days), Foresight(file))
    told = city_outlook(city, readings, events, now, Foresight(file))
    assert told.forecast.of(A) == city_outlook(city, readings, events, now).forecast.of(A)


def test_a_memory_that_cannot_be_kept_costs_no_forecast(
    make_city: MakeCity,
    readings: SqliteReadings,
    events: SqlEventLog,
    now: datetime,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A full disk, or a folder that is none: the plan is made all the same."""
    blocked = tmp_path / "no folder"
    blocked.write_text("a file")
    told = city_outlook(make_city(), readings, events, now, Foresight(blocked / "forecast.msgpack"))
    assert told.forecast.level_fraction[0] == pytest.approx(0.5, abs=0.05)
    assert "not kept" in caplog.text


def test_the_city_s_special_days_are_in_the_forecast_and_a_bad_file_costs_only_itself(
    make_city: MakeCity,
    readings: SqliteReadings,
    events: SqlEventLog,
    now: datetime,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Somebody edits that file at midnight; the plan at half past five is made all the same."""
    city, foresight = make_city(), Foresight.beside(tmp_path)
    plain = city_outlook(city, readings, events, now).forecast
    assert foresight.days_file is not None
    foresight.days_file.write_text("day,multiplier\n2026-10-07,3\n2026-10-08,3\n", encoding="utf-8")
    told = city_outlook(city, readings, events, now, foresight).forecast
    assert told.p50[0, 24] > plain.p50[0, 24] + 0.2
    foresight.days_file.write_text("day,multiplier\n2026-10-07,many\n", encoding="utf-8")
    left_out = city_outlook(city, readings, events, now, foresight).forecast
    assert left_out.p50[0, 24] == pytest.approx(plain.p50[0, 24], abs=0.02)
    assert "line 2" in caplog.text
