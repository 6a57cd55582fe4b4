"""The whole numbers of a problem: what holds them, how far they reach, and the spans in which nothing may begin."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

HORIZON_S = 3 * 24 * 3600
"""No time of a problem lies beyond; shifts may run past the midnight after the day."""
MAX_LOAD = 10**9
MAX_ARC = 10**8
"""Metres or seconds of one arc: times the dearest rate still inside 64 bits."""
MAX_MONEY_MINOR = 10**12
"""Sums over 100,000 arcs stay far inside 64 bits."""
MAX_PER_HOUR_MINOR = 10**9

Gaps = tuple[tuple[int, int], ...]
"""Spans (from_s, to_s) in which nothing may begin, the first second included, the last not; in order."""


def within(name: str, value: int, low: int, high: int) -> None:
    """Raise TypeError or ValueError unless the value is a whole number within [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be within [{low}, {high}], got {value}")


def check_gaps(gaps: Gaps) -> None:
    """Raise TypeError or ValueError unless the spans lie within the horizon, in order and apart."""
    for from_s, to_s in gaps:
        within("start of a gap in shut_s", from_s, 0, HORIZON_S)
        within("end of a gap in shut_s", to_s, from_s + 1, HORIZON_S)
    for first, second in pairwise(gaps):
        within("start of a later gap in shut_s", second[0], first[1] + 1, HORIZON_S)


def begin_by(ready_s: int, open_s: int, shut_s: Gaps) -> int:
    """Return the first second from `ready_s` on at which something may begin."""
    begin_s = max(ready_s, open_s)
    for from_s, to_s in shut_s:
        if from_s <= begin_s < to_s:
            begin_s = to_s
    return begin_s
