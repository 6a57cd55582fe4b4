"""One side's day in the bins, minute by minute and in whole decilitres: every side gets the same waste.

A truck takes all there is, beside the bin too. Something lies beside a bin while there is more than it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HOUR_MIN = 60
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of a bin within a day."""

    taken_dl: tuple[int, ...]
    """At each emptying."""
    overflow_min: int
    overflow_dl: int
    """What came to lie beside it."""
    after_dl: int


@dataclass(frozen=True)
class Waste:
    """What had arrived in each bin by each minute of the day."""

    inflow_dl: Sequence[Sequence[int]]
    minutes: int

    def of(self, row: int) -> IntArray:
        """Return the decilitres that arrived in one bin by minute 0, 1 ... and the day's end."""
        by_hour = np.asarray(self.inflow_dl[row], dtype=np.int64)
        before = np.concatenate(([0], np.cumsum(by_hour)))
        minute = np.arange(self.minutes + 1)
        hour = np.minimum(minute // HOUR_MIN, len(by_hour) - 1)
        return np.asarray(before[hour] + by_hour[hour] * (minute - hour * HOUR_MIN) // HOUR_MIN)

    def held_at(self, held_dl: Sequence[int], minute: int) -> IntArray:
        """Return what each bin holds at a minute when nobody emptied it since midnight."""
        by_hour = np.asarray(self.inflow_dl, dtype=np.int64).reshape(len(held_dl), -1)
        hour = min(minute // HOUR_MIN, by_hour.shape[1] - 1)
        arrived = by_hour[:, :hour].sum(axis=1) + by_hour[:, hour] * (minute - hour * HOUR_MIN) // HOUR_MIN
        return np.asarray(np.asarray(held_dl, dtype=np.int64) + arrived)


def live(waste: Waste, row: int, held_dl: int, holds_dl: int, emptied_at: Sequence[int]) -> Lived:
    """Return one bin's day.

    Args:
        waste: What arrives.
        row: Which bin.
        held_dl: What was in and beside it at midnight.
        holds_dl: What fits in.
        emptied_at: Rising minutes of the day.
    """
    arrived = waste.of(row)
    taken: list[int] = []
    over_min = over_dl = begin = 0
    for until, is_emptied in (*((minute, True) for minute in emptied_at), (waste.minutes, False)):
        at_dl = held_dl - int(arrived[begin])
        end_dl = at_dl + int(arrived[until])
        first = max(begin, int(np.searchsorted(arrived, holds_dl - at_dl, side="right")))
        over_min += max(0, until - first)
        over_dl += max(0, end_dl - holds_dl) - max(0, held_dl - holds_dl)
        held_dl = end_dl
        if is_emptied:
            taken.append(held_dl)
            held_dl = 0
        begin = until
    return Lived(tuple(taken), over_min, over_dl, held_dl)


def by_bin(emptied: Sequence[tuple[int, int]]) -> Mapping[int, list[int]]:
    """Return the rising minutes at which each bin was emptied, from (row, minute) pairs."""
    found: dict[int, list[int]] = {}
    for row, minute in sorted(emptied):
        found.setdefault(row, []).append(minute)
    return found
