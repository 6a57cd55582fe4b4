"""Brings what waits to the server: batch by batch, synchronously, out of the queue only after success."""

import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

from tomma.back_off import BackOff
from tomma.clock import Clock
from tomma.errors import StoreUnavailableError
from tomma.locks import holding
from tomma.store_settings import ReadingSettings
from tomma.stores.influx import queue
from tomma.stores.influx.history import History, Identity
from tomma.stores.influx.lines import to_line
from tomma.stores.influx.queue import Key, Queued
from tomma.stores.influx.server import InfluxServer, RowsRefusedError, ServerAwayError
from tomma.stores.readings import sql
from tomma.stores.readings.days import DAY_MS
from tomma.stores.readings.rows import to_ms
from tomma.stores.sqlite_file import ConnectionPool, transaction

log = logging.getLogger(__name__)

LINGER_S = 1.0
"""Between batches that are not full: every reading is shown from here meanwhile, and a request per second is kind."""
LONGEST_WAIT_S = 4.0
"""A server that comes back is used again within 5 s."""
REFUSALS_ALONE = 3
"""So often a reading is refused with no other taken beside it, until it is set aside as if one had been."""
REFUSALS_IN_A_ROW = 64
"""So many single readings refused, and none taken: the fault is not in the readings."""
EVICT_EVERY_S = 3600.0
_SERIES_PER_CHECK = 100
_ROWS_PER_CHECK = 20_000
_OLD_WAIT = "SELECT 1 FROM feed WHERE measured_ms < ? LIMIT 1"
_OLD_ROWS = """
SELECT r.series, r.measured_ms, p.sensor FROM reading r JOIN series p ON p.id = r.series
WHERE r.series <= ?1 AND r.measured_ms >= ?2 AND r.measured_ms < ?3 AND (r.series, r.measured_ms) > (?4, ?5)
AND NOT EXISTS
    (SELECT 1 FROM feed_refused x WHERE x.series = r.series AND x.measured_ms = r.measured_ms)
ORDER BY r.series, r.measured_ms LIMIT ?6
"""


@dataclass(slots=True)
class _Verdicts:
    """What became of a batch, reading by reading."""

    taken: int = 0
    refused: list[tuple[Key, str]] = field(default_factory=list)


class Feeder:
    """Feeds one server from one file; of several processes with that file one feeds, the others stand by."""

    def __init__(
        self,
        path: Path,
        pool: ConnectionPool,
        writing: threading.Lock,
        server: InfluxServer,
        clock: Clock,
        *,
        settings: ReadingSettings,
        adopt: Callable[[], None],
    ) -> None:
        self._lock_path = path.with_name(path.name + ".feeding.lock")
        self._pool, self._writing = pool, writing
        self._server, self._history = server, History(server)
        self._clock = clock
        self._adopt: Callable[[], None] | None = adopt if settings.queries != "none" else None
        self._batch_rows, self._can_ask = settings.batch_rows, settings.queries != "none"
        self._local_ms = settings.local_days * DAY_MS
        self._evict_due_s = time.monotonic()
        self._stop = threading.Event()
        self._back_off = BackOff(random.Random(), LONGEST_WAIT_S)  # noqa: S311  (jitter)
        self._alone: dict[Key, int] = {}
        self._thread = threading.Thread(target=self._run, name="influx-feeder", daemon=True)

    def start(self) -> None:
        """Feed in the background from now on."""
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """Feed no more; what waits is durable. A call to the server that is under way may take `wait_s`."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    @contextmanager
    def paused(self, wait_s: float) -> Iterator[None]:
        """Keep every process from feeding meanwhile; StoreUnavailableError when it cannot be had."""
        with holding(self._lock_path, wait_s) as got:
            if not got:
                raise StoreUnavailableError(f"{self._lock_path}: another process feeds the server for too long")
            yield

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self._turn())

    def _turn(self) -> float:
        """Feed one batch, and look after the old ones now and then; return how long to wait before the next."""
        try:
            if self.feed():
                return 0.0
            self._evict_when_due()
        except ServerAwayError as exc:
            return self._in_trouble(exc, exc.retry_after_s)
        except StoreUnavailableError as exc:
            return self._in_trouble(exc)
        except Exception as exc:  # a front door of its own: the thread must outlive a fault of ours
            log.exception("feeding failed")
            return self._in_trouble(exc)
        self._back_off.reset()
        return LINGER_S

    def _in_trouble(self, exc: Exception, at_least_s: float = 0.0) -> float:
        if self._stop.is_set():
            return 0.0  # the store was closed under a call
        wait_s = max(self._back_off.next_s(), at_least_s)
        log.warning("server not fed retry_in_s=%.1f why=%s", wait_s, exc)
        try:
            with self._pool.borrow() as connection:
                queue.tell(connection, str(exc) or type(exc).__name__, self._clock.now_utc())
        except StoreUnavailableError as fault:
            log.warning("trouble not noted why=%s", fault)
        return wait_s

    def _evict_when_due(self) -> None:
        now_s = time.monotonic()
        if not self._can_ask or now_s < self._evict_due_s:
            return
        gone = self.evict(to_ms(self._clock.now_utc()) - self._local_ms)
        self._evict_due_s = now_s + EVICT_EVERY_S
        log.info("old readings are on the server alone readings=%d", gone)

    def feed(self) -> bool:
        """Bring one batch to the server; return whether more may wait.

        Raises:
            ServerAwayError: If it stays in the queue.
        """
        with holding(self._lock_path) as got:
            if not got:
                return False
            if self._adopt is not None:
                self._adopt()
                self._adopt = None
            with self._pool.borrow() as connection:
                last_seq, waiting = queue.head(connection, self._batch_rows)
            if not last_seq:
                return False
            known = self._known(waiting)
            fresh = [each for each in waiting if each.key not in known]
            verdicts = self._deliver(fresh)
            self._settle(last_seq, verdicts, known)
        return len(waiting) >= self._batch_rows

    def _known(self, waiting: Sequence[Queued]) -> set[Key]:
        """Return the rows that came so late that the server knew them before us: there the first one stands."""
        late: dict[Identity, Key] = {
            (each.reading.sensor_id, each.key[1]): each.key for each in waiting if each.unchecked
        }
        if not late or not self._can_ask:
            return set()
        return {late[identity] for identity in self._history.known(late)}

    def _deliver(self, batch: Sequence[Queued]) -> _Verdicts:
        verdicts = _Verdicts()
        if batch:
            lines = [to_line(self._server.measurement, each.reading) for each in batch]
            self._bisect([each.key for each in batch], lines, verdicts)
        if verdicts.refused and not verdicts.taken:
            self._check_alone(verdicts)
        return verdicts

    def _bisect(self, keys: Sequence[Key], lines: Sequence[str], verdicts: _Verdicts) -> None:
        """Halve a refused batch until the readings at fault are found; lines sent twice overwrite themselves."""
        try:
            self._server.write(lines)
        except RowsRefusedError as exc:
            if len(keys) == 1:
                verdicts.refused.append((keys[0], str(exc)))
                if len(verdicts.refused) >= REFUSALS_IN_A_ROW and not verdicts.taken:
                    raise ServerAwayError(f"refuses every reading: {exc}") from exc
                return
            middle = len(keys) // 2
            self._bisect(keys[:middle], lines[:middle], verdicts)
            self._bisect(keys[middle:], lines[middle:], verdicts)
        else:
            verdicts.taken += len(keys)

    def _check_alone(self, verdicts: _Verdicts) -> None:
        """With no reading taken, the server may be at fault: try again some times before blaming the readings."""
        self._alone = {key: self._alone.get(key, 0) + 1 for key, _ in verdicts.refused}
        if min(self._alone.values()) < REFUSALS_ALONE:
            raise ServerAwayError(f"refuses what it is sent: {verdicts.refused[0][1]}")

    def _settle(self, last_seq: int, verdicts: _Verdicts, known: set[Key]) -> None:
        for key, reason in verdicts.refused:
            log.warning("reading set aside series=%d measured_ms=%d why=%s", *key, reason)
        now = self._clock.now_utc()
        with self._writing, self._pool.borrow() as connection, transaction(connection):
            queue.leave(connection, last_seq, verdicts.taken + len(known))
            queue.refuse(connection, verdicts.refused, now)
            queue.tell(connection, "", now)
            _, here_from_ms = queue.reach_ms(connection)
            # Newer ones are asked of this file alone; they are the server's because we sent them and were not told.
            _drop(connection, (key for key in known if key[1] < here_from_ms))

    def evict(self, before_ms: int) -> int:
        """Drop readings measured before `before_ms` from this file once the server has given them back.

        Nothing is dropped while readings of that age still wait.

        Returns:
            How many went. What the server turns out not to have is put into the queue again.
        """
        gone = 0
        with holding(self._lock_path) as got, self._pool.borrow() as connection:
            if not got or connection.execute(_OLD_WAIT, (before_ms,)).fetchone():
                return 0
            gone_before_ms, _ = queue.reach_ms(connection)  # what came after its deletion waits here for the next
            for found in _old_rows(connection, gone_before_ms, before_ms):
                known = self._history.known(found.values())
                safe = [key for key, identity in found.items() if identity in known]
                lost = [key for key, identity in found.items() if identity not in known]
                with self._writing, transaction(connection):
                    queue.set_here_from(connection, before_ms)
                    _drop(connection, safe)
                    queue.requeue(connection, lost)
                if lost:
                    log.warning("server lacked readings it had taken: sent again readings=%d", len(lost))
                gone += len(safe)
        return gone


def _old_rows(connection: sqlite3.Connection, from_ms: int, before_ms: int) -> Iterator[dict[Key, Identity]]:
    """Yield old rows that can be on the server, some at a time."""
    series = sorted(number for (number,) in connection.execute(sql.ALL_SERIES).fetchall())
    for some in batched(series, _SERIES_PER_CHECK):
        after: Key = (some[0], queue.EVER_MS)
        while True:
            found = connection.execute(_OLD_ROWS, (some[-1], from_ms, before_ms, *after, _ROWS_PER_CHECK)).fetchall()
            if not found:
                break
            yield {(number, measured_ms): (sensor, measured_ms) for number, measured_ms, sensor in found}
            after = found[-1][:2]


def _drop(connection: sqlite3.Connection, keys: Iterable[Key]) -> None:
    connection.executemany("DELETE FROM reading WHERE series = ? AND measured_ms = ?", keys)
