"""What a store with a server behind it tells of the past, and which store the settings choose."""

import json
import urllib.request
from dataclasses import astuple, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.tomma.stores.influx_store import (
    EVER,
    FAR,
    PATIENCE_S,
    T0,
    OpenInflux,
    ReadingOf,
    feed_all,
    influx_settings,
    many,
    on_server,
    wait_until,
)
from tests.tomma.stores.influx_support import Door, Fault, influxql
from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Reading, SensorId
from tomma.settings import Settings
from tomma.stores.influx.readings import InfluxReadings
from tomma.stores.wiring import open_stores


def days_of(store: InfluxReadings) -> list[tuple[object, ...]]:
    """What is told of each bin's days; the mean without the last bits, which depend on the order of adding."""
    found = (store.daily(BinId(f"B{number}"), T0.date(), T0.date() + timedelta(days=5)) for number in range(7))
    return [
        (*astuple(replace(each, mean_fill_fraction=0)), round(each.mean_fill_fraction, 9))
        for bins in found
        for each in bins
    ]


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
