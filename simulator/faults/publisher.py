"""A device that publishes numbered readings with QoS 1 and books every PUBACK.

paho connects again by itself and then repeats what is not acknowledged, as a good gateway does.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulator.faults.ledger import Ledger
from simulator.faults.numbers import Numbers
from simulator.publisher import BrokerLogin

WINDOW = 500
"""In flight at most: 16 bits of packet ids are never near their end."""
RECONNECT_S = (0.1, 1.0)
POLL_S = 0.01


class NumberedPublisher:
    """One connection to the broker; use as a context manager. `publish` may be called by one thread at a time."""

    def __init__(self, login: BrokerLogin, numbers: Numbers, *, keepalive_s: int = 4) -> None:
        self.ledger = Ledger()
        self.numbers = numbers
        self._login, self._keepalive_s = login, keepalive_s
        self._pending: dict[int, int | None] = {}
        self._answered: deque[int] = deque()
        self._turn = threading.RLock()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "faults-publisher", protocol=mqtt.MQTTv311)
        self._client.max_inflight_messages_set(WINDOW)
        self._client.reconnect_delay_set(*RECONNECT_S)  # type: ignore[arg-type]
        self._client.connect_timeout = 2.0
        if login.username:
            self._client.username_pw_set(login.username, login.password)
        self._client.on_publish = lambda _client, _data, packet_id, *_: self._answered.append(packet_id)

    def __enter__(self) -> Self:
        """Begin to connect; what is published before there is a connection waits."""
        self._client.connect_async(self._login.host, self._login.port, keepalive=self._keepalive_s)
        self._client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def open(self) -> int:
        """How many readings the broker has not acknowledged."""
        with self._turn:
            self._book()
            return len(self._pending)

    def publish(self, number: int, message: tuple[str, bytes] | None = None) -> None:
        """Send a number that was taken from the ledger; again, if it was sent before."""
        topic, payload = message or self.numbers.message(number)
        with self._turn:
            self._book()
            packet_id = self._client.publish(topic, payload, qos=1).mid
            self._pending[packet_id] = number

    def publish_foreign(self, topic: str, payload: bytes) -> None:
        """Send something that is no numbered reading."""
        with self._turn:
            self._book()
            self._pending[self._client.publish(topic, payload, qos=1).mid] = None

    def wait_for_room(self, within_s: float = 60.0) -> None:
        """Return once the window is open; TimeoutError if the broker does not acknowledge."""
        self.wait(lambda: self.open < WINDOW, within_s)

    def cut_off(self) -> set[int]:
        """Return what is acknowledged by now; what comes later may be struck out by the caller."""
        with self._turn:
            self._book()
            return set(self.ledger.acknowledged)

    def burst(self, count: int, *, within_s: float = 60.0) -> range:
        """Publish `count` new readings as fast as they are acknowledged; return their numbers when all are."""
        first = self.ledger.sent
        for _ in range(count):
            self.wait_for_room(within_s)
            self.publish(self.ledger.take())
        self.wait(lambda: self.open == 0, within_s)
        return range(first, first + count)

    @contextlib.contextmanager
    def flowing(self, per_s: float) -> Iterator[None]:
        """Publish new readings steadily, from a thread, until the block ends."""
        stop = threading.Event()

        def flow() -> None:
            due_s = time.monotonic()
            while not stop.wait(max(0.0, due_s - time.monotonic())):
                due_s += 1.0 / per_s
                if self.open < WINDOW:
                    self.publish(self.ledger.take())
                else:
                    due_s = time.monotonic() + POLL_S  # the broker is away: no burst of what was missed

        thread = threading.Thread(target=flow, name="flow")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def wait(self, is_so: Callable[[], bool], within_s: float) -> None:
        """Wait for something about this connection; TimeoutError says how it stands."""
        deadline_s = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"the broker left {self.open} readings without PUBACK for {within_s:g} s")
            time.sleep(POLL_S)

    def _book(self) -> None:
        """Enter the PUBACKs that have come; one may come before `publish` has told us its packet id."""
        for _ in range(len(self._answered)):
            packet_id = self._answered.popleft()
            if packet_id not in self._pending:
                self._answered.append(packet_id)
            elif (number := self._pending.pop(packet_id)) is not None:
                self.ledger.acknowledged.add(number)
