"""One city on the bench: a data directory, a broker, an ingest that may die, a publisher with its ledger, the store."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.faults.brokers import Broker, Embedded
from simulator.faults.command import Command, Starter
from simulator.faults.ledger import Ledger, Verdict
from simulator.faults.numbers import Numbers, bin_of, is_clockless, numbered_city
from simulator.faults.publisher import NumberedPublisher
from tomma.errors import StoreUnavailableError, TommaError
from tomma.model import Reading
from tomma.ports import ReadingStore
from tomma.stores.books.database import open_database
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.readings.sqlite import SqliteReadings

ALL_TIME = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
PATIENCE_S = 45.0
"""Without a single new reading for so long, what is missing is lost: longer than every redelivery and back-off."""
LINGER_S = 5.0
"""The embedded broker sends again after 4 s what was not acknowledged: a second copy would show by then."""
PROBE_POLL_S, PROBE_EVERY_S = 0.01, 1.0
NOTHING: Mapping[str, str] = {}


class NeverRecoveredError(TommaError):
    """No fresh reading became queryable."""


class Rig:
    """What a case works with. `start` first; leaving the context of `rig_in` ends everything."""

    def __init__(
        self,
        data_dir: Path,
        starter: Starter,
        *,
        broker: Broker | None,
        settings: Mapping[str, str],
        warm: bool,
        opened: Callable[[Path], ReadingStore],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._patience_s, self._opened = patience_s, opened
        self.data_dir, self.warm = data_dir, warm
        self.broker = broker or Embedded(data_dir)
        self.settings = {
            "TOMMA_DATA_DIR": str(data_dir),
            "TOMMA_CONFIG": os.devnull,
            **self.broker.settings(),
            **settings,
        }
        self.ingest: Command | None = None
        self.complaints = ""
        """What ended ingests said on standard error."""
        self.starts = 0
        self._starter = starter
        login = self.broker.device()
        self.publisher = NumberedPublisher(login, Numbers.before(datetime.now(UTC)))

    @property
    def ledger(self) -> Ledger:
        """The publisher's books."""
        return self.publisher.ledger

    @contextlib.contextmanager
    def store(self) -> Iterator[ReadingStore]:
        """The reading store, opened as the pages open it."""
        with contextlib.closing(self._opened(self.data_dir)) as opened:
            yield opened

    def start_ingest(
        self,
        *options: str,
        wait: bool = True,
        warm: bool | None = None,
        environment: Mapping[str, str] = NOTHING,
    ) -> Command:
        """Start `tomma ingest`, and with `wait` return when the broker has granted its subscriptions."""
        arguments = ["ingest", "--json", *options]
        warm = self.warm if warm is None else warm
        self.ingest = self._starter.start(arguments, self.data_dir, {**self.settings, **environment}, warm=warm)
        self.starts += 1
        if wait:
            self.ingest.until_said("ready")
        return self.ingest

    def kill_ingest(self) -> None:
        """Kill -9, and keep what it had complained about."""
        if self.ingest is not None:
            self.ingest.kill()
            self.complaints += self.ingest.complaints
            self.ingest = None

    def stop_ingest(self) -> int:
        """SIGTERM; return the exit code."""
        if self.ingest is None:
            return 0
        code = self.ingest.stop()
        self.complaints += self.ingest.complaints
        self.ingest = None
        return code

    def read_back(self) -> list[Reading]:
        """Return every reading in the store."""
        with self.store() as store:
            return [reading for readings in store.range_all(*ALL_TIME).values() for reading in readings]

    def recovered_s(self, since_s: float, within_s: float = PATIENCE_S) -> float:
        """Return how long after `since_s` (monotonic) a reading that was published after it could be queried.

        Another one is published each second: a broker that may lose some must not look as if it were dead.
        """
        probes: list[int] = []
        deadline_s, next_s = time.monotonic() + within_s, 0.0
        with self.store() as store:
            while True:
                if time.monotonic() >= next_s:
                    probes.append(self._publish_probe())
                    next_s = time.monotonic() + PROBE_EVERY_S
                if any(self._is_stored(store, number) for number in probes):
                    return time.monotonic() - since_s
                if time.monotonic() > deadline_s:
                    raise NeverRecoveredError(f"none of {probes} was queryable within {within_s:g} s: {self.state}")
                time.sleep(PROBE_POLL_S)

    def _publish_probe(self) -> int:
        """Publish a reading whose time we know; what is taken on the way there is published too."""
        while is_clockless(number := self.ledger.take()):
            self.publisher.publish(number)
        self.publisher.publish(number)
        return number

    def _is_stored(self, store: ReadingStore, number: int) -> bool:
        moment = self.publisher.numbers.measured_utc(number)
        try:
            return bool(store.range(bin_of(number), moment, moment + timedelta(milliseconds=1)))
        except StoreUnavailableError:
            return False

    @property
    def state(self) -> str:
        """How things stand, for a person who must find out why."""
        is_running = self.ingest is not None and self.ingest.is_running
        said = (self.complaints + (self.ingest.complaints if self.ingest else ""))[-1500:]
        return f"unacknowledged={self.publisher.open} ingest_is_running={is_running} it_said={said!r}"

    def settle(self, *, linger_s: float = LINGER_S) -> Verdict:
        """Wait until the store holds everything acknowledged or makes no progress, linger, and judge."""
        patience_s = self._patience_s
        with contextlib.suppress(TimeoutError):
            self.publisher.wait(lambda: self.publisher.open == 0, patience_s)
        missing, changed_s = -1, time.monotonic()
        while missing and time.monotonic() - changed_s < patience_s:
            began_s = time.monotonic()
            now_missing = len(self.ledger.audit(self._read_if_possible()).lost)
            if now_missing != missing:
                missing, changed_s = now_missing, time.monotonic()
            time.sleep(min(2.0, 0.05 + 3 * (time.monotonic() - began_s)))
        time.sleep(linger_s)
        return self.ledger.audit(self.read_back())

    def _read_if_possible(self) -> list[Reading]:
        try:
            return self.read_back()
        except StoreUnavailableError:
            return []


def embedded_store(data_dir: Path) -> ReadingStore:
    """Open the store that a city has without a time-series server."""
    return SqliteReadings(data_dir / "readings.sqlite3")


class Bench:
    """Makes rigs: what the cases of one run share."""

    def __init__(self, folder: Path, starter: Starter, patience_s: float = PATIENCE_S) -> None:
        self._folder, self._starter, self._patience_s = folder, starter, patience_s
        self._template = folder / "template"
        engine = open_database(f"sqlite:///{self._template / 'registry.sqlite3'}")
        try:
            SqlRegistry(engine).save(numbered_city())
        finally:
            engine.dispose()

    @contextlib.contextmanager
    def rig(
        self,
        *,
        broker: Callable[[Path], Broker] = Embedded,
        data_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
        opened: Callable[[Path], ReadingStore] = embedded_store,
        warm: bool = True,
        start: bool = True,
    ) -> Iterator[Rig]:
        """A rig in a directory of its own, with broker, ingest and publisher running unless `start` is false."""
        made = data_dir or Path(tempfile.mkdtemp(prefix="rig-", dir=self._folder))
        shutil.copytree(self._template, made, dirs_exist_ok=True)
        rig = Rig(
            made,
            self._starter,
            broker=broker(made),
            settings=settings or {},
            opened=opened,
            warm=warm,
            patience_s=self._patience_s,
        )
        try:
            if start:
                rig.broker.start()
                rig.start_ingest()
            with rig.publisher:
                yield rig
        finally:
            rig.kill_ingest()
            rig.broker.stop()
            if data_dir is None:
                shutil.rmtree(made, ignore_errors=True)
