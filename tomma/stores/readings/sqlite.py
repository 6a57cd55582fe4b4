"""`ReadingStore` in one SQLite file: the default of a city that has no time-series server.

Several processes may open one file: ingest writes while the pages read. Within a process every call has a
connection of its own, and appends queue up behind one lock, so any thread may call anything. A child process
opens the file anew: SQLite's connections do not survive a fork.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import batched
from operator import attrgetter
from pathlib import Path
from typing import Any

from tomma.errors import StoreUnavailableError
from tomma.model import Alert, BinId, DeadLetter, Emptying, Quarantined, Reading, Rejected, RejectReason
from tomma.ports import Aging, Appended, DailyAggregate, KeptDay
from tomma.stores.readings import aging, days, letters, rows, sql
from tomma.stores.readings import alerts as readings_alerts
from tomma.stores.readings.columns import CHUNK, plain_readings
from tomma.stores.readings.days import DayPart
from tomma.stores.readings.latest import changed_since
from tomma.stores.readings.letters import LettersKept
from tomma.stores.readings.numbers import Numbers
from tomma.stores.readings.schema import APPLICATION_ID, migrate
from tomma.stores.sqlite_file import BUSY_TIMEOUT_S, ConnectionPool, ensure_file, snapshot, transaction

_BIN_OF = attrgetter("bin_id")
_SERIES_PER_DELETE = 100
"""Series per transaction of a retention run: ingest gets its turn in between."""


class SqliteReadings:
    """Readings, emptyings and dead letters in the file at `path`, which is made if it never was."""

    def __init__(
        self, path: Path, *, letters_kept: LettersKept | None = None, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> None:
        """Open the store, or raise StoreUnavailableError saying why and what now.

        Args:
            path: The file; its directory is made.
            letters_kept: How many dead letters; older ones are dropped, the counts by reason go on.
            busy_timeout_s: How long an append waits for another process that writes.
        """
        self._path = path
        self._letters_kept = letters_kept or LettersKept()
        self._writing = threading.Lock()
        self._numbers = Numbers()
        self._appends = 0
        self._refreshing = threading.Lock()
        self._latest: dict[BinId, Reading] = {}
        self._latest_change = 0
        ensure_file(path, APPLICATION_ID)
        self._pool = ConnectionPool(path, busy_timeout_s)
        try:
            with self._pool.borrow() as connection:
                migrate(connection, path)
        except BaseException:
            self._pool.close()
            raise

    def append(
        self,
        readings: Sequence[Reading],
        emptyings: Sequence[Emptying] = (),
        rejected: Sequence[Rejected] = (),
        alerts: Sequence[Alert] = (),
        withdrawn: Sequence[Emptying | Alert] = (),
    ) -> Appended:
        """Store the batch in one transaction that is on the disk on return; see `ReadingStore.append`."""
        with self._writing, self._pool.borrow() as connection:
            try:
                with transaction(connection):
                    if withdrawn:
                        readings_alerts.withdraw(connection, withdrawn)
                    stored, number = self._insert_readings(connection, readings)
                    stored += self._insert_emptyings(connection, emptyings)
                    if rejected:
                        letters.add(connection, rejected, self._letters_kept)
                    if alerts:
                        readings_alerts.add(connection, alerts)
            except BaseException:
                self._numbers = Numbers()
                raise
            before, self._appends = self._appends, number or self._appends
        return Appended(stored, len(readings) + len(emptyings) - stored, others_too=0 < before < number - 1)

    def _insert_readings(self, connection: sqlite3.Connection, readings: Sequence[Reading]) -> tuple[int, int]:
        """Return how many are new, and which append of readings to this file this is; 0 for none."""
        if not readings:
            return 0, 0
        numbers = self._numbers
        values = [rows.reading_values(numbers.series_of(connection, each), each) for each in readings]
        stored = self._insert_values(connection, readings, values)
        newest: dict[int, int] = {}  # series -> measured_ms: one statement each, not one a reading
        for series, measured_ms, *_ in values:
            newest[series] = max(measured_ms, newest.get(series, measured_ms))
        change = connection.execute(sql.COUNT_APPEND).fetchone()[0]
        connection.executemany(sql.ADVANCE_LATEST, [(change, *key) for key in newest.items()])
        return stored, change

    def _insert_values(
        self, connection: sqlite3.Connection, readings: Sequence[Reading], values: Sequence[tuple[Any, ...]]
    ) -> int:
        """Insert the rows; only those of sensors that were moved need a look into other series, at thrice the cost."""
        moved = self._numbers.moved(connection)
        if not moved:
            return connection.executemany(sql.INSERT_READING, values).rowcount
        of_moved = [row for each, row in zip(readings, values, strict=True) if each.sensor_id in moved]
        others = [row for each, row in zip(readings, values, strict=True) if each.sensor_id not in moved]
        stored = connection.executemany(sql.INSERT_READING_OF_MOVED, of_moved).rowcount if of_moved else 0
        return stored + (connection.executemany(sql.INSERT_READING, others).rowcount if others else 0)

    def _insert_emptyings(self, connection: sqlite3.Connection, emptyings: Sequence[Emptying]) -> int:
        if not emptyings:
            return 0
        return connection.executemany(sql.INSERT_EMPTYING, [rows.emptying_values(each) for each in emptyings]).rowcount

    def latest(self) -> Mapping[BinId, Reading]:
        """Return every bin's newest reading; only those that changed since the last call are read from the file."""
        with self._refreshing, self._pool.borrow() as connection, snapshot(connection):
            change = connection.execute(sql.NEWEST_CHANGE).fetchone()[0]
            if change != self._latest_change:
                made, odd = changed_since(connection, self._latest_change)
                for found in (made, list(self._readings(odd))):
                    self._latest.update(zip(map(_BIN_OF, found), found, strict=True))
                self._latest_change = change
            return dict(self._latest)

    def range(self, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Reading]:
        """Return one bin's readings of the half-open period, oldest first."""
        with self._pool.borrow() as connection:
            found = connection.execute(sql.RANGE, (*_period_ms(from_utc, to_utc), bin_id)).fetchall()
            return list(self._readings(found))

    def range_all(self, from_utc: datetime, to_utc: datetime) -> Mapping[BinId, Sequence[Reading]]:
        """Return every bin's readings of the half-open period, oldest first."""
        found: dict[BinId, list[Reading]] = {}
        with self._pool.borrow() as connection, snapshot(connection):
            selected = connection.execute(sql.RANGE_ALL, _period_ms(from_utc, to_utc))
            for each in self._readings(selected):
                found.setdefault(each.bin_id, []).append(each)
            mixed = connection.execute(sql.BINS_OF_SEVERAL_SENSORS).fetchall()
        for (name,) in mixed:  # the file is in order of series, then time
            found.get(name, []).sort(key=lambda each: (each.measured_utc, each.sensor_id))
        return found

    def daily(self, bin_id: BinId, from_day: date, to_day: date) -> Sequence[DailyAggregate]:
        """Return the bin's days (UTC) that have or had readings, oldest first."""
        from_ms, to_ms = _period_ms(*(datetime.combine(day, time(), UTC) for day in (from_day, to_day)))
        kept = self._all(lambda row: DayPart(*row), days.KEPT, from_ms // days.DAY_MS, to_ms // days.DAY_MS, bin_id)
        return days.aggregates(bin_id, [*kept, *self._day_parts(bin_id, from_ms, to_ms)])

    def _day_parts(self, bin_id: BinId, from_ms: int, to_ms: int) -> Sequence[DayPart]:
        return self._all(lambda row: DayPart(*row), days.OF_READINGS, from_ms, to_ms, bin_id)

    def emptyings(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Emptying]:
        """Return emptyings of the half-open period, oldest first; of one bin or of all."""
        period = _period_ms(from_utc, to_utc)
        if bin_id is None:
            return self._all(rows.emptying, sql.EMPTYINGS, *period)
        return self._all(rows.emptying, sql.EMPTYINGS_OF_BIN, *period, bin_id)

    def alerts(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Alert]:
        """Return the changes of the half-open period, oldest first; of one bin and its sensors or of all."""
        period = _period_ms(from_utc, to_utc)
        if bin_id is None:
            return self._all(readings_alerts.alert, readings_alerts.ALERTS, *period)
        return self._all(readings_alerts.alert, readings_alerts.ALERTS_OF_BIN, *period, bin_id)

    def active_alerts(self) -> Sequence[Alert]:
        """Return what is the matter now, oldest first."""
        return self._all(readings_alerts.alert, readings_alerts.ACTIVE_ALERTS)

    def dead_letters(
        self, limit: int, *, reason: RejectReason | None = None, device_id: str | None = None
    ) -> Sequence[DeadLetter]:
        """Return the newest rejected messages, newest first; of one reason and one sensor or device, or of all."""
        return self._all(letters.letter, letters.NEWEST, *letters.choice(reason, device_id), limit)

    def dead_letters_after(
        self, after_id: int, limit: int, *, reason: RejectReason | None = None, device_id: str | None = None
    ) -> Sequence[DeadLetter]:
        """Return the first rejected messages with an id above `after_id`, oldest first."""
        return self._all(letters.letter, letters.AFTER, *letters.choice(reason, device_id), after_id, limit)

    def drop_dead_letters(self, ids: Sequence[int]) -> int:
        """Forget these messages in one transaction; return how many there were."""
        with self._writing, self._pool.borrow() as connection, transaction(connection):
            return letters.drop(connection, ids)

    def quarantine(self) -> Sequence[Quarantined]:
        """Return the devices that send but are not hung in a bin, the one heard of last first."""
        return self._all(letters.quarantined, letters.QUARANTINE)

    def dead_letter_counts(self) -> Mapping[RejectReason, int]:
        """Return how many messages were ever rejected, by reason; those no longer kept count too."""
        return dict(self._all(lambda row: (RejectReason(row[0]), row[1]), letters.COUNTS))

    def delete_before(self, moment: datetime, *, dry_run: bool = False) -> int:
        """Delete readings measured before `moment`, keeping each bin's newest and every day's numbers.

        Each transaction takes some series, so a run that is cut short has deleted only what was due, and has kept
        its numbers.

        Returns:
            How many readings went, or would.
        """
        before_ms = rows.to_ms_up(moment)
        with self._pool.borrow() as connection:
            due = [(series, before_ms) for (series,) in connection.execute(sql.ALL_SERIES).fetchall()]
            if dry_run:
                return sum(connection.execute(days.COUNT, each).fetchone()[0] for each in due)
            deleted = 0
            for some in batched(due, _SERIES_PER_DELETE):
                with self._writing, transaction(connection):
                    connection.executemany(days.FOLD, some)
                    deleted += connection.executemany(days.DELETE, some).rowcount
            return deleted

    def forget_before(self, kind: Aging, moment: datetime, *, dry_run: bool = False) -> int:
        """Delete records other than readings in one transaction; see `ReadingStore.forget_before`."""
        with self._pool.borrow() as connection:
            if dry_run:
                return aging.count(connection, kind, moment)
            with self._writing, transaction(connection):
                return aging.forget(connection, kind, moment)

    def kept_days(self, from_day: date, to_day: date) -> Sequence[KeptDay]:
        """Return what is left of days whose readings were deleted; see `ReadingStore.kept_days`."""
        period = ((day - rows.EPOCH.date()).days for day in (from_day, to_day))
        return self._all(days.kept_day, days.ALL_KEPT, *period)

    def keep_days(self, kept: Sequence[KeptDay]) -> Appended:
        """Keep days of another store in one transaction; see `ReadingStore.keep_days`."""
        with self._writing, self._pool.borrow() as connection, transaction(connection):
            stored = connection.executemany(days.KEEP, [days.kept_values(each) for each in kept]).rowcount
        return Appended(stored, len(kept) - stored)

    def _readings(self, found: Iterable[tuple[Any, ...]]) -> Iterator[Reading]:
        for some in batched(found, CHUNK):
            yield from plain_readings(some) or self._converted(rows.reading, some)

    def _all[T](self, convert: Callable[[Any], T], statement: str, *parameters: object) -> list[T]:
        with self._pool.borrow() as connection:
            return list(self._converted(convert, connection.execute(statement, parameters).fetchall()))

    def _converted[T](self, convert: Callable[[Any], T], found: Iterable[Any]) -> Iterator[T]:
        """Turn rows into values; a row that no append can have written is damage, and told as such."""
        for row in found:
            try:
                yield convert(row)
            except (ValueError, TypeError, OverflowError, OSError) as exc:
                raise StoreUnavailableError(
                    f"{self._path}: a row says {row!r:.200}: it is damaged; keep the file, and restore a backup"
                ) from exc

    def close(self) -> None:
        """Close the file; every later call raises StoreUnavailableError."""
        self._pool.close()


def _period_ms(from_utc: datetime, to_utc: datetime) -> tuple[int, int]:
    return rows.to_ms_up(from_utc), rows.to_ms_up(to_utc)
