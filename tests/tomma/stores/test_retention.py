"""Retention: exactly what is due goes, it is written down, and a wrong clock cannot empty a store."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tomma.clock import ScaledClock
from tomma.errors import StoreUnavailableError
from tomma.locks import holding
from tomma.model import (
    Alert,
    AlertKind,
    BinId,
    Emptying,
    EmptyingSource,
    Reading,
    Rejected,
    RejectReason,
    SensorId,
)
from tomma.ports import Aging, ReadingStore
from tomma.settings import Settings
from tomma.store_settings import RetentionSettings
from tomma.stores.books.assets import SqlAssetBook
from tomma.stores.commands import retention as retention_cli
from tomma.stores.readings.sqlite import SqliteReadings
from tomma.stores.upkeep import retention
from tomma.stores.upkeep.keeping import OldRows
from tomma.stores.wiring import open_stores

type OpenReadings = Callable[[], ReadingStore]

NOW = datetime(2026, 11, 22, 13, 45, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 12, tzinfo=UTC)
"""Ten whole days before."""
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
TEN = RetentionSettings(readings_days=10, days_days=10, emptyings_days=10, alerts_days=10, dead_letters_days=10)


class PhotoShelf(SqlAssetBook):
    """Photos that nobody keeps, and what was asked to go."""

    def __init__(self) -> None:
        """Nothing is under it."""
        self.asked: list[datetime] = []

    def forget_photos_before(self, moment: datetime, *, dry_run: bool = False) -> int:
        """Note the bound."""
        self.asked.append(moment)
        return 0 if dry_run else 3


def test_photos_of_installers_go_in_their_time(embedded: ReadingStore, tmp_path: Path) -> None:
    """A picture of a street may show people; 0 keeps for ever, as with everything else."""
    journal, shelf = tmp_path / "retention.jsonl", PhotoShelf()
    told = retention.apply(embedded, RetentionSettings(photos_days=10), NOW, journal, assets=shelf)
    assert [(each.before_utc, each.deleted) for each in told if each.kind == "photos"] == [(MIDNIGHT, 3)]
    assert shelf.asked == [MIDNIGHT]

    retention.apply(embedded, RetentionSettings(photos_days=0), NOW, journal, assets=shelf)
    assert shelf.asked == [MIDNIGHT]


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[ReadingStore]:
    """The store that needs no server: what is tried here is the same for all."""
    with closing(SqliteReadings(tmp_path / "readings.sqlite3")) as store:
        yield store


def _moments() -> list[datetime]:
    """The last moment that is due, the first that is not, and one of today."""
    return [MIDNIGHT - timedelta(milliseconds=1), MIDNIGHT, NOW]


def _fill(store: ReadingStore) -> None:
    readings = [Reading(BinId("B1"), SensorId("S1"), moment, moment, 0.5) for moment in _moments()]
    emptyings = [Emptying(BinId("B1"), moment, EmptyingSource.DETECTED) for moment in _moments()]
    letters = [Rejected("t", str(moment).encode(), moment, RejectReason.NOT_UTF8, "x") for moment in _moments()]
    passing = [
        Alert(AlertKind.TILT, moment, active, SensorId("S1")) for moment in _moments() for active in (True, False)
    ]
    lasting = Alert(AlertKind.FIRE, MIDNIGHT - timedelta(days=3), True, SensorId("S2"))
    store.append(readings, emptyings, letters, [*passing, lasting])


def _counts(store: ReadingStore) -> dict[str, int]:
    return {
        "readings": len(store.range(BinId("B1"), *EVER)),
        "days": len(store.daily(BinId("B1"), EVER[0].date(), EVER[1].date())),
        "emptyings": len(store.emptyings(*EVER)),
        "alerts": len(store.alerts(*EVER)),
        "dead_letters": len(store.dead_letters(99)),
    }


def test_exactly_what_is_due_goes_of_every_kind(readings: ReadingStore, tmp_path: Path) -> None:
    """To the millisecond before midnight, and no alert that still holds."""
    _fill(readings)
    journal = tmp_path / "retention.jsonl"
    due = {"readings": 1, "days": 0, "emptyings": 1, "alerts": 2, "dead_letters": 1}

    told = retention.apply(readings, TEN, NOW, journal, dry_run=True)
    assert {each.kind: each.deleted for each in told} == due
    assert not journal.exists()
    told = retention.apply(readings, TEN, NOW, journal)
    assert {each.kind: each.deleted for each in told} == due | {"days": 1}, "the readings' day went with them"
    assert _counts(readings) == {"readings": 2, "days": 2, "emptyings": 2, "alerts": 5, "dead_letters": 2}
    assert [each.kind for each in readings.active_alerts()] == [AlertKind.FIRE]
    assert readings.dead_letter_counts() == {RejectReason.NOT_UTF8: 3}
    assert {each.before_utc for each in told} == {MIDNIGHT}


def test_days_stay_when_their_readings_go(embedded: ReadingStore, tmp_path: Path) -> None:
    """As shipped: readings for a year and a month, their days for ever."""
    _fill(embedded)
    for days in range(0, 501, 25):
        retention.apply(embedded, RetentionSettings(), NOW + timedelta(days=days), tmp_path / "retention.jsonl")

    assert _counts(embedded)["days"] == 3
    assert _counts(embedded)["emptyings"] == 3
    assert len(embedded.range(BinId("B1"), *EVER)) == 1, "the newest stays"


def test_what_went_is_written_down(embedded: ReadingStore, tmp_path: Path) -> None:
    """An auditor asks what was deleted, when, and by which rule."""
    _fill(embedded)
    journal = tmp_path / "retention.jsonl"
    told = retention.apply(embedded, TEN, NOW, journal)
    with journal.open("a") as file:
        file.write('{"at_utc": "2026-')

    assert retention.read_journal(journal) == list(told)


def test_a_clock_that_is_years_ahead_deletes_a_month_at_most(embedded: ReadingStore, tmp_path: Path) -> None:
    """Somebody notices in time; and the bound never moves back when the clock does."""
    _fill(embedded)
    journal = tmp_path / "retention.jsonl"
    for now_utc, bound in [
        (NOW, MIDNIGHT),
        (NOW + timedelta(days=4_000), MIDNIGHT + retention.FURTHEST),
        (NOW, MIDNIGHT),
    ]:
        told = retention.apply(embedded, TEN, now_utc, journal)
        assert {each.before_utc for each in told} == {bound}


def test_a_clock_that_is_years_ahead_at_the_very_first_run_deletes_no_more(
    embedded: ReadingStore, tmp_path: Path
) -> None:
    """No run before it says what time it is; the newest reading does."""
    _fill(embedded)
    newest_utc = max(each.measured_utc for each in embedded.latest().values())
    told = retention.apply(embedded, TEN, NOW + timedelta(days=4_000), tmp_path / "retention.jsonl")
    assert {each.before_utc for each in told} <= {
        (newest_utc + retention.FURTHEST - timedelta(days=10)).replace(hour=0, minute=0, second=0, microsecond=0)
    }


class ReadingsAway(SqliteReadings):
    """A store whose readings cannot be deleted now."""

    def delete_before(self, moment: datetime, *, dry_run: bool = False) -> int:
        """Refuse."""
        raise StoreUnavailableError("the server does not answer")


def test_what_cannot_be_deleted_now_keeps_nothing_else(tmp_path: Path) -> None:
    """A city promises its people that taps and photos go in time, whatever its time-series server does that night."""
    journal, shelf = tmp_path / "retention.jsonl", PhotoShelf()
    with closing(ReadingsAway(tmp_path / "readings.sqlite3")) as store:
        _fill(store)
        with pytest.raises(StoreUnavailableError, match="does not answer"):
            retention.apply(store, TEN, NOW, journal, assets=shelf)
    assert {"emptyings": 1, "photos": 3}.items() <= {e.kind: e.deleted for e in retention.read_journal(journal)}.items()
    assert "readings" not in {each.kind for each in retention.read_journal(journal)}


def test_two_processes_do_not_apply_it_at_once(
    embedded: ReadingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ingest does it once a day, and a person may do it by hand."""
    monkeypatch.setattr(retention, "_LOCK_WAIT_S", 0.05)
    with holding(tmp_path / "retention.jsonl.lock"), pytest.raises(StoreUnavailableError, match="another process"):
        retention.apply(embedded, TEN, NOW, tmp_path / "retention.jsonl")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(b"", id="a new journal"),
        pytest.param(b"\xff\x00\xfe\n", id="a block that never reached the disk"),
        pytest.param(
            b'{"at_utc": "2026-01-01T00:00:00", "kind": "readings", "before_utc": "2026-01-01", "deleted": 0}\n',
            id="times without a zone",
        ),
    ],
)
def test_it_is_applied_once_a_day_while_ingest_runs(embedded: ReadingStore, tmp_path: Path, damage: bytes) -> None:
    """Nobody has to remember it, nor to mend its journal. The clock runs a day in a blink."""
    journal = tmp_path / "retention.jsonl"
    journal.write_bytes(damage)
    clock = ScaledClock(NOW, time.time(), 50_000.0)
    first, second = _runs_of_a_blink(embedded, journal, clock, count=2)
    assert timedelta(days=1) <= second - first


def test_a_run_of_a_clock_that_was_years_ahead_puts_off_none(embedded: ReadingStore, tmp_path: Path) -> None:
    """The clock is right again, and nothing would have been deleted before it says that year by itself."""
    journal = tmp_path / "retention.jsonl"
    retention.apply(embedded, TEN, NOW + timedelta(days=4_000), journal)
    clock = ScaledClock(NOW, time.time(), 50_000.0)
    ahead, first, second = _runs_of_a_blink(embedded, journal, clock, count=3)
    assert ahead == NOW + timedelta(days=4_000)
    assert first < ahead
    assert timedelta(days=1) <= second - first, "and it is daily again"


def _runs_of_a_blink(store: ReadingStore, journal: Path, clock: ScaledClock, *, count: int) -> list[datetime]:
    """When the first `count` runs in the journal were, in its order, while it is applied by itself."""
    done = threading.Event()
    with retention.retaining(store, PhotoShelf(), TEN, clock, journal):
        for _ in range(1_000):
            runs = list(dict.fromkeys(each.at_utc for each in retention.read_journal(journal)))
            if len(runs) >= count:
                done.set()
                break
            time.sleep(0.02)
    assert done.is_set()
    return runs[:count]


def test_the_command_counts_deletes_and_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, before the first daily run, a manager looks at what would go."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TOMMA_RETENTION__READINGS_DAYS", "10")
    monkeypatch.setenv("TOMMA_CLOCK__START_UTC", NOW.isoformat())
    monkeypatch.setenv("TOMMA_CLOCK__REAL_START_S", str(time.time()))
    with open_stores(Settings(data_dir=tmp_path / "data")) as stores:
        _fill(stores.readings)

    def run(*words: str) -> dict[str, int]:
        result = CliRunner().invoke(retention_cli.app, [*words, "--json"])
        assert result.exit_code == 0, result.output
        return {row["kind"]: row["deleted"] for row in json.loads(result.stdout)}

    expected = {
        Aging.READINGS.value: 1,
        Aging.ALERTS.value: 0,
        Aging.DEAD_LETTERS.value: 0,
        retention.PHOTOS: 0,
        **{kind.value: 0 for kind in OldRows},
        retention.AUDIT: 0,
    }
    assert run("apply", "--dry-run") == expected
    assert run("log") == {}
    assert run("apply") == expected
    assert run("log") == expected
    assert run("apply")["readings"] == 0
