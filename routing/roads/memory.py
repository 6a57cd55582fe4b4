"""Remembers drives between points, so that bins that do not move cost nothing the second time.

One square of numbers over the points known so far. Only what is new is asked for: its rows and its columns.
`RamMemory` forgets with the process; `matrix_store.DiskMemory` does not.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Protocol

import numpy as np

from routing.roads.engine import WholeNumbers
from routing.roads.port import UNREACHABLE
from tomma.city import Position

log = logging.getLogger(__name__)

MAX_POINTS = 3_000  # 72 MB of numbers; more than a day's plan of any municipality asks for
NOTHING: WholeNumbers = np.zeros((0, 0), np.int32)
STRIP_CELLS = 4_000_000
"""About so many drives are asked for at a time, so that a large city needs no second copy of its matrix in memory."""

Drives = tuple[WholeNumbers, WholeNumbers]
"""Durations [s] and distances [m], UNREACHABLE where there is no drive, also from an off-road point to itself."""
Rectangle = Callable[[Sequence[Position], Sequence[Position]], Drives]
"""Asks the streets: from each of the first (row) to each of the second (column)."""


class Memory(Protocol):
    """Knows drives that were asked for before."""

    def drives(self, points: Sequence[Position], ask: Rectangle) -> tuple[Drives, int]:
        """Return the drives between all `points`, and how many points were new: only theirs were asked for."""


class RamMemory:
    """Lives as long as the process. Safe to share between threads.

    When it would overflow it starts afresh with the points of the question at hand; a question larger than the
    memory goes straight through.
    """

    def __init__(self, max_points: int = MAX_POINTS) -> None:
        self._max_points = max_points
        self._lock = Lock()
        self._index: dict[Position, int] = {}
        self._duration_s: WholeNumbers = NOTHING
        self._distance_m: WholeNumbers = NOTHING

    def drives(self, points: Sequence[Position], ask: Rectangle) -> tuple[Drives, int]:
        """Return the drives between all `points`, and how many were new."""
        if len(set(points)) > self._max_points:
            return ask(points, points), len(points)
        with self._lock:
            new = self._learn(points, ask)
            where = np.array([self._index[point] for point in points], dtype=np.intp)
            square = np.ix_(where, where)
            return (self._duration_s[square], self._distance_m[square]), new

    def _learn(self, points: Sequence[Position], ask: Rectangle) -> int:
        new = [point for point in dict.fromkeys(points) if point not in self._index]
        if not new:
            return 0
        if len(self._index) + len(new) > self._max_points:
            self._forget()
            new = list(dict.fromkeys(points))
        old = list(self._index)
        rows = ask(new, old + new)
        columns = ask(old, new)
        self._duration_s = _grown(self._duration_s, rows[0], columns[0])
        self._distance_m = _grown(self._distance_m, rows[1], columns[1])
        self._index.update((point, len(old) + number) for number, point in enumerate(new))
        log.info("roads matrix known=%d new=%d", len(old), len(new))
        return len(new)

    def _forget(self) -> None:
        self._index.clear()
        self._duration_s = self._distance_m = NOTHING


def strips(rows: int, columns: int) -> Iterator[slice]:
    """Yield pieces of the rows, none of more than about STRIP_CELLS drives."""
    height = max(1, STRIP_CELLS // max(1, columns))
    for top in range(0, rows, height):
        yield slice(top, min(top + height, rows))


def _grown(square: WholeNumbers, rows: WholeNumbers, columns: WholeNumbers) -> WholeNumbers:
    """Return the square with new columns to its right and new rows below."""
    known, size = len(square), len(square) + len(rows)
    grown = np.full((size, size), UNREACHABLE, np.int32)
    grown[:known, :known] = square
    grown[known:, :] = rows
    grown[:known, known:] = columns
    return grown
