"""Where a person who stood before a bin and its sensor disagree, the person is right until the bin is emptied."""

import numpy as np
from numpy.typing import NDArray

from routing.forecast.looks import SAID, SOURCE_RANK, Levels, Resets
from tomma.model import EmptyingSource

BoolArray = NDArray[np.bool_]

DISAGREE_FRACTION = 0.25
"""A sensor this far below what a person saw full does not see it."""
SAME_FRACTION = 0.10
"""A sensor that shows the same as before, within this, did not see that the bin is empty either."""
LOW_FRACTION = 0.30
"""Below this nobody would call an empty bin anything else."""


def without_contradicted(levels: Levels, resets: Resets) -> Levels:
    """Leave out what sensors told against a person's word, until the next emptying.

    Both tables are in order of bin and time. Words are few, so each is looked at by itself.
    """
    full = np.flatnonzero(levels.quality & SAID)
    empty = np.flatnonzero(resets.rank == SOURCE_RANK[EmptyingSource.INFERRED])
    if not len(full) and not len(empty):
        return levels
    keep = np.ones(len(levels.fill), dtype=np.bool_)
    for row in full:
        after = _until_emptied(levels, resets, levels.bin_of[row], levels.time_s[row])
        low = levels.fill[after] < 1.0 - DISAGREE_FRACTION
        keep[after] &= ~low | ((levels.quality[after] & SAID) != 0)
    for number in empty:
        bin_of, time_s = resets.bin_of[number], resets.time_s[number]
        after = _until_emptied(levels, resets, bin_of, time_s)
        before = after.start - 1
        if before < 0 or levels.bin_of[before] != bin_of or levels.fill[before] < LOW_FRACTION:
            continue
        keep[after] &= np.abs(levels.fill[after] - levels.fill[before]) > SAME_FRACTION
    return levels.rows(keep)


def _until_emptied(levels: Levels, resets: Resets, bin_of: int, time_s: float) -> slice:
    """Return the rows of one bin after a moment and before its next emptying."""
    begin, end = np.searchsorted(levels.bin_of, (bin_of, bin_of + 1))
    later = resets.time_s[(resets.bin_of == bin_of) & (resets.time_s > time_s)]
    until_s = later.min(initial=np.inf)
    times = levels.time_s[begin:end]
    return slice(
        begin + int(np.searchsorted(times, time_s, side="right")), begin + int(np.searchsorted(times, until_s))
    )
