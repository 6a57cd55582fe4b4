"""What strangers may know: nothing, until a manager lists it, and then exactly that (A22)."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.doors import doors_of
from api.guards import throttle as guards_throttle
from api.guards.throttle import BURST, Throttle
from api.opendata import window
from api.opendata.ngsi import CONTEXT
from ingest.envelope import fiware
from ingest.message import Message, Uplink
from tests.api.access.conftest import City, locked
from tests.api.town import NOW, make_city
from tests.api.world import World
from tomma.containers import ContainerType, Shape
from tomma.errors import ConflictError
from tomma.model import BinId, ContainerTypeId, FractionCode, SiteId
from tomma.opendata import FillShown, OpenData, band
from tomma.people import Role

OPEN = "/api/v1/open-data"
SETTINGS = f"{OPEN}/settings"
FILES = ("catalogue.jsonld", "bins.geojson", "bins.csv", "ngsi-ld/v1/entities")
EVERYTHING = {"fractions": ["residual"], "areas": ["Centrum"], "volume_min_l": 0.0}
DOCS = Path(__file__).parents[2] / "docs" / "open-data.md"


@pytest.fixture
def city(world: World) -> Iterator[City]:
    """A city with locks: B1 and B2 in Centrum, B3 and B4 in Norr, B5 and B6 in no area; B2 is an underground one."""
    made = make_city()
    areas = {SiteId("S1"): "Centrum", SiteId("S2"): "Norr", SiteId("S3"): ""}
    deep = ContainerType(
        ContainerTypeId("U3"), "3 m3", 3_000, 2_500, 200, 1_000, Shape.UNDERGROUND, shaft_mm=300, shaft_ratio=0.3
    )
    bins = dict(made.bins)
    bins[BinId("B2")] = replace(bins[BinId("B2")], container_type_id=deep.id)
    world.stores.registry.save(
        replace(
            made,
            sites={each.id: replace(each, area=areas[each.id]) for each in made.sites.values()},
            container_types={**made.container_types, deep.id: deep},
            bins=bins,
        )
    )
    with City(locked(world)).open() as opened:
        yield opened


@pytest.fixture
def manager(city: City) -> httpx.Client:
    """Who opens data."""
    return city.enter(city.add("mia", Role.MANAGER))


@pytest.fixture
def stranger(city: City) -> httpx.Client:
    """Who has no key."""
    return city.client()


def put(manager: httpx.Client, **changes: object) -> dict[str, Any]:
    """Open what is listed; return what the door shows."""
    answer = manager.put(SETTINGS, json={**EVERYTHING, **changes})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def features(stranger: httpx.Client, **query: object) -> list[dict[str, Any]]:
    """What a map of a stranger shows."""
    answer = stranger.get(f"{OPEN}/bins.geojson", params={key: str(value) for key, value in query.items()})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


def ids(stranger: httpx.Client) -> list[str]:
    """Which bins strangers know of."""
    return [each["id"] for each in features(stranger)]


def test_nothing_is_open_until_a_manager_lists_it_and_shutting_counts_at_once(
    manager: httpx.Client, stranger: httpx.Client
) -> None:
    """A city that never thought of open data must not have any."""

    def answers() -> list[httpx.Response]:
        return [stranger.get(f"{OPEN}/{file}") for file in FILES]

    assert {each.status_code for each in answers()} == {404}
    put(manager)
    assert {each.status_code for each in answers()} == {200}
    put(manager, fractions=[])
    assert {(each.status_code, each.headers["access-control-allow-origin"]) for each in answers()} == {(404, "*")}


def test_only_what_is_listed_is_told(manager: httpx.Client, stranger: httpx.Client) -> None:
    """Stream, area, size and single bins: each list alone keeps a bin in; a place without an area is listed as such."""
    assert put(manager)["bins_open"] == 2
    assert ids(stranger) == ["B1", "B2"]
    put(manager, areas=["Centrum", "Norr", ""])
    assert ids(stranger) == ["B1", "B2", "B3", "B4", "B5", "B6"]
    put(manager, areas=["Centrum", ""], withheld_bin_ids=["B1", "B5"])
    assert ids(stranger) == ["B2", "B6"]
    shown = put(manager, volume_min_l=600.0)
    assert (ids(stranger), shown["bins_open"], shown["bins_small"]) == (["B2"], 1, 1)
    assert manager.put(SETTINGS, json={"fractions": ["residual"], "areas": ["Centrum"]}).json()["bins_open"] == 1


def test_what_strangers_get_is_exactly_this(city: City, manager: httpx.Client, stranger: httpx.Client) -> None:
    """A snapshot: whatever is added to it, a name, a note or a driver, was added on purpose."""
    city.world.publish()
    city.world.measure("B2", 0.61, NOW - timedelta(hours=2, minutes=11))
    put(manager, fill="quarters")
    assert features(stranger)[1] == {
        "type": "Feature",
        "id": "B2",
        "geometry": {"type": "Point", "coordinates": [24.931, 60.161]},
        "properties": {
            "bin_id": "B2",
            "site_id": "S1",
            "fraction": "residual",
            "fraction_sv": "Restavfall",
            "fraction_en": "Residual waste",
            "volume_l": 3000.0,
            "underground": True,
            "area": "Centrum",
            "place": "",
            "fill_from_fraction": 0.5,
            "fill_to_fraction": 0.75,
            "measured_hour_utc": "2026-11-22T03:00:00Z",
        },
    }
    bodies = "".join(stranger.get(f"{OPEN}/{each}").text for each in FILES)
    assert "Gata" not in bodies
    assert "grind" not in bodies
    assert "V1" not in bodies
    assert "0.61" not in bodies
    put(manager, place_names=True)
    assert features(stranger)[0]["properties"]["place"] == "Gata 1"


def test_the_level_is_the_last_one_before_the_delay(city: City, manager: httpx.Client, stranger: httpx.Client) -> None:
    """Who stands behind a curtain cannot see a bin being used now; a week-old level is none."""
    world = city.world
    for minutes, fill in ((10, 0.95), (100, 0.6), (300, 0.1)):
        world.measure("B1", fill, NOW - timedelta(minutes=minutes))
    world.measure("B2", 0.9, NOW - timedelta(days=8))

    def level(**changes: object) -> tuple[float | None, str | None]:
        put(manager, fill="tenths", **changes)
        own = features(stranger)[0]["properties"]
        return own["fill_from_fraction"], own["measured_hour_utc"]

    assert level(delay_h=1) == (0.6, "2026-11-22T03:00:00Z")
    assert level(delay_h=2) == (0.1, "2026-11-22T00:00:00Z")
    assert level(delay_h=24) == (None, None)
    assert level(delay_h=0) == (0.6, "2026-11-22T03:00:00Z")
    world.clock.now = NOW + timedelta(hours=1)
    assert features(stranger)[0]["properties"]["fill_from_fraction"] == 0.9
    assert features(stranger)[1]["properties"]["fill_from_fraction"] is None
    put(manager)
    assert features(stranger)[0]["properties"]["fill_from_fraction"] is None


@given(st.floats(0.0, 1.0), st.sampled_from([FillShown.QUARTERS, FillShown.TENTHS]))
def test_a_level_lies_on_its_step(fill_fraction: float, shown: FillShown) -> None:
    """Steps cover the whole and overlap nowhere."""
    low, high = band(fill_fraction, shown)
    assert 0.0 <= low <= fill_fraction <= high <= 1.0
    assert low < high
    assert fill_fraction < high or high == 1.0


def test_a_copy_is_good_for_a_while_and_asked_for_cheaply(
    city: City, manager: httpx.Client, stranger: httpx.Client
) -> None:
    """Harvesters ask every night, pages all day; an hour that changed nothing changes no copy."""
    put(manager)
    first = stranger.get(f"{OPEN}/bins.geojson")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert "creativecommons.org/publicdomain/zero" in first.headers["link"]
    for name, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        again = stranger.get(f"{OPEN}/bins.geojson", headers={name: value})
        assert (again.status_code, again.content) == (304, b"")
    city.world.clock.now = NOW + timedelta(hours=3)
    later = stranger.get(f"{OPEN}/bins.geojson", headers={"If-Modified-Since": "no date"})
    assert (later.status_code, later.headers["etag"]) == (200, first.headers["etag"])
    put(manager, areas=["Norr"])
    changed = stranger.get(f"{OPEN}/bins.geojson", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    head = stranger.head(f"{OPEN}/bins.csv")
    assert (head.status_code, head.headers["content-type"]) == (200, "text/csv; charset=utf-8")


def test_pages_follow_each_other_and_have_an_end(manager: httpx.Client, stranger: httpx.Client) -> None:
    """A city of any size goes through a small door; a demand for all at once is refused."""
    put(manager, areas=["Centrum", "Norr", ""])
    seen: list[str] = []
    address = f"{OPEN}/bins.geojson?limit=4"
    while address:
        page = stranger.get(address).json()
        assert page["numberMatched"] == 6
        assert page["numberReturned"] == len(page["features"]) <= 4
        seen += [each["id"] for each in page["features"]]
        address = next((each["href"] for each in page["links"]), "")
    assert seen == ["B1", "B2", "B3", "B4", "B5", "B6"]
    table = stranger.get(f"{OPEN}/bins.csv?limit=5")
    assert len(table.text.splitlines()) == 6
    assert f'{OPEN}/bins.csv?after=B5&limit=5>; rel="next"' in table.headers["link"]
    for strange in ("limit=0", "limit=5001", "limit=1e9", "after=" + 129 * "x"):
        assert stranger.get(f"{OPEN}/bins.geojson?{strange}").status_code == 422
    assert stranger.get(f"{OPEN}/ngsi-ld/v1/entities?offset=-1").status_code == 422


def test_the_table_holds_no_formula(city: City, manager: httpx.Client, stranger: httpx.Client) -> None:
    """It is opened in a spreadsheet, by people who trust the municipality."""
    made = city.world.stores.registry.load()
    evil = "=cmd|'/c calc'!A0"
    site = replace(made.sites[SiteId("S1")], area=evil)
    city.world.stores.registry.save(replace(made, sites={**made.sites, site.id: site}))
    put(manager, areas=[evil])
    rows = list(csv.DictReader(io.StringIO(stranger.get(f"{OPEN}/bins.csv").text.removeprefix("\ufeff"))))
    assert [row["area"] for row in rows] == [f"'{evil}", f"'{evil}"]


@pytest.mark.usefixtures("city")
def test_the_table_spells_yes_and_no_as_the_map_does(manager: httpx.Client, stranger: httpx.Client) -> None:
    """Python's own `True` is a word that a spreadsheet takes for text in half of the languages."""
    put(manager)
    rows = csv.DictReader(io.StringIO(stranger.get(f"{OPEN}/bins.csv").text.removeprefix("\ufeff")))
    assert {row["bin_id"]: row["underground"] for row in rows}.items() >= {"B1": "false", "B2": "true"}.items()


def test_entities_are_what_our_own_ingest_reads(city: City, manager: httpx.Client, stranger: httpx.Client) -> None:
    """One city's open data is another's source: the standard is kept in both directions, in both of its forms."""
    city.world.measure("B2", 0.61, NOW - timedelta(hours=2, minutes=11))
    put(manager, fill="quarters")
    address = f"{OPEN}/ngsi-ld/v1/entities?type=WasteContainer"
    for more, accept in (("", "application/json"), ("&options=keyValues", "application/ld+json")):
        answer = stranger.get(address + more, headers={"accept": accept})
        assert answer.headers["content-type"] == accept
        message = Message("fiware/up", answer.content, NOW, "fiware")
        read = fiware.unwrap(message)
        assert isinstance(read[1], Uplink)
        assert read[1].fields == {"fill_fraction": 0.625}
    normal, simple = stranger.get(address).json()[1], stranger.get(f"{address}&options=keyValues").json()[1]
    assert normal["fillingLevel"] == {"type": "Property", "value": 0.625, "observedAt": "2026-11-22T03:00:00Z"}
    assert simple == {
        "id": "urn:ngsi-ld:WasteContainer:O1:B2",
        "type": "WasteContainer",
        "location": {"type": "Point", "coordinates": [24.931, 60.161]},
        "dataProvider": "Exempelstad",
        "areaServed": "Centrum",
        "storedWasteKind": "other",
        "binCapacity": 3000.0,
        "refWasteContainerIsle": "urn:ngsi-ld:WasteContainerIsle:O1:S1",
        "category": ["underground"],
        "fillingLevel": 0.625,
        "binLoggedTime": "2026-11-22T03:00:00Z",
    }
    linked = stranger.get(address, headers={"accept": "application/ld+json"}).json()[0]
    assert linked["@context"] == list(CONTEXT)
    isle = stranger.get(f"{OPEN}/ngsi-ld/v1/entities?type=WasteContainerIsle&options=keyValues").json()
    assert [each["refWasteContainer"] for each in isle] == [
        ["urn:ngsi-ld:WasteContainer:O1:B1", "urn:ngsi-ld:WasteContainer:O1:B2"]
    ]
    assert stranger.get(f"{OPEN}/ngsi-ld/v1/entities?type=Vehicle").status_code == 422


def test_a_data_portal_finds_everything_from_the_catalogue(manager: httpx.Client, stranger: httpx.Client) -> None:
    """DCAT-AP's mandatory properties are there, and every address in it answers with what it promises."""
    put(manager, licence="CC-BY-4.0", contact_email="data@exempelstad.example")
    told = stranger.get(f"{OPEN}/catalogue.jsonld")
    assert told.headers["content-type"] == "application/ld+json"
    catalogue = told.json()
    dataset = catalogue["dcat:dataset"]
    assert {"dcterms:title", "dcterms:description", "dcterms:publisher"} <= catalogue.keys() & dataset.keys()
    assert {each["@language"] for each in dataset["dcterms:title"]} == {"sv", "en"}
    assert dataset["dcterms:accessRights"]["@id"].endswith("/access-right/PUBLIC")
    assert dataset["dcat:contactPoint"]["vcard:hasEmail"] == {"@id": "mailto:data@exempelstad.example"}
    prefixes = set(re.findall(r'"([a-z]+):\w+":', told.text))
    assert prefixes <= catalogue["@context"].keys()
    for each in dataset["dcat:distribution"]:
        assert each["dcterms:license"]["@id"] == "http://creativecommons.org/licenses/by/4.0/"
        file = stranger.get(each["dcat:downloadURL"]["@id"], headers={"accept": "application/ld+json"})
        assert file.status_code == 200
        assert each["dcat:mediaType"]["@id"].endswith(file.headers["content-type"].partition(";")[0])


def test_any_page_may_read_these_doors_and_no_other(city: City, manager: httpx.Client, stranger: httpx.Client) -> None:
    """Derived from the routes: beside these, no answer, good or bad, tells a browser to hand it to another site."""
    put(manager)
    assert city.app is not None
    shared = set()
    for door in doors_of(city.app):
        if door.method not in {"GET", "POST"} or not door.rules:
            continue
        address = re.sub(r"{\w+}", "1", door.path)
        answer = stranger.request(door.method, address, headers={"origin": "https://other.example"})
        if "access-control-allow-origin" in answer.headers:
            shared.add((door.method, door.path))
            assert "access-control-allow-credentials" not in answer.headers
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert shared == {("GET", f"{OPEN}/{each}") for each in FILES}


def test_who_asks_too_often_waits_and_others_do_not(manager: httpx.Client, stranger: httpx.Client) -> None:
    """No key is asked for, so the address is all that can be held back."""
    put(manager)
    answers: list[httpx.Response] = []
    while len(answers) < 10 * BURST and (not answers or answers[-1].status_code == 200):
        answers.append(stranger.head(f"{OPEN}/bins.csv"))
    assert len(answers) > BURST  # a slow machine is given some more meanwhile
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    throttle = Throttle(per_minute=60, burst=2)
    assert [throttle.wait_s("a", 0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert throttle.wait_s("b", 0.0) == 0.0
    assert throttle.wait_s("a", 1.0) == 0.0


def test_pages_asked_for_in_ever_new_ways_fill_no_memory(
    city: City, manager: httpx.Client, stranger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page is kept as it was made, and a stranger may ask for a city in as many pages as it has bins."""
    monkeypatch.setattr(window, "FILES_KEPT", 3)
    put(manager)
    for limit in range(1, 7):
        assert stranger.get(f"{OPEN}/bins.csv", params={"limit": limit}).status_code == 200
    assert city.app is not None
    assert len(city.app.state.services.open_window._files) == 3


def test_addresses_made_up_one_after_the_other_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has a few bytes of IPv6 has more addresses than anybody has memory; who asks now is held all the same."""
    monkeypatch.setattr(guards_throttle, "ADDRESSES_MAX", 10)
    throttle = Throttle(per_minute=60, burst=2)
    for number in range(100):
        throttle.wait_s("greedy", 0.0)
        throttle.wait_s(f"made up {number}", 0.0)
    assert len(throttle._buckets) == 10
    assert throttle.wait_s("greedy", 0.0) == 1.0


def test_only_a_manager_opens_data_and_never_over_another_ones_change(city: City, manager: httpx.Client) -> None:
    """An auditor reads the list; of two managers with one list the second is told; it is on record."""
    auditor = city.enter(city.add("olle", Role.AUDITOR))
    assert auditor.get(SETTINGS).json()["revision"] == 0
    assert auditor.put(SETTINGS, json=EVERYTHING).status_code == 403
    read = manager.get(SETTINGS).headers["etag"]
    assert manager.put(SETTINGS, json=EVERYTHING, headers={"If-Match": read}).json()["revision"] == 1
    assert manager.put(SETTINGS, json=EVERYTHING, headers={"If-Match": read}).status_code == 412
    with pytest.raises(ConflictError):
        city.world.stores.open_data.open_up(OpenData(), 0)
    deeds = [each for each in city.world.stores.audit.page(20) if each.action == "set_open_data"]
    assert [each.actor for each in deeds] == 2 * ["person:mia"]


def test_a_wrong_list_is_refused_and_nothing_changes(manager: httpx.Client) -> None:
    """Half an opening would be one nobody meant."""
    strange: list[dict[str, object]] = [
        {"areas": ["Atlantis"]},
        {"fractions": ["gold"]},
        {"withheld_bin_ids": ["B99"]},
        {"contact_email": "no address"},
        {"delay_h": -1},
        {"fill": "exactly"},
        {"licence": "mine"},
        {"owner": "O2"},
    ]
    for wrong in strange:
        assert manager.put(SETTINGS, json={**EVERYTHING, **wrong}).status_code == 422, wrong
    assert manager.get(SETTINGS).json()["revision"] == 0


def test_the_examples_of_the_page_work(manager: httpx.Client, stranger: httpx.Client) -> None:
    """Who reads docs/open-data.md types them."""
    text = DOCS.read_text(encoding="utf-8")
    body = json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])
    assert put(manager, **{**body, "areas": ["Centrum"], "fractions": ["residual"]})["bins_open"] == 1
    addresses = re.findall(r"https://bins\.stad\.example(/api/v1/open-data/[^\s'\"]+)", text)
    assert len(addresses) >= 4
    assert {stranger.get(each).status_code for each in addresses} == {200}


def test_an_opening_outlives_a_restart(world: World) -> None:
    """It is kept with all else that people decided."""
    opened = OpenData(
        frozenset({FractionCode("residual")}), frozenset({"", "Å"}), changed_utc=datetime(2026, 1, 1, tzinfo=UTC)
    )
    kept = world.stores.open_data.open_up(opened, 0)
    assert world.stores.open_data.opened() == kept == replace(opened, revision=1)
