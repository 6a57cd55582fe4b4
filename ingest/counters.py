"""What ingest did so far, for the status line and for logs that cannot storm."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.broker_watch import NO_FACTS, LinkFacts
from ingest.pipeline import Batch
from tomma.model import RejectReason
from tomma.ports import Appended
from tomma.workers import Fact

log = logging.getLogger(__name__)

REJECTION_LOG_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Status:
    """A snapshot of the counters, since start."""

    received: int = 0
    """Messages taken from the broker and made durable, as a reading or as a dead letter."""
    stored: int = 0
    """Readings and emptyings that were new to the store."""
    duplicates: int = 0
    """Readings and emptyings that it had already."""
    emptyings: int = 0
    rejected: Mapping[RejectReason, int] = field(default_factory=dict)
    batches: int = 0
    store_failures: int = 0
    lag_s: float = 0.0
    """From receipt to commit, for the oldest message of the newest batch. [s, wall clock]"""
    max_lag_s: float = 0.0
    broker: LinkFacts = NO_FACTS

    def as_json(self) -> dict[str, Fact]:
        """Return the counters as one flat JSON object, rejections by reason."""
        return {
            "received": self.received,
            "stored": self.stored,
            "duplicates": self.duplicates,
            "emptyings": self.emptyings,
            "rejected": sum(self.rejected.values()),
            "rejected_by_reason": {str(reason): count for reason, count in sorted(self.rejected.items())},
            "batches": self.batches,
            "store_failures": self.store_failures,
            "lag_s": round(self.lag_s, 3),
            "max_lag_s": round(self.max_lag_s, 3),
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
        self._batches = self._store_failures = 0
        self._rejected: Counter[RejectReason] = Counter()
        self._lag_s = self._max_lag_s = 0.0
        self._told_s: dict[RejectReason, float] = {}

    def committed(self, batch: Batch, appended: Appended, lag_s: float, now_s: float) -> None:
        """Count a batch that is durable now; `now_s` is any steady clock."""
        self._batches += 1
        self._received += len(batch.readings) + len(batch.rejected)
        self._stored += appended.stored
        self._duplicates += appended.duplicates
        self._emptyings += len(batch.emptyings)
        self._lag_s, self._max_lag_s = lag_s, max(lag_s, self._max_lag_s)
        for rejected in batch.rejected:
            self._rejected[rejected.reason] += 1
            if now_s - self._told_s.get(rejected.reason, -REJECTION_LOG_EVERY_S) >= REJECTION_LOG_EVERY_S:
                self._told_s[rejected.reason] = now_s
                count = self._rejected[rejected.reason]
                log.warning("message rejected reason=%s so_far=%d why=%s", rejected.reason, count, rejected.detail)

    def store_failed(self) -> None:
        """Count an append that the store could not promise."""
        self._store_failures += 1

    def status(self, broker: LinkFacts) -> Status:
        """Return the counters as they are now."""
        return Status(
            received=self._received,
            stored=self._stored,
            duplicates=self._duplicates,
            emptyings=self._emptyings,
            rejected=dict(self._rejected),
            batches=self._batches,
            store_failures=self._store_failures,
            lag_s=self._lag_s,
            max_lag_s=self._max_lag_s,
            broker=broker,
        )
