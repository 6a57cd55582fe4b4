"""Drives kept on disk: a second process, and tomorrow's, ask the streets only about bins that are new or moved.

One folder per network. In it:

* `square-G.i32`: capacity x capacity pairs of int32 (duration [s], distance [m]), row by row;
* `points-G.f64`: three float64 per point (lat_deg, lon_deg, 1 where the kerb counts), in the order of the rows;
* `used-G.u32`: per point, the day (since 1970) it was last asked for;
* `index.json`: which G counts, its capacity, and how many points are whole.

Numbers are only ever appended, beyond `count`, and `index.json` is replaced once they are on the disk: whoever reads
needs no lock, and a process that is killed half way leaves numbers that nobody looks at. Writers take turns (flock,
which the system gives back when its holder dies). When the square is full it is copied into a larger one, G + 1,
without the points nobody asked for lately; readers of the old one keep their pages.

Numbers are written with pwrite and read through a map: a write into a map has no way to say that the disk is full.
"""

import fcntl
import json
import logging
import mmap
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from routing.roads.engine import WholeNumbers
from routing.roads.memory import Drives, Rectangle, strips
from routing.roads.port import KerbPosition
from tomma.city import Position

log = logging.getLogger(__name__)

INDEX = "index.json"
CAPACITIES = (512, 1_024, 2_048, 4_096, 8_192)
PAIR_BYTES = 8
POINT_BYTES = 24
UNUSED_AFTER_DAYS = 45
"""A bin that no plan asked about for so long has been moved or taken away."""
WAIT_S = 300.0
"""For another process that is asking; ten thousand points take it a minute."""
LOOK_S = 0.05
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class _Index:
    generation: int = 0
    capacity: int = 0
    count: int = 0


class DiskMemory:
    """Keeps the promise of `Memory` in a folder. Safe to share between threads and processes.

    Args:
        folder: Made when missing; one per network, since nothing in it says which streets it speaks of.
        max_points: A question with more goes straight through.
        now_s: The clock, in seconds since 1970.
    """

    def __init__(self, folder: Path, max_points: int, now_s: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._max_points = max_points
        self._now_s = now_s
        self._turn = Lock()
        self._index = _Index()
        self._row_of: dict[Position, int] = {}

    def drives(self, points: Sequence[Position], ask: Rectangle) -> tuple[Drives, int]:
        """Return the drives between all `points`, and how many were new; OSError when the disk gives trouble."""
        distinct = list(dict.fromkeys(points))
        if not points or len(distinct) > self._max_points:
            return ask(points, points), len(distinct)
        with self._turn:
            try:
                return self._drives(points, distinct, ask)
            except FileNotFoundError:  # another process began the next generation between two of our looks
                return self._drives(points, distinct, ask)

    def known(self) -> int:
        """Return how many points are known."""
        with self._turn:
            self._refresh()
            return self._index.count

    def _drives(self, points: Sequence[Position], distinct: list[Position], ask: Rectangle) -> tuple[Drives, int]:
        self._refresh()
        new = [point for point in distinct if point not in self._row_of]
        if new:
            new = self._learn(distinct, ask)
        rows = np.array([self._row_of[point] for point in points], dtype=np.intp)
        self._note_use(rows)
        return self._gather(rows), len(new)

    # What is there -----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Take up what other processes have added."""
        index = self._read_index()
        if index == self._index:
            return
        known = self._index.count if index.generation == self._index.generation else 0
        added = self._points_of(index)[known:]
        row_of = self._row_of if known else {}
        row_of.update((_position_of(point), known + number) for number, point in enumerate(added.tolist()))
        self._index, self._row_of = index, row_of

    def _points_of(self, index: _Index) -> NDArray[np.float64]:
        numbers = np.fromfile(self._points_path(index), np.float64, 3 * index.count) if index.count else np.zeros(0)
        return numbers.reshape(-1, 3)

    def _read_index(self) -> _Index:
        """Return the index, or an empty one unless every file is there in its full length."""
        try:
            told = json.loads((self._folder / INDEX).read_text(encoding="utf-8"))
            index = _Index(int(told["generation"]), int(told["capacity"]), int(told["count"]))
            whole = self._square_path(index).stat().st_size == index.capacity**2 * PAIR_BYTES
            whole &= self._points_path(index).stat().st_size >= index.count * POINT_BYTES
            whole &= self._used_path(index).stat().st_size == index.capacity * 4
        except (OSError, ValueError, KeyError, TypeError):
            return _Index()
        return index if whole and index.count <= index.capacity else _Index()

    def _gather(self, rows: NDArray[np.intp]) -> Drives:
        size, count = len(rows), self._index.count
        duration_s, distance_m = np.empty((size, size), np.int32), np.empty((size, size), np.int32)
        for strip in strips(size, count):
            with self._square() as square:  # mapped anew for each, so that a large city's pages do not pile up
                pairs = square[rows[strip], :count][:, rows]
            duration_s[strip], distance_m[strip] = pairs[..., 0], pairs[..., 1]
        return duration_s, distance_m

    @contextmanager
    def _square(self) -> Iterator[WholeNumbers]:
        """The numbers as they lie on the disk; the pages are the system's, not ours."""
        index = self._index
        with self._square_path(index).open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        square = np.frombuffer(mapped, np.int32).reshape(index.capacity, index.capacity, 2)
        try:
            yield square
        finally:
            del square
            with suppress(BufferError):  # somebody still holds a view: the map goes with it
                mapped.close()

    # What is new -------------------------------------------------------------------------------------------------

    def _learn(self, points: list[Position], ask: Rectangle) -> list[Position]:
        """Ask for what is unknown, unless another process has done so by now; return what was asked for."""
        with self._writing():
            self._refresh()
            new = [point for point in points if point not in self._row_of]
            if not new:
                return []
            if self._index.count + len(new) > self._index.capacity:
                self._move(points)
                new = [point for point in points if point not in self._row_of]
            self._append(new, ask)
            log.info("roads matrix known=%d new=%d", self._index.count - len(new), len(new))
            return new

    def _append(self, new: list[Position], ask: Rectangle) -> None:
        index, old = self._index, list(self._row_of)
        with self._square_path(index).open("r+b") as file:
            for strip in strips(len(new), len(old) + len(new)):
                _write(file.fileno(), index.capacity, index.count + strip.start, 0, ask(new[strip], old + new))
            for strip in strips(len(old), len(new)):
                _write(file.fileno(), index.capacity, strip.start, index.count, ask(old[strip], new))
            os.fsync(file.fileno())
        with self._points_path(index).open("r+b") as file:
            file.seek(index.count * POINT_BYTES)
            file.write(_as_numbers(new).tobytes())
            _flush(file.fileno(), file.flush)
        self._commit(_Index(index.generation, index.capacity, index.count + len(new)))
        self._row_of.update((point, index.count + number) for number, point in enumerate(new))

    def _move(self, asked: list[Position]) -> None:
        """Begin the next generation: room for what is asked, with what is known of it and of all that is in use."""
        index, kept = self._index, self._worth_keeping(asked)
        unknown = sum(point not in self._row_of for point in asked)
        capacity = next((each for each in CAPACITIES if each >= len(kept) + unknown), self._max_points)
        moved = _Index(self._next_generation(), min(capacity, self._max_points), len(kept))
        rows = np.array([self._row_of[point] for point in kept], dtype=np.intp)
        with self._square_path(moved).open("wb") as file:
            file.truncate(moved.capacity**2 * PAIR_BYTES)  # holes: the disk gives only what is written
            if len(kept):
                self._copy(rows, file.fileno(), moved.capacity)
            os.fsync(file.fileno())
        self._points_path(moved).write_bytes(_as_numbers(kept).tobytes())
        used = np.zeros(moved.capacity, np.uint32)
        used[: len(kept)] = self._used()[rows] if len(kept) else 0
        self._used_path(moved).write_bytes(used.tobytes())
        self._commit(moved)
        self._row_of = {point: row for row, point in enumerate(kept)}
        self._forget(but=moved)
        log.info("roads matrix moved kept=%d of=%d capacity=%d", len(kept), index.count, moved.capacity)

    def _copy(self, rows: NDArray[np.intp], descriptor: int, capacity: int) -> None:
        for strip in strips(len(rows), len(rows)):
            with self._square() as square:
                pairs = square[rows[strip]][:, rows]
            _write(descriptor, capacity, strip.start, 0, (pairs[..., 0], pairs[..., 1]))

    def _worth_keeping(self, asked: list[Position]) -> list[Position]:
        """Return the known points that are asked for now, then those asked for lately, as far as there is room."""
        known = [point for point in asked if point in self._row_of]
        if not self._row_of:
            return known
        used, today, now = self._used(), self._today(), set(asked)
        others = [
            (-int(used[row]), row, point)
            for point, row in self._row_of.items()
            if point not in now and today - int(used[row]) <= UNUSED_AFTER_DAYS
        ]
        room = self._max_points - len(asked)
        return known + [point for _, _, point in sorted(others, key=lambda each: each[:2])[:room]]

    def _next_generation(self) -> int:
        """Return a number whose files nobody can have open, also where the index was lost."""
        found = [int(path.stem.partition("-")[2]) for path in self._folder.glob("square-*.i32")]
        return max([self._index.generation, *found]) + 1

    def _forget(self, but: _Index) -> None:
        """Remove the files of other generations; who still has them mapped keeps them."""
        stay = {self._square_path(but), self._points_path(but), self._used_path(but)}
        for path in self._folder.glob("*-*.*"):
            if path not in stay:
                path.unlink(missing_ok=True)

    # Small things ------------------------------------------------------------------------------------------------

    def _commit(self, index: _Index) -> None:
        fresh = self._folder / f".{INDEX}-{os.getpid()}"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(index)))
            _flush(file.fileno(), file.flush)
        fresh.replace(self._folder / INDEX)
        self._index = index

    def _note_use(self, rows: NDArray[np.intp]) -> None:
        """Write down that the points were asked for today; once a day is enough, and losing it costs nothing."""
        today = self._today()
        with suppress(OSError, ValueError):
            used = np.memmap(self._used_path(self._index), np.uint32, "r+")
            if (used[rows] != today).any():
                used[rows] = today

    def _used(self) -> NDArray[np.uint32]:
        return np.fromfile(self._used_path(self._index), np.uint32)

    def _today(self) -> int:
        return int(self._now_s() // DAY_S)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Wait for our turn to write; OSError when it does not come."""
        self._folder.mkdir(parents=True, exist_ok=True)
        give_up_s = time.monotonic() + WAIT_S
        with (self._folder / "lock").open("w") as file:
            while True:
                try:
                    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > give_up_s:
                        raise TimeoutError(
                            f"{self._folder}: another process has been asking for {WAIT_S:g} s"
                        ) from None
                    time.sleep(LOOK_S)
                else:
                    break
            yield

    def _square_path(self, index: _Index) -> Path:
        return self._folder / f"square-{index.generation}.i32"

    def _points_path(self, index: _Index) -> Path:
        return self._folder / f"points-{index.generation}.f64"

    def _used_path(self, index: _Index) -> Path:
        return self._folder / f"used-{index.generation}.u32"


def forget_oldest(folder: Path, kept: int, but: Path) -> None:
    """Remove the memories of all but the networks used last; a process that reads an old one keeps its pages."""
    others = [path.parent for path in folder.glob(f"*/{INDEX}") if path.parent != but]
    others.sort(key=lambda path: (path / INDEX).stat().st_mtime, reverse=True)
    for path in others[kept - 1 :]:
        log.info("roads matrix forgotten network=%s", path.name)
        shutil.rmtree(path, ignore_errors=True)


def _write(descriptor: int, capacity: int, row: int, column: int, drives: Drives) -> None:
    """Write a piece of the square whose first cell is (row, column)."""
    for number, pairs in enumerate(np.stack(drives, axis=-1).astype(np.int32, copy=False)):
        left, offset = memoryview(pairs.tobytes()), ((row + number) * capacity + column) * PAIR_BYTES
        while left:
            written = os.pwrite(descriptor, left, offset)
            left, offset = left[written:], offset + written


def _flush(descriptor: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(descriptor)


def _as_numbers(points: Sequence[Position]) -> NDArray[np.float64]:
    kerbs = [float(isinstance(point, KerbPosition)) for point in points]
    numbers = [(point.lat_deg, point.lon_deg, kerb) for point, kerb in zip(points, kerbs, strict=True)]
    return np.array(numbers, dtype=np.float64).reshape(-1, 3)


def _position_of(numbers: Sequence[float]) -> Position:
    lat_deg, lon_deg, kerb = numbers
    return KerbPosition(lat_deg, lon_deg) if kerb else Position(lat_deg, lon_deg)
