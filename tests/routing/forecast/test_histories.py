"""From real stores to histories."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from routing.ahead.histories import last_emptied, load_histories, unemptied_since
from routing.forecast import Word, forecast_city
from tomma.city import City
from tomma.events import Event, EventKind, SkipReason
from tomma.model import BinId, Emptying, EmptyingSource, PlanId, Reading, SensorId, VehicleId
from tomma.stores.books.database import open_database
from tomma.stores.books.events import SqlEventLog
from tomma.stores.readings.sqlite import SqliteReadings

A, B, C = BinId("A"), BinId("B"), BinId("C")
MakeCity = Callable[..., City]


@pytest.fixture
def readings(tmp_path: Path) -> Iterator[SqliteReadings]:
    """A store on disk."""
    store = SqliteReadings(tmp_path / "readings.sqlite3")
    yield store
    store.close()


@pytest.fixture
def events(tmp_path: Path) -> Iterator[SqlEventLog]:
    """A log on disk."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    yield SqlEventLog(engine)
    engine.dispose()


def _reading(bin_id: BinId, at: datetime, fill: float = 0.4) -> Reading:
    return Reading(bin_id, SensorId(f"S{bin_id}"), at, at, fill)


def _tap(bin_id: BinId, at: datetime, key: str, undoes: str | None = None) -> Event:
    kind = EventKind.UNDONE if undoes else EventKind.EMPTIED
    return Event(key, "tablet", 1, PlanId("plan"), VehicleId("truck"), kind, at, at, bin_id=bin_id, undoes_key=undoes)


def test_every_bin_has_a_history_of_the_last_four_weeks(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """What is older has faded, what comes later was not known; a bin without a word has an empty history."""
    old, recent, later = now - timedelta(days=30), now - timedelta(days=3), now + timedelta(hours=1)
    readings.append([_reading(A, old), _reading(A, recent), _reading(A, now), _reading(A, later)])
    told = load_histories(make_city(2), readings, events, now)
    assert [each.measured_utc for each in told[A].readings] == [recent, now]
    assert set(told) == {A, B}
    assert not told[B].readings


def test_a_bin_silent_for_months_keeps_its_last_word(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """Without it the bin would look like one that never had a sensor."""
    readings.append([_reading(A, now - timedelta(days=90)), _reading(A, now - timedelta(days=80), 0.7)])
    told = load_histories(make_city(), readings, events, now)[A].readings
    assert [each.fill_fraction for each in told] == [0.7]


def test_emptyings_come_from_sensors_and_from_drivers(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """The forecast tells which of them mean the same."""
    drop = Emptying(A, now - timedelta(hours=5), EmptyingSource.DETECTED, 0.8, 0.1)
    readings.append([], [drop])
    events.append([_tap(A, now - timedelta(hours=6), "tap-00000001")])
    told = load_histories(make_city(), readings, events, now)[A].emptyings
    assert {each.source for each in told} == {EmptyingSource.DETECTED, EmptyingSource.CONFIRMED}


def test_a_tap_that_was_taken_back_is_no_emptying(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """A slip of the thumb must not hide a full bin until next week."""
    at = now - timedelta(hours=6)
    events.append([_tap(A, at, "tap-00000001"), _tap(A, at, "undo-0000001", undoes="tap-00000001")])
    assert not load_histories(make_city(), readings, events, now)[A].emptyings


def test_a_bin_never_seen_emptied_counts_from_its_first_reading(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """For hygiene: it has stood unemptied for at least as long as anybody watched."""
    first, tap = now - timedelta(days=20), now - timedelta(days=2)
    readings.append([_reading(A, first), _reading(A, now), _reading(B, first)])
    events.append([_tap(B, tap, "tap-00000001")])
    histories = load_histories(make_city(3), readings, events, now)
    assert last_emptied(histories) == {B: tap}
    assert unemptied_since(histories) == {A: first, B: tap}


def _skip(bin_id: BinId, at: datetime, key: str, reason: SkipReason, *, overflowing: bool = False) -> Event:
    return Event(
        key,
        "tablet",
        1,
        PlanId("plan"),
        VehicleId("truck"),
        EventKind.SKIPPED,
        at,
        at,
        bin_id=bin_id,
        skip_reason=reason,
        overflowing=overflowing,
    )


def test_what_the_driver_saw_of_a_bin_he_left_is_told(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """Empty already, too heavy to lift, or waste beside it; a car before it says nothing about the level."""
    at = now - timedelta(hours=6)
    events.append(
        [
            _skip(A, at, "skip-0000001", SkipReason.ALREADY_EMPTY),
            _skip(B, at, "skip-0000002", SkipReason.OVERLOADED),
            _skip(C, at, "skip-0000003", SkipReason.BLOCKED),
        ]
    )
    told = load_histories(make_city(3), readings, events, now)
    assert [[each.word for each in told[bin_id].feedback] for bin_id in (A, B, C)] == [[Word.EMPTY], [Word.FULL], []]


def test_a_bin_that_overflowed_before_it_was_emptied_was_full_and_is_empty(
    make_city: MakeCity, readings: SqliteReadings, events: SqlEventLog, now: datetime
) -> None:
    """He tells both with one tap; what he saw he saw before."""
    at = now - timedelta(hours=6)
    events.append([replace(_tap(A, at, "tap-00000001"), overflowing=True)])
    told = load_histories(make_city(), readings, events, now)
    assert told[A].feedback[0].word is Word.FULL
    assert told[A].feedback[0].at_utc < told[A].emptyings[0].at_utc
    assert forecast_city(make_city(), told, now).of(A).level_fraction < 0.3
