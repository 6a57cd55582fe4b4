"""`ReadingStore` in one SQLite file: the default of a city that has no time-series server.

Several processes may open one file: ingest writes while the pages read. Within a process every call has a
connection of its own, and appends queue up behind one lock, so any thread may call anything.
"""

import sqlite3
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from tomma.model import BinId, Emptying, Reading, Rejected, RejectReason
from tomma.ports import Appended, DailyAggregate
from tomma.stores import readings_rows as rows
from tomma.stores import readings_sql as sql
from tomma.stores.readings_numbers import Numbers
from tomma.stores.readings_schema import APPLICATION_ID, migrate
from tomma.stores.sqlite_file import ConnectionPool, ensure_file, transaction

_SENSORS_PER_DELETE = 100
"""Sensors per transaction of a retention run: ingest gets its turn in between."""
_DAY_ZERO = rows.EPOCH.date()


class SqliteReadings:
    """Readings, emptyings and dead letters in the file at `path`, which is made if it never was."""

    def __init__(self, path: Path, *, dead_letters_kept: int = 20_000) -> None:
        """Open the store, or raise StoreUnavailableError saying why and what now.

        Args:
            path: The file; its directory is made.
            dead_letters_kept: Older ones are dropped; the counts by reason go on.
        """
        self._dead_letters_kept = dead_letters_kept
        self._writing = threading.Lock()
        self._numbers = Numbers()
        self._refreshing = threading.Lock()
        self._latest: dict[BinId, Reading] = {}
        self._latest_change = 0
        ensure_file(path, APPLICATION_ID)
        self._pool = ConnectionPool(path)
        with self._pool.borrow() as connection:
            migrate(connection)

    def append(
        self,
        readings: Sequence[Reading],
        emptyings: Sequence[Emptying] = (),
        rejected: Sequence[Rejected] = (),
    ) -> Appended:
        """Store the batch in one transaction that is on the disk on return; see `ReadingStore.append`."""
        with self._writing, self._pool.borrow() as connection:
            try:
                with transaction(connection):
                    stored = self._insert_readings(connection, readings)
                    stored += self._insert_emptyings(connection, emptyings)
                    self._insert_dead_letters(connection, rejected)
            except BaseException:
                self._numbers = Numbers()
                raise
        return Appended(stored, len(readings) + len(emptyings) - stored)

    def _insert_readings(self, connection: sqlite3.Connection, readings: Sequence[Reading]) -> int:
        if not readings:
            return 0
        pairs = self._numbers.of_readings(connection, readings)
        values = [rows.reading_values(sensor, bin_, each) for (sensor, bin_), each in zip(pairs, readings, strict=True)]
        stored = connection.executemany(sql.INSERT_READING, values).rowcount
        newest: dict[int, tuple[int, int]] = {}  # bin -> (sensor, measured_ms)
        for sensor, measured_ms, bin_, *_ in values:
            if bin_ not in newest or measured_ms > newest[bin_][1]:
                newest[bin_] = (sensor, measured_ms)
        change = connection.execute(sql.COUNT_APPEND).fetchone()[0]
        connection.executemany(sql.ADVANCE_LATEST, [(change, *key) for key in newest.values()])
        return stored

    def _insert_emptyings(self, connection: sqlite3.Connection, emptyings: Sequence[Emptying]) -> int:
        if not emptyings:
            return 0
        values = [rows.emptying_values(self._numbers.bin(connection, each.bin_id), each) for each in emptyings]
        return connection.executemany(sql.INSERT_EMPTYING, values).rowcount

    def _insert_dead_letters(self, connection: sqlite3.Connection, rejected: Sequence[Rejected]) -> None:
        if not rejected:
            return
        connection.executemany(sql.INSERT_DEAD_LETTER, [rows.rejected_values(each) for each in rejected])
        totals = Counter(each.reason.value for each in rejected)
        connection.executemany(sql.COUNT_DEAD_LETTER, [(reason, n, n) for reason, n in totals.items()])
        connection.execute(sql.TRIM_DEAD_LETTERS, (self._dead_letters_kept,))

    def latest(self) -> Mapping[BinId, Reading]:
        """Return every bin's newest reading; only those that changed since the last call are read from the file."""
        with self._refreshing, self._pool.borrow() as connection:
            for change, *row in connection.execute(sql.LATEST, (self._latest_change,)).fetchall():
                newest = rows.reading(tuple(row))
                self._latest[newest.bin_id] = newest
                self._latest_change = max(self._latest_change, change)
            return dict(self._latest)

    def range(self, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Reading]:
        """Return one bin's readings of the half-open period, oldest first."""
        with self._pool.borrow() as connection:
            found = connection.execute(sql.RANGE, (*_period_ms(from_utc, to_utc), bin_id)).fetchall()
        return [rows.reading(row) for row in found]

    def range_all(self, from_utc: datetime, to_utc: datetime) -> Mapping[BinId, Sequence[Reading]]:
        """Return every bin's readings of the half-open period, oldest first."""
        found: dict[BinId, list[Reading]] = {}
        with self._pool.borrow() as connection:
            connection.execute("BEGIN")  # one snapshot for both statements
            try:
                for row in connection.execute(sql.RANGE_ALL, _period_ms(from_utc, to_utc)):
                    found.setdefault(row[0], []).append(rows.reading(row))
                mixed = connection.execute(sql.BINS_OF_SEVERAL_SENSORS).fetchall()
            finally:
                connection.execute("COMMIT")
        for (name,) in mixed:  # the file is in order of sensor, then time
            found.get(name, []).sort(key=lambda each: (each.measured_utc, each.sensor_id))
        return found

    def daily(self, bin_id: BinId, from_day: date, to_day: date) -> Sequence[DailyAggregate]:
        """Return the bin's days (UTC) that have readings, oldest first."""
        midnights = (datetime.combine(day, time(), UTC) for day in (from_day, to_day))
        with self._pool.borrow() as connection:
            found = connection.execute(sql.DAILY, (*_period_ms(*midnights), bin_id)).fetchall()
        return [DailyAggregate(bin_id, _DAY_ZERO + timedelta(days=day), *numbers) for day, *numbers in found]

    def emptyings(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Emptying]:
        """Return emptyings of the half-open period, oldest first; of one bin or of all."""
        period = _period_ms(from_utc, to_utc)
        with self._pool.borrow() as connection:
            if bin_id is None:
                found = connection.execute(sql.EMPTYINGS, period).fetchall()
            else:
                found = connection.execute(sql.EMPTYINGS_OF_BIN, (*period, bin_id)).fetchall()
        return [rows.emptying(row) for row in found]

    def dead_letters(self, limit: int) -> Sequence[Rejected]:
        """Return the newest rejected messages, newest first."""
        with self._pool.borrow() as connection:
            return [rows.rejected(row) for row in connection.execute(sql.DEAD_LETTERS, (limit,)).fetchall()]

    def dead_letter_counts(self) -> Mapping[RejectReason, int]:
        """Return how many messages were ever rejected, by reason; those no longer kept count too."""
        with self._pool.borrow() as connection:
            found = connection.execute(sql.DEAD_LETTER_COUNTS).fetchall()
        return {RejectReason(reason): total for reason, total in found}

    def delete_before(self, moment: datetime) -> int:
        """Delete readings measured before `moment`, keeping each bin's newest; return how many went.

        Each transaction takes some sensors, so a run that is cut short has deleted only what was due.
        """
        before_ms = rows.to_ms_up(moment)
        deleted = 0
        with self._pool.borrow() as connection:
            sensors = [sensor for (sensor,) in connection.execute(sql.SENSORS).fetchall()]
            for start in range(0, len(sensors), _SENSORS_PER_DELETE):
                due = [(sensor, before_ms) for sensor in sensors[start : start + _SENSORS_PER_DELETE]]
                with self._writing, transaction(connection):
                    deleted += connection.executemany(sql.DELETE_READINGS, due).rowcount
        return deleted

    def close(self) -> None:
        """Close the file; every later call raises StoreUnavailableError."""
        self._pool.close()


def _period_ms(from_utc: datetime, to_utc: datetime) -> tuple[int, int]:
    return rows.to_ms_up(from_utc), rows.to_ms_up(to_utc)
