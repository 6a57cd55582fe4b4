"""Activity time: a clock that runs fast when people throw things away and slow when they sleep.

On that clock deposits arrive evenly, so the rest of the forecast needs no calendar. It ticks by local
hour and weekday of the organisation; a night with 23 or 25 hours has as many cells.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
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

    @property
    def edges_s(self) -> FloatArray:
        """The hours' limits, one more than hours."""
        return self.start_s + HOUR_S * np.arange(len(self.cells) + 1, dtype=np.float64)


def make_calendar(timezone: str, from_s: float, to_s: float) -> Calendar:
    """Return the hours that cover [from_s, to_s]; an hour belongs to the local cell of its middle."""
    first, last = int(from_s // HOUR_S), int(to_s // HOUR_S) + 1
    zone = ZoneInfo(timezone)
    middles = (datetime.fromtimestamp((hour + 0.5) * HOUR_S, UTC).astimezone(zone) for hour in range(first, last))
    cells = np.fromiter((24 * middle.weekday() + middle.hour for middle in middles), dtype=np.int64, count=last - first)
    return Calendar(first * HOUR_S, cells)


@dataclass(frozen=True)
class ActivityClock:
    """Translates seconds since 1970 to hours of activity and back; beyond the calendar it runs evenly."""

    edges_s: FloatArray
    edges_h: FloatArray

    def hours_at(self, time_s: FloatArray) -> FloatArray:
        """Return the activity hours at each time."""
        inside: FloatArray = np.interp(time_s, self.edges_s, self.edges_h)
        beyond = np.maximum(time_s - self.edges_s[-1], 0.0) + np.minimum(time_s - self.edges_s[0], 0.0)
        return np.asarray(inside + beyond / HOUR_S)

    def times_at(self, activity_h: FloatArray) -> FloatArray:
        """Return the time at which each activity hour is reached: the inverse of `hours_at`."""
        inside: FloatArray = np.interp(activity_h, self.edges_h, self.edges_s)
        beyond = np.maximum(activity_h - self.edges_h[-1], 0.0) + np.minimum(activity_h - self.edges_h[0], 0.0)
        return np.asarray(inside + beyond * HOUR_S)


def clock_of(calendar: Calendar, week: FloatArray) -> ActivityClock:
    """Return the clock that runs `week[cell]` times as fast as the sun; `week` has a mean of 1."""
    hours = np.concatenate(([0.0], np.cumsum(week[calendar.cells])))
    return ActivityClock(calendar.edges_s, hours)
