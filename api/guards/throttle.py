"""Holds back whoever asks too often, by address: strangers need no key, so nothing else is known of them."""

from collections import OrderedDict
from threading import Lock

PER_MINUTE = 60
"""A page or a harvester asks once in five minutes: that is how long a copy is good for."""
BURST = 60
ADDRESSES_MAX = 10_000


class Throttle:
    """A bucket of requests for each address, refilled all the time; the addresses not seen for longest go first."""

    def __init__(self, per_minute: float = PER_MINUTE, burst: float = BURST) -> None:
        self._per_s = per_minute / 60
        self._burst = burst
        self._lock = Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str, now_s: float) -> float:
        """Take one request from the bucket and return 0, or return how long to wait for the next."""
        with self._lock:
            left, seen_s = self._buckets.pop(name, (self._burst, now_s))
            left = min(self._burst, left + (now_s - seen_s) * self._per_s)
            wait_s = 0.0 if left >= 1.0 else (1.0 - left) / self._per_s
            self._buckets[name] = (left if wait_s else left - 1.0, now_s)
            if len(self._buckets) > ADDRESSES_MAX:
                self._buckets.popitem(last=False)
            return wait_s
