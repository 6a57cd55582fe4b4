"""What another process sees of a store: what is new in it, whether one reading is there, and everything at the end."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from ingest.bench.load import Load, sensor_name
from ingest.bench.reckoning import Kept
from tomma.model import BinId, Reading
from tomma.stores.readings.sqlite import SqliteReadings

FAR = datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
BUSY_S = 20.0
TABLE = """
CREATE TABLE IF NOT EXISTS reading (
    id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, measured_utc TEXT NOT NULL, counter INTEGER,
    distance_mm REAL, battery_v REAL, temperature_c REAL, UNIQUE (sensor, measured_utc))
"""
"""The table of those who are compared with: what anybody would write, with the one index that makes it queryable."""
INSERT = """
INSERT OR IGNORE INTO reading (sensor, measured_utc, counter, distance_mm, battery_v, temperature_c)
VALUES ($sensor, $measured_utc, $counter, $distance_mm, $battery_v, $temperature_c)
"""


class View(Protocol):
    """A store, looked at from outside."""

    def fresh(self) -> Iterable[int]:
        """Return the numbers of the messages that became visible since the last call."""

    def has(self, number: int) -> bool:
        """Return whether this message can be queried."""

    def kept(self) -> Iterator[Kept]:
        """Return every reading there is."""

    def close(self) -> None:
        """Look no longer."""


class OurView:
    """`SqliteReadings`, opened by another process than the one that writes."""

    def __init__(self, path: Path, load: Load) -> None:
        self._store = SqliteReadings(path)
        self._load = load
        self._seen: Mapping[BinId, Reading] = {}

    def fresh(self) -> Iterable[int]:
        """Return what `latest` shows that it did not show before, and the rounds it jumped over."""
        before, self._seen = self._seen, self._store.latest()
        for bin_id, newest in self._seen.items():
            known = before.get(bin_id)
            if known is newest:
                continue
            last = self._load.number_of(newest.sensor_id, newest.measured_utc)
            first = self._load.number_of(newest.sensor_id, known.measured_utc) if known else None
            if last is not None:
                yield from range(last, last - 1 if first is None else first, -self._load.sensors)

    def has(self, number: int) -> bool:
        """Return whether the bin's range has the reading."""
        turn, sensor = divmod(number, self._load.sensors)
        moment = self._load.measured_utc(turn)
        return bool(self._store.range(bin_of(sensor_name(sensor)), moment, moment + timedelta(milliseconds=1)))

    def kept(self) -> Iterator[Kept]:
        """Return every reading of every bin, a bin at a time."""
        for bin_id in self._store.latest():
            for each in self._store.range(bin_id, *FAR):
                yield Kept(self._load.number_of(each.sensor_id, each.measured_utc), each.distance_mm)

    def close(self) -> None:
        """Close the store."""
        self._store.close()


class TableView:
    """The plain table in SQLite that the others write."""

    def __init__(self, path: Path, load: Load) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
        self._load = load
        self._last_id = 0

    def fresh(self) -> Iterable[int]:
        """Return the rows with a higher id than before."""
        rows = self._connection.execute(
            "SELECT id, sensor, counter FROM reading WHERE id > ? ORDER BY id", (self._last_id,)
        ).fetchall()
        for row_id, sensor, counter in rows:
            self._last_id = row_id
            yield counter * self._load.sensors + int(sensor[1:])

    def has(self, number: int) -> bool:
        """Return whether the sensor has a row of that time."""
        turn, sensor = divmod(number, self._load.sensors)
        found = self._connection.execute(
            "SELECT 1 FROM reading WHERE sensor = ? AND measured_utc = ?",
            (sensor_name(sensor), f"{self._load.measured_utc(turn):%Y-%m-%dT%H:%M:%SZ}"),
        )
        return found.fetchone() is not None

    def kept(self) -> Iterator[Kept]:
        """Return every row."""
        for sensor, measured_utc, distance_mm in self._connection.execute(
            "SELECT sensor, measured_utc, distance_mm FROM reading"
        ):
            yield Kept(self._load.number_of(sensor, datetime.fromisoformat(measured_utc)), distance_mm)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def bin_of(sensor: str) -> BinId:
    """Return the bin that a sensor of the load hangs in."""
    return BinId("B" + sensor[1:])


def make_table(path: Path, *, wal: bool = True) -> None:
    """Make the file of those who are compared with: write-ahead log, so that reading never blocks writing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
        connection.execute(TABLE)


def bytes_on_disk(path: Path) -> int:
    """Return the size of a store that nobody has open, with its log written back."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size
