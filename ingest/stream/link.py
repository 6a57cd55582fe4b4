"""The MQTT link: paho behind four verbs (open, receive, acknowledge, close).

paho's own thread would read without limit while the store is slow. Here one thread does everything: it reads only
while its inbox has room, so a slow store becomes back-pressure down to the broker, which holds the rest in its
queue. Nothing is acknowledged by itself; whoever made a message durable calls `acknowledge`. Every connection gets a
client of its own, so that nothing of an old one (packet ids, half a packet, an unsent PUBACK) reaches a new one.
"""

import contextlib
import logging
import random
import select
import ssl
import time
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt

from ingest.brokers.topics import envelope_finder, shared
from ingest.brokers.watch import DROPPED_TOPIC, BrokerWatch, LinkFacts
from ingest.message import Message
from ingest.stream.inbox import Delivery, Inbox
from ingest.stream.mqtt_client import SESSION_KEPT_S, connect_options, make_client, tls_context
from ingest.stream.socket_client import Publish, StreamClient
from ingest.times import to_the_millisecond
from tomma.back_off import BackOff
from tomma.broker_settings import BrokerSettings
from tomma.clock import Clock
from tomma.errors import ConfigurationError

log = logging.getLogger(__name__)

QOS = 1
STABLE_S = 10.0
"""A connection that lived so long was a good one: the next attempt after it need not wait long."""
LOGIN_REFUSED = frozenset({"Bad user name or password", "Not authorized", "Client identifier not valid", "Banned"})
NO_SUCH_VERSION = "Unsupported protocol version"
TAKEN_OVER = "Session taken over"


class MqttLink:
    """One persistent session with the broker.

    Args:
        settings: Where, as whom, and which topics.
        clock: Stamps the time of receipt.
        rng: Jitter of the reconnects.
        inbox: Where messages wait; its bounds are the memory's.
        filters: What to subscribe to, where that is not the topics of the sources.

    Raises:
        ConfigurationError: If a certificate cannot be read, or a shared topic is none.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        clock: Clock,
        rng: random.Random,
        inbox: Inbox | None = None,
        *,
        filters: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._filters = tuple(filters) or settings.topics
        self._clock = clock
        self._back_off = BackOff(rng)
        self._retry_at_s = 0.0
        self._connected_at_s = 0.0
        self._inbox = Inbox() if inbox is None else inbox
        self._watch = BrokerWatch()
        self._is_v5 = settings.mqtt_version != "3.1.1"
        self._at_once = False
        self._tls = tls_context(settings)
        self._envelope_of = envelope_finder(settings.sources)
        self._payload_max_bytes = settings.payload_max_bytes
        self._client: StreamClient | None = None
        self._connection = 0
        self._topics_mid = -1
        self._subscribed = self._ever_subscribed = False
        self._refused: str | None = None
        self._reconnects = 0

    @property
    def subscribed(self) -> bool:
        """Whether the broker has granted every subscription of this connection."""
        return self._subscribed

    @property
    def facts(self) -> LinkFacts:
        """What was seen of the broker so far."""
        watch = self._watch
        return LinkFacts(
            connected=self._subscribed,
            reconnects=self._reconnects,
            unread=self._inbox.dropped,
            waiting=len(self._inbox),
            broker_dropped=watch.dropped,
            sessions_lost=watch.sessions_lost,
        )

    def receive(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to `limit` messages, as soon as there is one or after `wait_s`; connects when needed.

        Raises:
            ConfigurationError: If the broker refuses the login or a subscription, or shows a wrong certificate, from
                the start; a broker that does so later may be in the middle of a change, and is asked again.
        """
        if not self._inbox:
            self.pump(wait_s)
        if self._refused and not self._ever_subscribed:
            raise ConfigurationError(self._refused)
        return self._inbox.take(limit)

    def pump(self, wait_s: float) -> None:
        """Let the network have its way for at most `wait_s`: connect, read into the inbox, keep alive."""
        client = self._client or self._connect(wait_s)
        sock = client.socket() if client else None
        if client is None or sock is None:
            return
        readers = [sock] if self._inbox.has_room else []
        writers = [sock] if client.want_write() else []
        if readers and (client.has_unread or (isinstance(sock, ssl.SSLSocket) and sock.pending())):
            wait_s = 0.0  # it has come already: the kernel has nothing more to tell
        try:
            readable, writable, _ = select.select(readers, writers, [], wait_s)
        except (OSError, ValueError):
            readable, writable = readers, []
        try:
            if writable:
                client.loop_write()
            if readable or (readers and wait_s == 0.0):
                self._read_all(client)
            if not readers:  # we chose not to listen: its silence is our doing, and a ping still says that we are here
                client._last_bytes_received = time.monotonic()  # noqa: SLF001
            client.loop_misc()
        except Exception as exc:  # noqa: BLE001  (paho raises whatever bytes that are no MQTT make it stumble over)
            sock.close()
            self._lost(f"no MQTT: {type(exc).__name__}: {exc}")

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Tell the broker that these are durable; those of an earlier connection it will send again anyway."""
        here = [each.packet_id for each in deliveries if each.qos and each.connection == self._connection]
        if self._client is not None and here:
            self._inbox.acknowledged(here)
            self._client.acknowledge(here)

    def close(self) -> None:
        """Send what is queued and leave; the session stays with the broker."""
        client, self._client = self._client, None
        if client is None:
            return
        client.on_disconnect = None
        self._subscribed = False
        with contextlib.suppress(OSError, ValueError):
            while client.want_write() and client.socket() is not None:
                if client.loop_write() != mqtt.MQTT_ERR_SUCCESS:
                    break
            client.disconnect()

    def _connect(self, wait_s: float) -> StreamClient | None:
        left_s = self._retry_at_s - time.monotonic()
        if left_s > 0:
            time.sleep(min(left_s, wait_s))
            return None
        client = make_client(self._settings, is_v5=self._is_v5, context=self._tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._connected_at_s = time.monotonic()
        try:
            client.connect(*self._address, **connect_options(self._settings, is_v5=self._is_v5))
        except ssl.SSLCertVerificationError as exc:
            self._refused = f"the broker at {self._where} shows a certificate that is refused: {exc.verify_message}"
            self._wait_longer(self._refused)
        except (OSError, ValueError) as exc:
            self._wait_longer(str(exc))
        else:
            self._client = client
        return self._client

    def _wait_longer(self, why: str) -> None:
        if self._at_once:
            self._at_once = False
            return
        wait_s = self._back_off.next_s()
        self._retry_at_s = time.monotonic() + wait_s
        if self._refused and not self._ever_subscribed:
            return  # it ends the command with a line of its own
        log.warning("broker unreachable host=%s port=%d retry_in_s=%.1f why=%s", *self._address, wait_s, why)

    @property
    def _address(self) -> tuple[str, int]:
        return self._settings.host, self._settings.port

    @property
    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _read_all(self, client: StreamClient) -> None:
        """Read packets until the socket has no more, or as many came as had room when we began.

        Who shouts with QoS 0 faster than we read never fills the inbox: what is promised must get its turn, too.
        """
        inbox = self._inbox
        left = inbox.room
        while left > 0 and inbox.has_room and client.socket() is not None:
            packets = client.publishes(min(left, inbox.room))
            left -= max(1, len(packets))
            if packets:
                self._take(packets)
                continue
            before = len(inbox)
            client.loop_read()
            if len(inbox) == before and not client.has_unread:
                return

    def _on_connect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._note_refusal(str(reason))
            return
        self._connection += 1
        self._refused = None
        version = "5" if self._is_v5 else "3.1.1"
        present = bool(flags.session_present)
        log.info("broker connected mqtt=%s session_present=%s connection=%d", version, present, self._connection)
        self._watch.connected(session_present=present, had_session=self._ever_subscribed)
        self._watch.keeps_sessions_for(getattr(properties, "SessionExpiryInterval", None), SESSION_KEPT_S)
        topics = [(shared(each, self._settings.share_group), QOS) for each in self._filters]
        _, self._topics_mid = client.subscribe(topics)  # type: ignore[assignment]
        client.subscribe(DROPPED_TOPIC, 0)  # a broker that knows no such topic, or refuses it, is none the worse

    def _note_refusal(self, why: str) -> None:
        if why == NO_SUCH_VERSION and self._is_v5 and self._settings.mqtt_version == "auto":
            log.info("broker knows no MQTT 5, going on with 3.1.1")
            self._is_v5, self._at_once = False, True
        elif why in LOGIN_REFUSED or why == NO_SUCH_VERSION:
            self._refused = f"the broker at {self._where} refuses the login: {why}"

    def _on_subscribe(self, _client: Any, _: Any, mid: int, reasons: list[Any], *_properties: Any) -> None:
        if mid != self._topics_mid:
            return
        for topic, reason in zip(self._filters, reasons, strict=False):
            if reason.is_failure:
                self._refused = f"the broker refuses the subscription to {topic}: {reason}"
                return
        self._subscribed = self._ever_subscribed = True

    def _on_disconnect(self, _client: Any, _: Any, _flags: Any, reason: Any, *_properties: Any) -> None:
        why = str(reason)
        if why == TAKEN_OVER:
            log.error(
                "session taken over client_id=%s what_now=give each worker a client_id of its own",
                self._settings.client_id,
            )
        elif time.monotonic() - self._connected_at_s > STABLE_S:
            self._back_off.reset()
        self._lost(why if reason.is_failure else "the broker closed the connection")

    def _lost(self, why: str) -> None:
        """Forget what the broker sends again, under packet ids of the next connection."""
        self._client = None
        self._subscribed = False
        self._inbox.forget()
        self._connection += 1
        self._reconnects += 1
        self._wait_longer(why)

    def _on_message(self, _client: mqtt.Client, _: Any, packet: mqtt.MQTTMessage) -> None:
        try:
            topic = packet.topic
        except UnicodeDecodeError:
            topic = ""
        payload = bytes(packet.payload)
        self._take([Publish(topic, payload, packet.mid, packet.qos, dup=packet.dup, retain=packet.retain)])

    def _take(self, packets: Sequence[Publish]) -> None:
        """Put what arrived together into the inbox, but for what waits there already: it was sent again."""
        inbox, envelope_of, payload_max = self._inbox, self._envelope_of, self._payload_max_bytes
        received_utc, connection = to_the_millisecond(self._clock.now_utc()), self._connection
        for topic, payload, mid, qos, dup, retain in packets:
            if qos and inbox.is_known(mid):
                continue
            envelope = envelope_of(topic)
            if not envelope and topic.startswith("$SYS/"):
                self._watch.told(topic, payload)
                continue
            size = len(payload)
            kept = payload if size <= payload_max else payload[:payload_max]
            message = Message(topic, kept, received_utc, envelope, size, redelivered=dup, retained=retain)
            inbox.put(Delivery(message, mid, qos, connection))
