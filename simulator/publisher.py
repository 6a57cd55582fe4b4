"""Publishes over MQTT as real devices do: QoS 1, and nothing counts before the broker has acknowledged it.

paho's `publish` only queues; a frozen broker goes unnoticed by it. So this keeps at most `WINDOW` messages in
flight, waits for the broker's PUBACK of each, and gives up loudly when none comes for `STALL_S`.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from simulator.messages import OutMessage
from tomma.errors import TommaError

WINDOW = 500  # in flight at most; more does not speed up any broker tried here
STALL_S = 30.0
CONNECT_S = 15.0


class PublishFailedError(TommaError):
    """The broker cannot be reached, refuses us, or has stopped acknowledging."""


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """Where to publish, and as whom."""

    host: str
    port: int
    username: str = ""
    password: str = ""

    def __str__(self) -> str:
        """Show the address and never the password."""
        return f"{self.host}:{self.port}"


class Publisher:
    """A connection to the broker; use as a context manager. Not to be shared by threads."""

    def __init__(self, login: BrokerLogin, client_id: str, *, stall_s: float = STALL_S) -> None:
        self._login = login
        self._stall_s = stall_s
        self._changed = threading.Condition()
        self._handed = 0
        self._refusal = ""
        self._connected = threading.Event()
        self.acknowledged = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv311)
        self._client.max_inflight_messages_set(WINDOW)
        self._client.reconnect_delay_set(1, 5)
        if login.username:
            self._client.username_pw_set(login.username, login.password)
        self._client.on_connect = lambda _client, _data, _flags, code, _properties: self._take_answer(code)
        self._client.on_publish = lambda *_: self._take_acknowledgement()

    def __enter__(self) -> Self:
        """Connect, or raise PublishFailedError."""
        try:
            self._client.connect(self._login.host, self._login.port, keepalive=30)
        except OSError as exc:
            raise PublishFailedError(f"no broker answers at {self._login}: {exc}") from exc
        self._client.loop_start()
        if not self._connected.wait(CONNECT_S) or self._refusal:
            self._client.loop_stop()
            raise PublishFailedError(f"the broker at {self._login} refused us: {self._refusal or 'no answer'}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect; what is not acknowledged by now is not claimed to be sent."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, messages: Iterable[OutMessage]) -> None:
        """Hand each message to the broker, as fast as it acknowledges."""
        for message in messages:
            with self._changed:
                self._wait_until(lambda: self._open < WINDOW)
            # Not under the lock: paho calls us back, holding locks of its own, while this waits for one of them.
            self._client.publish(message.topic, message.payload, qos=1)
            self._handed += 1

    @property
    def _open(self) -> int:
        """How many messages the broker has not acknowledged; for a moment less than none when it is quick."""
        return self._handed - self.acknowledged

    def flush(self) -> None:
        """Return once the broker has acknowledged everything."""
        with self._changed:
            self._wait_until(lambda: self._open <= 0)

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        seen, since_s = self.acknowledged, time.monotonic()
        while not is_so():
            self._changed.wait(0.5)
            if self.acknowledged != seen:
                seen, since_s = self.acknowledged, time.monotonic()
            elif time.monotonic() - since_s > self._stall_s:
                raise PublishFailedError(
                    f"the broker at {self._login} has acknowledged nothing for {self._stall_s:g} s; "
                    f"{self._open} messages are open, {self.acknowledged} were acknowledged"
                )

    def _take_answer(self, code: ReasonCode) -> None:
        self._refusal = str(code) if code.is_failure else ""
        self._connected.set()

    def _take_acknowledgement(self) -> None:
        with self._changed:
            self.acknowledged += 1
            if self._open < WINDOW // 2:
                self._changed.notify()
