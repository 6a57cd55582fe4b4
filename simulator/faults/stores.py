"""The disk is full, fails, is read-only or held by another; the store's process is frozen or doubled."""

import errno
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.command import Command, CommandFailedError
from simulator.faults.mounts import small_disk
from simulator.faults.rig import Bench, Rig
from simulator.faults.shim import Shim, build

DISK_KB = 6_000
BURST = 300
FAULT_S = 6.0
"""Longer than SQLite waits for a lock, and than a retry's back-off."""
RANDOM_PERMILLE = 20


def disk_full(bench: Bench, _: Effort) -> Outcome:
    """Fill the store's disk, publish, free it again; the broker's disk has room."""
    with ExitStack() as rim:
        folder = Path(rim.enter_context(tempfile.TemporaryDirectory(prefix="tomma-full-")))
        disk = rim.enter_context(small_disk(folder / "disk", DISK_KB))
        (folder / "broker").mkdir(mode=0o700)
        (disk / "broker").symlink_to(folder / "broker")
        rig = rim.enter_context(bench.rig(data_dir=disk))
        return _filled(rig, disk)


def disk_full_for_all(bench: Bench, _: Effort) -> Outcome:
    """The same on the one disk of a small machine: the broker's store has no room either."""
    with ExitStack() as rim:
        folder = Path(rim.enter_context(tempfile.TemporaryDirectory(prefix="tomma-full-")))
        disk = rim.enter_context(small_disk(folder / "disk", 2 * DISK_KB))
        rig = rim.enter_context(bench.rig(data_dir=disk, start=False))
        rig.start_ingest("--embedded-broker")
        return _filled(rig, disk, acknowledged_meanwhile=False)


def _filled(rig: Rig, disk: Path, *, acknowledged_meanwhile: bool = True) -> Outcome:
    rig.publisher.burst(BURST)
    rig.settle(linger_s=0.0)
    ballast = disk / "ballast"
    _fill(ballast)
    for _ in range(BURST):
        rig.publisher.publish(rig.ledger.take())
    if acknowledged_meanwhile:
        rig.publisher.wait(lambda: rig.publisher.open == 0, FAULT_S * 5)
    time.sleep(FAULT_S)
    broken = [*_must_complain(rig, "disk is full"), *_must_read(rig, BURST)]
    ballast.unlink()
    freed_s = time.monotonic()
    recovered_s = rig.recovered_s(freed_s)
    return Outcome(rig.settle(), (recovered_s,), broken=tuple(broken))


def _fill(path: Path) -> None:
    """Take every block of the disk that is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError as exc:
            if exc.errno != errno.ENOSPC:
                raise


def _must_complain(rig: Rig, words: str) -> list[str]:
    """Return what is untrue about how ingest tells its trouble: it must run, and say what is wrong."""
    if rig.ingest is None or not rig.ingest.is_running:
        return [f"ingest must go on trying, but it ended: {rig.state}"]
    if words not in rig.ingest.complaints:
        return [f"ingest must say {words!r}, it said {rig.ingest.complaints[-500:]!r}"]
    return []


def _must_read(rig: Rig, least: int) -> list[str]:
    found = len(rig.read_back())
    return [] if found >= least else [f"reading must go on, {least} were stored, got {found}"]


@contextmanager
def _shimmed(bench: Bench) -> Iterator[tuple[Rig, Shim]]:
    """A rig whose ingest runs with the shim under it; the broker and our own reading do not feel it."""
    with ExitStack() as rim:
        folder = Path(rim.enter_context(tempfile.TemporaryDirectory(prefix="tomma-shim-")))
        library = build(folder)
        rig = rim.enter_context(bench.rig(start=False, warm=False))
        shim = rim.enter_context(Shim(library, rig.data_dir / "readings.sqlite3", folder))
        rig.broker.start()
        rig.start_ingest(environment=shim.environment)
        yield rig, shim


def failing_disk(bench: Bench, effort: Effort) -> Outcome:
    """Let 2 % of writes and syncs fail with EIO while readings flow, then all of them, then none."""
    with _shimmed(bench) as (rig, shim):
        with rig.publisher.flowing(300):
            shim.fail(errno.EIO, writes=RANDOM_PERMILLE, syncs=RANDOM_PERMILLE)
            time.sleep(FAULT_S if effort.quick else 5 * FAULT_S)
            shim.fail(errno.EIO)
            time.sleep(FAULT_S)
            broken = _must_complain(rig, "cannot be read or written")
            shim.heal()
            recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,), facts={"failed_calls": shim.get("failed")}, broken=tuple(broken))


def read_only(bench: Bench, _: Effort) -> Outcome:
    """Let the file system turn read-only under the store, as ext4 does after an error, and back."""
    with _shimmed(bench) as (rig, shim):
        rig.publisher.burst(BURST)
        rig.settle(linger_s=0.0)
        shim.fail(errno.EROFS)
        rig.publisher.burst(BURST)
        time.sleep(FAULT_S / 2)
        broken = [*_must_complain(rig, "store unavailable"), *_must_read(rig, 1)]
        shim.heal()
        recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,), broken=tuple(broken))


def held_by_another(bench: Bench, _: Effort) -> Outcome:
    """Let another process hold the store's write lock for longer than a writer waits."""
    with bench.rig() as rig:
        with rig.publisher.flowing(200):
            time.sleep(0.5)
            with closing(sqlite3.connect(rig.data_dir / "readings.sqlite3", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(1.6 * FAULT_S)
                broken = [*_must_complain(rig, "another process has been writing"), *_must_read(rig, 1)]
                other.execute("ROLLBACK")
            recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,), broken=tuple(broken))


def frozen_ingest(bench: Bench, _: Effort) -> Outcome:
    """Stop ingest where it is for longer than the broker waits for an acknowledgement: then all comes again."""
    with bench.rig() as rig:
        with rig.publisher.flowing(300):
            time.sleep(1.0)
            if rig.ingest is not None:
                rig.ingest.freeze()
                time.sleep(1.6 * FAULT_S)
                rig.ingest.thaw()
            recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,))


def two_ingests(bench: Bench, _: Effort) -> Outcome:
    """Start a second ingest beside the first, on the same store and with the same name at the broker."""
    with bench.rig() as rig:
        with rig.publisher.flowing(200):
            first = rig.ingest
            second = rig.start_ingest(wait=False)
            rig.ingest = first
            broken = _must_refuse(second)
            recovered_s = rig.recovered_s(time.monotonic())
        return Outcome(rig.settle(), (recovered_s,), broken=tuple(broken))


def _must_refuse(second: Command) -> list[str]:
    try:
        code = second.wait(2 * FAULT_S)
    except CommandFailedError:
        second.kill()
        return ["the second must refuse to start; it runs"]
    said = second.complaints.strip().splitlines()
    return [] if code == 1 and len(said) == 1 else [f"one plain line is wanted, got {said[-3:]}"]


CASES = (
    Case(
        "S2",
        ("S2",),
        "the store's disk is full (a tmpfs of 6 MB), then has room again",
        "nothing acknowledged towards the broker, the log says why, reading goes on, heals by itself",
        disk_full,
        in_quick=True,
    ),
    Case(
        "S2-all",
        ("S2",),
        "the one disk of store, broker and registry is full, then has room again",
        "no PUBACK for what cannot be kept; heals by itself",
        disk_full_for_all,
    ),
    Case(
        "S3",
        ("S3",),
        "2 % of writes and syncs fail with EIO, then all of them, then none",
        "nothing lost; the log says that the disk fails; heals by itself",
        failing_disk,
        in_quick=True,
    ),
    Case(
        "S4-readonly",
        ("S4",),
        "the store's file system turns read-only and back",
        "nothing lost, reading goes on, heals by itself",
        read_only,
    ),
    Case(
        "S3-busy",
        ("S3",),
        "another process holds the write lock for 10 s",
        "nothing lost, the log says who is in the way, goes on when it lets go",
        held_by_another,
    ),
    Case(
        "S10",
        ("S10", "M4"),
        "ingest is frozen (SIGSTOP) for 10 s: the broker sends everything again",
        "nothing twice",
        frozen_ingest,
    ),
    Case(
        "S9",
        ("S9",),
        "a second ingest is started on the same store",
        "the second refuses with one plain line; the first goes on",
        two_ingests,
    ),
)
