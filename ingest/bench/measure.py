"""One taker on one load: how many a second, at what cost, how soon to be seen, and whether everything is there."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import psutil

from ingest.bench.brokers import BrokerAt, StartBroker
from ingest.bench.load import Load
from ingest.bench.publisher import Job, Published
from ingest.bench.reckoning import Reckoning, reckon
from ingest.bench.takers import StartTaker, Taking
from ingest.bench.views import bytes_on_disk

LOOK_EVERY_S = 0.01
"""Between two looks into the store: what is seen is at most this much older than it could be."""
PILOT_S = 0.5
FEWEST = 20
STALLED_S = 15.0
"""A store that shows nothing new for so long shows no more."""
PUBLISHER_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of the load a taker gets."""

    full_speed_s: float
    """As many messages as it takes in so many seconds, judged by a short run before."""
    paced_per_s: float
    paced_s: float
    messages_max: int = 400_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one taker did in one run."""

    messages: int
    readings_per_s: float
    """From the first publish until the last reading can be queried, at full speed."""
    taker_cpu_us: float
    """CPU time of the taker's processes for each reading at full speed. [us]"""
    broker_cpu_us: float
    publisher_cpu_us: float
    latencies_ms: Sequence[float]
    """From publish until seen by another process, at the pace."""
    reckoning: Reckoning
    bytes_on_disk: int


def run(start_broker: StartBroker, start_taker: StartTaker, load: Load, effort: Effort, directory: Path) -> Outcome:
    """Start a broker and the taker, give it the load, end them, and reckon."""
    with start_broker(directory / "broker") as broker:
        with start_taker(broker, directory, load) as taking:
            bench = _Bench(broker, taking, load)
            per_s = bench.warm_up()
            per_s, *_ = bench.full_speed(max(FEWEST, int(per_s * PILOT_S)))  # only now it is warm
            speed = bench.full_speed(max(FEWEST, int(min(effort.messages_max, per_s * effort.full_speed_s))))
            latencies_ms = bench.paced(effort.paced_per_s, effort.paced_s)
            bench.wait_until_still()
            reckoning = reckon(load, range(bench.sent), taking.view.kept())
        size = bytes_on_disk(taking.path)
    return Outcome(bench.sent, *speed, latencies_ms, reckoning, size)


class _Bench:
    """Publishes piece after piece and knows how many there were."""

    def __init__(self, broker: BrokerAt, taking: Taking, load: Load) -> None:
        self._broker, self._taking, self._load = broker, taking, load
        self.sent = 0

    def warm_up(self) -> float:
        """Let every sensor speak once; return how many a second were taken.

        The first reading goes alone, again and again, since some takers say that they are ready before they are.
        """
        for _ in range(50):
            with self._publishing(1, None, first=0) as publisher:
                publisher.finish()
            if self._comes(0, 0.4):
                break
        began_s = time.monotonic()
        with self._publishing(self._load.sensors, None, first=0) as publisher:
            publisher.finish()
        self.sent = self._load.sensors
        self._comes(self.sent - 1, STALLED_S)
        return self._load.sensors / (time.monotonic() - began_s)

    def full_speed(self, count: int) -> tuple[float, float, float, float]:
        """Publish as fast as the broker takes it; return readings/s and CPU microseconds a reading of all three."""
        with self._publishing(count, None, first=self.sent) as publisher:
            before = [_cpu_s(pid) for pid in (self._taking.pid, self._broker.pid)]
            publisher.go()
            self.sent += count
            self._comes(self.sent - 1, PUBLISHER_WITHIN_S)
            seen_s = time.monotonic()
            after = [_cpu_s(pid) for pid in (self._taking.pid, self._broker.pid)]
            published = publisher.finish()
        spent_s = [*(b - a for a, b in zip(before, after, strict=True)), published.cpu_s]
        taker, broker, own = (1e6 * each / count for each in spent_s)
        return count / (seen_s - published.began_s), taker, broker, own

    def paced(self, per_s: float, for_s: float) -> list[float]:
        """Publish at a pace; return how many milliseconds after its publish each message was seen."""
        count, first, view = int(per_s * for_s), self.sent, self._taking.view
        if not count:
            return []
        list(view.fresh())
        seen_s: dict[int, float] = {}
        with self._publishing(count, per_s, first=first) as publisher:
            publisher.go()
            self.sent += count
            news_s = time.monotonic()
            while len(seen_s) < count and time.monotonic() - news_s < STALLED_S:
                found = [number for number in view.fresh() if number >= first]
                if found:
                    news_s = time.monotonic()
                    seen_s.update((number, news_s) for number in found if number not in seen_s)
                time.sleep(LOOK_EVERY_S)
            published = publisher.finish()
        return _latencies_ms(published, first, seen_s)

    def wait_until_still(self) -> None:
        """Return when nothing more comes: what is missing then is lost."""
        if not self._comes(self.sent - 1, STALLED_S):
            return
        while list(self._taking.view.fresh()):
            time.sleep(0.3)

    def _comes(self, number: int, within_s: float) -> bool:
        deadline_s = time.monotonic() + within_s
        while not self._taking.view.has(number):
            if time.monotonic() > deadline_s:
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    @contextlib.contextmanager
    def _publishing(self, count: int, per_s: float | None, first: int) -> Iterator["_PublisherProcess"]:
        broker, load = self._broker, self._load
        login = broker.publisher
        at = (broker.host, broker.port, login.username, login.password)
        with _PublisherProcess(Job(*at, load.sensors, load.began_utc, first, count, per_s)) as publisher:
            yield publisher


class _PublisherProcess:
    """The load generator, made ready: it begins when told to."""

    def __init__(self, job: Job) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.bench.publisher"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._told = False
        self._write(msgspec.json.encode(job))
        self._line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def go(self) -> None:
        """Let it publish."""
        self._told = True
        self._write(b"go")

    def finish(self) -> Published:
        """Return what it did, once it is done."""
        if not self._told:
            self.go()
        return msgspec.json.decode(self._line(), type=Published)

    def _write(self, line: bytes) -> None:
        if self._process.stdin:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()

    def _line(self) -> bytes:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise ConnectionError("the load generator ended: the broker refused it, or stopped answering")
        return line


def _latencies_ms(published: Published, first: int, seen_s: dict[int, float]) -> list[float]:
    if not seen_s:
        return []
    ends, times_s = zip(*published.sent, strict=True)
    numbers = np.fromiter(seen_s, dtype=np.int64, count=len(seen_s))
    sent_s = np.asarray(times_s)[np.searchsorted(np.asarray(ends), numbers - first, side="right")]
    waited_s = np.fromiter(seen_s.values(), dtype=np.float64, count=len(seen_s)) - sent_s
    return [float(each) for each in 1000 * waited_s]


def _cpu_s(pid: int) -> float:
    """Return the CPU time of a process and its children so far."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(sum(each.cpu_times()[:2]) for each in family))
