"""A store as large as a city's after years, made in minutes, and how fast the two common questions are answered on it.

It is written past the port, without syncing, in the order in which a city sends: every bin in turn, round after round.
So its pages are as full as appending leaves them. What is asked goes through the port, in a process of its own.
"""

import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from tomma.stores.readings.sqlite import SqliteReadings

STEP_MS = 15 * 60_000
"""A reading a quarter of an hour."""
TURNS_PER_COMMIT = 250
"""Few commits: each writes nearly every page of the file, since every bin has grown."""
ASKED_TURNS = 1_400
"""A little more than a fortnight."""
FORTNIGHT = timedelta(days=14)
_FILL = """
INSERT INTO reading (series, measured_ms, delay_ms, fill, quality, distance, battery, temperature, counter)
WITH RECURSIVE bins(bin) AS (SELECT :first UNION ALL SELECT bin + 1 FROM bins WHERE bin < :last),
    turns(turn) AS (SELECT :turn UNION ALL SELECT turn + 1 FROM turns WHERE turn < :until)
SELECT bin, :began_ms + turn * :step_ms + (bin * 7919) % :step_ms, 300 + (bin * 31 + turn * 17) % 5000,
    (bin * 104729 + turn * 15485863) % 1000001, 0, 1000 + (bin * 7 + turn * 13) % 10000, 3400 + (bin + turn) % 250,
    (bin * 3 + turn * 11) % 2500 - 300, turn
FROM turns CROSS JOIN bins
"""
_LATEST = """
INSERT INTO latest
    (bin, sensor, series, measured_ms, delay_ms, fill, quality, distance, battery, temperature, counter, change)
SELECT p.bin, p.sensor, r.series, r.measured_ms, r.delay_ms, r.fill, r.quality, r.distance, r.battery, r.temperature,
    r.counter, 1
FROM series p JOIN reading r ON r.series = p.id
    AND r.measured_ms = (SELECT max(measured_ms) FROM reading WHERE series = p.id)
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large: every bin has `turns` readings, those that are asked at least a fortnight of them."""

    bins: int
    turns: int
    asked: int = 40

    @property
    def readings(self) -> int:
        """All readings."""
        return self.asked * max(self.turns, ASKED_TURNS) + (self.bins - self.asked) * self.turns


@dataclass(frozen=True, slots=True)
class Reads:
    """How many milliseconds the questions took, medians."""

    latest_ms: float
    """Every bin's newest reading, the first time in a process."""
    latest_again_ms: float
    """The same, when nothing has changed."""
    fortnight_ms: float
    """Fourteen days of one bin, each time another one."""
    fortnight_readings: int


def fill(path: Path, shape: Shape, say: Callable[[str], None]) -> float:
    """Make a store of this shape; return how many bytes of the file each reading takes."""
    SqliteReadings(path).close()
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("synchronous=OFF", "cache_size=-1500000", "wal_autocheckpoint=100000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        names = ((each, f"B{each:05d}", f"S{each:05d}") for each in range(1, shape.bins + 1))
        connection.executemany("INSERT INTO series VALUES (?, ?, ?)", names)
        connection.execute("COMMIT")
        for first, last, turns in (
            (1, shape.asked, max(shape.turns, ASKED_TURNS)),
            (shape.asked + 1, shape.bins, shape.turns),
        ):
            _fill_bins(connection, first, last, turns, now_ms, say)
        connection.execute(_LATEST)
        connection.execute("UPDATE append_count SET value = 1")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size / shape.readings


def _fill_bins(
    connection: sqlite3.Connection, first: int, last: int, turns: int, now_ms: int, say: Callable[[str], None]
) -> None:
    began_ms = now_ms - turns * STEP_MS
    for turn in range(0, turns, TURNS_PER_COMMIT):
        until = min(turns, turn + TURNS_PER_COMMIT) - 1
        told = {"first": first, "last": last, "turn": turn, "until": until, "began_ms": began_ms, "step_ms": STEP_MS}
        connection.execute(_FILL, told)
        if turn and last - first > 1_000:
            say(f"filling the large store: {turn} of {turns} readings of each bin")


def measure(path: Path, shape: Shape, repetitions: int) -> Reads:
    """Ask the store in `repetitions` new processes, which is how a front door that starts meets it."""
    command = [sys.executable, "-m", "ingest.bench.big_store", str(path), str(shape.asked)]
    done = [
        msgspec.json.decode(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout, type=Reads)
        for _ in range(repetitions)
    ]
    return Reads(
        statistics.median(each.latest_ms for each in done),
        statistics.median(each.latest_again_ms for each in done),
        statistics.median(each.fortnight_ms for each in done),
        done[0].fortnight_readings,
    )


def ask(path: Path, asked: int) -> Reads:
    """Ask the store once for all bins, and for the last fourteen days of the first `asked` bins one by one."""
    with closing(SqliteReadings(path)) as store:
        latest_ms, latest = _timed_ms(store.latest)
        again_ms, _ = _timed_ms(store.latest)
        newest_utc = max(each.measured_utc for each in latest.values())
        took_ms, found = [], 0
        for bin_id in sorted(latest)[:asked]:
            each_ms, readings = _timed_ms(partial(store.range, bin_id, newest_utc - FORTNIGHT, newest_utc))
            took_ms.append(each_ms)
            found = len(readings)
    return Reads(latest_ms, again_ms, statistics.median(took_ms), found)


def _timed_ms[T](question: Callable[[], T]) -> tuple[float, T]:
    began_s = time.perf_counter()
    answer = question()
    return 1000 * (time.perf_counter() - began_s), answer


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(ask(Path(sys.argv[1]), int(sys.argv[2]))))
