"""`tomma ingest` as an operator meets it: ready line, exit codes, a clean end, and kill -9 at any moment."""

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest.brokers.embedded import EmbeddedBroker, logins
from tomma.city import City
from tomma.stores.books.database import open_database
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.readings.sqlite import SqliteReadings

PATIENCE_S = 30.0
FAR = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class Ingest:
    """A running `tomma ingest`."""

    def __init__(self, data_dir: Path, *options: str, **settings: str) -> None:
        before = {key: value for key, value in os.environ.items() if not key.startswith("TOMMA_")}
        environment = {**before, "TOMMA_DATA_DIR": str(data_dir), "TOMMA_CONFIG": os.devnull}
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from tomma.cli import main; main()", "ingest", *options],
            env={**environment, **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )  # fmt: skip

    def line(self) -> str:
        """The next line it says."""
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        assert readable, "it says nothing"
        return self.process.stdout.readline()

    def end(self, number: int) -> tuple[int, str, str]:
        """Send a signal; return exit code, standard output and error."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


@pytest.fixture
def ingest() -> Iterator[Callable[..., Ingest]]:
    """Start `tomma ingest`; what is left at the end is killed."""
    made: list[Ingest] = []

    def start(data_dir: Path, *options: str, **settings: str) -> Ingest:
        made.append(Ingest(data_dir, *options, **settings))
        return made[-1]

    yield start
    for each in made:
        with contextlib.suppress(ProcessLookupError):
            each.process.kill()
        each.process.communicate()


@pytest.fixture
def data_dir(tmp_path: Path, city: City) -> Path:
    """A data directory with the small city in it."""
    engine = open_database(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    SqlRegistry(engine).save(city)
    engine.dispose()
    return tmp_path


def settings_of(broker: EmbeddedBroker) -> dict[str, str]:
    """The variables that lead ingest to this broker."""
    login = broker.ingest_login
    return {
        "TOMMA_BROKER__PORT": str(broker.port),
        "TOMMA_BROKER__USERNAME": login.username,
        "TOMMA_BROKER__PASSWORD": login.password,
    }


def publish(port: int, data_dir: Path, messages: Sequence[tuple[str, bytes]]) -> None:
    """Publish as the device, and return once all are acknowledged."""
    device = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="device")
    login = logins(data_dir).device
    device.username_pw_set(login.username, login.password)
    device.max_inflight_messages_set(500)
    device.connect("127.0.0.1", port)
    device.loop_start()
    for each in [device.publish(topic, payload, qos=1) for topic, payload in messages]:
        each.wait_for_publish(PATIENCE_S)
        assert each.is_published()
    device.disconnect()
    device.loop_stop()


def readings(count: int, first_second: int = 0) -> list[tuple[str, bytes]]:
    """Readings of ten sensors, one a second each."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=first_second)
    return [
        (
            f"tomma/v1/H{number % 10:04d}/reading",
            json.dumps(
                {"measured_utc": (start + timedelta(seconds=number // 10)).isoformat(), "distance_mm": 600}
            ).encode(),
        )
        for number in range(count)
    ]


def stored(data_dir: Path) -> int:
    """How many readings the store holds."""
    with contextlib.closing(SqliteReadings(data_dir / "readings.sqlite3")) as store:
        return sum(len(found) for found in store.range_all(*FAR).values())


def test_with_its_own_broker_it_takes_readings_and_ends_cleanly(
    data_dir: Path, ingest: Callable[..., Ingest], wait: Callable[..., None], free_port: int
) -> None:
    """One command is a whole door: ready line, readings in, SIGTERM, exit code 0, no reading lost on the way."""
    running = ingest(data_dir, "--embedded-broker", "--json", TOMMA_BROKER__PORT=str(free_port))
    ready = json.loads(running.line())
    assert (ready["event"], ready["port"]) == ("ready", free_port)
    assert Path(ready["logins"]).name == "logins.json"
    publish(free_port, data_dir, readings(1000))
    code, out, err = running.end(signal.SIGTERM)
    assert (code, err) == (0, "")
    ended = json.loads(out.splitlines()[-1])
    assert ended["event"] == "ended"
    assert ended["rejected"] == 0
    running = ingest(data_dir, "--embedded-broker", TOMMA_BROKER__PORT=str(free_port))
    assert running.line().startswith("ingest ready broker=127.0.0.1:")
    wait(lambda: stored(data_dir) == 1000, "what was not taken before the end is taken after it")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        pytest.param({"TOMMA_BROKER__PORT": "0"}, "broker.port", id="a port that is none"),
        pytest.param({"TOMMA_BROKER__BATCH_MAX": "none"}, "broker.batch_max", id="a size that is no number"),
    ],
)
def test_a_wrong_setting_ends_with_one_plain_line(
    settings: dict[str, str], says: str, data_dir: Path, ingest: Callable[..., Ingest]
) -> None:
    """A traceback is for us, a line for the operator."""
    failed = ingest(data_dir, **settings)
    out, err = failed.process.communicate(timeout=PATIENCE_S)
    assert (failed.process.returncode, out, len(err.splitlines())) == (1, "", 1)
    assert says in err


def test_a_taken_port_ends_with_one_plain_line(data_dir: Path, ingest: Callable[..., Ingest], tmp_path: Path) -> None:
    """The likeliest mistake of a first start."""
    with EmbeddedBroker(tmp_path / "other") as other:
        failed = ingest(data_dir, "--embedded-broker", TOMMA_BROKER__PORT=str(other.port))
        _, err = failed.process.communicate(timeout=PATIENCE_S)
    assert failed.process.returncode == 1
    assert err.splitlines() == [f"tomma: broker port must be free, got {other.port}, where something listens already"]


def test_it_ends_when_its_broker_has_died(data_dir: Path, ingest: Callable[..., Ingest], free_port: int) -> None:
    """A door without a broker behind it looks open; a supervisor can only restart what ends."""
    running = ingest(data_dir, "--embedded-broker", TOMMA_BROKER__PORT=str(free_port))
    running.line()
    broker = next(
        each for each in psutil.Process(running.process.pid).children(recursive=True) if "nats" in each.name()
    )
    broker.kill()
    _, err = running.process.communicate(timeout=PATIENCE_S)
    assert running.process.returncode == 1
    assert err.splitlines()[-1].startswith("tomma: the embedded broker ended by itself")


def kill_mid_stream(
    seed: int, kills: int, data_dir: Path, ingest: Callable[..., Ingest], wait: Callable[..., None]
) -> None:
    """Kill ingest at random moments while readings come in; then everything must be there, once."""
    rng = random.Random(seed)  # noqa: S311  (a seeded story)
    per_kill, total = 400, 400 * (kills + 1)
    with EmbeddedBroker(data_dir) as broker:
        settings = settings_of(broker) | {"TOMMA_BROKER__BATCH_MAX": "50"}
        running = ingest(data_dir, **settings)
        running.line()
        for number in range(kills):
            publish(broker.port, data_dir, readings(per_kill, first_second=1000 * number))
            time.sleep(rng.uniform(0.0, 0.15))
            running.end(signal.SIGKILL)
            running = ingest(data_dir, **settings)
            running.line()
        publish(broker.port, data_dir, readings(per_kill, first_second=1000 * kills))
        wait(lambda: stored(data_dir) >= total, "every acknowledged reading is stored")
        running.end(signal.SIGTERM)
    assert stored(data_dir) == total


@pytest.mark.parametrize(("seed", "kills"), [(1, 2), (2, 1)])
def test_kill_9_loses_and_doubles_nothing(
    seed: int, kills: int, data_dir: Path, ingest: Callable[..., Ingest], wait: Callable[..., None]
) -> None:
    """A power cut, an out-of-memory kill, an impatient operator (cases M1 and M4)."""
    kill_mid_stream(seed, kills, data_dir, ingest, wait)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 120))
@pytest.mark.timeout(900)
def test_kill_9_many_times_loses_and_doubles_nothing(
    seed: int, data_dir: Path, ingest: Callable[..., Ingest], wait: Callable[..., None]
) -> None:
    """The same at two hundred other moments."""
    kill_mid_stream(seed, 10, data_dir, ingest, wait)
