"""What was thrown in between two looks into a bin."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from routing.forecast.observations import Observations

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Increments:
    """One row per pair of neighbouring levels of one segment that began below full."""

    bin_of: IntArray
    segment: IntArray
    from_s: FloatArray
    to_s: FloatArray
    deposit: FloatArray
    """Fraction of the bin; noise makes some negative."""
    filled_up: BoolArray
    """The second level was "at least full": the deposit is at least this much."""
    unsure_var: FloatArray
    """What the flags of either level add to the noise's variance."""

    def rows(self, keep: BoolArray) -> "Increments":
        """Return some of the rows."""
        return self if keep.all() else Increments(*(getattr(self, each.name)[keep] for each in fields(self)))


def increments_of(seen: Observations) -> Increments:
    """Return the deposits between neighbouring levels; while full, a bin tells nothing about its rate."""
    pair = (np.diff(seen.segment) == 0) & ~seen.censored[:-1]
    before = np.flatnonzero(pair)
    after = before + 1
    return Increments(
        bin_of=seen.bin_of[before],
        segment=seen.segment[before],
        from_s=seen.time_s[before],
        to_s=seen.time_s[after],
        deposit=seen.fill[after] - seen.fill[before],
        filled_up=seen.censored[after],
        unsure_var=seen.unsure_sd[before] ** 2 + seen.unsure_sd[after] ** 2,
    )
