"""What ingest did so far, for the status line and for logs that cannot storm."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.batch import Batch
from ingest.brokers.watch import NO_FACTS, LinkFacts
from tomma.model import Quality, RejectReason, SensorId
from tomma.ports import Appended
from tomma.workers import Fact

log = logging.getLogger(__name__)

REJECTION_LOG_EVERY_S = 10.0
_REPAIRED = int(Quality.CLOCK_REPAIRED)  # flag arithmetic is slow, and this is asked of every reading


@dataclass(frozen=True, slots=True)
class Status:
    """A snapshot of the counters, since start."""

    received: int = 0
    """Messages taken from the broker and made durable, as a reading or as a dead letter."""
    stored: int = 0
    """Readings and emptyings that were new to the store."""
    duplicates: int = 0
    """Readings and emptyings that it had already."""
    statuses: int = 0
    """Messages that said something of the device but no level."""
    clocks_repaired: int = 0
    """Readings whose device said a time that nobody could believe."""
    sensors_with_wrong_clock: int = 0
    emptyings: int = 0
    rejected: Mapping[RejectReason, int] = field(default_factory=dict)
    batches: int = 0
    store_failures: int = 0
    store_failure: str = ""
    """Why nothing can be stored now; empty when the newest try succeeded."""
    lag_s: float = 0.0
    """From receipt to commit, for the oldest message of the newest batch. [s, wall clock]"""
    max_lag_s: float = 0.0
    throttled: int = 0
    """Messages beyond what one device may send: acknowledged and counted, but for a sample not kept."""
    broker: LinkFacts = NO_FACTS

    def as_json(self) -> dict[str, Fact]:
        """Return the counters as one flat JSON object, rejections by reason."""
        return {
            "received": self.received,
            "stored": self.stored,
            "duplicates": self.duplicates,
            "statuses": self.statuses,
            "clocks_repaired": self.clocks_repaired,
            "sensors_with_wrong_clock": self.sensors_with_wrong_clock,
            "emptyings": self.emptyings,
            "rejected": sum(self.rejected.values()),
            "rejected_by_reason": {str(reason): count for reason, count in sorted(self.rejected.items())},
            "batches": self.batches,
            "store_failures": self.store_failures,
            "store_failure": self.store_failure,
            "lag_s": round(self.lag_s, 3),
            "max_lag_s": round(self.max_lag_s, 3),
            "throttled": self.throttled,
            "waiting": self.broker.waiting,
            "connected": self.broker.connected,
            "reconnects": self.broker.reconnects,
            "unread": self.broker.unread,
            "broker_dropped": self.broker.broker_dropped,
            "broker_sessions_lost": self.broker.sessions_lost,
        }


class Counters:
    """Counts batches and tells rejections, at most one line per reason and REJECTION_LOG_EVERY_S."""

    def __init__(self) -> None:
        self._received = self._stored = self._duplicates = self._emptyings = 0
        self._batches = self._store_failures = self._statuses = 0
        self._wrong_clocks: Counter[SensorId] = Counter()
        self._store_failure = ""
        self._rejected: Counter[RejectReason] = Counter()
        self._lag_s = self._max_lag_s = 0.0
        self._told_s: dict[RejectReason, float] = {}

    def committed(self, batch: Batch, appended: Appended, lag_s: float, now_s: float) -> None:
        """Count a batch that is durable now; `now_s` is any steady clock."""
        self._batches += 1
        self._store_failure = ""
        self._received += len(batch.readings) + len(batch.rejected) + len(batch.statuses)
        self._statuses += len(batch.statuses)
        self._stored += appended.stored
        self._duplicates += appended.duplicates
        self._emptyings += len(batch.emptyings)
        self._lag_s, self._max_lag_s = lag_s, max(lag_s, self._max_lag_s)
        self._wrong_clocks.update(each.sensor_id for each in batch.readings if int(each.quality) & _REPAIRED)
        for rejected in batch.rejected:
            self._rejected[rejected.reason] += 1
            if now_s - self._told_s.get(rejected.reason, -REJECTION_LOG_EVERY_S) >= REJECTION_LOG_EVERY_S:
                self._told_s[rejected.reason] = now_s
                count = self._rejected[rejected.reason]
                log.warning("message rejected reason=%s so_far=%d why=%s", rejected.reason, count, rejected.detail)

    def store_failed(self, why: str) -> None:
        """Count an append that the store could not promise, and keep why until one succeeds."""
        self._store_failures += 1
        self._store_failure = why

    def status(self, broker: LinkFacts, throttled: int = 0) -> Status:
        """Return the counters as they are now."""
        return Status(
            received=self._received,
            stored=self._stored,
            duplicates=self._duplicates,
            statuses=self._statuses,
            clocks_repaired=self._wrong_clocks.total(),
            sensors_with_wrong_clock=len(self._wrong_clocks),
            emptyings=self._emptyings,
            rejected=dict(self._rejected),
            batches=self._batches,
            store_failures=self._store_failures,
            store_failure=self._store_failure,
            lag_s=self._lag_s,
            max_lag_s=self._max_lag_s,
            throttled=throttled,
            broker=broker,
        )
