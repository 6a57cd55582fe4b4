"""A real recording is played as it was recorded: nothing left out, nothing made up."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.context import IngestContext
from ingest.message import Message
from ingest.pipeline import process
from simulator.replay.edinburgh import (
    Collection,
    is_collections,
    messages_of,
    rated_volumes_l,
    read_collections,
    sensor_of,
    whole_weeks_until,
)
from simulator.replay.edinburgh_city import ASSUMED_NOTE, edinburgh_city, read_positions
from simulator.replay.recordings import read_recording, recorded_city
from tests.simulator.support import DATA, NothingSeen
from tomma.errors import ImportRefusedError

HEADER = (
    "id,site,site_name,address,content_type_name,t_local,frozen,fill_before_pct,fill_after_pct,volume_l,weight_kg\n"
)
RECORDING = DATA / "edinburgh" / "enevo_collections.csv"


@pytest.fixture(scope="module")
def collections() -> tuple[Collection, ...]:
    """The whole recording."""
    return read_collections(RECORDING)


def test_every_collection_becomes_its_two_levels_twice(collections: tuple[Collection, ...]) -> None:
    """10,000 collections of 334 bins: 40,000 messages, half before and half after."""
    messages = list(messages_of(collections))
    bodies = [json.loads(each.payload) for each in messages]
    assert len(collections) == 10_000
    assert len(messages) == 40_000
    assert len({each.sensor_id for each in messages}) == 334
    recorded = Counter((sensor_of(each.site), each.fill_before_pct) for each in collections)
    recorded += Counter((sensor_of(each.site), each.fill_after_pct) for each in collections)
    played = Counter((body["sensor_id"], body["fill_pct"]) for body in bodies)
    assert played == Counter({key: 2 * count for key, count in recorded.items()})


def test_all_bins_come_interleaved_in_order_of_time(collections: tuple[Collection, ...]) -> None:
    """As a broker would have seen them."""
    times = [each.measured_utc for each in messages_of(collections)]
    assert all(first <= second for first, second in pairwise(times) if first and second)


def test_local_summer_time_becomes_utc() -> None:
    """13:23 in Edinburgh in June is 12:23 UTC."""
    collection = Collection("1", "Festival Square", "", datetime(2016, 6, 3, 13, 23, 26), 43.0, 0.0, 100.0)  # noqa: DTZ001
    assert collection.at_utc() == datetime(2016, 6, 3, 12, 23, 26, tzinfo=UTC)
    before, after = messages_of([collection], repeat=1)
    assert (before.measured_utc, after.measured_utc) == (
        datetime(2016, 6, 3, 12, 22, 26, tzinfo=UTC),
        datetime(2016, 6, 3, 12, 24, 26, tzinfo=UTC),
    )


def test_a_recording_moves_by_whole_weeks_so_that_it_ends_now(collections: tuple[Collection, ...]) -> None:
    """A Tuesday stays a Tuesday, at the same time on the wall."""
    now_utc = datetime(2026, 11, 22, 12, tzinfo=UTC)
    shift = whole_weeks_until(collections, now_utc)
    last = max(each.at_utc(shift) for each in collections)
    assert timedelta() <= now_utc - last < timedelta(days=7, hours=1)
    assert shift.days % 7 == 0


def test_volumes_are_read_off_the_recording(collections: tuple[Collection, ...]) -> None:
    """Collected litres per emptied per cent: 240 l bins are the most frequent."""
    volumes = Counter(rated_volumes_l(collections).values())
    assert volumes.most_common(1)[0][0] == 240.0


def test_bins_stand_where_the_public_list_has_them(collections: tuple[Collection, ...]) -> None:
    """By street and words in common, none twice; the others are marked as assumed."""
    listed = read_positions(DATA / "edinburgh" / "litter-bins.csv")
    city = edinburgh_city(collections, listed)
    known = [site for site in city.sites.values() if site.access_note != ASSUMED_NOTE]
    assert len(city.bins) == 334
    assert len(known) > 290
    assert {site.position for site in known} <= {row.position for row in listed}
    assert len({site.position for site in city.sites.values()}) == 334
    festival = next(site for site in known if site.name == "Festival Square outside All Bar 1")
    assert festival.position.lat_deg == pytest.approx(55.94728, abs=1e-4)  # "All bar 1 festival square" of three there


def test_a_row_that_does_not_fit_is_named(tmp_path: Path) -> None:
    """The person finds it in the file."""
    path = tmp_path / "broken.csv"
    good = "1,7,Somewhere,Street,Mixed,2016-06-03 13:23:26,True,43,0,100,7\n"
    path.write_text(HEADER + good + good.replace(",43,", ",143,"))
    assert is_collections(path)
    with pytest.raises(ImportRefusedError, match=r"line 3: .*within \[0, 100\] %, got 143"):
        read_collections(path)


def test_recorded_uplinks_are_played_as_they_are_and_the_rest_is_counted() -> None:
    """Messages of networks without a door are named, never bent."""
    recording = read_recording([DATA / "envelopes_public.jsonl", *sorted((DATA / "envelopes").glob("*.json"))])
    assert len(recording.messages) == 18
    assert recording.skipped["ChirpStack"] == 8
    [example] = [each for each in recording.messages if each.sensor_id == "dev1"]
    source = json.loads((DATA / "envelopes" / "tts_v3_up_docs.json").read_text())
    assert json.loads(example.payload) == source["payload"]
    assert example.topic == "v3/app1@recorded/devices/dev1/up"


def test_each_recorded_device_gets_a_bin_and_its_readings_are_decoded() -> None:
    """The recording names the maker, which picks the decoder: 1,601 mm in a container of 1,750 to 350 mm."""
    recording = read_recording([DATA / "envelopes" / "tts_v3_up_em400.json"])
    city = recorded_city(recording)
    assert list(city.sensors) == ["eui-1000000000000001"]
    assert {each.bin_id for each in city.installations} == set(city.bins)
    [message] = recording.messages
    now_utc = datetime(2026, 6, 1, tzinfo=UTC)
    batch = process([Message(message.topic, message.payload, now_utc, "tts_v3")], IngestContext(city, NothingSeen()))
    assert [each.distance_mm for each in batch.readings] == [1601.0]


def test_our_own_messages_can_be_recorded_and_played(tmp_path: Path) -> None:
    """One JSON object a line, with topic and payload."""
    path = tmp_path / "mine.jsonl"
    body = {"sensor_id": "H1", "measured_utc": "2026-06-01T10:00:00Z", "fill_pct": 12}
    path.write_text(json.dumps({"topic": "tomma/v1/H1/reading", "payload": body}) + "\n")
    [message] = read_recording([path]).messages
    assert (message.topic, json.loads(message.payload)) == ("tomma/v1/H1/reading", body)
    path.write_text("{broken\nlines")
    with pytest.raises(ImportRefusedError, match="line 1: not JSON"):
        read_recording([path])
