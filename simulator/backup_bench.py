"""`tomma bench backup`: how long a backup takes while readings come in, and whether each row comes back.

The commands are run as an operator runs them; what they bring back is compared with the store itself, row by row.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tomma.errors import TommaError
from tomma.model import BinId, Reading, SensorId
from tomma.ports import ReadingStore
from tomma.settings import Settings
from tomma.stores.wiring import open_stores

app = typer.Typer(add_completion=False, help="Measure a backup under load, and prove that every row comes back.")

READINGS, QUICK_READINGS = 10_000_000, 100_000
BINS = 2_000
BATCH = 5_000
LIVE_PER_S = 100
"""New readings while it is copied: twelve times what 11,100 bins send that report every twenty minutes."""
LIVE_BATCH = 10
LIVE_SERIES = "live-%"
LIVE_BEGINS_WITHIN_S = 60.0
T0 = datetime(2024, 1, 1, tzinfo=UTC)
EVERY = timedelta(minutes=10)
ALLOWED_S = 300.0
"""What a backup and its way back may take together."""


@dataclass(slots=True)
class Live:
    """Readings that come in meanwhile."""

    acknowledged: int = 0
    worst_append_s: float = 0.0
    begun: threading.Event = field(default_factory=threading.Event)
    """Set once the first of them are stored."""


@app.command("backup")
def backup_command(
    readings: Annotated[int, typer.Option(min=1, help="How many are kept. [default: 10,000,000]")] = READINGS,
    quick: Annotated[bool, typer.Option("--quick", help="A hundred thousand.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Fill a store, back it up while readings come in, restore it elsewhere, and compare both row by row."""
    with tempfile.TemporaryDirectory(prefix="tomma-backup-") as name:
        result = _measure(Path(name), QUICK_READINGS if quick else readings)
    if as_json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
    else:
        for key, value in result.items():
            sys.stdout.write(f"{key:>22}  {value}\n")
    if not result["is_whole"]:
        raise typer.Exit(1)


def _measure(folder: Path, count: int) -> dict[str, object]:
    home, copy, elsewhere = (folder / each for each in ("home", "copy", "elsewhere"))
    with open_stores(Settings(data_dir=home)) as stores:
        fill_s = _fill(stores.readings, count)
        with _living(stores.readings) as live:
            if not live.begun.wait(LIVE_BEGINS_WITHIN_S):
                raise TommaError(f"no live reading was stored within {LIVE_BEGINS_WITHIN_S} s")
            before = live.acknowledged
            backup_s = _run("backup", copy, home)
            after = live.acknowledged
    restore_s = _run("restore", copy, elsewhere)
    began_s = time.perf_counter()
    found = compared(home / "readings.sqlite3", elsewhere / "readings.sqlite3")
    return {
        "readings": count,
        "megabytes": round((copy / "readings.sqlite3").stat().st_size / 1e6, 1),
        "fill_s": round(fill_s, 1),
        "live_readings_per_s": LIVE_PER_S,
        "worst_append_s": round(live.worst_append_s, 3),
        "backup_s": round(backup_s, 1),
        "restore_s": round(restore_s, 1),
        "compare_s": round(time.perf_counter() - began_s, 1),
        "rows_restored": found.rows,
        "rows_that_differ": found.rows - found.same,
        "live_before": before,
        "live_restored": found.live,
        "live_after": after,
        "is_in_time": backup_s + restore_s <= ALLOWED_S,
        "is_whole": found.same == found.rows == count + found.live
        and before <= found.live <= after + LIVE_BATCH
        and found.live % LIVE_BATCH == 0,
    }


def _fill(store: ReadingStore, count: int) -> float:
    began_s = time.perf_counter()
    for numbers in batched(range(count), BATCH):
        store.append([_reading(number, count) for number in numbers])
    return time.perf_counter() - began_s


def _reading(number: int, count: int) -> Reading:
    """Return one of a bin's, bin after bin: only so are ten million stored within minutes."""
    each = -(-count // BINS)
    measured_utc = T0 + EVERY * (number % each)
    bin_id = f"B{number // each}"
    fill_fraction = (number * 7919 % 10_000) / 10_000
    return Reading(
        BinId(bin_id),
        SensorId(f"S-{bin_id}"),
        measured_utc,
        measured_utc,
        fill_fraction,
        battery_v=3.6,
        temperature_c=4.5,
    )


@contextmanager
def _living(store: ReadingStore) -> Iterator[Live]:
    """Have readings come in, some each tenth of a second, and note how long the slowest append took."""
    live, done = Live(), threading.Event()

    def run() -> None:
        while not done.wait(LIVE_BATCH / LIVE_PER_S):
            batch = [_live_reading(live.acknowledged + n) for n in range(LIVE_BATCH)]
            began_s = time.perf_counter()
            store.append(batch)
            live.worst_append_s = max(live.worst_append_s, time.perf_counter() - began_s)
            live.acknowledged += len(batch)
            live.begun.set()

    thread = threading.Thread(target=run, name="living")
    thread.start()
    try:
        yield live
    finally:
        done.set()
        thread.join()


def _live_reading(number: int) -> Reading:
    measured_utc = T0 + timedelta(seconds=number)
    name = f"live-{number % LIVE_BATCH}"
    return Reading(BinId(name), SensorId(name), measured_utc, measured_utc, number % 100 / 100)


def _run(command: str, place: Path, data_dir: Path) -> float:
    """Run `tomma backup|restore PLACE` for a data directory and tell how long it took, in seconds."""
    own = {"TOMMA_DATA_DIR": str(data_dir), "TOMMA_CONFIG": os.devnull}
    began_s = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tomma", command, str(place)],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TommaError(f"tomma {command} ended with {done.returncode}: {done.stderr.strip()}")
    return time.perf_counter() - began_s


@dataclass(frozen=True, slots=True)
class Found:
    """What came back."""

    rows: int
    same: int
    """Rows that stand in the store that was copied, too, with the same value in each column."""
    live: int


def compared(home: Path, elsewhere: Path) -> Found:
    """Return what of the restored readings stands in the store as well, column by column."""
    with closing(sqlite3.connect(elsewhere)) as connection:
        connection.execute("ATTACH DATABASE ? AS home", [str(home)])
        columns = [row[1] for row in connection.execute("PRAGMA table_info(reading)")]
        equal = " AND ".join(f"theirs.{each} IS ours.{each}" for each in columns)
        same = (
            f"SELECT count(*) FROM reading AS theirs JOIN home.reading AS ours"  # noqa: S608  (names of our own)
            f" ON ours.series = theirs.series AND ours.measured_ms = theirs.measured_ms WHERE {equal}"
        )
        live = "SELECT count(*) FROM reading JOIN series ON series.id = reading.series WHERE series.bin LIKE ?"
        return Found(
            rows=connection.execute("SELECT count(*) FROM reading").fetchone()[0],
            same=connection.execute(same).fetchone()[0],
            live=connection.execute(live, [LIVE_SERIES]).fetchone()[0],
        )
