"""Ten sensors and a watch with a clock that is moved by hand."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.alerts.watcher import Watcher
from tomma.model import AlertKind, BinId, Reading, SensorId
from tomma.stores.wiring import Stores

T0 = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
K = AlertKind
SENSORS = 10


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = T0

    def now_utc(self) -> datetime:
        """The time it was set to."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """One second is one second."""
        return clock_s


class Town:
    """Ten sensors that speak each hour, real stores, and a watch."""

    def __init__(self, stores: Stores) -> None:
        self.stores, self.clock = stores, HandClock()
        self.counter = itertools.count()
        self.restart()

    def restart(self) -> None:
        """Start the watch anew."""
        parts = self.stores
        self.watcher = Watcher(parts.readings, parts.registry, parts.plans, parts.events, self.clock)

    def hear(self, hour: float, sensors: Sequence[int] = range(SENSORS), level: float = 0.4, **what: Any) -> None:
        """These sensors speak."""
        moment = T0 + hour * HOUR
        said = [
            Reading(BinId(f"B{n:04d}"), SensorId(f"H{n:04d}"), moment, moment + timedelta(seconds=n), level, **what)
            for n in sensors
        ]
        self.stores.readings.append(said)

    def look(self, hour: float) -> list[tuple[AlertKind, bool, str | None]]:
        """Look at that hour: kind, raised, about whom."""
        self.clock.now = T0 + hour * HOUR
        return [(each.kind, each.active, each.sensor_id or each.bin_id) for each in self.watcher.look()]
