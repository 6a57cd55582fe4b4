"""Remembers drives between points, so that bins that do not move cost nothing the second time.

One square of numbers over the points known so far. Only what is new is asked for: its rows and its columns.
"""

import logging
from collections.abc import Sequence
from threading import Lock
from typing import Protocol

import numpy as np

from routing.roads.engine import WholeNumbers
from routing.roads.osrm_roads import matrix_of
from routing.roads.port import UNREACHABLE, Leg, Matrix, Roads
from tomma.city import Position
from tomma.plan import RoadsSource

log = logging.getLogger(__name__)

MAX_POINTS = 3_000  # 72 MB of numbers; more than a day's plan of any municipality asks for
NOTHING: WholeNumbers = np.zeros((0, 0), np.int32)


class StreetRoads(Roads, Protocol):
    """Roads that can also be asked for a part of a matrix."""

    def rectangle(
        self, sources: Sequence[Position], destinations: Sequence[Position]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations [s] and distances [m] from each source (row) to each destination (column)."""


class CachedRoads:
    """Street roads with a memory of at most `max_points` points. Safe to share between threads.

    When it would overflow it starts afresh with the points of the question at hand; a question larger than the
    memory goes straight through.
    """

    def __init__(self, roads: StreetRoads, max_points: int = MAX_POINTS) -> None:
        self._roads = roads
        self._max_points = max_points
        self._lock = Lock()
        self._index: dict[Position, int] = {}
        self._duration_s: WholeNumbers = NOTHING
        self._distance_m: WholeNumbers = NOTHING

    @property
    def source(self) -> RoadsSource:
        """That of the roads behind it."""
        return self._roads.source

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Return the drives between all `points`; only those never asked before cost time."""
        if len(set(points)) > self._max_points:
            return self._roads.matrix(points)
        with self._lock:
            self._learn(points)
            where = np.array([self._index[point] for point in points], dtype=np.intp)
            square = np.ix_(where, where)
            return matrix_of(self._duration_s[square], self._distance_m[square])

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Return the line of each drive, asked anew: lines are long and drawn once."""
        return self._roads.legs(points)

    def _learn(self, points: Sequence[Position]) -> None:
        new = [point for point in dict.fromkeys(points) if point not in self._index]
        if not new:
            return
        if len(self._index) + len(new) > self._max_points:
            self._forget()
            new = list(dict.fromkeys(points))
        old = list(self._index)
        rows = self._roads.rectangle(new, old + new)
        columns = self._roads.rectangle(old, new)
        self._duration_s = _grown(self._duration_s, rows[0], columns[0])
        self._distance_m = _grown(self._distance_m, rows[1], columns[1])
        self._index.update((point, len(old) + number) for number, point in enumerate(new))
        log.info("roads matrix known=%d new=%d", len(old), len(new))

    def _forget(self) -> None:
        self._index.clear()
        self._duration_s = self._distance_m = NOTHING


def _grown(square: WholeNumbers, rows: WholeNumbers, columns: WholeNumbers) -> WholeNumbers:
    """Return the square with new columns to its right and new rows below."""
    known, size = len(square), len(square) + len(rows)
    grown = np.full((size, size), UNREACHABLE, np.int32)
    grown[:known, :known] = square
    grown[known:, :] = rows
    grown[:known, known:] = columns
    return grown
