"""What arrived and is not taken yet: bounded by messages and by bytes, and never the same message twice.

A broker sends at most `receive_max` messages of QoS 1 ahead of our acknowledgements, so they fit. Two things could
still fill memory: a broker that keeps no such limit, and a flood of QoS 0, which knows no acknowledgement. For the
first, reading stops, and TCP holds the sender back. For the second, what has no room is dropped and counted: its
sender asked for no promise. QoS 0 may use half the room, so that it never stops what is promised.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from ingest.message import Message

MESSAGES_MAX = 8_192
BYTES_MAX = 32 * 1024 * 1024
OVERHEAD_BYTES = 600
"""A message of ten bytes in Python's hands."""


class Delivery(NamedTuple):
    """A message and what is needed to acknowledge it."""

    message: Message
    packet_id: int
    qos: int
    connection: int
    """Which connection brought it: packet ids mean nothing on another one."""


class Inbox:
    """A queue with an end.

    Args:
        messages_max: The most messages it holds.
        bytes_max: The most bytes they may take together.
    """

    def __init__(self, messages_max: int = MESSAGES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._messages_max, self._bytes_max = messages_max, bytes_max
        self._waiting: deque[Delivery] = deque()
        self._bytes = 0
        self._unacknowledged: set[int] = set()
        self.dropped = 0
        """Messages of QoS 0 that found no room."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether more may be read from the network."""
        return len(self._waiting) < self._messages_max and self._bytes < self._bytes_max

    @property
    def room(self) -> int:
        """How many messages may be read now."""
        return self._messages_max - len(self._waiting)

    def is_known(self, packet_id: int) -> bool:
        """Return whether a message of QoS 1 was sent again while the first copy is still with us."""
        return packet_id in self._unacknowledged

    def put(self, delivery: Delivery) -> None:
        """Take a message; one of QoS 0 only while half the room is free."""
        if delivery.qos:
            self._unacknowledged.add(delivery.packet_id)
        elif 2 * len(self._waiting) >= self._messages_max or 2 * self._bytes >= self._bytes_max:
            self.dropped += 1
            return
        self._bytes += _size_bytes(delivery)
        self._waiting.append(delivery)

    def take(self, limit: int) -> list[Delivery]:
        """Return up to `limit` messages, the oldest first."""
        taken = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
        self._bytes -= sum(map(_size_bytes, taken))
        return taken

    def acknowledged(self, packet_ids: Iterable[int]) -> None:
        """Know that the broker may use these packet ids for other messages."""
        self._unacknowledged.difference_update(packet_ids)

    def forget(self) -> None:
        """Drop what the broker sends again on the next connection; what came with QoS 0 it sent for good, and stays."""
        self._waiting = deque(each for each in self._waiting if not each.qos)
        self._bytes = sum(map(_size_bytes, self._waiting))
        self._unacknowledged.clear()


def _size_bytes(delivery: Delivery) -> int:
    return len(delivery.message.payload) + OVERHEAD_BYTES
