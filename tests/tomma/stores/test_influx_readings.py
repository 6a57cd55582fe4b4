"""What a store with a server behind it does when the server, the network or this machine misbehaves."""

import json
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.processes import free_port
from tests.tomma.stores.influx_support import Door, Fault, influxql
from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Reading, Rejected, RejectReason, SensorId
from tomma.ports import Appended
from tomma.settings import Settings
from tomma.store_settings import ReadingSettings
from tomma.stores.influx import feeder as influx_feeder
from tomma.stores.influx.readings import InfluxReadings
from tomma.stores.wiring import open_stores

type OpenInflux = Callable[..., InfluxReadings]
type ReadingOf = Callable[..., Reading]

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
FAR = EVER[1]
PATIENCE_S = 30.0


@pytest.fixture
def door(influxd_url: str) -> Door:
    """A way to the real server that fails on demand."""
    return Door(influxd_url)


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    """The door's address."""
    with door.open() as url:
        yield url


@pytest.fixture
def open_influx(tmp_path: Path) -> Iterator[OpenInflux]:
    """Opens a store on a server, with this test's own measurement; nothing is fed unless asked for."""
    with ExitStack() as opened:

        def build(url: str, *, feeding: bool = False, name: str = "store", **more: object) -> InfluxReadings:
            settings = influx_settings(url, tmp_path, **more)
            store = InfluxReadings(tmp_path / f"{name}.sqlite3", settings, feeding=feeding)
            opened.callback(store.close)
            return store

        yield build


def influx_settings(url: str, place: Path, **more: object) -> ReadingSettings:
    """Settings with short deadlines."""
    values = {"kind": "influx", "url": url, "measurement": f"m{abs(hash(place))}", "timeout_s": 0.5, "batch_rows": 100}
    return ReadingSettings.model_validate(values | more)


def many(number: int, first: int = 0) -> list[Reading]:
    """Readings of seven sensors, one a minute."""
    moments = [T0 + timedelta(minutes=minutes) for minutes in range(first, first + number)]
    return [Reading(BinId(f"B{m.minute % 7}"), SensorId(f"S{m.minute % 7}"), m, m, m.minute / 60) for m in moments]


def on_server(url: str, place: Path) -> int:
    """How many readings the server has, counted by itself."""
    asked = f"SELECT count(fill_fraction) FROM {influx_settings(url, place).measurement}"  # noqa: S608
    answer = json.loads(influxql(url, asked))
    series = answer["results"][0].get("series", [])
    return int(series[0]["values"][0][1]) if series else 0


def feed_all(store: InfluxReadings) -> None:
    """Feed until nothing waits."""
    while store.feed():
        pass


def days_of(store: InfluxReadings) -> list[tuple[object, ...]]:
    """What is told of each bin's days; the mean without the last bits, which depend on the order of adding."""
    found = (store.daily(BinId(f"B{number}"), T0.date(), T0.date() + timedelta(days=5)) for number in range(7))
    return [
        (*astuple(replace(each, mean_fill_fraction=0)), round(each.mean_fill_fraction, 9))
        for bins in found
        for each in bins
    ]


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait for it, for a bounded time."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.02)


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


def test_the_past_is_asked_of_the_server_and_its_absence_is_told(
    door: Door, url: str, open_influx: OpenInflux, reading_of: ReadingOf
) -> None:
    """A forecast reads what is here; a hole in history must not be shown as an empty bin."""
    store = open_influx(url)
    store.append([reading_of(0), reading_of(15)])
    feed_all(store)
    assert store.evict(T0 + timedelta(minutes=1)) == 1
    assert list(store.range(BinId("B1"), *EVER)) == [reading_of(0), reading_of(15)]

    door.always = Fault(503, "overloaded")
    assert list(store.range(BinId("B1"), T0 + timedelta(minutes=1), FAR)) == [reading_of(15)]
    assert store.latest() == {"B1": reading_of(15)}
    for ask in (store.range_all, lambda *period: store.range(BinId("B1"), *period)):
        with pytest.raises(StoreUnavailableError, match=r"503.*overloaded"):
            ask(*EVER)


def test_nothing_leaves_this_file_that_the_server_does_not_give_back(
    door: Door, url: str, influxd_url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """A server that was restored from an old backup is fed once more, from here."""
    store = open_influx(url)
    store.append(many(20))
    door.always = Fault(503)
    with pytest.raises(StoreUnavailableError):
        store.feed()
    door.always = None
    assert store.evict(FAR) == 0, "it waits"
    feed_all(store)
    influxql(influxd_url, f"DELETE FROM {influx_settings(url, tmp_path).measurement} WHERE bin = 'B3'")  # noqa: S608
    lost = 20 - on_server(influxd_url, tmp_path)
    assert lost > 0

    assert store.evict(FAR) == 20 - lost
    assert store.feed_status().waiting == lost
    feed_all(store)
    assert on_server(influxd_url, tmp_path) == 20
    assert store.evict(FAR) == lost


def test_of_an_old_reading_that_comes_again_while_the_server_is_away_the_first_stands(
    door: Door, url: str, open_influx: OpenInflux, reading_of: ReadingOf
) -> None:
    """Only the server remembers it; so it is asked before it is sent, or its own would be overwritten."""
    store = open_influx(url)
    store.append([reading_of(0, fill=0.3), reading_of(15)])
    feed_all(store)
    store.evict(FAR)
    door.always = Fault(503)
    assert store.append([reading_of(0, fill=0.9)]).stored == 1, "taken unchecked: an append never waits for the server"
    door.always = None
    assert list(store.range(BinId("B1"), *EVER)) == [reading_of(0, fill=0.3), reading_of(15)]
    feed_all(store)

    store.evict(FAR)
    assert list(store.range(BinId("B1"), *EVER)) == [reading_of(0, fill=0.3), reading_of(15)]


def test_a_new_machine_finds_its_predecessors_history_on_the_server(
    door: Door, url: str, influxd_url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """Its disk is gone; what the server has is shown again, and is not overwritten by what is sent once more."""
    store = open_influx(url)
    store.append(many(50))
    feed_all(store)

    heir = open_influx(url, name="heir")
    late = Reading(BinId("B1"), SensorId("S1"), T0 + timedelta(hours=9), T0, 0.9)
    twin = replace(many(1)[0], fill_fraction=0.999)
    heir.append([late, twin])
    door.always = Fault(503)
    with pytest.raises(StoreUnavailableError):
        heir.feed()
    assert list(heir.latest()) == [late.bin_id, twin.bin_id], "until the server answers, what is here is shown"
    door.always = None
    feed_all(heir)

    assert heir.range_all(*EVER) == {**store.range_all(*EVER), BinId("B1"): [*store.range(BinId("B1"), *EVER), late]}
    assert heir.latest() == {**store.latest(), BinId("B1"): late}


def test_an_append_asks_a_silent_server_once_and_not_every_time(
    door: Door, url: str, open_influx: OpenInflux, reading_of: ReadingOf
) -> None:
    """A sensor with a clock of last year must not slow down the stream of a city."""
    store = open_influx(url)
    store.append([reading_of(0)])
    feed_all(store)
    store.evict(FAR)
    door.always = Fault(204, silent_s=60.0)
    before = door.queries
    for minutes in range(5):
        store.append([reading_of(minutes)])
    assert door.queries == before + 1


def test_a_retention_run_that_is_cut_short_counts_nothing_twice(
    door: Door, url: str, open_influx: OpenInflux, tmp_path: Path
) -> None:
    """The server has no transactions: what is counted into the days is passed over from then on."""
    store = open_influx(url)
    store.append(many(3000))
    feed_all(store)
    store.evict(FAR)
    before = days_of(store)
    moment, asked = T0 + timedelta(minutes=2000), door.queries
    for broken in range(1, 6):  # at the first question, at the second ...
        door.break_after = asked + broken
        with pytest.raises(StoreUnavailableError):
            store.delete_before(moment)
        door.break_after = None
        assert days_of(store) == before
        asked = door.queries
    store.delete_before(moment)

    assert days_of(store) == before
    assert sum(map(len, store.range_all(*EVER).values())) == 1000


def test_victoria_metrics_takes_what_is_fed_to_double_precision_of_its_own(
    victoria_url: str, open_influx: OpenInflux, reading_of: ReadingOf, tmp_path: Path
) -> None:
    """It rounds to some fifteen digits and answers no InfluxQL: a place for graphs beside the store here."""
    store = open_influx(victoria_url, queries="none")
    sent = [reading_of(0, fill=1 / 3), reading_of(15, fill=0.75, bin_id="B 2, å")]
    store.append(sent)
    feed_all(store)
    name = f"{influx_settings(victoria_url, tmp_path).measurement}_fill_fraction"

    def exported() -> list[dict[str, object]]:
        asked = f"{victoria_url}/api/v1/export?match[]={name}&start=0"
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
            return [json.loads(line) for line in answer.read().splitlines()]

    urllib.request.urlopen(f"{victoria_url}/internal/force_flush", timeout=PATIENCE_S).close()  # noqa: S310
    wait_until(lambda: len(exported()) == 2, "what is written shows")
    found = {line["metric"]["bin"]: (line["timestamps"], line["values"]) for line in exported()}  # type: ignore[index]
    assert found["B 2, å"] == ([int(sent[1].measured_utc.timestamp() * 1000)], [0.75])
    assert found["B1"][1] == pytest.approx([1 / 3])


def test_a_server_that_answers_another_question_is_told_apart(
    victoria_url: str, open_influx: OpenInflux, reading_of: ReadingOf
) -> None:
    """VictoriaMetrics answers any InfluxQL with a list of databases: readings must not be dropped on that word."""
    store = open_influx(victoria_url)
    store.append([reading_of(0)])
    with pytest.raises(StoreUnavailableError, match='answers no InfluxQL; set queries = "none"'):
        store.feed()
    assert store.evict(FAR) == 0
    assert list(store.range(BinId("B1"), *EVER)) == [reading_of(0)]


def test_the_settings_choose_the_store(url: str, influxd_url: str, tmp_path: Path, reading_of: ReadingOf) -> None:
    """One word and an address; ingest, pages and commands then all use it."""
    settings = Settings(data_dir=tmp_path, readings=influx_settings(url, tmp_path))
    with open_stores(settings) as stores:
        stores.readings.append([reading_of(0)])
        wait_until(lambda: on_server(influxd_url, tmp_path) == 1, "it is fed in the background")
