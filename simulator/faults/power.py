"""Power cuts: at any write of the stores, and of the whole machine with broker, ingest and registry on one disk."""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from simulator.faults.brokers import Broker, Embedded
from simulator.faults.case import Case, Effort, Outcome
from simulator.faults.images import any_write
from simulator.faults.mounts import PowerDisk
from simulator.faults.rig import Bench, Rig

DISK_MB = 64
LIVES_S = 1.5
CUTS_PER_KILL = 0.1
FLOW_PER_S, SYNCED_FLOW_PER_S = 300.0, 60.0
BROKER_MAY_LOSE_S = 0.1
"""As shipped it forces its file to the disk each 10 ms: what came since, and what waits for that, may be gone."""


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
        "the power is cut at any write of the reading store: what was not synced is there, in part, torn, or not",
        "every image opens, is whole, and holds every promised batch, none of them in part",
        any_write("readings"),
        in_quick=True,
    ),
    Case(
        "S1-books",
        ("S1",),
        "the same of the registry: taps, plans, messages, accounts, care, and the audit's chain with its keys",
        "every image opens and is whole; all that was promised is there, its chain holds, its secrets open",
        any_write("books"),
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
