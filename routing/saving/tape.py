"""What arrived in a bin hour by hour, from what its sensor measured. Pure; litres in, litres out.

Between two readings of one filling it is the rise of the highest level so far, which a trembling sensor cannot inflate.
Where nothing was measured the bin's usual rate stands in: around an emptying, while the level stands at the brim, and
before the first and after the last reading.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL_FRACTION = 0.97
"""From here on a level says "at least": as for the alert of an overflow."""
UNTOLD_DROP_FRACTION = 0.2
"""A level lower by this, twice in a row, was an emptying nobody told."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One bin's trusted levels and emptyings around a day, oldest first; seconds since 1970."""

    time_s: Sequence[float]
    level_l: Sequence[float]
    emptied_s: Sequence[float]


@dataclass(frozen=True, slots=True)
class Tape:
    """What arrived between some moments."""

    inflow_l: NDArray[np.float64]
    """One entry per span."""
    measured_s: float
    """How much of the whole lies between two readings that told."""


@dataclass
class _Line:
    """Litres that ever arrived, as a line through points in time."""

    time_s: list[float]
    total_l: list[float]

    def go_on(self, until_s: float, litres: float) -> None:
        if until_s > self.time_s[-1]:
            self.time_s.append(until_s)
            self.total_l.append(self.total_l[-1] + max(litres, 0.0))


def tape_of(heard: Heard, volume_l: float, usual_l_per_s: float, edges_s: NDArray[np.float64]) -> Tape:
    """Return what arrived between each two neighbouring `edges_s`.

    Args:
        heard: The bin's levels and emptyings, from before the first edge to after the last where there are any.
        volume_l: What it holds.
        usual_l_per_s: Its usual rate.
        edges_s: Rising moments, seconds since 1970.
    """
    begin_s, end_s = float(edges_s[0]), float(edges_s[-1])
    first_s = min([begin_s, *heard.time_s[:1]])
    line = _Line([first_s], [0.0])
    measured_s, top_l = 0.0, -1.0
    for at, (time_s, level_l) in enumerate(zip(heard.time_s, heard.level_l, strict=True)):
        since_s = line.time_s[-1]
        usual_l = (time_s - since_s) * usual_l_per_s
        if top_l < 0.0 or _emptied_between(heard, at) or _untold(heard, at, top_l, volume_l):
            line.go_on(time_s, usual_l)
            top_l = level_l
            continue
        rise_l = max(level_l - top_l, 0.0)
        brim = max(top_l, level_l) >= FULL_FRACTION * volume_l
        line.go_on(time_s, max(rise_l, usual_l) if brim else rise_l)
        top_l = max(top_l, level_l)
        if not brim:
            measured_s += max(0.0, min(time_s, end_s) - max(since_s, begin_s))
    line.go_on(end_s, (end_s - line.time_s[-1]) * usual_l_per_s)
    totals = np.interp(edges_s, line.time_s, line.total_l)
    return Tape(np.diff(totals), measured_s)


def level_at(heard: Heard, moment_s: float, usual_l_per_s: float) -> float | None:
    """Return what the bin held at a moment: its last level before, and the usual rate since; None when untold."""
    at = bisect_left(heard.time_s, moment_s + 1e-6) - 1
    emptied = [each for each in heard.emptied_s if each <= moment_s]
    if at >= 0 and (not emptied or heard.time_s[at] >= emptied[-1]):
        return heard.level_l[at] + (moment_s - heard.time_s[at]) * usual_l_per_s
    return (moment_s - emptied[-1]) * usual_l_per_s if emptied else None


def _emptied_between(heard: Heard, at: int) -> bool:
    before_s, now_s = heard.time_s[at - 1], heard.time_s[at]
    place = bisect_left(heard.emptied_s, before_s + 1e-6)
    return place < len(heard.emptied_s) and heard.emptied_s[place] <= now_s


def _untold(heard: Heard, at: int, top_l: float, volume_l: float) -> bool:
    low_l = top_l - UNTOLD_DROP_FRACTION * volume_l
    return max(heard.level_l[at : at + 2]) < low_l
