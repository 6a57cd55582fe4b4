"""The stream: take messages from the broker, make them durable, and only then acknowledge.

One thread. A batch is whatever arrived within `batch_wait_s`, at most `batch_max`. While the store cannot promise
durability the same batch is tried again and nothing is acknowledged: the broker keeps what we do not take. A process
that dies at any point leaves unacknowledged messages, which the broker sends again; what was stored already is then
a duplicate by its identity, counted and not stored twice.
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ingest.alerts.recall import StoreTrails
from ingest.batch import Batch
from ingest.brokers.topics import envelope_finder
from ingest.context import IngestContext
from ingest.decode.codec import NO_CODECS, Codecs
from ingest.message import Message
from ingest.pipeline import process
from ingest.stream.city_watch import CityWatch
from ingest.stream.counters import Counters, Status
from ingest.stream.inbox import Delivery
from ingest.stream.link import MqttLink
from ingest.stream.rate_limit import Admitted, RateLimit
from ingest.stream.recall import StoreMemories
from ingest.stream.replay import QuarantineReplay
from ingest.stream.seams import Link, Turns
from tomma.back_off import BackOff
from tomma.broker_settings import BrokerSettings
from tomma.clock import Clock
from tomma.errors import StoreUnavailableError
from tomma.model import RejectReason
from tomma.ports import Appended, ReadingStore, Registry

log = logging.getLogger(__name__)

IDLE_WAIT_S = 0.2
"""The longest the loop waits for a message; also how soon a stop is noticed."""
REPORT_EVERY_S = 5.0
DRAIN_S = 2.0
"""How long a stopping subscriber goes on with what has arrived."""
STORE_RETRY_MAX_S = 2.0
"""A store that comes back is used again within this."""
PERHAPS_NEW = frozenset({RejectReason.UNKNOWN_DEVICE, RejectReason.NOT_INSTALLED})


class Subscriber:
    """Runs the stream.

    Args:
        settings: The broker, the topics and the batch size.
        store: Where readings become durable.
        registry: The city; polled, so that a new sensor works without a restart.
        clock: Stamps the time of receipt.
        link: The way to the broker, where it is not the plain one.
        codecs: The decoders that the city dropped in.
        turns: How workers that share the stream keep out of each other's way; None for a worker alone.
        on_ready: Called once, when the broker has granted the subscriptions.
        on_status: Called every few seconds with the counters, and at the end.
        on_kept: Called with each batch that is durable; must be quick and never raise.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        store: ReadingStore,
        registry: Registry,
        clock: Clock,
        *,
        link: Link | None = None,
        codecs: Codecs = NO_CODECS,
        turns: Turns | None = None,
        on_ready: Callable[[], None] = lambda: None,
        on_status: Callable[[Status], None] = lambda _: None,
        on_kept: Callable[[Batch], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._rng = random.Random()  # noqa: S311  (jitter)
        self._link: Link = link or MqttLink(settings, clock, self._rng)
        self._on_ready, self._on_status, self._on_kept = on_ready, on_status, on_kept
        self._codecs = codecs
        self._memories = StoreMemories(store, clock)
        self._trails = StoreTrails(store)
        self._limit = RateLimit(settings)
        self._turns = turns
        self._quarantine = QuarantineReplay(store, envelope_finder(settings.sources))
        self._counters = Counters()
        self._watch = CityWatch(registry)
        self._report_due_s = 0.0
        self._told_ready = False

    def run(self, stop: threading.Event) -> None:
        """Take readings until `stop` is set; then finish the batch in hand and leave.

        Raises:
            ConfigurationError: If the broker refuses the login or a subscription.
        """
        try:
            while not stop.is_set():
                self.step(stop)
            self._drain(stop)
        finally:
            self._link.close()
            self._on_status(self.status())

    def step(self, stop: threading.Event) -> None:
        """Do one round: poll the city, take one batch, make it durable, acknowledge it."""
        self._poll_city()
        if self._watch.city is None:
            self._link.pump(IDLE_WAIT_S)
        else:
            deliveries = self._gather()
            if deliveries:
                self._take(deliveries, stop)
            self._bring_home()
        self._tell()

    def _poll_city(self, *, at_once: bool = False) -> bool:
        """Load the city when it has changed. A sensor may hang elsewhere then: what was said of it there is over."""
        has_changed = self._watch.poll(at_once=at_once)
        if has_changed:
            self._trails.forget()
        return has_changed

    def _bring_home(self) -> None:
        """Replay some of what devices sent before they were registered."""
        try:
            done = self._quarantine.step(self._context(), self._keep, self._turn)
        except StoreUnavailableError as exc:
            log.warning("quarantine waits why=%s", exc)
        else:
            if done.others_too:
                self._forget()
            if done.mended:
                log.info("quarantine replayed messages=%d stored=%d", done.mended, done.stored)

    def status(self) -> Status:
        """Return the counters."""
        return self._counters.status(self._link.facts, self._limit.held_back)

    def _gather(self) -> list[Delivery]:
        """Return what arrives within the batch window, which begins with the first message."""
        limit = self._settings.batch_max
        deliveries = self._link.receive(limit, IDLE_WAIT_S)
        deadline_s = time.monotonic() + self._settings.batch_wait_s
        while deliveries and len(deliveries) < limit:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                break
            deliveries += self._link.receive(limit - len(deliveries), left_s)
        return deliveries

    def _take(self, deliveries: list[Delivery], stop: threading.Event) -> None:
        """Bring a batch to the store, again and again until it is durable or we are told to stop."""
        back_off = BackOff(self._rng, span_max_s=STORE_RETRY_MAX_S)
        sensors = len(self._watch.city.sensors) if self._watch.city else 0
        admitted = self._limit.admit(deliveries, sensors, time.monotonic())
        while True:
            try:
                with self._turn(delivery.message.topic for delivery in admitted.deliveries):
                    self._store_then_acknowledge(self._process(admitted), deliveries)
            except StoreUnavailableError as exc:
                self._counters.store_failed(str(exc))
                wait_s = back_off.next_s()
                log.warning("store unavailable unacknowledged=%d retry_in_s=%.1f why=%s", len(deliveries), wait_s, exc)
                if stop.is_set():
                    return  # the broker keeps them
                self._wait(wait_s, stop)
            else:
                return

    def _store_then_acknowledge(self, batch: Batch, deliveries: list[Delivery]) -> None:
        """The one promise of ingest: first durable, then acknowledged, then remembered."""
        appended = self._store.append(batch.readings, batch.emptyings, batch.rejected, batch.alerts, batch.withdrawn)
        self._link.acknowledge(deliveries)
        self._keep(batch)
        if appended.others_too:  # a replay, an import: whatever it stored, the next batch is judged with it
            self._forget()
        self._count(batch, appended, deliveries)

    def _keep(self, batch: Batch) -> None:
        """Remember what a durable batch taught."""
        self._memories.keep(batch.memory)
        self._trails.keep(batch.trails)
        self._on_kept(batch)

    @contextlib.contextmanager
    def _turn(self, topics: Iterable[str]) -> Iterator[None]:
        """Have these topics to ourselves, and know what other workers stored of them; alone there is nothing to do."""
        if self._turns is None:
            yield
            return
        with self._turns.on(topics):
            self._forget()
            yield

    def _forget(self) -> None:
        """Know nothing by heart: it is brought back from the store, sensor by sensor."""
        self._memories.forget()
        self._trails.forget()

    def _process(self, admitted: Admitted) -> Batch:
        """Return what becomes of the messages, with samples of those that a device sent too fast."""
        batch = self._judge([delivery.message for delivery in admitted.deliveries])
        return replace(batch, rejected=(*batch.rejected, *admitted.samples)) if admitted.samples else batch

    def _judge(self, messages: list[Message]) -> Batch:
        """Run the pure pipeline; once more with the newest city if a device was unknown and the city has changed."""
        batch = process(messages, self._context())
        is_perhaps_new = any(rejected.reason in PERHAPS_NEW for rejected in batch.rejected)
        if is_perhaps_new and self._poll_city(at_once=True):
            batch = process(messages, self._context())
        return batch

    def _context(self) -> IngestContext:
        if self._watch.city is None:
            raise StoreUnavailableError("no city is imported yet")
        return IngestContext(
            self._watch.city,
            self._memories,
            self._settings.payload_max_bytes,
            codecs=self._codecs,
            trails=self._trails,
            receipts=self._memories,
        )

    def _count(self, batch: Batch, appended: Appended, deliveries: list[Delivery]) -> None:
        waited = self._clock.now_utc() - min(delivery.message.received_utc for delivery in deliveries)
        lag_s = self._clock.real_seconds(waited.total_seconds())
        self._counters.committed(batch, appended, lag_s, time.monotonic())

    def _wait(self, wait_s: float, stop: threading.Event) -> None:
        """Wait for the store without letting the connection die."""
        deadline_s = time.monotonic() + wait_s
        while not stop.is_set() and (left_s := deadline_s - time.monotonic()) > 0:
            began_s = time.monotonic()
            self._link.pump(min(left_s, IDLE_WAIT_S))
            if time.monotonic() - began_s < IDLE_WAIT_S / 4:
                stop.wait(min(left_s, IDLE_WAIT_S / 4))  # a busy socket must not make this a busy loop

    def _drain(self, stop: threading.Event) -> None:
        """Finish what has arrived, one try each: the broker sends the rest to our successor."""
        deadline_s = time.monotonic() + DRAIN_S
        failures = self.status().store_failures
        while self._watch.city is not None and time.monotonic() < deadline_s:
            deliveries = self._link.receive(self._settings.batch_max, 0.0)
            if not deliveries:
                return
            self._take(deliveries, stop)
            if self.status().store_failures > failures:
                return

    def _tell(self) -> None:
        if not self._told_ready and self._link.subscribed:
            self._told_ready = True
            self._on_ready()
            self._report_due_s = time.monotonic() + REPORT_EVERY_S
        now_s = time.monotonic()
        if self._told_ready and now_s >= self._report_due_s:
            self._report_due_s = now_s + REPORT_EVERY_S
            self._on_status(self.status())
