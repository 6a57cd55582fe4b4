"""What the subscriber asks of the broker and of its fellow workers: one promise per method."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from ingest.brokers.watch import LinkFacts
from ingest.stream.inbox import Delivery


class Link(Protocol):
    """The broker, as the subscriber sees it; `ingest.stream.link.MqttLink` keeps it."""

    @property
    def subscribed(self) -> bool:
        """Whether every subscription is granted."""

    @property
    def facts(self) -> LinkFacts:
        """What was seen of the broker so far."""

    def receive(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to `limit` messages, waiting at most `wait_s` for the first."""

    def pump(self, wait_s: float) -> None:
        """Keep the connection alive for at most `wait_s`."""

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Tell the broker that it may forget these."""

    def close(self) -> None:
        """Leave the broker, keeping the session there."""


class Turns(Protocol):
    """Lets one worker at a time judge a sensor; `ingest.stream.turns.FileTurns` keeps it."""

    def on(self, topics: Iterable[str]) -> AbstractContextManager[None]:
        """Have these topics to ourselves inside."""
