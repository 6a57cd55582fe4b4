"""Every route that takes a body, found in the application itself, is sent what nobody should send."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from api.guards.strict_json import DEPTH_MAX, VALUES_MAX, StrictRoute
from tests.api.in_process import InProcess
from tests.api.test_refusals import UNREADABLE, is_problem
from tests.api.town import make_city
from tests.api.world import CALM, World, settings_in
from tomma.stores.wiring import open_stores

KNOWN = {"bin_id": "B1", "site_id": "S1", "sensor_id": "H1", "type_id": "C1", "plan_id": "P1", "vehicle_id": "V1"}
"""Things that are there, so that a body is judged and not only an address."""
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    "",
    " ",
    "x" * 5_000,
    "\u202e\ufeff",
    "'; DROP TABLE bin; --",
    "../../etc/passwd",
    "=HYPERLINK(1)",
    "${jndi:ldap://x}",
    "9999-12-31T23:59:59Z",
    "2026-11-22T05:30:00",
    [],
    {},
    [[]],
    {"$ref": "#"},
    ["x"] * 500,
    {"__proto__": {"admin": True}},
]
ODD_WORDS = [
    "",
    "0001-01-01",
    "9999-12-31",
    "2199-12-31T23:59:59Z",
    "9" * 400,
    "..%2f..",
    "\u202e\u0660",
]
FILES = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\0" * 4_000, id="zeros"),
    pytest.param(b"\xff\xfe" + b"\xd8\x00" * 2_000, id="half surrogates in UTF-16"),
    pytest.param(b"\xff\xd8\xff\xe1\xff\xff" * 2_000, id="segments that point beyond the end"),
    pytest.param(b"\xff\xd8" + b"\xff" * 100_000, id="a picture of fill bytes"),
    pytest.param(b"bin_id;" * 20_000, id="twenty thousand columns"),
    pytest.param(b'bin_id,lat_deg\n"' + b"a\n" * 100_000, id="a quote never closed"),
    pytest.param(b"bin_id,lat_deg\n" + b"B1,nan\n" * 20_000, id="twenty thousand rows of no number"),
    pytest.param(b"bin_id,lat_deg,lon_deg\nB1,1e400,-inf\n", id="numbers beyond a double"),
    pytest.param(b"bin_id\n" + b"x" * 300_000, id="a cell of 300,000 letters"),
    pytest.param(b"\xef\xbb\xbf" * 3 + b"bin_id\n=1+1\n", id="marks and a formula"),
]


class Doors:
    """A server of its own, and its routes that take a body."""

    def __init__(self, client: httpx.Client, described: dict[str, Any]) -> None:
        self.client = client
        self.described = described

    def taking(self, media_type: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Method, address and schema of every operation that takes such a body and says what is in it.

        A network server's uplink is in its own words: tests/ingest/test_hostile_payloads.py asks what reads those.
        """
        return [
            (method.upper(), self._address(path, operation), operation["requestBody"]["content"][media_type]["schema"])
            for path, methods in self.described["paths"].items()
            for method, operation in methods.items()
            if media_type in operation.get("requestBody", {}).get("content", {})
            and self.members(operation["requestBody"]["content"][media_type]["schema"])
        ]

    def files(self) -> list[tuple[str, str, str]]:
        """Method, address and type of every operation that takes something else than JSON."""
        return [
            (method.upper(), self._address(path, operation), media_type)
            for path, methods in self.described["paths"].items()
            for method, operation in methods.items()
            for media_type in operation.get("requestBody", {}).get("content", {})
            if media_type != "application/json"
        ]

    def members(self, schema: dict[str, Any]) -> list[str]:
        """The keys of a body."""
        while "$ref" in schema:
            schema = self.described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        parts = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        own = [name for part in parts for name in part.get("properties", {})]
        return own or [name for part in parts[1:] for name in self.members(part)]

    def reading(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Method, path and description of every operation that only reads, and whose answer ends."""
        return [
            ("GET", path, methods["get"])
            for path, methods in self.described["paths"].items()
            if "get" in methods and "text/event-stream" not in str(methods["get"]["responses"])
        ]

    @staticmethod
    def filled(path: str, operation: dict[str, Any]) -> str:
        """The path with things that are there."""
        for name in (each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"):
            path = path.replace(f"{{{name}}}", KNOWN.get(name, "1"))
        return path

    def _address(self, path: str, operation: dict[str, Any]) -> str:
        path = self.filled(path, operation)
        needed = [each for each in operation.get("parameters", ()) if each["in"] == "query" and each.get("required")]
        values = {each["name"]: "2026-11-22T05:30:00Z" if "utc" in each["name"] else "B1" for each in needed}
        return str(httpx.URL(path, params=values)) if values else path


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """A city that may be changed by what gets through."""
    settings = settings_in(tmp_path_factory.mktemp("hostile"))
    with open_stores(settings) as stores:
        stores.registry.save(make_city())
        world = World(settings, stores, pace=CALM)
        world.planner.gate.set()
        world.publish()
        app = create_app(world.context())
        with httpx.Client(transport=InProcess(app), base_url="http://127.0.0.1", timeout=30) as client:
            yield Doors(client, app.openapi())


def test_every_route_of_the_interface_reads_its_body_strictly(world: World) -> None:
    """One router without the strict route would take NaN, two equal keys and a form of a stranger's page."""
    routes = [each.original_route for each in iter_route_contexts(create_app(world.context()).routes)]
    lax = [each.path for each in routes if isinstance(each, APIRoute) and each.body_field is not None]
    assert [each.path for each in routes if isinstance(each, StrictRoute) and each.body_field is not None] == lax
    assert len(lax) > 30


@pytest.mark.parametrize("body", UNREADABLE)
def test_no_route_reads_what_programs_read_differently(doors: Doors, body: bytes) -> None:
    """Each refuses before it looks, in a problem document of its own, never with a 5xx."""
    for method, address, _ in doors.taking("application/json"):
        answer = doors.client.request(method, address, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, (method, address, answer.text)
        is_problem(answer)


def test_no_route_breaks_on_a_body_of_odd_values(doors: Doors) -> None:
    """Well-formed and wrong, as a whole, in every member, or in one alone: refused by name, or taken; no 5xx."""
    asked = 0
    for method, address, schema in doors.taking("application/json"):
        members = doors.members(schema)
        for turn, odd in enumerate(ODD):
            bodies = (odd, dict.fromkeys(members, odd), {members[turn % len(members)]: odd})
            answer = doors.client.request(method, address, json=bodies[(turn + len(members)) % len(bodies)])
            assert answer.status_code < 500, (method, address, turn, answer.text)
            assert len(answer.content) < 200_000
            if answer.status_code >= 400:
                is_problem(answer)
            asked += 1
    assert asked > 600


@pytest.mark.parametrize("body", FILES)
def test_no_route_breaks_on_an_odd_file(doors: Doors, body: bytes) -> None:
    """Spreadsheets and photos come from phones, old programs and strangers."""
    for method, address, media_type in doors.files():
        for named in (media_type, "application/json", "multipart/form-data; boundary=x", ""):
            answer = doors.client.request(method, address, content=body, headers={"content-type": named})
            assert answer.status_code < 500, (method, address, answer.text)
            if answer.status_code >= 400:
                is_problem(answer)


def test_a_body_of_very_many_values_is_refused_as_a_whole(doors: Doors) -> None:
    """Half a million zeros in a mebibyte, each with a fault of its own, would keep the server busy for seconds."""
    body = b'{"events": [' + b"0," * VALUES_MAX + b"0]}"
    answer = doors.client.post("/api/v1/driver/events", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "values" in is_problem(answer).detail


def test_the_deepest_body_that_is_read_is_told(doors: Doors) -> None:
    """One level less is judged by what it says."""
    for depth, status in ((DEPTH_MAX - 1, 422), (DEPTH_MAX + 1, 400)):
        body = json.dumps({"events": json.loads("[" * depth + "]" * depth)})
        answer = doors.client.post("/api/v1/driver/events", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == status


def test_no_route_breaks_on_an_odd_parameter(doors: Doors) -> None:
    """Days at the ends of the calendar, numbers beyond all bounds, texts that are paths: never a 5xx."""
    asked = 0
    for method, path, operation in doors.reading():
        for parameter in operation.get("parameters", ()):
            for odd in ODD_WORDS:
                address, params, headers = path, {}, {}
                if parameter["in"] == "path":
                    address = path.replace(f"{{{parameter['name']}}}", quote(odd or " ", safe=""))
                elif parameter["in"] == "query":
                    params = {parameter["name"]: odd}
                else:
                    headers = {parameter["name"]: odd.encode()}
                answer = doors.client.request(method, doors.filled(address, operation), params=params, headers=headers)
                assert answer.status_code < 500, (method, address, params, answer.text)
                asked += 1
    assert asked > 600
