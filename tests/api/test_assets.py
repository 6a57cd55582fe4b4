"""The office's registry at the door: who was there before is asked, every refused field is named, nothing is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from ingest.context import IngestContext
from ingest.stream.recall import StoreMemories
from ingest.stream.replay import chosen, replay
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.clock import SystemClock
from tomma.model import Rejected, RejectReason

EUI = "a84041000181d447"
DRAGINO = (
    b'{"end_device_ids": {"device_id": "nyrum-7", "dev_eui": "A84041000181D447"}, "uplink_message": {"f_port": 85,'
    b' "f_cnt": 7, "frm_payload": "AXVkA2cQAQSCWAIFAAA=", "received_at": "2026-11-22T05:00:00Z",'
    b' "rx_metadata": [{"rssi": -97, "snr": 6.5}]}, "received_at": "2026-11-22T05:00:00Z"}'
)
"""A Milesight laser at 600 mm, by way of The Things Stack."""


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """The application on the small town."""
    with serving(world) as client:
        yield client


def at(path: str) -> str:
    """Below the API."""
    return f"/api/v1/assets{path}"


def field_of(answer: httpx.Response) -> tuple[int, str, str]:
    """Which field was refused, and why."""
    error = answer.json()["errors"][0]
    return answer.status_code, error["field"], error["bound"]


def test_a_bin_is_found_by_its_place_and_told_with_its_history(client: httpx.Client) -> None:
    """Who looks for a street finds what stands there, and since when which sensor measures it."""
    found = client.get(at("/bins"), params={"q": "gata 2"}).json()
    assert [(each["id"], each["sensor_id"]) for each in found["bins"]] == [("B3", "H3"), ("B4", "H4")]

    detail = client.get(at("/bins/B3")).json()
    assert [(each["sensor_id"], each["to_utc"]) for each in detail["history"]] == [("H3", None)]


def test_a_change_needs_the_version_that_was_seen(client: httpx.Client) -> None:
    """Two people have one form open; the second to save must not undo the first without knowing."""
    seen = client.get(at("/sites/S1")).headers["etag"]
    assert client.patch(at("/sites/S1"), json={"name": "Nya gatan"}).status_code == 428

    first = client.patch(at("/sites/S1"), json={"name": "Nya gatan"}, headers={"If-Match": seen})
    assert (first.status_code, first.json()["name"], first.json()["access_note"]) == (200, "Nya gatan", "grind 1")

    second = client.patch(at("/sites/S1"), json={"access_note": "kod 17"}, headers={"If-Match": seen})
    assert (second.status_code, second.json()["type"]) == (412, "urn:tomma:problem:changed-meanwhile")
    assert (
        client.patch(
            at("/sites/S1"), json={"access_note": "kod 17"}, headers={"If-Match": first.headers["etag"]}
        ).json()["name"]
        == "Nya gatan"
    )


@pytest.mark.parametrize(
    ("path", "body", "field", "bound"),
    [
        pytest.param(
            "/sites", {"id": "S9", "name": "X", "lat_deg": 95, "lon_deg": 18}, "lat_deg", "[-90, 90]", id="pole"
        ),
        pytest.param("/sites", {"id": "S9", "name": "X"}, "lat_deg", "must be given", id="nowhere"),
        pytest.param("/bins", {"id": "B9", "site_id": "S9"}, "site_id", "known site", id="no such place"),
        pytest.param(
            "/bins",
            {"id": "B9", "site_id": "S1", "container_type_id": "C240", "fraction_code": "guld"},
            "fraction_code",
            "residual",
            id="no such stream",
        ),
        pytest.param(
            "/container-types",
            {"id": "C1", "name": "X", "volume_l": 1, "empty_mm": 100, "full_mm": 200, "max_kg": 5},
            "full_mm",
            "below empty_mm",
            id="upside down",
        ),
        pytest.param(
            "/container-types", {"id": "C1", "name": "X", "shape": "cube"}, "shape", "straight", id="no such shape"
        ),
        pytest.param("/sensors", {"id": "H9", "dead_zone_mm": 9000}, "dead_zone_mm", "[0, 2000]", id="blind"),
        pytest.param(
            "/bins",
            {"id": "B/9", "site_id": "S1", "container_type_id": "C240", "fraction_code": "residual"},
            "id",
            "without /",
            id="no address leads to it",
        ),
        pytest.param("/sensors", {"make": "X"}, "id", "must be given", id="no name"),
    ],
)
def test_a_refused_field_is_named_with_its_bound(
    refusing_client: httpx.Client, path: str, body: dict[str, object], field: str, bound: str
) -> None:
    """The form shows the error beside the field it is about."""
    status, named, why = field_of(refusing_client.post(at(path), json=body))

    assert (status, named) == (422, field)
    assert bound in why


def test_what_is_new_is_created_once_and_seen_by_the_pages(client: httpx.Client) -> None:
    """The map shows a bin as soon as the office has made it."""
    body = {"id": "B9", "site_id": "S1", "container_type_id": "C240", "fraction_code": "residual", "skills": ["key"]}
    assert client.post(at("/bins"), json=body).status_code == 201
    assert client.post(at("/bins"), json=body).status_code == 409

    assert client.get("/api/v1/bins/B9").status_code == 200


def test_a_swap_ends_one_installation_and_begins_the_next_at_one_time(client: httpx.Client) -> None:
    """A time with two answers, or none, would make a hole or a lie in the history."""
    swapped = client.post(at("/bins/B1/hang"), json={"sensor_id": "NY1", "replaces_sensor_id": "H1", "make": "Elsys"})

    history = [(each["sensor_id"], each["from_utc"], each["to_utc"]) for each in swapped.json()["history"]]
    assert history == [("NY1", "2026-11-22T05:30:00Z", None), ("H1", "2026-01-01T00:00:00Z", "2026-11-22T05:30:00Z")]
    assert client.get(at("/sensors/H1")).json()["bin_id"] is None
    assert client.get(at("/sensors/NY1")).json()["make"] == "Elsys"


def test_no_sensor_hangs_from_tomorrow_on(client: httpx.Client) -> None:
    """Until then its readings would be a stranger's, and the bin's sensor of today was ended by a slip of the pen."""
    told = {"sensor_id": "NY1", "replaces_sensor_id": "H1", "at_utc": "2026-11-23T05:30:00Z"}
    answer = client.post(at("/bins/B1/hang"), json=told)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at_utc")
    assert "must not lie after 2026-11-22T05:30:00Z" in answer.text
    assert client.post(at("/bins/B1/hang"), json={**told, "at_utc": "2026-11-22T05:30:00Z"}).status_code == 200


def test_a_swap_of_a_sensor_that_is_not_there_any_more_is_refused(client: httpx.Client) -> None:
    """Somebody swapped it first; the second one must look."""
    answer = client.post(at("/bins/B1/hang"), json={"sensor_id": "NY1", "replaces_sensor_id": "H2"})

    assert answer.status_code == 409
    assert "hangs H1" in answer.json()["detail"]
    assert (answer.json()["type"], answer.json()["values"]) == (
        "urn:tomma:problem:other-sensor-hangs",
        {"bin_id": "B1"},
    )


def test_a_retired_sensor_stays_in_the_history_of_its_bin(client: httpx.Client) -> None:
    """An auditor asks in spring who measured that bin in autumn."""
    mark = client.get(at("/sensors/H1")).headers["etag"]
    assert client.delete(at("/sensors/H1"), headers={"If-Match": mark}).status_code == 204

    assert client.get(at("/sensors/H1")).status_code == 404
    (period,) = client.get(at("/bins/B1")).json()["history"]
    assert (period["sensor_id"], period["to_utc"], period["retired"]) == ("H1", "2026-11-22T05:30:00Z", True)
    assert [each["id"] for each in client.get(at("/retired")).json()["retired"]] == ["H1"]


def test_a_place_with_bins_is_not_retired(client: httpx.Client) -> None:
    """The bins would stand nowhere."""
    mark = client.get(at("/sites/S1")).headers["etag"]
    answer = client.delete(at("/sites/S1"), headers={"If-Match": mark})

    assert (answer.status_code, "B1, B2" in answer.json()["detail"]) == (409, True)


def sent(client: httpx.Client, csv: str, **how: object) -> httpx.Response:
    """Post a spreadsheet."""
    headers = {"content-type": "text/csv", **({"If-Match": str(how.pop("seen"))} if "seen" in how else {})}
    return client.post(at("/import"), content=csv.encode(), params=how, headers=headers)  # type: ignore[arg-type]


CSV = "bin_id;site_id;site_name;sensor_id\nB1;S1;Nya gatan;H1\nB2;S1;Nya gatan;NY2\n"


def test_an_import_does_what_its_dry_run_told_and_nothing_before(client: httpx.Client) -> None:
    """The manager sees what would become of the city, then says yes to just that."""
    told = sent(client, CSV).json()
    assert (told["dry_run"], told["added"], told["changed"], told["removed"], told["faults"]) == (True, 2, 2, 0, [])
    assert client.get(at("/sites/S1")).json()["name"] == "Gata 1"

    done = sent(client, CSV, dry_run=False, seen=told["revision"]).json()
    assert (done["dry_run"], done["changes"]) == (False, told["changes"])
    assert client.get(at("/sites/S1")).json()["name"] == "Nya gatan"
    assert sent(client, CSV).json()["changes"] == []


def test_an_import_after_somebody_changed_the_registry_is_refused(client: httpx.Client) -> None:
    """What was said yes to is not what would happen now."""
    revision = sent(client, CSV).json()["revision"]
    client.post(at("/sensors"), json={"id": "H77"})

    assert sent(client, CSV, dry_run=False, seen=revision).status_code == 412
    assert sent(client, CSV, dry_run=False).status_code == 428


def test_a_file_with_a_fault_changes_nothing(client: httpx.Client) -> None:
    """Half a file is worse than none: nobody knows which half."""
    csv = "bin_id;site_name;lat_deg\nB1;Nya gatan;60,1\nB2;Nya gatan;nittio\n"
    told = sent(client, csv).json()
    (fault,) = told["faults"]
    assert fault == {
        "line": 3, "column": "lat_deg", "bound": "must be a number such as 59.33 or 59,33", "value": "nittio",
        "rule": "number", "values": {},
    }  # fmt: skip

    assert sent(client, csv, dry_run=False, seen=told["revision"]).json()["dry_run"] is True
    assert client.get(at("/sites/S1")).json()["name"] == "Gata 1"
    refused = sent(client, "colour\nred\n")
    assert (refused.status_code, "bin_id" in refused.json()["detail"]) == (422, True)


def test_the_exported_file_changes_nothing_when_it_is_sent_back(client: httpx.Client) -> None:
    """By a click in Excel and back again."""
    for form in ("plain", "excel"):
        data = client.get(at("/export.csv"), params={"form": form}).content
        told = client.post(at("/import"), content=data, params={"remove_missing": True}).json()
        assert (told["rows"], told["changes"], told["faults"]) == (6, [], [])


def knock(world: World, *payloads: bytes) -> None:
    """A device that nobody registered sends."""
    world.stores.readings.append(
        (),
        (),
        [
            Rejected(
                "v3/app@ttn/devices/nyrum-7/up",
                payload,
                NOW - timedelta(minutes=30),
                RejectReason.UNKNOWN_DEVICE,
                "the device must be a sensor of the city, got 'nyrum-7'",
                envelope="tts_v3",
                device_ids=("nyrum-7", EUI),
            )
            for payload in payloads
        ],
    )


def test_an_unknown_device_is_shown_with_what_it_seems_to_say(world: World, client: httpx.Client) -> None:
    """The installer held a hand before it: 600 mm and a full battery tell which of two devices it is."""
    knock(world, DRAGINO)
    (device,) = client.get(at("/quarantine")).json()["devices"]

    assert device["device_ids"] == ["nyrum-7", EUI]
    best = device["guesses"][0]
    assert (best["make"], best["distance_mm"], best["battery_fraction"]) == ("milesight", 600.0, 1.0)


def test_what_a_device_sent_before_it_was_hung_becomes_readings(world: World, client: httpx.Client) -> None:
    """It hung there all along; only the registry did not know."""
    knock(world, DRAGINO)
    answer = client.post(at("/quarantine/nyrum-7/hang"), json={"bin_id": "B6", "sensor_id": EUI, "make": "milesight"})
    assert (answer.status_code, answer.json()["waiting"]) == (200, 1)

    store = world.stores.readings
    memories = StoreMemories(store, SystemClock())
    context = IngestContext(world.stores.registry.load(), memories, receipts=memories)
    done = [
        replay(page, context, store, lambda _: None, lambda _: "tts_v3") for page in chosen(store, device_id="nyrum-7")
    ]
    assert [(each.mended, each.stored) for each in done] == [(1, 1)]
    assert store.latest()["B6"].distance_mm == 600.0  # type: ignore[index]
    assert client.get(at("/quarantine")).json()["devices"] == []


def test_a_dismissed_device_is_gone_until_it_sends_again(world: World, client: httpx.Client) -> None:
    """A neighbour's weather station fills the list otherwise."""
    knock(world, DRAGINO, DRAGINO.replace(b'"f_cnt": 7', b'"f_cnt": 8'))
    assert client.delete(at("/quarantine/nyrum-7")).json() == {"dropped": 2}
    assert client.get(at("/quarantine")).json() == {"total": 0, "devices": []}
    assert client.delete(at("/quarantine/nyrum-7")).status_code == 404

    knock(world, DRAGINO)
    assert client.get(at("/quarantine")).json()["total"] == 1


def test_a_page_of_bins_is_cut_from_all_of_them_sorted(world: World, client: httpx.Client) -> None:
    """A page of a hundred, whatever the city's size; and the sorting is over all of them."""
    city = world.stores.registry.load()
    many = {f"X{n:05d}": replace(city.bins["B1"], id=f"X{n:05d}") for n in range(600)}  # type: ignore[index,arg-type]
    world.stores.registry.save(replace(city, bins={**city.bins, **many}))  # type: ignore[dict-item]

    found = client.get(at("/bins"), params={"sort": "id", "descending": True, "limit": 2, "offset": 1}).json()
    assert (found["total"], [each["id"] for each in found["bins"]]) == (606, ["X00598", "X00597"])
