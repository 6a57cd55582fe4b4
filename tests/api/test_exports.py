"""A plan as a file: each format is read back by a reader of its own, and tells what the plan tells."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from api.exports.geojson import as_geojson
from api.exports.gpx import as_gpx
from api.exports.paper import as_pdf
from api.exports.table import COLUMNS, as_csv
from api.exports.told import Told, told
from api.exports.words import Words
from routing.roads.guidance import Language
from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import World
from tomma.model import PlanId, SiteId, VehicleId
from tomma.plan import Plan, PlanStatus, Stop, StopKind

GPX = "{http://www.topografix.com/GPX/1/1}"
POINT_ORDER = ["ele", "time", "magvar", "geoidheight", "name", "cmt", "desc", "src", "link", "sym", "type"]
ROUTE_ORDER = ["name", "cmt", "desc", "src", "link", "number", "type", "extensions", "rtept", "trkseg"]
EVIL = '=HYPERLINK("http://x") <img src="http://127.0.0.1:9/x"/> & <b>Åsgränd</b> Łódź'


def two_trucks() -> Plan:
    """A plan with a break on the first route, and a second truck that stays at its depot."""
    plan = plan_of(make_city(), PlanId("P1"), TODAY, NOW)
    (route,) = plan.routes
    rest_utc = route.stops[-1].depart_utc
    rest = Stop(StopKind.BREAK, rest_utc, rest_utc + timedelta(minutes=30), 0, 0, 0.0, 0.0)
    first = replace(route, stops=(*route.stops, rest), legs_lonlat=(*route.legs_lonlat[:-1], (), route.legs_lonlat[-1]))
    second = replace(route, vehicle_id=VehicleId("V2"), stops=(), distance_m=0, driving_s=0, legs_lonlat=((),))
    return replace(plan, routes=(first, second))


def telling(name: str = "Gata 1", language: Language = Language.SV, **only: str) -> Told:
    """The plan of two trucks, about to be written; its first place has this name."""
    city = make_city()
    site = SiteId("S1")
    city = replace(city, sites={**city.sites, site: replace(city.sites[site], name=name)})
    return told(two_trucks(), city, Words(language, city.organisation), **only)


def rows_of(content: bytes) -> list[dict[str, str]]:
    """What a spreadsheet reads."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def gpx_of(told_so: Told) -> ET.Element:
    """What a navigator reads."""
    return ET.fromstring(as_gpx(told_so))  # noqa: S314  (our own document)


@cache
def pages_of(content: bytes) -> list[str]:
    """The text of each page of a PDF."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def get(client: httpx.Client, world: World, ending: str, status: int = 200) -> httpx.Response:
    """Ask for the plan P1 as a file."""
    world.stores.plans.save(two_trucks())
    answer = client.get(f"/api/v1/plans/P1/export.{ending}")
    assert answer.status_code == status, answer.text
    return answer


@pytest.mark.parametrize(
    ("ending", "media_type", "first"),
    [
        ("pdf", "application/pdf", b"%PDF-"),
        ("gpx", "application/gpx+xml", b"<?xml"),
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbfplan_id"),
        ("geojson", "application/geo+json", b'{"type":"FeatureCollection"'),
    ],
)
def test_each_format_comes_as_a_file_with_its_name_and_type(
    client: httpx.Client, world: World, ending: str, media_type: str, first: bytes
) -> None:
    """A browser saves it; the right program opens it."""
    answer = get(client, world, ending)
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == f'attachment; filename="plan-2026-11-22.{ending}"'
    assert answer.content.startswith(first)


def test_one_drivers_sheet_is_that_truck_only(client: httpx.Client, world: World) -> None:
    """Nobody carries the others' lists in the cab, nor what was left out."""
    get(client, world, "csv")
    answer = client.get("/api/v1/plans/P1/export.csv?vehicle_id=V1")
    assert answer.headers["content-disposition"].endswith('"plan-2026-11-22-V1.csv"')
    assert {row["vehicle_id"] for row in rows_of(answer.content)} == {"V1"}
    sheets = pages_of(client.get("/api/v1/plans/P1/export.pdf?vehicle_id=V1&lang=en").content)
    assert len(sheets) == 1
    assert "Bil 1 · Sunday 22 November 2026" in sheets[0]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        pytest.param("P1/export.xls", 422, "geojson", id="a format we do not write"),
        pytest.param("P9/export.pdf", 404, "P9", id="no such plan"),
        pytest.param("P1/export.pdf?vehicle_id=V9", 404, "V9", id="a truck that is not on it"),
        pytest.param("P1/export.pdf?lang=xx", 422, "lang", id="a language we do not speak"),
        pytest.param("P2/export.pdf", 409, "queued", id="a plan that is not made yet"),
    ],
)
def test_what_cannot_be_exported_is_said(client: httpx.Client, world: World, path: str, status: int, said: str) -> None:
    """The refusal names what was asked for."""
    world.stores.plans.save(two_trucks())
    world.stores.plans.save(replace(two_trucks(), id=PlanId("P2"), status=PlanStatus.QUEUED))
    answer = client.get(f"/api/v1/plans/{path}")
    assert answer.status_code == status
    assert said in answer.text


def test_the_csv_has_every_bin_of_the_city_once_with_its_reason() -> None:
    """Taken or left: no bin vanishes on the way to a spreadsheet."""
    rows = rows_of(as_csv(telling()))
    assert list(rows[0]) == list(COLUMNS)
    assert sorted(row["bin_id"] for row in rows if row["bin_id"]) == [f"B{n}" for n in range(1, 7)]
    first, last = rows[0], rows[-1]
    assert (first["stop_number"], first["kind"], first["place"], first["fraction"]) == (
        "1", "collect", "Gata 1", "Restavfall")  # fmt: skip
    assert (first["arrive_local"], first["leg_distance_m"], first["load_after_l"], first["expected_fill_fraction"]) == (
        "2026-11-22T07:10:00+01:00", "500", "240", "0.8")  # fmt: skip
    assert first["reasons"].replace("\xa0", " ").startswith("31 % risk att svämma över inom 24 h")
    assert (last["kind"], last["bin_id"], last["reason_codes"]) == ("left_out", "B6", "not_needed_yet")
    assert [row["kind"] for row in rows].count("break") == 1


@pytest.mark.parametrize("name", ["=1+1", "+46", "-2", "@cmd", "\t=1", "'x"])
def test_no_cell_of_a_plan_is_a_formula(name: str) -> None:
    """A place named by a stranger must not run in the office's spreadsheet."""
    assert rows_of(as_csv(telling(name)))[0]["place"] == f"'{name}"


def test_the_geojson_is_what_the_standard_asks_for() -> None:
    """RFC 7946: longitude first, no other reference system, lines of two points or more, breaks without a place."""
    document = json.loads(as_geojson(telling()))
    assert set(document) == {"type", "features"}
    kinds: dict[str, list[Any]] = {}
    for feature in document["features"]:
        assert set(feature) == {"type", "geometry", "properties"}
        kinds.setdefault(feature["properties"]["kind"], []).append(feature["geometry"])
    assert {kind: len(found) for kind, found in kinds.items()} == {
        "route": 2, "collect": 4, "dispose": 1, "break": 1, "left_out": 2}  # fmt: skip
    assert kinds["collect"][0] == {"type": "Point", "coordinates": [24.931, 60.161]}
    assert kinds["route"][0]["type"] == "LineString"
    assert kinds["route"][0]["coordinates"][:2] == [[24.93, 60.16], [24.94, 60.17]]
    assert kinds["route"][1] is None
    assert kinds["break"] == [None]


def test_the_gpx_keeps_the_order_that_its_schema_fixes() -> None:
    """Navigators refuse a document with the right elements in the wrong order."""
    root = gpx_of(telling())
    assert (root.tag, root.get("version"), root.get("creator")) == (f"{GPX}gpx", "1.1", "tomma")
    assert [each.tag.removeprefix(GPX) for each in root] == ["metadata", "rte", "rte", "trk", "trk"]
    for parent, order in [(root.find(f"{GPX}rte"), ROUTE_ORDER), (root.find(f"{GPX}trk"), ROUTE_ORDER)]:
        assert parent is not None
        tags = [order.index(each.tag.removeprefix(GPX)) for each in parent]
        assert tags == sorted(tags)
    for point in root.iter(f"{GPX}rtept"):
        tags = [POINT_ORDER.index(each.tag.removeprefix(GPX)) for each in point]
        assert tags == sorted(tags)
        assert -90 <= float(point.attrib["lat"]) <= 90
    names = [str(each.text) for each in root.findall(f"{GPX}rte/{GPX}rtept/{GPX}name")]
    assert names == ["1 Gata 1", "2 Gata 1", "3 Gata 2", "4 Gata 2", "5 Tipp"]
    first = root.find(f"{GPX}rte/{GPX}rtept")
    assert first is not None
    assert (first.get("lat"), first.get("lon")) == ("60.161000", "24.931000")


def test_the_pdf_has_a_summary_and_a_list_for_each_truck() -> None:
    """The office files the first page; a driver takes another."""
    pages = pages_of(as_pdf(telling()))
    assert len(pages) == 3
    summary, first, second = (page.replace("\xa0", " ") for page in pages)
    assert "Körplan söndag 22 november 2026" in summary
    assert "Exempelstad" in summary
    assert "2 kärl är inte på planen" in summary
    assert "Behövs inte än" in summary
    assert "Sida 1 av 3" in summary
    assert "Bil 1 · söndag 22 november 2026" in first
    for said in ("07:10", "Gata 1", "grind 1", "B1", "B4", "80 %", "Tippa: Tipp", "Rast", "samma plats"):
        assert said in first
    assert "Bil 2" in second
    reader = PdfReader(io.BytesIO(as_pdf(telling())))
    assert reader.metadata is not None
    assert reader.metadata.title == "Körplan söndag 22 november 2026"


def test_a_long_list_repeats_its_head_on_every_page() -> None:
    """The second page of a driver's list must still say whose it is."""
    plan = two_trucks()
    route = plan.routes[0]
    long = replace(plan, routes=(replace(route, stops=route.stops * 30),), left_out=())
    city = make_city()
    pages = pages_of(as_pdf(told(long, city, Words(Language.SV, city.organisation), "V1")))
    assert len(pages) > 3
    assert all("Bil 1" in page and "Fyllnad" in page for page in pages)


def test_a_name_that_tries_to_be_markup_is_printed_as_it_is() -> None:
    """The PDF library knows an image tag that fetches; a name is letters, in any of Europe's alphabets."""
    told_so = telling(EVIL)
    text = pages_of(as_pdf(told_so))[1].replace("\n", " ")
    assert "Åsgränd" in text
    assert "Łódź" in text
    assert "<img" in text
    names = [each.text for each in gpx_of(told_so).iter(f"{GPX}name")]
    assert f"1 {EVIL}" in names


def test_a_space_that_a_line_may_not_break_at_is_a_space_in_the_gpx() -> None:
    """Names come out of spreadsheets and web pages: without their spaces navigators showed one long word."""
    names = [each.text for each in gpx_of(telling("Norra\u00a0torget\u202f5\x07")).iter(f"{GPX}name")]
    assert "1 Norra\u00a0torget\u202f5" in names


@settings(max_examples=60, deadline=None)
@given(name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_whatever_a_place_is_called_the_files_stay_whole(name: str) -> None:
    """Quotes, line ends, control characters, scripts: the readers read on, and the rows stay as many."""
    told_so = telling(name)
    assert len(rows_of(as_csv(told_so))) == 8
    assert json.loads(as_geojson(told_so))["features"][1]["properties"]["name"] == name
    assert len(list(gpx_of(told_so).iter(f"{GPX}rtept"))) == 5


def test_the_same_plan_gives_the_same_bytes() -> None:
    """Two exports can be compared; no hidden clock is in them."""
    for write in (as_pdf, as_csv, as_gpx, as_geojson):
        assert write(telling()) == write(telling())


def test_a_reason_without_its_numbers_is_still_a_sentence() -> None:
    """An old plan may lack a number: a dash stands for it, and no bare name of a gap."""
    left = rows_of(as_csv(telling(language=Language.EN)))[-1]["reasons"]
    assert "{" not in left
    assert "–" in left
