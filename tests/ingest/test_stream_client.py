"""The stream client hears what paho hears, byte for byte, however the bytes arrive."""

import socket
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ingest.bench.packets import length
from ingest.stream.socket_client import StreamClient

type Heard = tuple[str, bytes, int, int, bool, bool]


class _Wire:
    """A socket that gives its bytes in pieces and then has nothing more, as one that does not block."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]
        self.reads = 0

    def recv(self, size: int) -> bytes:
        self.reads += 1
        if not self._pieces:
            raise BlockingIOError
        piece, self._pieces[0] = self._pieces[0][:size], self._pieces[0][size:]
        if not self._pieces[0]:
            del self._pieces[0]
        return piece

    def send(self, data: bytes) -> int:
        return len(data)

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Nothing to release."""


def _heard_by(kind: type[mqtt.Client], pieces: Sequence[bytes], version: MQTTProtocolVersion) -> list[Heard]:
    """Return what a client hears before the wire is silent or the bytes are no MQTT any more."""
    client = kind(CallbackAPIVersion.VERSION2, client_id="c", protocol=version, manual_ack=True)
    heard: list[Heard] = []

    def take(packet: Any) -> None:
        heard.append((packet.topic, packet.payload, packet.mid, packet.qos, packet.dup, packet.retain))

    client.on_message = lambda _client, _, packet: take(packet)
    client._sock = _Wire(pieces)  # type: ignore[assignment]
    for _ in range(300):
        packets = client.publishes(2) if isinstance(client, StreamClient) else ()
        for packet in packets:
            take(packet)
        if packets:
            continue
        try:
            client.loop_read()
        except Exception:  # noqa: BLE001  (paho raises what it stumbles over; the link closes the connection then)
            break
        if client._sock is None:
            break
    return heard


def _mostly(good: Sequence[bytes], *odd: bytes) -> st.SearchStrategy[bytes]:
    """Draw a good one nine times in ten: a stream that ends at its first packet tries nothing."""
    return st.integers(0, 9).flatmap(lambda n: st.sampled_from(odd if odd and not n else good))


@st.composite
def publishes(draw: st.DrawFn, version: MQTTProtocolVersion) -> bytes:
    """A PUBLISH that follows the standard, or nearly does."""
    qos = draw(st.sampled_from([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3]))
    topic = draw(_mostly([b"tomma/v1/S1/reading", b"a", "å/ö".encode()], b"", b"\xff\xfe", b"\x00"))
    is_v5 = version == MQTTProtocolVersion.MQTTv5
    properties = draw(_mostly([b"\x00"] if is_v5 else [b""], b"", b"\x00", b"\x02\x01\x01", b"\x05\x26"))
    payload = draw(st.binary(max_size=40) | st.sampled_from([b"x" * 120, b"x" * 200, b"y" * 16_400]))
    mid = draw(st.integers(0, 65_535)).to_bytes(2, "big") if qos else b""
    body = len(topic).to_bytes(2, "big") + topic + mid + properties + payload
    head = 0x30 | draw(st.sampled_from([0, 8])) | qos << 1 | draw(st.sampled_from([0, 1]))
    return bytes([head]) + length(len(body)) + body


others = st.sampled_from(
    [b"\xd0\x00", b"\x40\x02\x00\x01", b"\xd0", b"\x30\x00", b"\x32\x01\x00", b"\x32\x03\x00\x09a"]
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[MQTTProtocolVersion, list[bytes]]:
    """A stream of packets, cut anywhere, or mere noise."""
    version = draw(st.sampled_from([MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5]))
    some = publishes(version)
    packets = draw(st.lists(some | some | some | some | some | others, min_size=1, max_size=8))
    stream = b"".join(packets) + draw(st.just(b"") | st.binary(max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=2)))
    return version, [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def _plain(payload: bytes) -> bytes:
    body = b"\x00\x01a\x00\x07" + payload
    return b"\x32" + length(len(body)) + body


@given(streams())
@example(
    (MQTTProtocolVersion.MQTTv311, [b"".join(_plain(b"z" * size) for size in (1, 122, 123, 16_378, 16_379, 40_000, 1))])
)
@settings(max_examples=400, deadline=None)
def test_it_hears_what_paho_hears(told: tuple[MQTTProtocolVersion, list[bytes]]) -> None:
    """The short way through must be a shorter way to the same place, for good packets and for bad ones."""
    version, pieces = told
    assert _heard_by(StreamClient, pieces, version) == _heard_by(mqtt.Client, pieces, version)


def test_a_hundred_packets_that_arrive_together_are_read_at_once() -> None:
    """This is what it is for: paho alone asks the kernel four times a packet."""
    packet = b"\x32\x08\x00\x01a\x00\x01xyz"
    client = StreamClient(CallbackAPIVersion.VERSION2, client_id="c", manual_ack=True)
    wire = _Wire([packet * 100])
    client._sock = wire  # type: ignore[assignment]
    client.on_message = lambda *_: None
    client.loop_read()
    assert [len(client.publishes(98)) for _ in range(3)] == [98, 1, 0], "the first refills the buffer through paho"
    assert wire.reads == 1
    assert not client.has_unread


@pytest.mark.parametrize("version", [mqtt.MQTTv311, mqtt.MQTTv5])
def test_a_batch_is_acknowledged_in_the_bytes_that_paho_sends(version: MQTTProtocolVersion) -> None:
    """A broker must not see a difference."""
    sent: list[bytes] = []
    for kind in (mqtt.Client, StreamClient):
        near, far = socket.socketpair()
        with near, far:
            client = kind(CallbackAPIVersion.VERSION2, client_id="c", protocol=version, manual_ack=True)
            client._sock = near
            if isinstance(client, StreamClient):
                client.acknowledge([1, 300, 65_535])
                client.acknowledge([])
            else:
                for packet_id in (1, 300, 65_535):
                    client.ack(packet_id, 1)
            sent.append(far.recv(100))
            client._sock = None
    assert sent[0] == sent[1]
