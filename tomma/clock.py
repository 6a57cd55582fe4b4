"""What time it is: the one place that asks.

The core takes `now_utc` as an argument. Front doors hold a `Clock`. The demo runs a whole day in
minutes, so its processes share a `ScaledClock` and agree to the millisecond.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now_utc(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""

    def real_seconds(self, clock_s: float) -> float:
        """Return how many seconds of the wall clock pass while this clock advances by `clock_s`."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clock."""

    def now_utc(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)

    def real_seconds(self, clock_s: float) -> float:
        """Return `clock_s`: one second is one second."""
        return clock_s


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock that runs `factor` times as fast: it showed `start_utc` when the machine's read `real_start_s`."""

    start_utc: datetime
    real_start_s: float
    factor: float

    def __post_init__(self) -> None:
        """Refuse a clock that would stand still or run backwards."""
        if not 0.0 < self.factor <= 100_000.0:
            raise ValueError(f"factor must be within (0, 100000], got {self.factor}")
        if self.start_utc.tzinfo is None:
            raise ValueError(f"start_utc must carry a timezone, got {self.start_utc!r}")

    def now_utc(self) -> datetime:
        """Return the scaled time."""
        return self.start_utc + timedelta(seconds=(time.time() - self.real_start_s) * self.factor)

    def real_seconds(self, clock_s: float) -> float:
        """Return the wall-clock seconds in which this clock advances by `clock_s`."""
        return clock_s / self.factor
