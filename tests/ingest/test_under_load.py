"""`tomma ingest` while too much comes in: its memory, the others' delay, and a stop in the middle (M14, M16, O2)."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from tomma.ports import Registry
from tomma.stores.readings.sqlite import SqliteReadings

FAR = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
START = datetime(2026, 1, 1, tzinfo=UTC)


def reading(sensor: int, second: int) -> tuple[str, bytes]:
    """A good reading of its own second."""
    moment = (START + timedelta(seconds=second)).isoformat().encode()
    return (
        f"tomma/v1/H{sensor:04d}/reading",
        b'{"measured_utc": "%s", "distance_mm": 600}' % moment,
    )


@pytest.fixture
def run_ingest(tmp_path: Path, mosquitto: Any, registry: Registry) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `tomma ingest` on this broker and this store; return once it is ready."""
    started: list[subprocess.Popen[str]] = []

    def start(**more: str) -> subprocess.Popen[str]:
        before = {key: value for key, value in os.environ.items() if not key.startswith("TOMMA_")}
        own = {"TOMMA_DATA_DIR": str(tmp_path), "TOMMA_BROKER__PORT": str(mosquitto.settings.port)}
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("tomma")), "ingest"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**before, **own, **more},
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ingest ready")
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def stored(store: SqliteReadings) -> int:
    """How many readings there are."""
    return sum(map(len, store.range_all(*FAR).values()))


def test_a_stop_in_the_middle_of_a_rush_is_quick_and_loses_nothing(
    run_ingest: Callable[..., subprocess.Popen[str]], mosquitto: Any, store: SqliteReadings, wait: Callable[..., None]
) -> None:
    """A supervisor kills what has not ended after ten seconds (O2)."""
    first = run_ingest()
    rush = [reading(sensor, second) for second in range(400) for sensor in range(10)]
    publisher = threading.Thread(target=mosquitto.publish, args=(rush,))
    publisher.start()
    wait(lambda: stored(store) > 0, "it has begun")
    first.send_signal(signal.SIGTERM)
    assert first.wait(10) == 0
    publisher.join(60)
    run_ingest()
    wait(lambda: stored(store) == len(rush), "everything is stored once")


def test_memory_stays_flat_while_large_messages_flood_in_and_the_store_is_shut(
    tmp_path: Path,
    run_ingest: Callable[..., subprocess.Popen[str]],
    mosquitto: Any,
    store: SqliteReadings,
    wait: Callable[..., None],
) -> None:
    """A hundred megabytes with every promise and without: what has no room waits with the broker, or is counted."""
    process = psutil.Process(run_ingest().pid)
    before_mb = process.memory_info().rss / 1e6
    blocker = sqlite3.connect(tmp_path / "readings.sqlite3", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        with mosquitto.device() as device:
            for number in range(6000):
                sent = device.publish("tomma/v1/H0001/reading", b"%d" % number + b"x" * 16_000, qos=number % 2)
                if number % 100 == 99:
                    sent.wait_for_publish(30)
        time.sleep(2.0)  # let it read what it would read
        peak_mb = process.memory_info().rss / 1e6
    finally:
        blocker.close()
    assert peak_mb - before_mb < 80
    mosquitto.publish([reading(2, 1)])
    wait(lambda: stored(store) == 1, "it goes on when the store is back")


def test_a_device_gone_mad_is_cut_and_an_honest_one_is_not(
    run_ingest: Callable[..., subprocess.Popen[str]], mosquitto: Any, store: SqliteReadings, wait: Callable[..., None]
) -> None:
    """Its flood is not stored; the reading of the other behind it is (M14)."""
    run_ingest(TOMMA_BROKER__SENSOR_BURST="100", TOMMA_BROKER__SENSOR_RATE_PER_S="0.001")
    mosquitto.publish([*(reading(1, second) for second in range(1000)), reading(2, 1)])
    wait(lambda: any(key == "B0002" for key in store.range_all(*FAR)), "the honest one is stored")
    counts = {bin_id: len(found) for bin_id, found in store.range_all(*FAR).items()}
    assert counts == {"B0001": 100, "B0002": 1}
    assert {str(reason): count for reason, count in store.dead_letter_counts().items()} == {"too_many": 1}
