"""How every sensor is beside what it measures, kept in memory for a while: a list is asked for again and again."""

import time
from collections.abc import Mapping
from threading import Lock

from tomma.asset_ports import VitalsBook
from tomma.model import SensorId
from tomma.vitals import Vital, battery_days_left

FRESH_S = 5.0
DAYS_FRESH_S = 600.0
"""A battery's day is one point: the line through them moves once a day."""


class Vitals:
    """The newest of every sensor, and the days its battery has left. Safe to call from many threads."""

    def __init__(self, book: VitalsBook) -> None:
        self._book = book
        self._lock = Lock()
        self._newest: Mapping[SensorId, Vital] = {}
        self._days_left: Mapping[SensorId, float] = {}
        self._newest_until_s = self._days_until_s = 0.0

    def newest(self) -> Mapping[SensorId, Vital]:
        """Return every sensor's newest, a few seconds old at most."""
        with self._lock:
            if time.monotonic() >= self._newest_until_s:
                self._newest = self._book.all()
                self._newest_until_s = time.monotonic() + FRESH_S
            return self._newest

    def days_left(self) -> Mapping[SensorId, float]:
        """Return the days until empty of the sensors of which that can be told."""
        with self._lock:
            if time.monotonic() >= self._days_until_s:
                told = ((key, battery_days_left(days)) for key, days in self._book.battery_days().items())
                self._days_left = {key: days for key, days in told if days is not None}
                self._days_until_s = time.monotonic() + DAYS_FRESH_S
            return self._days_left
