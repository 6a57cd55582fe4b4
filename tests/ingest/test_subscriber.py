"""Store, then acknowledge: each order of failure, first against a broker in memory, then against real ones."""

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from ingest.brokers.embedded import EmbeddedBroker
from ingest.brokers.watch import NO_FACTS, LinkFacts
from ingest.message import Message
from ingest.stream.inbox import Delivery, Inbox
from ingest.stream.link import MqttLink
from ingest.stream.subscriber import Subscriber
from tomma.broker_settings import BrokerSettings, Source
from tomma.city import City, Installation
from tomma.clock import SystemClock
from tomma.errors import ConfigurationError, NotFoundError, StoreUnavailableError
from tomma.model import Alert, BinId, Emptying, Quality, Reading, Rejected, RejectReason, SensorId
from tomma.ports import Appended, ReadingStore, Registry
from tomma.stores.readings.sqlite import SqliteReadings

FAR = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class PowerCut(BaseException):
    """The process dies here."""


@dataclass
class BrokerInMemory:
    """A broker that keeps QoS 1 messages until they are acknowledged, and the link to it."""

    kept: dict[int, Message] = field(default_factory=dict)
    to_send: list[int] = field(default_factory=list)
    dies_on_acknowledge: bool = False
    subscribed: bool = True
    facts: LinkFacts = NO_FACTS

    def publish(self, sensor: str, distance_mm: int, **more: Any) -> None:
        """Take a message from a device."""
        now = datetime.now(UTC)
        whole = {"measured_utc": now.isoformat(), "distance_mm": distance_mm, **more}
        payload = json.dumps({key: value for key, value in whole.items() if value is not None}).encode()
        number = len(self.kept) + 1 + max(self.kept, default=0)
        self.kept[number] = Message(f"tomma/v1/{sensor}/reading", payload, now, "json")
        self.to_send.append(number)

    def restart_client(self) -> None:
        """The client is gone and back: what it did not acknowledge is sent again."""
        self.dies_on_acknowledge = False
        self.to_send = sorted(self.kept)
        later = timedelta(seconds=5)
        for number, message in self.kept.items():
            self.kept[number] = message._replace(redelivered=True, received_utc=message.received_utc + later)

    def receive(self, limit: int, wait_s: float) -> list[Delivery]:
        """Hand over what is due."""
        now, self.to_send = self.to_send[:limit], self.to_send[limit:]
        return [Delivery(self.kept[number], number, 1, 1) for number in now]

    def pump(self, wait_s: float) -> None:
        """Nothing to keep alive."""

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Forget these, unless the process dies on the way."""
        if self.dies_on_acknowledge:
            raise PowerCut
        for delivery in deliveries:
            self.kept.pop(delivery.packet_id, None)

    def close(self) -> None:
        """Leave."""


class FailingStore(SqliteReadings):
    """The real store with faults: it fails `fails` times, and dies before or after a commit when told."""

    fails = 0
    dies: str | None = None

    def append(
        self,
        readings: Sequence[Reading],
        emptyings: Sequence[Emptying] = (),
        rejected: Sequence[Rejected] = (),
        alerts: Sequence[Alert] = (),
        withdrawn: Sequence[Emptying | Alert] = (),
    ) -> Appended:
        """Append, with the faults."""
        if self.dies == "before the commit":
            raise PowerCut
        if self.fails:
            self.fails -= 1
            raise StoreUnavailableError("disk full")
        appended = super().append(readings, emptyings, rejected, alerts, withdrawn)
        if self.dies == "after the commit":
            raise PowerCut
        return appended


@pytest.fixture
def link() -> BrokerInMemory:
    """A broker in memory."""
    return BrokerInMemory()


@pytest.fixture
def failing(tmp_path: Any) -> Any:
    """A real store that can be told to fail."""
    store = FailingStore(tmp_path / "failing.sqlite3")
    yield store
    store.close()


type Start = Callable[[], Subscriber]


@pytest.fixture
def start(link: BrokerInMemory, failing: FailingStore, registry: Registry) -> Start:
    """A new process: nothing in memory."""
    return lambda: Subscriber(BrokerSettings(), failing, registry, SystemClock(), link=link)


def distances(store: ReadingStore) -> list[float | None]:
    """Every stored distance of bin B0001, in order of time."""
    return [reading.distance_mm for reading in store.range(BinId("B0001"), *FAR)]


def go_on() -> threading.Event:
    """A stop that is not set."""
    return threading.Event()


def stopped() -> threading.Event:
    """A stop that is set."""
    stop = threading.Event()
    stop.set()
    return stop


@pytest.mark.parametrize(
    ("dies", "stored_at_death"),
    [
        pytest.param("before the commit", [], id="before the commit: the broker has it"),
        pytest.param("after the commit", [500], id="after the commit, before the acknowledgement: both have it"),
    ],
)
@pytest.mark.parametrize("timed", [pytest.param(True, id="own time"), pytest.param(False, id="time of receipt")])
def test_a_reading_survives_a_death(
    dies: str, stored_at_death: list[float], timed: bool, link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """The broker sends again what was not acknowledged; the store knows what it has (case M4)."""
    link.publish("H0001", 500, **({} if timed else {"measured_utc": None}))
    failing.dies = dies
    with pytest.raises(PowerCut):
        start().step(go_on())
    assert (distances(failing), len(link.kept)) == (stored_at_death, 1)
    failing.dies = None
    link.restart_client()
    start().step(go_on())
    assert (distances(failing), link.kept) == ([500], {})


def test_a_death_while_acknowledging_stores_once(link: BrokerInMemory, failing: FailingStore, start: Start) -> None:
    """The commit was first, so nothing depends on the acknowledgement getting through."""
    link.publish("H0001", 500)
    link.dies_on_acknowledge = True
    with pytest.raises(PowerCut):
        start().step(go_on())
    link.restart_client()
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})
    assert (subscriber.status().stored, subscriber.status().duplicates) == (0, 1)


def test_a_batch_that_cannot_be_stored_is_not_acknowledged(
    link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """On a stop during the fault the broker keeps it for our successor (case S2)."""
    link.publish("H0001", 500)
    failing.fails = 1
    subscriber = start()
    subscriber.step(stopped())
    assert (distances(failing), len(link.kept)) == ([], 1)
    assert subscriber.status().store_failures == 1
    assert subscriber.status().store_failure, "health must be able to say why"


def test_a_store_that_comes_back_takes_the_batch_it_refused(
    link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """The fault heals by itself: nobody must restart anything."""
    link.publish("H0001", 500)
    failing.fails = 3
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})
    assert (subscriber.status().store_failures, subscriber.status().store_failure) == (3, "")


def test_a_refused_message_is_acknowledged_too(link: BrokerInMemory, failing: FailingStore, start: Start) -> None:
    """Else the broker would send it for ever (case P1); it is kept as a dead letter."""
    link.publish("H0001", -5)
    link.publish("H0001", 500)
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})
    assert failing.dead_letter_counts() == {RejectReason.OUT_OF_BOUNDS: 1}
    assert subscriber.status().rejected == {RejectReason.OUT_OF_BOUNDS: 1}


def test_the_same_reading_again_is_no_new_row(link: BrokerInMemory, failing: FailingStore, start: Start) -> None:
    """A replay of yesterday's message, identical or not, has the same identity (case P11)."""
    for _ in range(3):
        link.publish("H0001", 500, measured_utc="2026-01-01T00:00:00Z")
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), subscriber.status().duplicates) == ([500], 2)


def test_a_batch_has_at_most_its_size(link: BrokerInMemory, failing: FailingStore, registry: Registry) -> None:
    """A batch is what one commit holds, and what a crash has to send again."""
    for number in range(25):
        link.publish("H0001", 500, measured_utc=f"2026-01-01T00:00:{number:02}Z")
    subscriber = Subscriber(BrokerSettings(batch_max=10), failing, registry, SystemClock(), link=link)
    for _ in range(3):
        subscriber.step(go_on())
    assert (subscriber.status().batches, subscriber.status().stored) == (3, 25)


def test_a_sensor_added_a_moment_ago_is_known(
    link: BrokerInMemory, start: Start, registry: Registry, city: City, failing: FailingStore
) -> None:
    """The fitter hangs it, types it in, and it speaks: no restart, and not one reading to quarantine."""
    registry.save(replace(city, installations=tuple(each for each in city.installations if each.sensor_id != "H0001")))
    subscriber = start()
    subscriber.step(go_on())
    registry.save(city)
    link.publish("H0001", 500)
    subscriber.step(go_on())
    assert distances(failing) == [500]
    assert failing.dead_letter_counts() == {}


def test_a_sensor_registered_a_day_late_gets_the_history_it_sent(
    link: BrokerInMemory, start: Start, registry: Registry, city: City, failing: FailingStore
) -> None:
    """Case M18: it lay in quarantine, and nobody has to type a command; the store may even refuse once."""
    unhung = tuple(each for each in city.installations if each.sensor_id != "H0001")
    known = {name: sensor for name, sensor in city.sensors.items() if name != "H0001"}
    registry.save(replace(city, installations=unhung, sensors=known))
    subscriber = start()
    for distance_mm in (500, 510, 520):
        link.publish("H0001", distance_mm, measured_utc=None)
    subscriber.step(go_on())
    assert [each.device_ids[0] for each in failing.quarantine()] == ["H0001"]

    registry.save(city)
    link.publish("H0001", 530)
    failing.fails = 1
    subscriber.step(go_on())
    subscriber.step(go_on())
    assert distances(failing) == [500, 510, 520, 530]
    assert failing.quarantine() == []


class NoCityYet:
    """A registry before the first import."""

    def __init__(self) -> None:
        self.city: City | None = None

    def load(self) -> City:
        """There may be none."""
        if self.city is None:
            raise NotFoundError("no city")
        return self.city

    def revision(self) -> int:
        """Grows with the import."""
        return 0 if self.city is None else 1

    def save(self, city: City) -> None:
        """Import."""
        self.city = city


def test_before_the_first_import_readings_wait_with_the_broker(
    link: BrokerInMemory, failing: FailingStore, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a city every device is unknown; a first start in the wrong order must not cost a day of readings."""
    monkeypatch.setattr("ingest.stream.city_watch.POLL_S", 0.0)
    registry = NoCityYet()
    subscriber = Subscriber(BrokerSettings(), failing, registry, SystemClock(), link=link)
    link.publish("H0001", 500)
    subscriber.step(go_on())
    assert len(link.kept) == 1
    registry.save(city)
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})


def test_a_day_resent_out_of_order_fills_the_history_and_leaves_the_latest(
    link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """What a gateway does after an outage (case M22)."""
    newest = datetime.now(UTC).replace(microsecond=0)
    times = [newest - timedelta(minutes=15 * step) for step in range(96)]
    random.Random(7).shuffle(times)  # noqa: S311  (a seeded order)
    link.publish("H0001", 111, measured_utc=newest.isoformat())
    for moment in times:
        link.publish("H0001", 500, measured_utc=moment.isoformat())
    start().step(go_on())
    assert len(distances(failing)) == 96
    assert failing.latest()[BinId("B0001")].distance_mm == 111


STARTED = datetime.now(UTC).replace(microsecond=0)
"""One moment for all: with the clock of each call, a second that passes in between made two readings one."""


def good(sensor: int, distance_mm: int = 600, second: int = 0) -> tuple[str, bytes]:
    """A topic and a payload of our own format."""
    moment = STARTED - timedelta(seconds=second)
    body = {"measured_utc": moment.isoformat(), "distance_mm": distance_mm}
    return f"tomma/v1/H{sensor:04d}/reading", json.dumps(body).encode()


def test_through_each_real_broker_every_reading_arrives_once(
    broker: Any, store: ReadingStore, registry: Registry, subscribe: Callable[..., Any], wait: Callable[..., None]
) -> None:
    """The whole way: device, broker, pipeline, durable store; then what came while ingest was away."""
    with subscribe(broker.settings, store, registry) as subscriber:
        broker.publish([good(sensor, second=second) for sensor in range(10) for second in range(20)])
        wait(lambda: subscriber.status().stored == 200, "200 readings are stored")
    broker.publish([good(sensor, 700, second=second) for sensor in range(10) for second in range(100, 140)])
    with subscribe(broker.settings, store, registry) as subscriber:
        wait(lambda: subscriber.status().received >= 400, "what waited at the broker arrives")
    found = store.range_all(*FAR)
    assert {bin_id: len(readings) for bin_id, readings in found.items()} == {f"B{n:04d}": 60 for n in range(10)}


def test_a_reading_taken_but_not_acknowledged_is_sent_again_by_each_real_broker(
    broker: Any,
    failing: FailingStore,
    registry: Registry,
    subscribe: Callable[..., Any],
    wait: Callable[..., None],
) -> None:
    """The promise rests on the broker's side of QoS 1; so ask the real ones (case M4)."""
    failing.fails = 1_000_000
    with subscribe(broker.settings, failing, registry) as subscriber:
        broker.publish([good(1)])
        wait(lambda: subscriber.status().store_failures > 0, "the store refuses the reading")
    failing.fails = 0
    with subscribe(broker.settings, failing, registry):
        wait(lambda: distances(failing) == [600], "the broker sends it again")


def test_a_slow_store_becomes_back_pressure_not_memory(
    mosquitto: Any,
    failing: FailingStore,
    registry: Registry,
    wait: Callable[..., None],
) -> None:
    """While the disk is full the broker keeps the queue; we hold a bounded part, and lose nothing (case M3)."""
    failing.fails = 1_000_000
    link = MqttLink(mosquitto.settings, SystemClock(), random.Random(1), Inbox(messages_max=50))  # noqa: S311  (jitter)
    subscriber = Subscriber(mosquitto.settings, failing, registry, SystemClock(), link=link)
    stop = threading.Event()
    thread = threading.Thread(target=subscriber.run, args=(stop,))
    thread.start()
    try:
        wait(lambda: link.subscribed, "it is subscribed")
        mosquitto.publish([good(1, second=second) for second in range(600)])
        wait(lambda: len(link._inbox) >= 50, "the buffer fills")
        held = len(link._inbox)
        failing.fails = 0
        wait(lambda: len(distances(failing)) == 600, "everything arrives once the store is back")
    finally:
        stop.set()
        thread.join()
    assert held <= 50 + 1


def test_a_broker_that_restarts_is_found_again(
    tmp_path: Any,
    store: ReadingStore,
    registry: Registry,
    subscribe: Callable[..., Any],
    wait: Callable[..., None],
    reach: Callable[..., Any],
) -> None:
    """Nobody restarts ingest because a broker was updated (case M21)."""
    with EmbeddedBroker(tmp_path) as first:
        login, port = first.ingest_login, first.port
        settings = BrokerSettings(port=port, username=login.username, password=SecretStr(login.password))
        running = subscribe(settings, store, registry)
        running.__enter__()
    with EmbeddedBroker(tmp_path, port) as second:
        device = second.device_login
        try:
            reach(settings, device).publish([good(1)])
            wait(lambda: distances(store) == [600], "the reading arrives over the new connection")
        finally:
            running.__exit__(None, None, None)


def test_a_storm_of_bad_messages_is_a_line_and_a_number(
    link: BrokerInMemory, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that fills the disk takes the readings with it (case S11)."""
    for _ in range(300):
        link.publish("H0001", -5)
    subscriber = start()
    subscriber.step(go_on())
    assert subscriber.status().as_json()["rejected_by_reason"] == {"out_of_bounds": 300}
    assert [record.getMessage().split(" why=")[0] for record in caplog.records] == [
        "message rejected reason=out_of_bounds so_far=1"
    ]


def test_a_wrong_password_is_told_at_start(
    embedded: Any, store: ReadingStore, registry: Registry, subscribe: Callable[..., Any]
) -> None:
    """A service that retries a wrong password in silence looks healthy for weeks."""
    wrong = embedded.settings.model_copy(update={"username": "nobody"})
    with pytest.raises(ConfigurationError, match="refuses the login"), subscribe(wrong, store, registry):
        time.sleep(0)


def test_a_subscription_that_is_not_granted_is_told_at_start(
    embedded: Any, store: ReadingStore, registry: Registry, subscribe: Callable[..., Any]
) -> None:
    """A login that may only publish is the likeliest mix-up: it would wait for ever for what it may not have."""
    mixed_up = {"username": embedded.device_username, "password": SecretStr(embedded.device_password)}
    device = embedded.settings.model_copy(update={**mixed_up, "sources": (Source(topic="#", envelope="json"),)})
    with pytest.raises(ConfigurationError, match="refuses the subscription to #"), subscribe(device, store, registry):
        time.sleep(0)


def test_what_another_process_stored_meanwhile_is_known_from_the_next_batch_on(
    start: Start, link: BrokerInMemory, failing: FailingStore
) -> None:
    """`tomma dead-letters replay` and `tomma import` run beside: a level that both remember would be judged by one."""
    subscriber, began = start(), datetime.now(UTC) - timedelta(hours=5)

    def said(hour: int) -> None:
        link.publish("H0001", 900 - hour, measured_utc=(began + timedelta(hours=hour)).isoformat())
        subscriber.step(go_on())

    said(0)
    with closing(SqliteReadings(failing._path)) as other:
        moment = began + timedelta(hours=4)
        other.append([Reading(BinId("B0001"), SensorId("H0001"), moment, moment, 0.2, distance_mm=800.0)])
    for hour in (1, 2):
        said(hour)
    flags = {each.distance_mm: each.quality for each in failing.range(BinId("B0001"), *FAR)}
    assert flags[898.0] is Quality.LATE, "it is older than what the other has stored"
    assert flags[899.0] is Quality.GOOD, "this batch told us of the other"


def test_an_alert_of_a_message_brought_home_ends_with_the_next_ones(
    start: Start, link: BrokerInMemory, failing: FailingStore, registry: Registry
) -> None:
    """The stream had not followed what the replay told: the bin stayed overflowing until the next start."""
    subscriber, stop = start(), threading.Event()
    began = datetime.now(UTC) - timedelta(hours=12)

    def said(mm: int, *hours: int) -> None:
        for hour in hours:
            link.publish("LOOSE", mm, measured_utc=(began + timedelta(hours=hour)).isoformat())
        subscriber.step(stop)

    link.publish("H0000", 600)  # the alerts that stand are looked up now
    said(100, 0, 1, 2)
    city = registry.load()
    loose = Installation(SensorId("LOOSE"), BinId("B0001"), datetime(2015, 1, 1, tzinfo=UTC))
    registry.save(replace(city, installations=(*city.installations[:1], *city.installations[2:], loose)))
    said(100, 3)  # hung by now, so the city is looked at
    assert [each.bin_id for each in failing.active_alerts()] == ["B0001"]
    said(900, 4, 5, 6)
    assert failing.active_alerts() == []
