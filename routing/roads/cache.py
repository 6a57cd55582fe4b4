"""Street roads in front of which stands a memory."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from routing.roads.engine import WholeNumbers
from routing.roads.memory import Memory, RamMemory
from routing.roads.osrm_roads import matrix_of
from routing.roads.port import Leg, Matrix, Roads
from tomma.city import Position
from tomma.plan import RoadsSource

log = logging.getLogger(__name__)

OnNews = Callable[[Sequence[Position], Matrix], None]
"""Told of each matrix in which something was new."""


class StreetRoads(Roads, Protocol):
    """Roads that can also be asked for a part of a matrix."""

    def rectangle(
        self, sources: Sequence[Position], destinations: Sequence[Position]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations [s] and distances [m] from each source (row) to each destination (column)."""


class CachedRoads:
    """Street roads with a memory. As safe to share between threads and processes as the memory is.

    Args:
        roads: Asked for what is new.
        memory: Keeps what is known; without one, this process's.
        on_news: Told of each matrix in which something was new.
    """

    def __init__(self, roads: StreetRoads, memory: Memory | None = None, on_news: OnNews | None = None) -> None:
        self._roads = roads
        self._memory = RamMemory() if memory is None else memory
        self._on_news = on_news

    @property
    def source(self) -> RoadsSource:
        """That of the roads behind it."""
        return self._roads.source

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Return the drives between all `points`; only those never asked before cost time."""
        try:
            (duration_s, distance_m), new = self._memory.drives(points, self._roads.rectangle)
        except OSError as exc:  # a full disk, a folder that may not be written: slower, not wrong
            log.warning("roads memory failed, asking anew error=%s", exc)
            return self._roads.matrix(points)
        matrix = matrix_of(duration_s, distance_m)
        if new and self._on_news is not None:
            self._on_news(points, matrix)
        return matrix

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Return the line of each drive, asked anew: lines are long and drawn once."""
        return self._roads.legs(points)
