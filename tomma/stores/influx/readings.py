"""`ReadingStore` on an InfluxDB server, with the promise of the embedded one: durable here first, on the server soon.

What is appended is committed to a file of ours in which a feeder finds it; so an append neither waits for the
server nor fails with it, and a reading is shown at once. The newest `local_days` stay in that file, which is all
that pages and forecasts ask for. Older ones leave it once the server has given them back; from then on questions
about that time go to the server. Emptyings, alerts and dead letters are few and stay here: docs/stores.md.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tomma.clock import Clock, SystemClock
from tomma.errors import StoreUnavailableError
from tomma.model import Alert, BinId, Emptying, Reading, Rejected
from tomma.ports import Appended
from tomma.store_settings import ReadingSettings
from tomma.stores.influx import queue
from tomma.stores.influx.feeder import Feeder
from tomma.stores.influx.history import History, Identity
from tomma.stores.influx.queue import FeedStatus, RefusedReading
from tomma.stores.influx.server import InfluxServer, ServerAwayError
from tomma.stores.readings import days
from tomma.stores.readings.days import DayPart, parts_of
from tomma.stores.readings.rows import from_ms as _moment
from tomma.stores.readings.rows import to_ms, to_ms_up
from tomma.stores.readings.sqlite import SqliteReadings
from tomma.stores.sqlite_file import transaction

log = logging.getLogger(__name__)

NO_ASKING_S = 30.0
"""After a failed question, an append does without the server's answer for so long."""
_CLOSING_S = 2.0
_EXCLUSIVE_S = 30.0
_FOLD_SPAN_MS = 3 * 3600 * 1000  # of ten thousand bins some sixty thousand readings: what is in memory at once


class InfluxReadings(SqliteReadings):
    """Readings on the server that `settings` names; the file at `path` has the rest, and is made if it never was.

    Args:
        path: The file. Several processes may open it; one of them feeds the server.
        settings: The server, and how much stays here.
        clock: Says what is old.
        feeding: Whether to feed in the background.
    """

    def __init__(
        self, path: Path, settings: ReadingSettings, clock: Clock | None = None, *, feeding: bool = True
    ) -> None:
        super().__init__(path)
        try:
            with self._pool.borrow() as connection:
                queue.install(connection)
            self._server = InfluxServer(settings)
        except BaseException:
            super().close()
            raise
        self._settings = settings
        self._history = History(self._server)
        self._feeder = Feeder(
            path,
            self._pool,
            self._writing,
            self._server,
            clock or SystemClock(),
            settings=settings,
            adopt=self._adopt,
        )
        self._ask_from_s = time.monotonic()
        if feeding:
            self._feeder.start()

    def _adopt(self) -> None:
        """Once in the life of the file, before it feeds: find what the server has of a predecessor's file.

        The newest of each bin is then known here, and questions about the time before go to the server.
        """
        with self._pool.borrow() as connection:
            if queue.is_adopted(connection):
                return
        newest = list(self._history.newest())
        super().append(newest)
        with self._writing, self._pool.borrow() as connection, transaction(connection):
            if newest:
                queue.set_here_from(connection, max(to_ms(each.measured_utc) for each in newest) + 1)
                log.warning("the server has readings of a former file: its history is used series=%d", len(newest))
            queue.set_adopted(connection)

    def append(
        self,
        readings: Sequence[Reading],
        emptyings: Sequence[Emptying] = (),
        rejected: Sequence[Rejected] = (),
        alerts: Sequence[Alert] = (),
        withdrawn: Sequence[Emptying | Alert] = (),
    ) -> Appended:
        """Store the batch in one transaction that is on this machine's disk on return; see `ReadingStore.append`.

        Readings older than what is kept here are looked up on the server. If it does not answer, they are counted
        as stored, and the feeder asks again before it sends them: the first one stands in any case.

        Raises:
            StoreUnavailableError: Also when more waits for the server than `queue_max_bytes`.
        """
        fresh = self._unknown(readings)
        self._refuse_when_full(len(fresh))
        appended = super().append(fresh, emptyings, rejected, alerts, withdrawn)
        return replace(appended, duplicates=appended.duplicates + len(readings) - len(fresh))

    def _refuse_when_full(self, more: int) -> None:
        if not more:
            return
        with self._pool.borrow() as connection:
            waiting = queue.waiting(connection)
        if (waiting + more) * queue.BYTES_PER_QUEUED_READING > self._settings.queue_max_bytes:
            raise StoreUnavailableError(
                f"{self._path}: {waiting} readings wait for {self._settings.url}, which fills queue_max_bytes "
                f"({self._settings.queue_max_bytes}); nothing is taken until the server takes some"
            )

    def _unknown(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Return the readings without those that only the server can know, as far as it says so now."""
        _, here_from_ms = self._reach_ms()
        old = [_identity(each) for each in readings if to_ms(each.measured_utc) < here_from_ms]
        if not old or time.monotonic() < self._ask_from_s:
            return readings
        try:
            known = self._history.known(old)
        except ServerAwayError as exc:
            self._ask_from_s = time.monotonic() + NO_ASKING_S
            log.warning("old readings taken unchecked, the feeder will ask again why=%s", exc)
            return readings
        return [each for each in readings if _identity(each) not in known]

    def range(self, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Reading]:
        """Return one bin's readings of the half-open period, oldest first."""
        here = super().range(bin_id, from_utc, to_utc)
        period = self._period_elsewhere(to_ms_up(from_utc), to_ms_up(to_utc))
        if period is None:
            return here
        with self._telling():
            return _merged(here, self._history.of_bin(bin_id, *period))

    def range_all(self, from_utc: datetime, to_utc: datetime) -> Mapping[BinId, Sequence[Reading]]:
        """Return every bin's readings of the half-open period, oldest first."""
        here = super().range_all(from_utc, to_utc)
        period = self._period_elsewhere(to_ms_up(from_utc), to_ms_up(to_utc))
        if period is None:
            return here
        there: dict[BinId, list[Reading]] = {}
        with self._telling():
            for each in self._history.of_all(*period):
                there.setdefault(each.bin_id, []).append(each)
        return {name: _merged(here.get(name, ()), there.get(name, ())) for name in {**here, **there}}

    def _day_parts(self, bin_id: BinId, from_ms: int, to_ms: int) -> Sequence[DayPart]:
        here = super()._day_parts(bin_id, from_ms, to_ms)
        period = self._period_elsewhere(from_ms, to_ms)
        if period is None:
            return here
        found = self.range(bin_id, _moment(from_ms), _moment(to_ms))
        return list(parts_of(found).values())

    def delete_before(self, moment: datetime, *, dry_run: bool = False) -> int:
        """Delete readings measured before `moment` here and on the server; see `ReadingStore.delete_before`.

        What is on the server alone is counted into its days piece by piece, and is passed over by every later
        question from that commit on; so a run that is cut short neither loses a number nor counts one twice.
        """
        before_ms = to_ms_up(moment)
        if self._settings.queries == "none":
            return super().delete_before(moment, dry_run=dry_run)
        with self._telling(), self._feeder.paused(_EXCLUSIVE_S):
            if dry_run:
                return self._due_there(before_ms) + super().delete_before(moment, dry_run=True)
            self._pin_newest(before_ms)
            deleted = self._fold_there(before_ms) + super().delete_before(moment)
            try:
                self._server.delete_before(before_ms)
            except ServerAwayError as exc:  # the next run tries again
                log.warning("server keeps readings that count no more before=%s why=%s", moment.isoformat(), exc)
        return deleted

    def _pin_newest(self, before_ms: int) -> None:
        """Have every silent bin's last word here, where it outlives the deletion; it is sent again afterwards."""
        super().append([each for each in self.latest().values() if to_ms(each.measured_utc) < before_ms])

    def _fold_there(self, before_ms: int) -> int:
        deleted = 0
        from_ms, _ = self._reach_ms()
        while (oldest_ms := self._history.oldest_ms(from_ms, before_ms)) is not None:
            from_ms = min(oldest_ms + _FOLD_SPAN_MS, before_ms)
            there = self._there_alone(oldest_ms, from_ms)
            with self._writing, self._pool.borrow() as connection, transaction(connection):
                days.add(connection, ((bin_id, part) for (bin_id, _), part in parts_of(there).items()))
                queue.set_gone_before(connection, from_ms)
            deleted += len(there)
        with self._writing, self._pool.borrow() as connection, transaction(connection):
            queue.set_gone_before(connection, before_ms)
        return deleted

    def _there_alone(self, from_ms: int, to_ms: int) -> list[Reading]:
        period = _moment(from_ms), _moment(to_ms)
        here = {_identity(each) for found in super().range_all(*period).values() for each in found}
        return [each for each in self._history.of_all(from_ms, to_ms) if _identity(each) not in here]

    def _due_there(self, before_ms: int) -> int:
        from_ms, due = self._reach_ms()[0], 0
        newest = {_identity(each) for each in self.latest().values()}
        while (oldest_ms := self._history.oldest_ms(from_ms, before_ms)) is not None:
            from_ms = min(oldest_ms + _FOLD_SPAN_MS, before_ms)
            due += sum(_identity(each) not in newest for each in self._there_alone(oldest_ms, from_ms))
        return due

    def feed_status(self) -> FeedStatus:
        """Return how the feeding goes, whichever process does it."""
        with self._pool.borrow() as connection:
            return queue.status(connection)

    def refused_readings(self, limit: int) -> Sequence[RefusedReading]:
        """Return the readings that the server does not take, with its reasons, the newest first."""
        with self._pool.borrow() as connection:
            return queue.refused(connection, limit)

    def replay_refused(self) -> int:
        """Send everything once more that the server did not take; return how many readings that is."""
        with self._writing, self._pool.borrow() as connection, transaction(connection):
            return queue.replay(connection)

    def feed(self) -> bool:
        """Bring one batch to the server now; return whether more may wait.

        Raises:
            StoreUnavailableError: If the server does not take it; it stays in the queue.
        """
        with self._telling():
            return self._feeder.feed()

    def evict(self, before_utc: datetime) -> int:
        """Leave what was measured before `before_utc` to the server alone; return how many readings that is."""
        with self._telling():
            return self._feeder.evict(to_ms_up(before_utc))

    def close(self) -> None:
        """Stop feeding and close the file; every later call raises StoreUnavailableError."""
        self._feeder.stop(_CLOSING_S)
        self._server.close()
        super().close()

    def _reach_ms(self) -> tuple[int, int]:
        with self._pool.borrow() as connection:
            return queue.reach_ms(connection)

    def _period_elsewhere(self, from_ms: int, to_ms: int) -> tuple[int, int] | None:
        """Return the part of the period that only the server knows whole; to be asked after the file was read.

        In that order what is evicted meanwhile is found twice, and not missed.
        """
        reach_ms = self._reach_ms()
        period = max(from_ms, reach_ms[0]), min(to_ms, reach_ms[1])
        return period if period[0] < period[1] else None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except ServerAwayError as exc:
            raise StoreUnavailableError(f"{exc}; what is older than {self._settings.local_days} days is there") from exc


def _identity(reading: Reading) -> Identity:
    return reading.sensor_id, to_ms(reading.measured_utc)


def _merged(here: Iterable[Reading], there: Iterable[Reading]) -> list[Reading]:
    """Return all, oldest first; of two with one identity the server's stands: it was first."""
    found = {_identity(each): each for each in here} | {_identity(each): each for each in there}
    return sorted(found.values(), key=lambda each: (each.measured_utc, each.sensor_id))
