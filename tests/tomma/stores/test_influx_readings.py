"""What a store with a server behind it does when the server, the network or this machine misbehaves."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.brokers.listening import free_port
from tests.tomma.stores.influx_store import (
    EVER,
    FAR,
    T0,
    OpenInflux,
    ReadingOf,
    feed_all,
    influx_settings,
    many,
    on_server,
    wait_until,
)
from tests.tomma.stores.influx_support import Door, Fault
from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Reading, Rejected, RejectReason, SensorId
from tomma.ports import Appended
from tomma.stores.influx import feeder as influx_feeder


def test_a_server_that_was_never_there_keeps_nobody_waiting(open_influx: OpenInflux, reading_of: ReadingOf) -> None:
    """Ingest starts, takes and shows readings; health tells what is wrong and since when."""
    store = open_influx(f"http://127.0.0.1:{free_port()}", feeding=True)
    letter = Rejected("t", b"x", T0, RejectReason.NOT_UTF8, "no text")

    assert store.append([reading_of(0), reading_of(15)], [], [letter]) == Appended(stored=2, duplicates=0)
    assert store.append([reading_of(15)]) == Appended(stored=0, duplicates=1)
    assert store.latest() == {"B1": reading_of(15)}
    assert list(store.range(BinId("B1"), *EVER)) == [reading_of(0), reading_of(15)]
    wait_until(lambda: store.feed_status().trouble != "", "the trouble is told")
    status = store.feed_status()
    assert "127.0.0.1" in status.trouble
    assert (status.waiting, status.refused, status.fed) == (2, 0, 0)
    assert status.since_utc is not None


FAULTS = [
    pytest.param([Fault(cut=True)] * 2, id="the connection breaks"),
    pytest.param([Fault(503), Fault(500), Fault(429, headers={"Retry-After": "1"})], id="busy"),
    pytest.param([Fault(401, "unauthorized"), Fault(404, "bucket not found")], id="refuses us as a whole"),
    pytest.param([Fault(204, silent_s=60.0)], id="hangs"),
    pytest.param([Fault(cut=True, after_passing=True)], id="takes it and dies before it says so"),
    pytest.param([Fault(204, silent_s=60.0, after_passing=True)], id="takes it and falls silent"),
    pytest.param([Fault(413, "too large")], id="too large"),
    pytest.param([Fault(302, headers={"Location": "http://127.0.0.1:9/"})], id="points elsewhere"),
]


@pytest.mark.parametrize("faults", FAULTS)
def test_whatever_the_server_does_everything_arrives_once(
    faults: list[Fault], door: Door, url: str, influxd_url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """The queue is shortened after success and never before."""
    door.faults.extend(faults)
    store = open_influx(url, feeding=True)
    store.append(many(150))
    wait_until(lambda: store.feed_status().waiting == 0, "all is fed")

    assert on_server(influxd_url, tmp_path) == 150
    status = store.feed_status()
    assert (status.fed, status.refused, status.trouble) == (150, 0, "")
    assert sum(map(len, store.range_all(*EVER).values())) == 150, "and every one is still shown"


def test_a_server_that_comes_back_is_used_within_five_seconds(
    door: Door, influxd_url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """However long it was away: the waits between attempts are bounded."""
    port = free_port()
    store = open_influx(f"http://127.0.0.1:{port}", feeding=True)
    store.append(many(10))
    wait_until(lambda: "refused" in store.feed_status().trouble, "the trouble is told")
    assert influx_feeder.LONGEST_WAIT_S < 5.0
    with door.open(port):
        wait_until(lambda: store.feed_status().waiting == 0, "all is fed")
    assert on_server(influxd_url, tmp_path) == 10


def test_a_reading_the_server_refuses_is_set_aside_with_its_reason_and_the_rest_goes_on(
    door: Door, url: str, influxd_url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """One poisoned row must not dam the stream, and must not be lost either."""
    door.poison = "bin=poison"
    store = open_influx(url)
    poison = Reading(BinId("poison"), SensorId("S99"), T0, T0, 0.5)
    store.append([*many(40), poison, *many(30, first=40)])
    feed_all(store)

    assert on_server(influxd_url, tmp_path) == 70
    (refused,) = store.refused_readings(10)
    assert refused.reading == poison
    assert "field type conflict" in refused.reason
    status = store.feed_status()
    assert (status.waiting, status.refused, status.fed) == (0, 1, 70)
    assert list(store.range(BinId("poison"), *EVER)) == [poison], "it is kept and shown here"
    store.evict(FAR)
    assert list(store.range(BinId("poison"), *EVER)) == [poison], "also when the others have moved on"

    door.poison = ""
    assert store.replay_refused() == 1
    feed_all(store)
    assert on_server(influxd_url, tmp_path) == 71
    assert store.feed_status().refused == 0


def test_a_server_that_refuses_everything_gets_the_blame_and_not_the_readings(
    door: Door, url: str, influxd_url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """A wrong setting on its side must not set a city's history aside, one reading after the other."""
    door.faults.extend([Fault(400, "schema says no")] * 10_000)
    store = open_influx(url)
    store.append(many(100))
    for _ in range(influx_feeder.REFUSALS_ALONE + 2):
        with pytest.raises(StoreUnavailableError, match=r"refuses every reading.*schema says no"):
            store.feed()
    assert (store.feed_status().waiting, store.feed_status().refused) == (100, 0)

    door.faults.clear()
    feed_all(store)
    assert on_server(influxd_url, tmp_path) == 100


def test_a_poisoned_reading_that_is_alone_is_set_aside_after_some_tries(
    door: Door, url: str, open_influx: OpenInflux, reading_of: ReadingOf
) -> None:
    """Nothing taken beside it tells whose fault it is, so it is tried again first."""
    door.poison = "bin=B1"
    store = open_influx(url)
    store.append([reading_of(0)])
    for _ in range(influx_feeder.REFUSALS_ALONE - 1):
        with pytest.raises(StoreUnavailableError, match="refuses what it is sent"):
            store.feed()
    store.feed()

    assert (store.feed_status().waiting, store.feed_status().refused) == (0, 1)


FEEDER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tomma.model import Reading
from tomma.settings import ReadingSettings
from tomma.stores.influx.readings import InfluxReadings
store = InfluxReadings(Path(sys.argv[1]), ReadingSettings.model_validate_json(sys.argv[2]), feeding=False)
for first in range(int(sys.argv[3]), 1_000_000, 5):
    moments = [datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=n) for n in range(first, first + 5)]
    store.append([Reading(f"B{m.minute % 7}", f"S{m.minute % 7}", m, m, 0.5) for m in moments])
    print(first + 5, flush=True)
    store.feed()
"""
"""Appends readings and feeds them, and says after each batch how many are acknowledged."""


def test_kills_at_any_moment_of_feeding_lose_nothing_and_double_nothing(
    influxd_url: str, tmp_path: Path, open_influx: OpenInflux
) -> None:
    """Between the server's answer and our commit lies a moment: what is sent again overwrites itself."""
    first, rng = 0, random.Random(7)  # noqa: S311
    settings = influx_settings(influxd_url, tmp_path, batch_rows=3, write_api="v1").model_dump_json()
    for _ in range(3):
        words = [sys.executable, "-c", FEEDER, str(tmp_path / "store.sqlite3"), settings, str(first)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(rng.randrange(1, 12)):
                first = int(process.stdout.readline())
            time.sleep(rng.random() * 0.02)
            process.send_signal(signal.SIGKILL)
            first = max([first, *map(int, process.stdout.read().split())])
    store = open_influx(influxd_url, write_api="v1")
    here = [each for found in store.range_all(*EVER).values() for each in found]
    feed_all(store)

    assert len(here) >= first, "what was acknowledged is here"
    assert on_server(influxd_url, tmp_path) == len(here)
    assert store.evict(FAR) == len(here), "and every one of them is on the server"


def test_of_two_processes_with_one_queue_one_feeds(
    door: Door, url: str, influxd_url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """The pages and ingest both open the store; nothing is sent twice for it."""
    first, second = open_influx(url), open_influx(url)
    first.append(many(1))
    with first._feeder.paused(0.0):
        assert (second.feed(), door.writes) == (False, 0)
    stores = [open_influx(url, feeding=True), open_influx(url, feeding=True)]
    for number in range(4):
        stores[number % 2].append(many(25, first=25 * number))
    wait_until(lambda: stores[0].feed_status().waiting == 0, "all is fed")

    assert on_server(influxd_url, tmp_path) == 100
    assert len(door.lines) == 100


def test_a_full_queue_stops_acknowledging_and_goes_on_when_the_server_does(
    door: Door, url: str, open_influx: OpenInflux
) -> None:
    """What is not acknowledged stays with the broker: nothing is ever dropped in silence."""
    store = open_influx(url, queue_max_bytes=1024**2)
    room = 1024**2 // 64
    store.append(many(room))
    with pytest.raises(StoreUnavailableError, match=f"{room} readings wait for http.*queue_max_bytes"):
        store.append(many(1, first=room))
    assert store.append([], [], [Rejected("t", b"", T0, RejectReason.NOT_UTF8, "")]) == Appended(0, 0)

    store.feed()
    assert store.append(many(1, first=room)) == Appended(stored=1, duplicates=0)
