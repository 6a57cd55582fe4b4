"""Each emptying once, however many people and sensors tell of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.looks import SOURCE_RANK, Levels, Resets
from tomma.model import EmptyingSource

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SAME_EMPTYING_S = 2 * 3600.0
"""Two tellings within this time mean one emptying: a driver taps a little after the level fell."""
DETECTED = SOURCE_RANK[EmptyingSource.DETECTED]


@dataclass(frozen=True)
class Emptied:
    """Emptyings by bin and then time; levels that nobody told are NaN."""

    bin_of: IntArray
    time_s: FloatArray
    before: FloatArray
    after: FloatArray
    first_after: IntArray
    """The row of the first level that is not earlier, counted through all bins."""


def merged_resets(resets: Resets, levels: Levels, bins: int) -> Emptied:
    """Merge a driver's tap with the drop that the sensor showed: earliest time, and every level that either tells.

    Both tables are in order of bin and time.
    """
    first_after = _first_at_or_after(levels, resets, bins)
    ends = np.searchsorted(levels.bin_of, np.arange(bins), side="right")[resets.bin_of]
    bin_of, time_s, rank = resets.bin_of.tolist(), resets.time_s.tolist(), resets.rank.tolist()
    before, after = resets.before.copy(), resets.after.copy()
    place, end = first_after.tolist(), ends.tolist()
    heads: list[int] = []
    for here in range(len(bin_of)):
        head = heads[-1] if heads and bin_of[heads[-1]] == bin_of[here] else None
        # A drop seen in the first reading after a tap is that tap's, however rarely the sensor speaks.
        if head is not None and (
            time_s[here] - time_s[head] <= SAME_EMPTYING_S
            or (rank[here] == DETECTED and place[head] == place[here] < end[here])
        ):
            before[head] = before[here] if np.isnan(before[head]) else before[head]
            after[head] = after[head] if np.isnan(after[here]) else after[here]
        else:
            heads.append(here)
    rows = np.array(heads, dtype=np.int64)
    return Emptied(resets.bin_of[rows], resets.time_s[rows], before[rows], after[rows], first_after[rows])


def _first_at_or_after(levels: Levels, resets: Resets, bins: int) -> IntArray:
    """Return for each emptying the row of its bin's first level at or after it: a bisection of all at once."""
    low = np.searchsorted(levels.bin_of, np.arange(bins), side="left")[resets.bin_of]
    high = np.searchsorted(levels.bin_of, np.arange(bins), side="right")[resets.bin_of]
    while (low < high).any():
        middle = (low + high) // 2
        earlier = levels.time_s[np.minimum(middle, len(levels.time_s) - 1)] < resets.time_s
        open_ = low < high
        low, high = np.where(open_ & earlier, middle + 1, low), np.where(open_ & ~earlier, middle, high)
    return np.asarray(low)
