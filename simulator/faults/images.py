"""Records every write, sync and name of a store, then opens what a power cut between any two of them may leave."""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.faults import writer
from simulator.faults.case import Effort, Outcome
from simulator.faults.ledger import Verdict
from simulator.faults.recording import Disk, Entry, entries
from simulator.faults.rig import Bench
from simulator.faults.shim import Shim, build
from tomma.errors import TommaError

IMAGES_PER_ROUND, STEPS, SHOWN = 500, 60, 5
"""A recording has some two thousand entries, with the log folded in between, to the close of the store."""
RECORD_WITHIN_S = 600.0
MEMORY = Path("/dev/shm")  # noqa: S108  (images are made by the thousand; a disk would only be worn)
BORN_EVERY, BIRTH_PART = 4, 8
"""One recording in so many begins with an empty directory, and is cut in its first eighth: while the store is born."""


@dataclass(slots=True)
class Found:
    """What the images of one story showed."""

    lost: set[int] = field(default_factory=set)
    """Steps that were promised and are missing, or there in part."""
    broken: list[str] = field(default_factory=list)
    """What did not open, or was not whole, and where."""
    entries: int = 0
    steps: int = 0


def any_write(name: str) -> Callable[[Bench, Effort], Outcome]:
    """Return the case for a story of `writer`."""

    def run(_: Bench, effort: Effort) -> Outcome:
        found = Found()
        for number in range(-(-effort.images // IMAGES_PER_ROUND)):
            images = min(IMAGES_PER_ROUND, effort.images - number * IMAGES_PER_ROUND)
            play(name, images, found, effort.rng, born=number % BORN_EVERY == BORN_EVERY - 1)
        facts = {"images": effort.images, "entries": found.entries}
        promised = found.steps * writer.STORIES[name].rows
        return Outcome(Verdict(promised, tuple(sorted(found.lost))), facts=facts, broken=tuple(found.broken[:SHOWN]))

    return run


def play(name: str, images: int, found: Found, rng: random.Random, *, born: bool, script: Path | None = None) -> None:
    """Record one story and open images of it.

    Args:
        name: The story.
        images: How many.
        found: Told what they show.
        rng: Draws where the power is cut, and what is left then.
        born: Whether the story begins with an empty directory, and is cut in its beginning only.
        script: Plays it in place of `writer`: one with a fault planted, to try the harness itself.
    """
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="tomma-power-", dir=parent) as folder:
        disk, record = _record(name, script, Path(folder), born=born)
        recorded = list(entries(record))
        last = len(recorded) // BIRTH_PART if born else len(recorded)
        cuts = sorted(rng.choices(range(1, last + 1), k=images))
        found.entries += len(recorded)
        found.steps += STEPS
        _open_all(writer.STORIES[name], disk, recorded, cuts, Path(folder) / "image", found, rng)


def _record(name: str, script: Path | None, folder: Path, *, born: bool) -> tuple[Disk, bytes]:
    """Return the disk before a writer began, and what the shim recorded of it."""
    under, record = folder / "store", folder / "record"
    under.mkdir()
    if not born:
        with writer.STORIES[name].writing(under):
            pass
    before = Disk.of(under)
    with Shim(build(folder), under, folder, record=record) as shim:
        subprocess.run(
            [sys.executable, *([str(script)] if script else ["-m", writer.__name__]), name, str(under), str(STEPS)],
            env={**os.environ, **shim.environment},
            check=True,
            timeout=RECORD_WITHIN_S,
        )
    return before, record.read_bytes()


def _open_all(
    story: writer.Story,
    disk: Disk,
    recorded: list[Entry],
    cuts: list[int],
    image: Path,
    found: Found,
    rng: random.Random,
) -> None:
    promised, taken = 0, 0
    image.mkdir()
    for cut in cuts:
        for entry in recorded[taken:cut]:
            promised += len(entry.content) if entry.name == writer.PROMISED and entry.kind == "w" else 0
            disk.take(entry)
        taken = cut
        disk.after_a_cut(image, rng)
        try:
            kept = story.kept(image, STEPS)
            _quick_check(image / story.database)
        except (TommaError, sqlite3.Error) as exc:
            found.broken.append(f"after {cut} of {len(recorded)}: {exc}")
        else:
            found.lost.update(number for number in range(promised) if kept[number] < 1.0)
            found.broken += [f"after {cut}: step {n} in part" for n, part in enumerate(kept) if 0.0 < part < 1.0]
        for path in image.iterdir():
            path.unlink()


def _quick_check(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        said = connection.execute("PRAGMA quick_check").fetchone()[0]
    finally:
        connection.close()
    if said != "ok":
        raise sqlite3.DatabaseError(said)
