"""What was seen of each bin between two emptyings, with what is odd left out."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.forecast.contradicted import without_contradicted
from routing.forecast.emptied import Emptied, merged_resets
from routing.forecast.looks import SAID, Levels, Looks
from tomma.model import UNTRUSTED, Quality

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FULL_FRACTION = 0.995
"""From here on a reading says "at least full": the sensor cannot see how much lies beside the bin."""
LONE_JUMP_FRACTION = 0.15
"""A reading this far from both its neighbours, on the same side, is an echo from elsewhere."""
MISSED_EMPTYING_FRACTION = 0.25
"""A lasting drop this deep is an emptying that nobody told us about."""
BUMP_S = 72 * 3600.0
"""The longest that a bump is looked back for: a sensor may be blocked for days."""
UNSURE_SD = {Quality.DRIFT: 0.10, Quality.OUT_OF_RANGE: 0.04, Quality.CLOCK_REPAIRED: 0.03}
"""What a flag that does not forbid belief adds to the noise: a lens that follows the sun is off by a tenth."""


@dataclass(frozen=True)
class Observations:
    """All bins' trusted levels, by bin and then time. Between two of one segment there is no emptying."""

    bins: int
    bin_of: IntArray
    time_s: FloatArray
    fill: FloatArray
    unsure_sd: FloatArray
    """What the level's flags add to the sensor's noise."""
    said: BoolArray
    """A person said so."""
    segment: IntArray
    reset_s: FloatArray
    """Each bin's newest emptying; -inf when there is none. By bin."""

    @property
    def censored(self) -> BoolArray:
        """Whether the level only says "at least full"."""
        return self.fill >= FULL_FRACTION

    @property
    def last_of_bin(self) -> IntArray:
        """The row of each bin's newest level; -1 when there is none. By bin."""
        rows = np.full(self.bins, -1, dtype=np.int64)
        rows[self.bin_of] = np.arange(len(self.bin_of))
        return rows


def observe(bins: int, looks: Looks) -> Observations:
    """Return what can be believed of the looks, which are in order of bin and time."""
    trusted = looks.levels.rows((looks.levels.quality & int(UNTRUSTED)) == 0)
    trusted = without_contradicted(_without_bumps(trusted), looks.resets)
    seen = _with_told_levels(bins, trusted, merged_resets(looks.resets, trusted, bins))
    return _split_at_missed_emptyings(_without_lone_jumps(seen))


def _without_bumps(levels: Levels) -> Levels:
    """Leave out what was no waste: the high levels before a reading that says that something unfolded or fell down."""
    keep = np.ones(len(levels.fill), dtype=np.bool_)
    bin_of, time_s, fill = levels.bin_of, levels.time_s, levels.fill
    for end in np.flatnonzero(levels.quality & int(Quality.UNFOLDED)):  # hardly ever any
        start = end - 1
        if start < 0 or bin_of[start] != bin_of[end]:
            continue
        middle = (fill[start] + fill[end]) / 2.0
        while start >= 0 and bin_of[start] == bin_of[end] and fill[start] > middle:
            if time_s[end] - time_s[start] > BUMP_S:
                break
            keep[start] = False
            start -= 1
    return levels if keep.all() else levels.rows(keep)


def _with_told_levels(bins: int, levels: Levels, emptied: Emptied) -> Observations:
    """Number the segments; where no reading tells of one, take the levels that its emptyings themselves tell."""
    steps = np.zeros(len(levels.fill) + 1, dtype=np.int64)
    np.add.at(steps, emptied.first_after, 1)
    # A segment's number grows by one with each emptying and with each bin.
    segment = levels.bin_of + np.cumsum(steps)[: len(levels.fill)]
    number = np.arange(len(emptied.time_s)) + emptied.bin_of
    spoken = np.zeros(bins + len(number) + 1, dtype=np.bool_)
    spoken[segment] = True
    before = np.isfinite(emptied.before) & ~spoken[number]
    after = np.isfinite(emptied.after) & ~spoken[number + 1]
    extra_segment = np.concatenate((number[after] + 1, number[before]))
    order = np.argsort(extra_segment, kind="stable")  # of one segment, what was left comes before what was found
    place = np.searchsorted(segment, extra_segment[order])

    def insert(column: NDArray[np.generic], afterwards: NDArray[np.generic], found: NDArray[np.generic]) -> FloatArray:
        return np.insert(column, place, np.concatenate((afterwards, found))[order])

    nothing = np.zeros(len(order))
    bin_of = insert(levels.bin_of, emptied.bin_of[after], emptied.bin_of[before]).astype(np.int64)
    reset_s = np.full(bins, -np.inf)
    reset_s[emptied.bin_of] = emptied.time_s  # in order: the newest stands
    return Observations(
        bins=bins,
        bin_of=bin_of,
        time_s=insert(levels.time_s, emptied.time_s[after], emptied.time_s[before]),
        fill=insert(levels.fill, emptied.after[after], emptied.before[before]),
        unsure_sd=np.insert(_unsure_sd(levels.quality), place, nothing),
        said=np.insert((levels.quality & SAID) != 0, place, nothing.astype(np.bool_)),
        segment=np.insert(segment, place, extra_segment[order]),
        reset_s=reset_s,
    )


def _unsure_sd(quality: IntArray) -> FloatArray:
    flagged = np.flatnonzero(quality)
    sd = np.zeros(len(quality))
    for flag, more in UNSURE_SD.items():
        sd[flagged] = np.maximum(sd[flagged], np.where(quality[flagged] & int(flag), more, 0.0))
    return sd


def _without_lone_jumps(seen: Observations) -> Observations:
    before, here, after = seen.fill[:-2], seen.fill[1:-1], seen.fill[2:]
    together = seen.segment[:-2] == seen.segment[2:]
    above = here > np.maximum(before, after) + LONE_JUMP_FRACTION
    below = here < np.minimum(before, after) - LONE_JUMP_FRACTION
    keep = np.ones(len(seen.fill), dtype=np.bool_)
    keep[1:-1] = ~(together & (above | below)) | seen.said[1:-1]
    return _rows(seen, keep)


def _split_at_missed_emptyings(seen: Observations) -> Observations:
    drop = np.zeros(len(seen.fill), dtype=np.bool_)
    drop[1:] = (np.diff(seen.segment) == 0) & (np.diff(seen.fill) < -MISSED_EMPTYING_FRACTION)
    # The newest level may be an echo from the lid: until another reading confirms the drop, the bin counts as before.
    last = np.ones(len(seen.fill), dtype=np.bool_)
    last[:-1] = np.diff(seen.bin_of) != 0
    split = replace(seen, segment=seen.segment + np.cumsum(drop))
    return _rows(split, ~(drop & last))


def _rows(seen: Observations, keep: BoolArray) -> Observations:
    if keep.all():
        return seen
    return replace(
        seen,
        bin_of=seen.bin_of[keep],
        time_s=seen.time_s[keep],
        fill=seen.fill[keep],
        unsure_sd=seen.unsure_sd[keep],
        said=seen.said[keep],
        segment=seen.segment[keep],
    )
