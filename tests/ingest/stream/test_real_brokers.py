"""Store, then acknowledge, through real brokers: slow, restarted, refusing, flooded."""

import json
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from ingest.brokers.embedded import EmbeddedBroker
from ingest.stream.inbox import Inbox
from ingest.stream.link import MqttLink
from ingest.stream.subscriber import Subscriber
from tests.ingest.stream.memory_broker import FAR, BrokerInMemory, FailingStore, Start, distances, go_on
from tomma.broker_settings import BrokerSettings, Source
from tomma.clock import SystemClock
from tomma.errors import ConfigurationError
from tomma.ports import ReadingStore, Registry

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
