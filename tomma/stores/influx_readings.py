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
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path

from tomma.clock import Clock, SystemClock
from tomma.errors import StoreUnavailableError
from tomma.model import Alert, BinId, Emptying, Reading, Rejected
from tomma.ports import Appended, DailyAggregate
from tomma.settings import ReadingSettings
from tomma.stores import influx_queue as queue
from tomma.stores.influx_feeder import Feeder
from tomma.stores.influx_history import History, Identity
from tomma.stores.influx_queue import FeedStatus, RefusedReading
from tomma.stores.influx_server import InfluxServer, ServerAwayError
from tomma.stores.readings_rows import to_ms, to_ms_up
from tomma.stores.sqlite_file import transaction
from tomma.stores.sqlite_readings import SqliteReadings

log = logging.getLogger(__name__)

NO_ASKING_S = 30.0
"""After a failed question, an append does without the server's answer for so long."""
_CLOSING_S = 2.0
_EXCLUSIVE_S = 30.0


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
        self._feeder = Feeder(path, self._pool, self._writing, self._server, clock or SystemClock(), settings=settings)
        self._ask_from_s = time.monotonic()
        if feeding:
            self._feeder.start()

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
        return Appended(appended.stored, appended.duplicates + len(readings) - len(fresh))

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
        here_from_ms = self._here_from_ms()
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
        period = self._period_elsewhere(from_utc, to_utc)
        if period is None:
            return here
        with self._telling():
            return _merged(here, self._history.of_bin(bin_id, *period))

    def range_all(self, from_utc: datetime, to_utc: datetime) -> Mapping[BinId, Sequence[Reading]]:
        """Return every bin's readings of the half-open period, oldest first."""
        here = super().range_all(from_utc, to_utc)
        period = self._period_elsewhere(from_utc, to_utc)
        if period is None:
            return here
        there: dict[BinId, list[Reading]] = {}
        with self._telling():
            for each in self._history.of_all(*period):
                there.setdefault(each.bin_id, []).append(each)
        return {name: _merged(here.get(name, ()), there.get(name, ())) for name in {**here, **there}}

    def daily(self, bin_id: BinId, from_day: date, to_day: date) -> Sequence[DailyAggregate]:
        """Return the bin's days (UTC) that have readings, oldest first."""
        midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (from_day, to_day)]
        here = super().daily(bin_id, from_day, to_day)
        if self._period_elsewhere(*midnights) is None:
            return here
        found = self.range(bin_id, *midnights)
        return [
            _of_day(bin_id, day, list(group)) for day, group in groupby(found, lambda each: each.measured_utc.date())
        ]

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

    def _here_from_ms(self) -> int:
        with self._pool.borrow() as connection:
            return queue.here_from_ms(connection)

    def _period_elsewhere(self, from_utc: datetime, to_utc: datetime) -> tuple[int, int] | None:
        """Return the part of the period that only the server knows whole; to be asked after the file was read.

        In that order what is evicted meanwhile is found twice, and not missed.
        """
        period = to_ms_up(from_utc), min(to_ms_up(to_utc), self._here_from_ms())
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


def _of_day(bin_id: BinId, day: date, readings: Sequence[Reading]) -> DailyAggregate:
    fills = [each.fill_fraction for each in readings]
    return DailyAggregate(bin_id, day, len(fills), min(fills), max(fills), sum(fills) / len(fills), fills[-1])
