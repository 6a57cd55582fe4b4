"""Several workers on one stream: each reading once, each emptying once, whoever is killed (shared subscriptions)."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.brokers.watch import NO_FACTS, LinkFacts
from ingest.memory import seen_in
from ingest.message import Message
from ingest.stream.inbox import Delivery
from ingest.stream.recall import StoreMemories
from ingest.stream.subscriber import Subscriber
from ingest.stream.turns import FileTurns
from tomma.broker_settings import BrokerSettings
from tomma.clock import SystemClock
from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Reading, SensorId
from tomma.ports import Registry
from tomma.stores.readings.sqlite import SqliteReadings

FAR = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
SENSORS = 8
BEFORE, AFTER = 20, 20


class Workers:
    """`tomma ingest` several times, with one share group and one data directory."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self._data_dir, self._port = data_dir, port
        self._processes: dict[int, subprocess.Popen[str]] = {}

    def start(self, number: int) -> None:
        """Start one, and return once it is subscribed."""
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("tomma")), "ingest"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("TOMMA_")},
                "TOMMA_DATA_DIR": str(self._data_dir),
                "TOMMA_BROKER__PORT": str(self._port),
                "TOMMA_BROKER__CLIENT_ID": f"worker-{number}",
                "TOMMA_BROKER__SHARE_GROUP": "tomma",
                "TOMMA_BROKER__BATCH_MAX": "20",
            },
        )
        self._processes[number] = process
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ingest ready")

    def kill(self, number: int) -> None:
        """End one without a word."""
        self.end(number, signal.SIGKILL)

    def end(self, number: int, how: int = signal.SIGTERM) -> None:
        """End one and wait for it."""
        process = self._processes.pop(number)
        process.send_signal(how)
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()

    def end_all(self) -> None:
        """End those that are left."""
        for number in list(self._processes):
            self.end(number)


@pytest.fixture
def workers(tmp_path: Path, mosquitto: Any, registry: Registry, store: SqliteReadings) -> Iterator[Workers]:
    """None yet."""
    made = Workers(tmp_path, mosquitto.settings.port)
    yield made
    made.end_all()


def emptied_once(now: datetime) -> list[tuple[str, bytes]]:
    """A backlog: hourly readings of each sensor that fill up, are emptied once, and fill again; sensors interleaved."""
    levels = [0.3 + 0.03 * step for step in range(BEFORE)] + [0.05 + 0.01 * step for step in range(AFTER)]
    return [
        (
            f"tomma/v1/H{sensor:04d}/reading",
            b'{"measured_utc": "%s", "fill_fraction": %.3f}'
            % ((now - timedelta(hours=len(levels) - step)).isoformat().encode(), level),
        )
        for step, level in enumerate(levels)
        for sensor in range(SENSORS)
    ]


def test_three_workers_share_a_stream_and_one_is_killed(
    workers: Workers, mosquitto: Any, store: SqliteReadings, wait: Callable[..., None]
) -> None:
    """A backlog in one rush is the worst case: one sensor's readings go to three judges at once.

    What mosquitto gave to the killed worker waits for it, so a supervisor starts it again.
    """
    for number in range(3):
        workers.start(number)
    story = emptied_once(datetime.now(UTC).replace(microsecond=0))
    third = len(story) // 3
    mosquitto.publish(story[:third])
    workers.kill(1)
    mosquitto.publish(story[third : 2 * third])
    workers.start(1)
    mosquitto.publish(story[2 * third :])
    total = SENSORS * (BEFORE + AFTER)
    wait(lambda: sum(map(len, store.range_all(*FAR).values())) == total, f"all {total} readings are stored")
    workers.end_all()
    assert sum(map(len, store.range_all(*FAR).values())) == total
    told = [emptying.bin_id for emptying in store.emptyings(*FAR)]
    assert sorted(told) == [f"B{sensor:04d}" for sensor in range(SENSORS)]


@dataclass
class Dealt:
    """A link whose broker dealt these messages to this worker."""

    waiting: list[Delivery] = field(default_factory=list)
    subscribed: bool = True
    facts: LinkFacts = NO_FACTS

    def receive(self, limit: int, wait_s: float) -> list[Delivery]:
        """Hand them over."""
        now, self.waiting = self.waiting, []
        return now

    def pump(self, wait_s: float) -> None:
        """Nothing to keep alive."""

    def acknowledge(self, deliveries: list[Delivery]) -> None:
        """Nobody asks."""

    def close(self) -> None:
        """Nothing to leave."""


@pytest.mark.parametrize("in_a_row", [1, 2, 3, 5])
def test_two_workers_that_take_a_sensors_readings_in_turns_tell_an_emptying_once(
    in_a_row: int, tmp_path: Path, registry: Registry, store: SqliteReadings
) -> None:
    """Who knows only every other reading dates the emptying to another one: it would be told twice."""
    links = [Dealt(), Dealt()]
    with contextlib.ExitStack() as open_ones:
        workers = [
            Subscriber(
                BrokerSettings(share_group="tomma"),
                open_ones.enter_context(contextlib.closing(SqliteReadings(tmp_path / "readings.sqlite3"))),
                registry,
                SystemClock(),
                link=link,
                turns=open_ones.enter_context(contextlib.closing(FileTurns(tmp_path / "turns"))),
            )
            for link in links
        ]
        now = datetime.now(UTC).replace(microsecond=0)
        of_one_sensor = emptied_once(now)[1::SENSORS]
        for number, (topic, payload) in enumerate(of_one_sensor):
            turn = number // in_a_row % 2
            links[turn].waiting.append(Delivery(Message(topic, payload, now, "json"), number, 1, 1))
            workers[turn].step(threading.Event())
    assert [emptying.bin_id for emptying in store.emptyings(*FAR)] == ["B0001"]


class Remembering(SqliteReadings):
    """A store that notes how far back it is asked."""

    farthest = timedelta()

    def range(self, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Reading]:
        """Return the readings."""
        self.farthest = max(self.farthest, to_utc - from_utc)
        return super().range(bin_id, from_utc, to_utc)


def test_a_worker_reads_back_days_however_long_it_has_run(tmp_path: Path) -> None:
    """It forgets before every batch: reading back to its start would take longer every day, until nothing moves."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
    with contextlib.closing(Remembering(tmp_path / "readings.sqlite3")) as store:
        store.append([Reading(BinId("B0001"), SensorId("H0001"), began, began, 0.5)])
        memories = StoreMemories(store, SystemClock())
        for day in range(1, 40):
            memories.forget()
            now = began + timedelta(days=day)
            reading = Reading(BinId("B0001"), SensorId("H0001"), now, now, 0.5)
            grown = memories.of(reading.sensor_id, reading.bin_id).with_seen(seen_in(reading))
            store.append([reading])
            store.farthest = timedelta()
            memories.keep({reading.sensor_id: grown})
        memories.forget()
        assert len(memories.of(SensorId("H0001"), BinId("B0001")).recent) == 4
        assert store.farthest < timedelta(days=7)


def hold(path: Path, topic: str, until: Any, held: Any) -> None:
    """Keep a turn in another process."""
    with FileTurns(path).on([topic]):
        held.set()
        until.wait(30)


def test_a_sensor_is_judged_by_one_worker_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who do not know of each other's readings would tell one emptying twice, or not at all."""
    monkeypatch.setattr("ingest.stream.turns.WAIT_S", 0.1)
    spawned = multiprocessing.get_context("spawn")
    until, held = spawned.Event(), spawned.Event()
    other = spawned.Process(target=hold, args=(tmp_path / "turns", "a", until, held))
    other.start()
    turns = FileTurns(tmp_path / "turns")
    try:
        assert held.wait(30)
        with turns.on(["b", "c"]):
            pass
        with pytest.raises(StoreUnavailableError), turns.on(["c", "a"]):
            pass
        other.kill()
        other.join(30)
        with turns.on(["a"]):
            pass
    finally:
        other.kill()
        other.join(30)
        other.close()
        turns.close()


def test_the_embedded_broker_refuses_a_share_group(tmp_path: Path, registry: Registry) -> None:
    """It knows no shared subscriptions: each worker would get everything, or nothing."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("tomma")), "ingest", "--embedded-broker"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "TOMMA_DATA_DIR": str(tmp_path), "TOMMA_BROKER__SHARE_GROUP": "tomma"},
    )
    assert done.returncode == 1
    assert "share_group" in done.stderr.splitlines()[-1]
