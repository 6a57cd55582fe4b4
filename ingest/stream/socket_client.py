"""paho with less talk to the kernel: many packets a read, many acknowledgements a write.

paho reads each packet in three to five system calls and writes each PUBACK in one; at thousands of messages a second
that is most of what ingest does. Here its reads are served from a buffer, PUBLISH packets that lie whole in it are
taken apart directly, and a batch is acknowledged in one piece. Everything else stays with paho: handshake, keep-alive,
half packets, every other kind of packet, and whatever looks odd. Each refill of the buffer is asked for by paho itself,
for the packet it reads next, so that its watch over the connection sees every arrival. Measured: docs/decisions/0013.
"""

from collections.abc import Iterable
from typing import NamedTuple

import paho.mqtt.client as mqtt

READ_BYTES = 65_536
_PUBLISH, _PUBACK = 0x30, 0x40
_DUP, _QOS, _RETAIN = 0x08, 0x06, 0x01
_QOS_1 = 0x02


class Publish(NamedTuple):
    """One PUBLISH as it came."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    dup: bool
    retain: bool


class StreamClient(mqtt.Client):
    """A paho client for one connection: a new connection needs a new one, since half a packet may be left in it."""

    _unread = b""
    _at = 0

    @property
    def has_unread(self) -> bool:
        """Whether bytes have come that no `select` will tell of any more."""
        return self._at < len(self._unread)

    def publishes(self, most: int) -> list[Publish]:
        """Return the next packets as long as they are plain PUBLISH of QoS 0 or 1 and have come whole, `most` at most.

        When there is none, `loop_read` is due.
        """
        data, at, have = self._unread, self._at, len(self._unread)
        has_properties = self._protocol == mqtt.MQTTv5
        found: list[Publish] = []
        while len(found) < most and at + 2 <= have and data[at] & 0xF0 == _PUBLISH:
            begin, left = at + 2, data[at + 1]
            if left & 0x80:  # two bytes of length are all that a reading needs
                if begin >= have or data[begin] & 0x80:
                    break
                left = left & 0x7F | data[begin] << 7
                begin += 1
            end = begin + left
            packet = _plain(data, data[at], begin, end, has_properties) if end <= have else None
            if packet is None:
                break
            found.append(packet)
            at = end
        self._at = at
        return found

    def acknowledge(self, packet_ids: Iterable[int]) -> None:
        """Send PUBACK for each, in one piece. With MQTT 5 two bytes say success, as they do before."""
        answers = b"".join([b"\x40\x02" + each.to_bytes(2, "big") for each in packet_ids])
        if answers:
            self._packet_queue(_PUBACK, answers, 0, 0)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._unread):
            self._unread, self._at = super()._sock_recv(max(bufsize, READ_BYTES)), 0
        begin = self._at
        piece = self._unread[begin : begin + bufsize]
        self._at = begin + len(piece)
        return piece


def _plain(data: bytes, head: int, at: int, end: int, has_properties: bool) -> Publish | None:
    """Return what lies between `at` and `end`; None when it is of QoS 2, has properties, or breaks the standard."""
    qos_bits, begin = head & _QOS, at + 2
    if qos_bits > _QOS_1 or begin >= end:
        return None
    topic_end = begin + (data[at] << 8 | data[at + 1])
    payload = topic_end + (2 if qos_bits else 0) + has_properties
    if payload > end or topic_end == begin or (has_properties and data[payload - 1]):
        return None
    try:
        topic = data[begin:topic_end].decode()
    except UnicodeDecodeError:
        return None
    packet_id = data[topic_end] << 8 | data[topic_end + 1] if qos_bits else 0
    return Publish(topic, data[payload:end], packet_id, qos_bits >> 1, head & _DUP > 0, head & _RETAIN > 0)
