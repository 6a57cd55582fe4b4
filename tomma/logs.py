"""Logs that cannot storm: each kind of line has a burst and a pace, and so has the process.

A fault that repeats a thousand times a second says no more than one that says so once and tells how often. A kind is
one message in the code (its text before the values are filled in). What is held back is counted; the next line of
its kind that passes says how many were not shown.
"""

import copy
import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

KINDS_MAX = 1_000
"""Texts known one by one; whoever makes a new text for each line has one bucket for all of them."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many lines may come at once, and how long one takes to be earned again."""

    burst: int
    every_s: float


PER_KIND = Pace(burst=10, every_s=10.0)
WHOLE = Pace(burst=500, every_s=0.1)


@dataclass(slots=True)
class Bucket:
    """What was taken of a pace, and how much was held back."""

    used: float
    at_s: float
    held_back: int = 0

    def admits(self, pace: Pace, now_s: float) -> bool:
        """Take one line if there is room."""
        self.used = max(0.0, self.used - (now_s - self.at_s) / pace.every_s)
        self.at_s = now_s
        if self.used + 1.0 > pace.burst:
            self.held_back += 1
            return False
        self.used += 1.0
        return True


class LogThrottle(logging.Filter):
    """A filter for a handler.

    Args:
        per_kind: The pace of each kind of line.
        whole: The pace of all lines together.
        now_s: Any steady clock.
    """

    def __init__(
        self, per_kind: Pace = PER_KIND, whole: Pace = WHOLE, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._per_kind, self._whole_pace, self._now_s = per_kind, whole, now_s
        self._kinds: dict[Hashable, Bucket] = {}
        self._whole = Bucket(0.0, now_s())
        self._lock = threading.Lock()
        self.held_back = 0
        """Lines not shown, since start."""

    def filter(self, record: logging.LogRecord) -> bool | logging.LogRecord:
        """Return the line, with the number of those like it that were held back; or False to hold it back too."""
        with self._lock:
            now_s = self._now_s()
            kind = self._kind_of(record)
            bucket = self._kinds.setdefault(kind, Bucket(0.0, now_s))
            if not bucket.admits(self._per_kind, now_s) or not self._whole.admits(self._whole_pace, now_s):
                self.held_back += 1
                return False
            missed, bucket.held_back = bucket.held_back, 0
        return _with_count(record, missed) if missed else True

    def _kind_of(self, record: logging.LogRecord) -> Hashable:
        kind = record.name, record.levelno, record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        return kind if kind in self._kinds or len(self._kinds) < KINDS_MAX else None


def _with_count(record: logging.LogRecord, missed: int) -> logging.LogRecord:
    """Return a copy for this handler; others may show the record as it was."""
    shown = copy.copy(record)
    shown.msg, shown.args = f"{record.getMessage()} not_shown={missed}", None
    return shown
