"""Whatever comes in, the answer is a problem document of the 4xx kind: never a 5xx, never the poison sent back."""

import json
import socket

import httpx
import pytest

from api.problems.model import Problem
from tests.api.patience import PATIENCE_S
from tests.api.world import World, serving, serving_on_a_port
from tomma.errors import StoreUnavailableError

EVENTS = "/api/v1/driver/events"
JSON = {"content-type": "application/json"}
DEEP = b"[" * 200_000 + b"]" * 200_000
STORABLE = (
    b'{"events": [{"key": "emptied-1", "device_id": "t", "sequence": 1, "plan_id": "%b", "vehicle_id": "V1", '
    b'"kind": "emptied", "bin_id": "B1", "tapped_utc": "2026-11-22T05:20:00Z"}], "sent_utc": "2026-11-22T05:30:00Z"}'
)
"""An event that is right but for what stands in its plan_id: it would go as far as the store and back."""
UNREADABLE = [
    pytest.param(b'{"events": [], "sent_utc": NaN}', id="not a number"),
    pytest.param(b'{"events": [], "sent_utc": Infinity}', id="infinity"),
    pytest.param(b'{"events": [], "sent_utc": -Infinity}', id="minus infinity"),
    pytest.param(b'{"events": [], "sent_utc": 1e400}', id="a number beyond a double"),
    pytest.param(b'{"events": [], "sent_utc": ' + b"9" * 5_000 + b"}", id="an integer of 5,000 digits"),
    pytest.param(b'{"events": [], "events": [], "sent_utc": "2026-11-22T05:30:00Z"}', id="a key twice"),
    pytest.param(
        b'{"events": [{"key": "a", "key": "b"}], "sent_utc": "2026-11-22T05:30:00Z"}', id="a key twice inside"
    ),
    pytest.param(DEEP, id="200,000 deep"),
    pytest.param(b'{"a":' * 50_000, id="50,000 objects deep, cut off"),
    pytest.param(b'{"events": ' + b"[" * 40 + b"]" * 40 + b"}", id="40 deep"),
    pytest.param(b'{"events": []', id="cut off"),
    pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
    pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
    pytest.param(b'{"events": [], "sent_utc": "\xc3\x28"}', id="bytes that are no UTF-8"),
    pytest.param(STORABLE % rb"\ud800", id="half a surrogate pair"),
    pytest.param(STORABLE % rb"P\u0000", id="a NUL"),
    pytest.param(b"{'events': []}", id="single quotes"),
    pytest.param(b'{"events": [],}', id="a comma too many"),
    pytest.param(b"{} {}", id="two documents"),
]
"""No JSON that every program reads alike."""
MEANINGLESS = [
    pytest.param(b'{"events": [], "sent_utc": 18446744073709551616}', id="two to the 64"),
    pytest.param(b"", id="empty"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"text"', id="a text"),
    pytest.param(b'{"events": {}, "sent_utc": "2026-11-22T05:30:00Z"}', id="an object for a list"),
    pytest.param(b'{"events": [], "sent_utc": 5}', id="a number for a time"),
    pytest.param(b'{"events": [], "sent_utc": "2026-11-22T05:30:00Z", "__proto__": {}}', id="a key nobody knows"),
    pytest.param(b'{"events": []}', id="a key missing"),
]
"""JSON that is no batch of events."""


def is_problem(answer: httpx.Response) -> Problem:
    """The answer, checked to be a problem document about itself."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = Problem.model_validate(strictly(answer.content))
    assert problem.status == answer.status_code
    return problem


def strictly(content: bytes) -> object:
    """Read JSON as a browser does: it has no NaN."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} was sent back")

    return json.loads(content, parse_constant=refuse)


@pytest.mark.parametrize("path", [EVENTS, "/api/v1/plans"])
@pytest.mark.parametrize("body", UNREADABLE)
def test_a_body_that_programs_read_differently_is_refused(
    refusing_client: httpx.Client, path: str, body: bytes
) -> None:
    """Before any feature sees it, in plain words and without sending the poison back."""
    answer = refusing_client.post(path, content=body, headers=JSON)
    assert answer.status_code == 400
    assert len(answer.content) < 2_000
    assert "body" in is_problem(answer).detail


@pytest.mark.parametrize("body", MEANINGLESS)
def test_a_body_that_says_something_else_is_refused(refusing_client: httpx.Client, body: bytes) -> None:
    """Nothing is guessed: the answer names what is wrong."""
    answer = refusing_client.post(EVENTS, content=body, headers=JSON)
    assert answer.status_code == 422
    assert is_problem(answer).errors


def test_a_refused_field_is_named_with_its_bound_and_value(refusing_client: httpx.Client) -> None:
    """Whoever writes a client mends it from the answer alone."""
    answer = refusing_client.post("/api/v1/plans", json={"budget_s": -1.5})
    problem = is_problem(answer)
    told = {"rule": "at_least", "values": {"low": 0.2}, "advice": None}
    assert problem.model_dump()["errors"] == [
        {"field": "budget_s", "bound": "Input should be greater than or equal to 0.2", "value": "-1.5", **told}
    ]
    assert problem.type == "urn:tomma:problem:unprocessable-content"


def test_a_body_over_a_mebibyte_is_refused_before_it_is_sent(world: World) -> None:
    """Its stated length is enough: the line is not filled with 200 MB first."""
    head = b"POST %b HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    with serving_on_a_port(world) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        with socket.create_connection(address, PATIENCE_S) as line:
            line.sendall(head % (EVENTS.encode(), 200_000_000))
            assert line.recv(1_000).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_hides_its_length_is_refused_as_well(refusing_client: httpx.Client) -> None:
    """Chunks without a stated length are counted as they come."""
    answer = refusing_client.post(EVENTS, content=(b" " * 100_000 for _ in range(20)), headers=JSON)
    assert answer.status_code == 413
    is_problem(answer)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""],
    ids=lambda text: text or "none",
)
def test_only_json_is_read(refusing_client: httpx.Client, content_type: str) -> None:
    """A form on a stranger's page can send the others without asking anybody."""
    answer = refusing_client.post(EVENTS, content=b'{"events": []}', headers={"content-type": content_type})
    assert answer.status_code == 415
    is_problem(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/here", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/bins/%00", 422),
        ("GET", "/api/v1/bins/%ff%fe", 404),
        ("GET", f"/api/v1/bins/{'x' * 200}", 422),
        ("GET", "/api/v1/bins/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/static/..%2f..%2fapp.py", 404),
        ("GET", "/static/%2e%2e/%2e%2e/app.py", 404),
        ("GET", "/static/%00", 404),
        ("DELETE", "/api/v1/bins", 405),
        ("POST", "/api/v1/bins", 405),
        ("TRACE", "/api/v1/bins", 405),
        ("GET", "/api/v1/plans?limit=0", 422),
        ("GET", "/api/v1/plans?limit=1000000000", 422),
        ("GET", "/api/v1/plans?limit=NaN", 422),
        ("GET", f"/api/v1/plans?limit={'9' * 5_000}", 422),
        ("GET", "/api/v1/driver/events?after=-1", 422),
        ("GET", "/api/v1/driver/events?after=1e3", 422),
        ("GET", "/api/v1/bins/B1/forecast?hours=73", 422),
        ("GET", "/api/v1/dead-letters?limit=-1", 422),
        ("GET", "/docs", 404),
    ],
)
def test_a_wrong_address_method_or_number_is_a_problem_document(
    refusing_client: httpx.Client, method: str, path: str, status: int
) -> None:
    """One form for every refusal, whoever made it: framework, guard or feature."""
    answer = refusing_client.request(method, path)
    assert answer.status_code == status
    is_problem(answer)


def test_405_says_what_is_allowed(refusing_client: httpx.Client) -> None:
    """As the standard asks."""
    assert refusing_client.delete("/api/v1/bins").headers["allow"] == "GET, HEAD"


def test_a_store_that_is_gone_is_503_and_health_tells(world: World) -> None:
    """Nothing is promised that cannot be kept; the tablet keeps its events and comes back."""
    with serving(world) as client:
        world.publish()
        world.stores.readings.close()
        with pytest.raises(StoreUnavailableError):
            world.stores.readings.latest()
        answer = client.get("/api/v1/bins/B1/history")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "try again" in is_problem(answer).detail
        health = client.get("/api/v1/health").json()
        assert (health["status"], health["checks"]["readings"]["status"]) == ("degraded", "degraded")


def test_a_crash_is_a_problem_document_without_the_inside(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator's log has the cause; the client has none of it, but the headers all the same."""

    def crash(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    with serving(world) as client:
        monkeypatch.setattr(world.stores.plans, "heads", crash)
        answer = client.get("/api/v1/plans")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "secret" in caplog.text
    is_problem(answer)
    assert answer.headers["x-content-type-options"] == "nosniff"
