"""The MQTT link: paho behind four verbs (open, receive, acknowledge, close).

paho's own thread would read without limit while the store is slow. Here one thread does everything: it reads only
while its buffer has room, so a slow store becomes back-pressure down to the broker, which holds the rest in its
queue. Nothing is acknowledged by itself; whoever made a message durable calls `acknowledge`.
"""

import contextlib
import logging
import random
import select
import time
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.message import Message
from tomma.clock import Clock
from tomma.errors import ConfigurationError
from tomma.settings import BrokerSettings

log = logging.getLogger(__name__)

QOS = 1
KEEPALIVE_S = 20
"""A frozen broker is noticed within twice this."""
BUFFER_MAX = 8_192
"""More than any broker we configure sends without an acknowledgement; only a QoS 0 flood can fill it."""
BACK_OFF_FIRST_S = 0.2
BACK_OFF_MAX_S = 30.0
SESSION_KEPT_S = 7 * 24 * 3600
LOGIN_REFUSED = frozenset({"Bad user name or password", "Not authorized"})


class Delivery(NamedTuple):
    """A message and what is needed to acknowledge it."""

    message: Message
    packet_id: int
    qos: int
    connection: int
    """Which connection brought it: packet ids mean nothing on another one."""


@dataclass(slots=True)
class BackOff:
    """Waits between attempts: doubling, with jitter so that a city's gateways do not return all at once."""

    rng: random.Random
    span_max_s: float = BACK_OFF_MAX_S
    _span_s: float = BACK_OFF_FIRST_S

    def next_s(self) -> float:
        """Return the next wait: between half and all of a span that doubles up to `span_max_s`."""
        span_s, self._span_s = self._span_s, min(self.span_max_s, self._span_s * 2)
        return span_s * self.rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._span_s = BACK_OFF_FIRST_S


class MqttLink:
    """One persistent session with the broker.

    Args:
        settings: Where, as whom, and which topics.
        clock: Stamps the time of receipt.
        rng: Jitter of the reconnects.
    """

    def __init__(self, settings: BrokerSettings, clock: Clock, rng: random.Random) -> None:
        self._settings = settings
        self._clock = clock
        self._back_off = BackOff(rng)
        self._retry_at_s = 0.0
        self._buffer: deque[Delivery] = deque()
        self._pending: set[int] = set()
        self._connection = 0
        self._subscribed = self._ever_subscribed = False
        self._refused: str | None = None
        self.reconnects = 0
        self.unread = 0
        """Messages of QoS 0 that found the buffer full: the sender did not ask for more."""
        self._envelope_of = lru_cache(maxsize=65_536)(self._find_envelope)
        self._client = _client(settings)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message

    @property
    def subscribed(self) -> bool:
        """Whether the broker has granted every subscription of this connection."""
        return self._subscribed

    def receive(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to `limit` messages, as soon as there is one or after `wait_s`; connects when needed.

        Raises:
            ConfigurationError: If the broker refuses the login or a subscription from the start; a broker that
                refuses later may be restarting, and is asked again.
        """
        if not self._buffer:
            self.pump(wait_s)
        if self._refused and not self._ever_subscribed:
            raise ConfigurationError(self._refused)
        return [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]

    def pump(self, wait_s: float) -> None:
        """Let the network have its way for at most `wait_s`: connect, read into the buffer, keep alive."""
        if self._client.socket() is None and not self._connect(wait_s):
            return
        sock = self._client.socket()
        if sock is None:
            return
        readers = [sock] if len(self._buffer) < BUFFER_MAX else []
        writers = [sock] if self._client.want_write() else []
        pending = getattr(sock, "pending", None)
        if pending is not None and pending() and readers:
            wait_s = 0.0
        try:
            readable, writable, _ = select.select(readers, writers, [], wait_s)
        except (OSError, ValueError):
            readable, writable = [sock], []
        if writable:
            self._client.loop_write()
        if readable or wait_s == 0.0:
            self._read_all()
        self._client.loop_misc()

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Tell the broker that these are durable; those of an earlier connection it will send again anyway."""
        for delivery in deliveries:
            if delivery.qos and delivery.connection == self._connection:
                self._pending.discard(delivery.packet_id)
                self._client.ack(delivery.packet_id, delivery.qos)

    def close(self) -> None:
        """Send what is queued and leave; the session stays with the broker."""
        with contextlib.suppress(OSError, ValueError):
            while self._client.want_write() and self._client.socket() is not None:
                if self._client.loop_write() != mqtt.MQTT_ERR_SUCCESS:
                    break
            self._client.disconnect()

    def _connect(self, wait_s: float) -> bool:
        left_s = self._retry_at_s - time.monotonic()
        if left_s > 0:
            time.sleep(min(left_s, wait_s))
            return False
        try:
            self._client.connect(self._settings.host, self._settings.port, **self._connect_options())
        except (OSError, ValueError) as exc:
            self._wait_longer(str(exc))
            return False
        return True

    def _connect_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"keepalive": KEEPALIVE_S}
        if self._settings.mqtt_version == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_KEPT_S
            properties.ReceiveMaximum = BUFFER_MAX // 2
            options |= {"clean_start": False, "properties": properties}
        return options

    def _wait_longer(self, why: str) -> None:
        wait_s = self._back_off.next_s()
        self._retry_at_s = time.monotonic() + wait_s
        log.warning("broker unreachable host=%s port=%d retry_in_s=%.1f why=%s", *self._address, wait_s, why)

    @property
    def _address(self) -> tuple[str, int]:
        return self._settings.host, self._settings.port

    def _read_all(self) -> None:
        """Read packets until the socket has no more or the buffer is full."""
        while self._client.socket() is not None and len(self._buffer) < BUFFER_MAX:
            before = len(self._buffer)
            self._client.loop_read()
            if len(self._buffer) == before:
                return

    def _on_connect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, *_properties: Any) -> None:
        if reason.is_failure:
            why = str(reason)
            if why in LOGIN_REFUSED:
                self._refused = f"the broker at {self._settings.host}:{self._settings.port} refuses the login: {why}"
            return
        self._connection += 1
        self._refused = None
        log.info("broker connected session_present=%s connection=%d", flags.session_present, self._connection)
        client.subscribe([(source.topic, QOS) for source in self._settings.sources])

    def _on_subscribe(self, _client: Any, _: Any, _mid: Any, reasons: list[Any], *_properties: Any) -> None:
        for source, reason in zip(self._settings.sources, reasons, strict=False):
            if reason.is_failure:
                self._refused = f"the broker refuses the subscription to {source.topic}: {reason}"
                return
        self._subscribed = self._ever_subscribed = True
        self._back_off.reset()

    def _on_disconnect(self, _client: Any, _: Any, _flags: Any, reason: Any, *_properties: Any) -> None:
        """Forget what is not acknowledged: the broker sends it again, under packet ids of the next connection."""
        self._subscribed = False
        self._buffer.clear()
        self._pending.clear()
        self._connection += 1
        self.reconnects += 1
        if reason.is_failure:
            self._wait_longer(str(reason))

    def _on_message(self, _client: mqtt.Client, _: Any, packet: mqtt.MQTTMessage) -> None:
        if packet.qos:
            if packet.mid in self._pending:
                return  # sent again while it waits here for the store
            self._pending.add(packet.mid)
        elif len(self._buffer) >= BUFFER_MAX:
            self.unread += 1
            return
        self._buffer.append(Delivery(self._message(packet), packet.mid, packet.qos, self._connection))

    def _message(self, packet: mqtt.MQTTMessage) -> Message:
        try:
            topic = packet.topic
        except UnicodeDecodeError:
            topic = ""
        size, limit = len(packet.payload), self._settings.payload_max_bytes
        return Message(
            topic=topic,
            payload=bytes(packet.payload[:limit]),
            received_utc=self._clock.now_utc(),
            envelope=self._envelope_of(topic),
            size_bytes=size,
            redelivered=packet.dup,
            retained=packet.retain,
        )

    def _find_envelope(self, topic: str) -> str:
        for source in self._settings.sources:
            if mqtt.topic_matches_sub(source.topic, topic):
                return source.envelope
        return ""


def _client(settings: BrokerSettings) -> mqtt.Client:
    is_v5 = settings.mqtt_version == "5"
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if is_v5 else False,
        protocol=mqtt.MQTTv5 if is_v5 else mqtt.MQTTv311,
        manual_ack=True,
        reconnect_on_failure=False,
    )
    if settings.username:
        client.username_pw_set(settings.username, settings.password.get_secret_value())
    return client
