"""A broker in memory, a store that fails when told, and how to look into it."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.brokers.watch import NO_FACTS, LinkFacts
from ingest.message import Message
from ingest.stream.inbox import Delivery
from ingest.stream.subscriber import Subscriber
from tomma.errors import StoreUnavailableError
from tomma.model import Alert, BinId, Emptying, Reading, Rejected
from tomma.ports import Appended, ReadingStore
from tomma.stores.readings.sqlite import SqliteReadings

FAR = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class PowerCut(BaseException):
    """The process dies here."""


@dataclass
class BrokerInMemory:
    """A broker that keeps QoS 1 messages until they are acknowledged, and the link to it."""

    kept: dict[int, Message] = field(default_factory=dict)
    to_send: list[int] = field(default_factory=list)
    dies_on_acknowledge: bool = False
    subscribed: bool = True
    facts: LinkFacts = NO_FACTS

    def publish(self, sensor: str, distance_mm: int, **more: Any) -> None:
        """Take a message from a device."""
        now = datetime.now(UTC)
        whole = {"measured_utc": now.isoformat(), "distance_mm": distance_mm, **more}
        payload = json.dumps({key: value for key, value in whole.items() if value is not None}).encode()
        number = len(self.kept) + 1 + max(self.kept, default=0)
        self.kept[number] = Message(f"tomma/v1/{sensor}/reading", payload, now, "json")
        self.to_send.append(number)

    def restart_client(self) -> None:
        """The client is gone and back: what it did not acknowledge is sent again."""
        self.dies_on_acknowledge = False
        self.to_send = sorted(self.kept)
        later = timedelta(seconds=5)
        for number, message in self.kept.items():
            self.kept[number] = message._replace(redelivered=True, received_utc=message.received_utc + later)

    def receive(self, limit: int, wait_s: float) -> list[Delivery]:
        """Hand over what is due."""
        now, self.to_send = self.to_send[:limit], self.to_send[limit:]
        return [Delivery(self.kept[number], number, 1, 1) for number in now]

    def pump(self, wait_s: float) -> None:
        """Nothing to keep alive."""

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Forget these, unless the process dies on the way."""
        if self.dies_on_acknowledge:
            raise PowerCut
        for delivery in deliveries:
            self.kept.pop(delivery.packet_id, None)

    def close(self) -> None:
        """Leave."""


class FailingStore(SqliteReadings):
    """The real store with faults: it fails `fails` times, and dies before or after a commit when told."""

    fails = 0
    dies: str | None = None

    def append(
        self,
        readings: Sequence[Reading],
        emptyings: Sequence[Emptying] = (),
        rejected: Sequence[Rejected] = (),
        alerts: Sequence[Alert] = (),
        withdrawn: Sequence[Emptying | Alert] = (),
    ) -> Appended:
        """Append, with the faults."""
        if self.dies == "before the commit":
            raise PowerCut
        if self.fails:
            self.fails -= 1
            raise StoreUnavailableError("disk full")
        appended = super().append(readings, emptyings, rejected, alerts, withdrawn)
        if self.dies == "after the commit":
            raise PowerCut
        return appended


type Start = Callable[[], Subscriber]


def distances(store: ReadingStore) -> list[float | None]:
    """Every stored distance of bin B0001, in order of time."""
    return [reading.distance_mm for reading in store.range(BinId("B0001"), *FAR)]


def go_on() -> threading.Event:
    """A stop that is not set."""
    return threading.Event()
