"""All histories as flat arrays: what was seen of each bin between two emptyings, with what is odd left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from routing.forecast.gather import Heard, gather
from routing.forecast.history import NOTHING_KNOWN, BinHistory
from tomma.model import BinId

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FULL_FRACTION = 0.995
"""From here on a reading says "at least full": the sensor cannot see how much lies beside the bin."""
LONE_JUMP_FRACTION = 0.15
"""A reading this far from both its neighbours, on the same side, is an echo from elsewhere."""
MISSED_EMPTYING_FRACTION = 0.25
"""A lasting drop this deep is an emptying that nobody told us about."""


@dataclass(frozen=True)
class Observations:
    """All bins' trusted levels, by bin and then time. Between two of one segment there is no emptying."""

    bins: int
    bin_of: IntArray
    time_s: FloatArray
    fill: FloatArray
    segment: IntArray
    reset_s: FloatArray
    """Each bin's newest emptying; -inf when there is none. By bin."""
    heard: tuple[Heard, ...]
    """What each bin's sensor is like. By bin."""

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


def observe(bin_ids: Sequence[BinId], history: Mapping[BinId, BinHistory], now_utc: datetime) -> Observations:
    """Return what the histories saw up to now; what lies later is not looked at."""
    now_s = now_utc.timestamp()
    series = [gather(history.get(bin_id, NOTHING_KNOWN), now_s) for bin_id in bin_ids]
    runs = np.array([len(each.resets_s) + 1 for each in series], dtype=np.int64)
    counts = np.array([len(each.time_s) for each in series], dtype=np.int64)
    first_segment = np.concatenate(([0], np.cumsum(runs)[:-1])) if series else np.empty(0, dtype=np.int64)
    seen = Observations(
        bins=len(series),
        bin_of=np.repeat(np.arange(len(series)), counts),
        time_s=np.concatenate([np.empty(0), *(each.time_s for each in series)]),
        fill=np.concatenate([np.empty(0), *(each.fill for each in series)]),
        segment=np.concatenate([np.empty(0, dtype=np.int64), *(each.run for each in series)])
        + np.repeat(first_segment, counts),
        reset_s=np.array([each.resets_s[-1] if len(each.resets_s) else -np.inf for each in series]),
        heard=tuple(each.heard for each in series),
    )
    return _split_at_missed_emptyings(_without_lone_jumps(seen))


def _without_lone_jumps(seen: Observations) -> Observations:
    before, here, after = seen.fill[:-2], seen.fill[1:-1], seen.fill[2:]
    together = seen.segment[:-2] == seen.segment[2:]
    above = here > np.maximum(before, after) + LONE_JUMP_FRACTION
    below = here < np.minimum(before, after) - LONE_JUMP_FRACTION
    keep = np.ones(len(seen.fill), dtype=np.bool_)
    keep[1:-1] = ~(together & (above | below))
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
    return replace(
        seen, bin_of=seen.bin_of[keep], time_s=seen.time_s[keep], fill=seen.fill[keep], segment=seen.segment[keep]
    )
