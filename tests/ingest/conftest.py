"""A small city, real brokers and a real store: what the tests of ingest share."""

import contextlib
import json
import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from ingest.brokers import listening
from ingest.brokers.embedded import EmbeddedBroker, Login
from ingest.context import IngestContext
from ingest.memory import SensorMemory
from ingest.message import Message
from ingest.stream.subscriber import Subscriber
from tomma.broker_settings import BrokerSettings
from tomma.city import Bin, City, Fraction, Installation, Organisation, Position, Sensor, Site
from tomma.clock import SystemClock
from tomma.containers import ContainerType
from tomma.model import BinId, ContainerTypeId, FractionCode, SensorId, SiteId
from tomma.stores.books.database import open_database
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.readings.sqlite import SqliteReadings

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PATIENCE_S = 20.0


def make_city(sensors: int = 10) -> City:
    """A city of `sensors` plain sensors H0000.. in bins B0000.., one Milesight, and one that hangs nowhere."""
    container = ContainerType(
        ContainerTypeId("C"), "1100 mm deep", volume_l=370, empty_mm=1100, full_mm=100, max_kg=150
    )
    site = Site(SiteId("P"), "Square", Position(59.3, 18.0))
    plain = [Sensor(SensorId(f"H{number:04d}")) for number in range(sensors)]
    milesight = Sensor(SensorId("eui-1000000000000001"), make="Milesight", model="EM400-TLD")
    hung = [*plain, milesight]
    bins = [BinId(f"B{sensor.id.removeprefix('H')}") for sensor in hung]
    return City(
        organisation=Organisation("O", "Testby"),
        fractions={FractionCode("R"): Fraction(FractionCode("R"), "Restavfall", "Residual waste", 0.1)},
        container_types={container.id: container},
        sites={site.id: site},
        bins={each: Bin(each, site.id, container.id, FractionCode("R")) for each in bins},
        sensors={each.id: each for each in [*hung, Sensor(SensorId("LOOSE"))]},
        installations=tuple(
            Installation(sensor.id, bin_id, datetime(2015, 1, 1, tzinfo=UTC))
            for sensor, bin_id in zip(hung, bins, strict=True)
        ),
        vehicles={},
        depots={},
        disposal_sites={},
    )


@pytest.fixture(scope="session")
def city() -> City:
    """Ten sensors and two odd ones."""
    return make_city()


class NoMemories:
    """A start from nothing."""

    def of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        """Nothing was seen before."""
        return SensorMemory(bin_id)


@pytest.fixture
def context(city: City) -> IngestContext:
    """The small city, seen for the first time."""
    return IngestContext(city, NoMemories())


type MakeMessage = Callable[..., Message]


@pytest.fixture(scope="session")
def message() -> MakeMessage:
    """Make a message of our own format; `body` may be bytes, or fields that are added to a good reading."""

    def make(body: bytes | Mapping[str, Any] | None = None, **changes: Any) -> Message:
        if not isinstance(body, bytes):
            good: dict[str, Any] = {"measured_utc": "2026-06-01T11:00:00Z", "distance_mm": 600}
            body = json.dumps({**good, **(body or {})}).encode()
        whole: dict[str, Any] = {
            "topic": "tomma/v1/H0001/reading", "payload": body, "received_utc": NOW, "envelope": "json"
        }  # fmt: skip
        return Message(**{**whole, **changes})

    return make


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteReadings]:
    """The real embedded store."""
    with contextlib.closing(SqliteReadings(tmp_path / "readings.sqlite3")) as opened:
        yield opened


@pytest.fixture
def registry(tmp_path: Path, city: City, made_stores: Path) -> Iterator[SqlRegistry]:
    """The real registry, with the small city in it."""
    path = shutil.copy(made_stores / "registry.sqlite3", tmp_path)
    engine = open_database(f"sqlite:///{path}")
    opened = SqlRegistry(engine)
    opened.save(city)
    yield opened
    engine.dispose()


def wait_until(check: Callable[[], object], what: str) -> None:
    """Wait until `check` is true, or fail saying what never came."""
    deadline = time.monotonic() + PATIENCE_S
    while not check():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def wait() -> Callable[[Callable[[], object], str], None]:
    """Wait for something that must happen."""
    return wait_until


@dataclass
class RunningBroker:
    """Where a broker listens and how to log in."""

    settings: BrokerSettings
    device_username: str = ""
    device_password: str = ""

    @contextlib.contextmanager
    def device(self, client_id: str = "device") -> Iterator[mqtt.Client]:
        """A connected device that publishes with QoS 1."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        client.max_inflight_messages_set(200)
        if self.device_username:
            client.username_pw_set(self.device_username, self.device_password)
        client.connect(self.settings.host, self.settings.port)
        client.loop_start()
        try:
            yield client
        finally:
            client.disconnect()
            client.loop_stop()

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish, and return once the broker has acknowledged every one."""
        with self.device() as client:
            sent = [client.publish(topic, payload, qos=1) for topic, payload in messages]
            for each in sent:
                each.wait_for_publish(PATIENCE_S)
                assert each.is_published()


@pytest.fixture(scope="session")
def reach() -> Callable[[BrokerSettings, Login], RunningBroker]:
    """Reach a broker that the test started itself."""
    return lambda settings, device: RunningBroker(settings, device.username, device.password)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[RunningBroker]:
    """The broker that ships with tomma."""
    with EmbeddedBroker(tmp_path) as broker:
        settings = BrokerSettings(
            port=broker.port,
            username=broker.ingest_login.username,
            password=SecretStr(broker.ingest_login.password),
        )
        yield RunningBroker(settings, broker.device_login.username, broker.device_login.password)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[RunningBroker]:
    """Debian's mosquitto; set up by `make test`."""
    binary = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin")
    assert binary, "mosquitto must be installed; `make test` installs it or says how"
    port = listening.free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000\n"
        f"persistence true\npersistence_location {tmp_path}/\n"
    )
    config.chmod(0o644)
    process = subprocess.Popen([binary, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port), "mosquitto listens")
        yield RunningBroker(BrokerSettings(port=port))
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture(params=["embedded", "mosquitto 3.1.1", "mosquitto 5"])
def broker(request: pytest.FixtureRequest) -> RunningBroker:
    """Each way in, one after the other."""
    name, _, version = request.param.partition(" ")
    running: RunningBroker = request.getfixturevalue(name)
    if version:
        running.settings = running.settings.model_copy(update={"mqtt_version": version})
    return running


@pytest.fixture
def free_port() -> int:
    """A port that was free a moment ago."""
    return listening.free_port()


@pytest.fixture
def free_ports() -> Callable[[], int]:
    """As many as a test needs."""
    return listening.free_port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running(subscriber: Subscriber, ready: threading.Event) -> Iterator[Subscriber]:
    """Run a subscriber in a thread until the block ends."""
    stop, errors = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            subscriber.run(stop)
        except BaseException as exc:  # noqa: BLE001  (told to the test below)
            errors.append(exc)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(PATIENCE_S), "the subscriber was never ready"
        yield subscriber
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()
    if errors:
        raise errors[0]


@pytest.fixture
def subscribe() -> Callable[..., contextlib.AbstractContextManager[Subscriber]]:
    """Run a subscriber against a broker settings, a store and a registry."""

    def start(settings: BrokerSettings, store: Any, registry: Any) -> contextlib.AbstractContextManager[Subscriber]:
        ready = threading.Event()
        return running(Subscriber(settings, store, registry, SystemClock(), on_ready=ready.set), ready)

    return start


@dataclass
class Story:
    """Fill levels of one bin with the truth about its emptyings."""

    levels: list[tuple[datetime, float]] = field(default_factory=list)
    emptied_utc: list[datetime] = field(default_factory=list)


@pytest.fixture(scope="session")
def story() -> Callable[..., Story]:
    """Tell a bin's life: compound Poisson deposits, emptyings that leave a rest, noise, false echoes, obstructions."""

    def tell(
        seed: int,
        *,
        days: int = 30,
        step_h: float = 1.0,
        noise: float = 0.02,
        rest: tuple[float, float] = (0.0, 0.1),
        fill_per_day: float = 0.35,
        delivered: float = 0.9,
        false_echo: float = 0.01,
        obstruction: float = 0.003,
    ) -> Story:
        rng = random.Random(seed)  # noqa: S311  (a seeded story)
        told, level, obstructed = Story(), rng.uniform(0, 0.5), 0.0
        limit = rng.uniform(0.6, 1.0)
        for number in range(int(days * 24 / step_h)):
            moment = NOW + timedelta(hours=number * step_h)
            busy = 1.6 if 8 <= moment.hour < 20 else 0.2
            rate = fill_per_day / 24 * step_h * busy / 0.04
            while (rate := rate - rng.expovariate(1.0)) > 0:
                level = min(1.1, level + rng.triangular(0.01, 0.09, 0.03))
            if level > limit and 5 <= moment.hour < 15 and rng.random() < 0.5:
                limit, after = rng.uniform(0.5, 1.0), rng.uniform(*rest)
                if level - after > 0.2:
                    level = after
                    told.emptied_utc.append(moment)
            if obstructed <= 0 and rng.random() < obstruction * step_h:
                obstructed = rng.choice([1, 2, 3]) / step_h
            seen = level + rng.gauss(0, noise)
            if obstructed > 0:
                obstructed, seen = obstructed - 1, rng.uniform(0.85, 1.0)
            elif rng.random() < false_echo:
                seen = rng.uniform(0, 1)
            if rng.random() < delivered:
                told.levels.append((moment, min(1.0, max(0.0, seen))))
        return told

    return tell
