"""Power cuts: at any write of the store, and of the whole machine with broker, ingest and registry on one disk."""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

from simulator.faults import writer
from simulator.faults.brokers import Broker, Embedded
from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.ledger import Verdict
from simulator.faults.mounts import PowerDisk
from simulator.faults.recording import Disk, Entry, entries
from simulator.faults.rig import Bench, Rig
from simulator.faults.shim import Shim, build
from tomma.errors import StoreUnavailableError
from tomma.stores.sqlite_readings import SqliteReadings

IMAGES_PER_ROUND, BATCHES, SHOWN = 500, 60, 5
"""A recording has twelve hundred writes and syncs, from the first batch to the checkpoint of a close."""
RECORD_WITHIN_S = 600.0
MEMORY = Path("/dev/shm")  # noqa: S108  (images are made by the thousand; a disk would only be worn)
DISK_MB = 64
LIVES_S = 1.5
CUTS_PER_KILL = 0.1
FLOW_PER_S, SYNCED_FLOW_PER_S = 300.0, 60.0
BROKER_MAY_LOSE_S = 0.1
"""As shipped it forces its file to the disk each 10 ms: what came since, and what waits for that, may be gone."""


def any_write(bench: Bench, effort: Effort) -> Outcome:
    """Record every write and sync of a store, then open what a power cut between any two of them may leave."""
    del bench
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    rounds, writes, broken = -(-effort.images // IMAGES_PER_ROUND), 0, list[str]()
    lost: list[int] = []
    torn: list[int] = []
    for number in range(rounds):
        images = min(IMAGES_PER_ROUND, effort.images - number * IMAGES_PER_ROUND)
        with tempfile.TemporaryDirectory(prefix="tomma-power-", dir=parent) as name:
            disk, record = _record(Path(name), BATCHES)
            recorded = list(entries(record))
            cuts = sorted(effort.rng.choices(range(1, len(recorded) + 1), k=images))
            image = Path(name) / "image"
            image.mkdir()
            missing, in_part, refused = _open_all(disk, recorded, cuts, image, effort.rng)
        writes += len(recorded)
        lost += missing
        torn += in_part
        broken += refused
    facts = {"images": effort.images, "writes": writes}
    verdict = Verdict(rounds * BATCHES * writer.BATCH, tuple(lost), tuple(torn))
    return Outcome(verdict, facts=facts, broken=tuple(broken[:SHOWN]))


def _record(folder: Path, batches: int) -> tuple[Disk, bytes]:
    """Return the disk before a writer began, and what the shim recorded of it."""
    under, record = folder / "store", folder / "record"
    under.mkdir()
    SqliteReadings(under / writer.STORE).close()
    before = Disk({path.name: bytearray(path.read_bytes()) for path in under.iterdir()})
    with Shim(build(folder), under, folder, record=record) as shim:
        subprocess.run(
            [sys.executable, "-m", writer.__name__, str(under), str(batches)],
            env={**os.environ, **shim.environment},
            check=True,
            timeout=RECORD_WITHIN_S,
        )
    return before, record.read_bytes()


def _open_all(
    disk: Disk, recorded: list[Entry], cuts: list[int], image: Path, rng: random.Random
) -> tuple[tuple[int, ...], tuple[int, ...], list[str]]:
    """Return the batches that were promised and missing, those that were there in part, and what would not open."""
    promised, taken = 0, 0
    lost: set[int] = set()
    torn: set[int] = set()
    broken: list[str] = []
    for cut in cuts:
        for entry in recorded[taken:cut]:
            promised += len(entry.content) if entry.name == writer.PROMISED else 0
            disk.take(entry)
        taken = cut
        disk.after_a_cut(image, rng)
        try:
            stored = _stored(image / writer.STORE)
        except (StoreUnavailableError, sqlite3.Error) as exc:
            broken.append(f"after {cut} writes: {exc}")
        else:
            lost.update(range(stored // writer.BATCH, promised))
            torn.update([stored // writer.BATCH] if stored % writer.BATCH else [])
        for path in image.iterdir():
            path.unlink()
    return tuple(sorted(lost)), tuple(sorted(torn)), broken


def _stored(path: Path) -> int:
    """Open the image as any start of the service does; return how many readings it holds."""
    first = writer.START_UTC.date()
    with closing(SqliteReadings(path)) as store:
        found = sum(day.readings for each in writer.bins() for day in store.daily(each, first, first + timedelta(9)))
    with closing(sqlite3.connect(path)) as connection:
        said = connection.execute("PRAGMA quick_check").fetchone()[0]
    if said != "ok":
        raise sqlite3.DatabaseError(said)
    return found


def whole_machine(bench: Bench, effort: Effort) -> Outcome:
    """Cut the power under broker, ingest and store, with the broker told to force every message to the disk."""
    return _machine_cut(bench, effort, lambda data_dir: Embedded(data_dir, sync="always"), SYNCED_FLOW_PER_S)


def whole_machine_as_shipped(bench: Bench, effort: Effort) -> Outcome:
    """The same with the broker as shipped: what devices published in the last moment before a cut may be gone."""
    outcome = _machine_cut(bench, effort, Embedded, FLOW_PER_S)
    cuts = int(outcome.facts["cuts"])
    return outcome.stating(round(cuts * FLOW_PER_S * BROKER_MAY_LOSE_S))


def _machine_cut(bench: Bench, effort: Effort, broker: Callable[[Path], Broker], flow_per_s: float) -> Outcome:
    cuts = 2 if effort.quick else max(2, round(effort.kills * CUTS_PER_KILL))
    recovered_s: list[float] = []
    with ExitStack() as rim:
        folder = Path(rim.enter_context(tempfile.TemporaryDirectory(prefix="tomma-power-")))
        disk = PowerDisk(folder / "disk.img", folder / "disk", DISK_MB)
        rim.callback(disk.unmount)
        rig = rim.enter_context(bench.rig(data_dir=disk.directory, broker=broker))
        disk.sync()  # what a city has set up is older than a second
        with rig.publisher.flowing(flow_per_s):
            for _ in range(cuts):
                time.sleep(effort.rng.uniform(0.3, LIVES_S))
                _cut(rig, disk)
                back_s = time.monotonic()
                rig.broker.start()
                rig.start_ingest(wait=False, warm=False)
                recovered_s.append(rig.recovered_s(back_s))
        return Outcome(rig.settle(), tuple(recovered_s), facts={"cuts": cuts})


def _cut(rig: Rig, disk: PowerDisk) -> None:
    """Cut, end everything, mount again; a PUBACK that comes after the cut is none, since the machine was off."""
    until_then = rig.publisher.cut_off()
    disk.cut()
    rig.kill_ingest()
    rig.broker.kill()
    rig.ledger.acknowledged &= until_then
    disk.unmount()
    disk.mount()


CASES = (
    Case(
        "S1",
        ("S1",),
        "the power is cut at any write of the store: what was not synced is there, in part, torn, or not",
        "every image opens, is whole, and holds every promised batch, none of them in part",
        any_write,
        in_quick=True,
    ),
    Case(
        "S1-machine",
        ("S1",),
        "the power of the whole machine is cut (ext4 goes down without a flush); embedded_sync = always",
        "nothing that was acknowledged to a device is lost, nothing is there twice, everything starts again",
        whole_machine,
    ),
    Case(
        "S1-shipped",
        ("S1",),
        "the same with the embedded broker as shipped",
        "lost is at most what devices published in the last tenth of a second, as stated",
        whole_machine_as_shipped,
    ),
)
