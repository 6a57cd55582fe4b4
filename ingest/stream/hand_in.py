"""The way in for messages that no broker brings: handed in from other threads, each told when it is durable.

It stands where the broker's link stands, so that whatever comes this way is judged, bounded, stored and replayed as
everything else is: "acknowledged" is the moment its sender may be told so.
"""

import threading
from collections import deque
from concurrent.futures import Future, InvalidStateError
from itertools import count

from ingest.brokers.watch import LinkFacts
from ingest.message import Message
from ingest.stream.inbox import Delivery
from tomma.errors import StoreUnavailableError

MESSAGES_MAX = 1_000
"""Two batches of the usual size; whoever comes then is told to come again, and its sender keeps the message."""
QOS = 1


class HandInLink:
    """A `Link` without a broker. `hand_in` may be called from any thread; the rest is the subscriber's."""

    def __init__(self, messages_max: int = MESSAGES_MAX) -> None:
        self._messages_max = messages_max
        self._has_news = threading.Condition()
        self._waiting: deque[Delivery] = deque()
        self._promised: dict[int, Future[None]] = {}
        self._numbers = count(1)
        self._is_closed = False

    def hand_in(self, message: Message) -> Future[None]:
        """Return what is done once the message is durable; it fails when the subscriber leaves before.

        Raises:
            StoreUnavailableError: If there is no room, or the subscriber has left.
        """
        with self._has_news:
            if self._is_closed or len(self._promised) >= self._messages_max:
                raise StoreUnavailableError("readings come in faster than they can be stored; send it again")
            number, promised = next(self._numbers), Future[None]()
            self._promised[number] = promised
            self._waiting.append(Delivery(message, number, QOS, 0))
            self._has_news.notify()
        return promised

    @property
    def subscribed(self) -> bool:
        """There is nobody to ask."""
        return True

    @property
    def facts(self) -> LinkFacts:
        """What is known of the door."""
        return LinkFacts(connected=not self._is_closed, waiting=len(self._waiting))

    def receive(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to `limit` messages, waiting at most `wait_s` for the first."""
        with self._has_news:
            if not self._waiting:
                self._has_news.wait(wait_s)
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    def pump(self, wait_s: float) -> None:
        """Wait: there is no connection to keep alive."""
        with self._has_news:
            self._has_news.wait(wait_s)

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Let the senders be told."""
        with self._has_news:
            done = [self._promised.pop(each.packet_id, None) for each in deliveries]
        for promised in done:
            if promised is not None:
                _settle(promised, None)

    def close(self) -> None:
        """Take nothing more; whoever still waits is told to send it again."""
        with self._has_news:
            self._is_closed = True
            left, self._promised = list(self._promised.values()), {}
            self._waiting.clear()
        for promised in left:
            _settle(promised, StoreUnavailableError("the server stops; send it again"))


def _settle(promised: Future[None], failure: Exception | None) -> None:
    """Tell whoever waits, if anybody does still."""
    try:
        if failure is None:
            promised.set_result(None)
        else:
            promised.set_exception(failure)
    except InvalidStateError:
        return  # its sender has gone; what is stored stays stored, and comes again as a duplicate
