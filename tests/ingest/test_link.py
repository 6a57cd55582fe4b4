"""The MQTT link against a broker that misbehaves on cue: what real ones do once a year."""

import contextlib
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ingest.stream.inbox import Delivery
from ingest.stream.link import MqttLink
from tomma.broker_settings import BrokerSettings
from tomma.clock import SystemClock

CONNECT, PUBACK, SUBSCRIBE = 1, 4, 8
PATIENCE_S = 20.0


def packet(distance_mm: int, packet_id: int | None = None, *, again: bool = False) -> bytes:
    """A PUBLISH of a reading, of QoS 1 if it has a packet id."""
    topic, payload = b"tomma/v1/H0001/reading", json.dumps({"distance_mm": distance_mm}).encode()
    number = b"" if packet_id is None else packet_id.to_bytes(2, "big")
    head = 0x30 if packet_id is None else 0x3A if again else 0x32
    body = len(topic).to_bytes(2, "big") + topic + number + payload
    return bytes([head, len(body)]) + body


class ScriptedBroker:
    """Speaks just enough MQTT 3.1.1 to say what a test wants said, and remembers every PUBACK."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._client: socket.socket | None = None
        self._subscribed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def publish(self, packet_id: int, distance_mm: int, *, again: bool = False) -> None:
        """Send a reading with QoS 1."""
        self._send(packet(distance_mm, packet_id, again=again))

    def mention(self, distance_mm: int) -> None:
        """Send a reading with QoS 0: once, whatever becomes of it."""
        self._send(packet(distance_mm))

    def shout(self) -> None:
        """Go on and on with QoS 0, as fast as the line takes it, and say one thing with QoS 1 in between."""
        noise = packet(100) * 20_000
        self._send(noise + packet(500, 1))

        def go_on() -> None:
            with contextlib.suppress(OSError):
                while True:
                    self._send(noise)

        threading.Thread(target=go_on, daemon=True).start()

    def _send(self, packets: bytes) -> None:
        assert self._subscribed.wait(PATIENCE_S)
        assert self._client is not None
        self._client.sendall(packets)

    def hang_up(self) -> None:
        """Drop the connection, as a broker does that is killed."""
        assert self._client is not None
        self._subscribed.clear()
        self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self._listener.close()
        if self._client is not None:
            self._client.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                self._client, _ = self._listener.accept()
                self.connections += 1
                with contextlib.suppress(OSError), self._client, self._client.makefile("rb") as packets:
                    while head := packets.read(2):  # an answer that meets a hang-up ends this connection alone
                        self._answer(head[0] >> 4, packets.read(head[1]))

    def _answer(self, kind: int, body: bytes) -> None:
        assert self._client is not None
        if kind == CONNECT:
            self._client.sendall(b"\x20\x02\x01\x00")
        elif kind == SUBSCRIBE:
            self._client.sendall(b"\x90\x04" + body[:2] + b"\x01\x01")
            self._subscribed.set()
        elif kind == PUBACK:
            self.acknowledged.append(int.from_bytes(body, "big"))


@pytest.fixture
def scripted() -> Iterator[ScriptedBroker]:
    """A broker that does as it is told."""
    broker = ScriptedBroker()
    yield broker
    broker.close()


@pytest.fixture
def link(scripted: ScriptedBroker) -> Iterator[MqttLink]:
    """The real link, connected to it."""
    made = MqttLink(BrokerSettings(port=scripted.port, mqtt_version="3.1.1"), SystemClock(), random.Random(1))  # noqa: S311  (jitter)
    deadline = time.monotonic() + PATIENCE_S
    while not made.subscribed and time.monotonic() < deadline:
        made.pump(0.05)
    yield made
    made.close()


@pytest.fixture
def take(link: MqttLink, wait: Callable[..., None]) -> Callable[[int], list[Delivery]]:
    """Receive that many messages."""

    def receive(count: int) -> list[Delivery]:
        found: list[Delivery] = []

        def enough() -> bool:
            found.extend(link.receive(100, 0.02))
            return len(found) >= count

        wait(enough, f"{count} messages arrive")
        return found

    return receive


def pumping(link: MqttLink, check: Callable[[], bool]) -> Callable[[], bool]:
    """The check, with the link kept going."""

    def pumped() -> bool:
        link.pump(0.02)
        return check()

    return pumped


def said(deliveries: list[Delivery]) -> list[Any]:
    """The distances in these messages."""
    return [json.loads(each.message.payload)["distance_mm"] for each in deliveries]


def test_a_broker_that_hangs_up_at_once_is_asked_less_and_less_often(
    scripted: ScriptedBroker, link: MqttLink, wait: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """A broker that just starts, or another client with our id: who comes back at once ends it at once, for ever."""

    def is_back() -> bool:
        return link.subscribed and scripted.connections > former

    for _ in range(4):
        former = scripted.connections
        scripted.hang_up()
        wait(pumping(link, is_back), "the link connects again")
    waits_s = [float(each) for each in re.findall(r"broker unreachable .* retry_in_s=([0-9.]+)", caplog.text)]
    assert len(waits_s) == 4
    assert waits_s == sorted(waits_s)
    assert waits_s[-1] > 0.5


def test_an_acknowledgement_is_not_carried_over_to_the_next_connection(
    scripted: ScriptedBroker, link: MqttLink, take: Callable[[int], list[Delivery]], wait: Callable[..., None]
) -> None:
    """A packet id means another message there: acknowledging the old one would forget a reading never stored."""
    scripted.publish(1, 500)
    old = take(1)
    scripted.hang_up()
    wait(pumping(link, lambda: scripted.connections >= 2 and link.subscribed), "the link connects again")
    scripted.publish(1, 777)
    new = take(1)
    link.acknowledge(old)
    scripted.publish(2, 600)
    link.acknowledge(take(1))
    wait(lambda: scripted.acknowledged, "the broker hears an acknowledgement")
    assert (said(new), scripted.acknowledged) == ([777], [2])


def test_what_a_lost_connection_brought_is_dropped_before_it_is_taken_twice(
    scripted: ScriptedBroker, link: MqttLink, take: Callable[[int], list[Delivery]], wait: Callable[..., None]
) -> None:
    """The broker sends it again, and only that copy can be acknowledged."""
    scripted.publish(1, 500)
    wait(pumping(link, lambda: len(link._inbox) == 1), "the reading is in the buffer")
    scripted.hang_up()
    wait(pumping(link, lambda: scripted.connections >= 2 and link.subscribed), "the link connects again")
    scripted.publish(9, 500, again=True)
    (delivery,) = take(1)
    assert (delivery.packet_id, delivery.message.redelivered) == (9, True)


def test_what_no_broker_sends_again_outlives_the_connection_that_brought_it(
    scripted: ScriptedBroker, link: MqttLink, take: Callable[[int], list[Delivery]], wait: Callable[..., None]
) -> None:
    """Many network servers publish with QoS 0: what had come was lost with the line, and nobody counted it."""
    scripted.mention(500)
    scripted.publish(1, 600)
    wait(pumping(link, lambda: len(link._inbox) == 2), "both readings are in the buffer")
    scripted.hang_up()
    wait(pumping(link, lambda: scripted.connections >= 2 and link.subscribed), "the link connects again")
    scripted.publish(9, 600, again=True)
    assert said(take(2)) == [500, 600]


def test_who_shouts_without_end_does_not_keep_what_is_promised_from_the_store(
    scripted: ScriptedBroker, link: MqttLink, take: Callable[[int], list[Delivery]]
) -> None:
    """The inbox has room all the time, so reading went on as long as bytes came: nothing was stored, or reported."""
    scripted.shout()
    found: list[Delivery] = []
    while not any(each.qos for each in found):
        found.extend(take(1))
    assert said([each for each in found if each.qos]) == [500]


def test_a_message_sent_again_while_it_waits_for_the_store_is_taken_once(
    scripted: ScriptedBroker, link: MqttLink, take: Callable[[int], list[Delivery]]
) -> None:
    """A broker with a short patience would otherwise double the work just when the disk is slow."""
    scripted.publish(1, 500)
    first = take(1)
    scripted.publish(1, 500, again=True)
    scripted.publish(2, 600)
    assert said(take(1)) == [600]
    link.acknowledge(first)
    scripted.publish(1, 700)
    assert said(take(1)) == [700]
