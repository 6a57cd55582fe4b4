"""Activity time: clocks that run fast when people throw things away and slow when they sleep.

On such a clock deposits arrive evenly, so the rest of the forecast needs no calendar. It ticks by local hour and
weekday of the organisation; a night with 23 or 25 hours has as many cells. Bins that live differently (another waste
stream, a fair next to them) have clocks of their own.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600.0
WEEK_CELLS = 168
"""Local hours of a week, Monday 00:00 first."""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Calendar:
    """The hours from `start_s` on (seconds since 1970, a whole hour), each with its local cell of the week."""

    start_s: float
    cells: IntArray
    days: IntArray
    """The local day of each hour, as `date.toordinal` numbers it."""


@lru_cache(maxsize=8)
def make_calendar(timezone: str, first_hour: int, last_hour: int) -> Calendar:
    """Return the hours from `first_hour` to before `last_hour` (since 1970); each belongs to the cell of its middle."""
    zone = ZoneInfo(timezone)
    middles = [datetime.fromtimestamp((h + 0.5) * HOUR_S, UTC).astimezone(zone) for h in range(first_hour, last_hour)]
    cells = np.array([24 * middle.weekday() + middle.hour for middle in middles], dtype=np.int64)
    days = np.array([middle.toordinal() for middle in middles], dtype=np.int64)
    return Calendar(first_hour * HOUR_S, cells, days)


def calendar_between(timezone: str, from_s: float, to_s: float) -> Calendar:
    """Return the hours that cover [from_s, to_s]."""
    return make_calendar(timezone, int(from_s // HOUR_S), int(to_s // HOUR_S) + 1)


@dataclass(frozen=True)
class Moments:
    """Times on clocks, taken apart once: the number of the hour on all clocks together, and the part of it."""

    hour: IntArray
    part: FloatArray

    @classmethod
    def of(cls, calendar: Calendar, time_s: FloatArray, clock: IntArray) -> "Moments":
        """Return the times taken apart; each is on the clock beside it."""
        at = (time_s - calendar.start_s) / HOUR_S
        hour = np.clip(at, 0, len(calendar.cells) - 1).astype(np.int64)
        return cls(clock * (len(calendar.cells) + 1) + hour, np.clip(at - hour, 0.0, 1.0))

    def rows(self, keep: NDArray[np.bool_]) -> "Moments":
        """Return some of them."""
        return self if keep.all() else Moments(self.hour[keep], self.part[keep])

    def hours_on(self, edges_h: FloatArray) -> FloatArray:
        """Return the activity hours at these times on the clocks with these `Clocks.edges_h`."""
        edges = edges_h.ravel()
        low = edges[self.hour]
        return np.asarray(low + (edges[self.hour + 1] - low) * self.part)


@dataclass(frozen=True)
class Clocks:
    """Translate seconds since 1970 to hours of activity, bin by bin; beyond the calendar they run evenly."""

    start_s: float
    edges_h: FloatArray
    """Activity hours at the limits of the calendar's hours; a row per clock."""
    clock_of: IntArray
    """Which clock each bin lives by."""

    def rows(self, index: slice) -> "Clocks":
        """Return the clocks of some bins."""
        return replace(self, clock_of=self.clock_of[index])

    def hours_of(self, time_s: FloatArray, clock: IntArray) -> FloatArray:
        """Return the activity hours at each time on the clock beside it (any shapes that broadcast)."""
        last = self.edges_h.shape[1] - 1
        at = (time_s - self.start_s) / HOUR_S
        hour = np.clip(at, 0, last - 1).astype(np.int64)
        low = self.edges_h[clock, hour]
        inside = low + (self.edges_h[clock, hour + 1] - low) * np.clip(at - hour, 0.0, 1.0)
        return np.asarray(inside + np.maximum(at - last, 0.0) + np.minimum(at, 0.0))

    def hours_at(self, time_s: FloatArray) -> FloatArray:
        """Return every bin's activity hours at these times, or (of shape [bins, times]) at its own."""
        if time_s.ndim == 2:
            return self.hours_of(time_s, self.clock_of[:, None])
        each = self.hours_of(time_s[None, :], np.arange(len(self.edges_h))[:, None])
        return each[self.clock_of]


def clocks_of(calendar: Calendar, pace: FloatArray, clock_of: IntArray) -> Clocks:
    """Return clocks that run `pace[clock, hour of the calendar]` times as fast as the sun."""
    edges = np.zeros((len(pace), len(calendar.cells) + 1))
    np.cumsum(pace, axis=1, out=edges[:, 1:])
    return Clocks(calendar.start_s, edges, clock_of)
