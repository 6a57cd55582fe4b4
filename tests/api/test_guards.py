"""What every answer carries, and whom the server answers at all."""

import os
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.guards.headers import HEADERS, SecurityHeaders
from api.pages.router import WEB, mount_pages
from tests.api.in_process import InProcess
from tests.api.world import World, serving, serving_on_a_port


@pytest.mark.parametrize(
    "path", ["/", "/driver", "/api", "/api/openapi.json", "/api/v1/bins", "/api/v1/nothing", "/static/icons/tomma.svg"]
)
def test_every_answer_carries_the_security_headers(refusing_client: httpx.Client, path: str) -> None:
    """Also pages, files and refusals: what leaves one door open leaves the house open."""
    answer = refusing_client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "server" not in answer.headers


def test_the_policy_lets_no_script_or_style_run_inline_and_nothing_load_from_elsewhere(
    refusing_client: httpx.Client,
) -> None:
    """A bin's name with a script in it stays a name."""
    policy = refusing_client.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "//" not in policy
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy


def test_no_text_may_become_a_script_or_markup(refusing_client: httpx.Client) -> None:
    """Trusted types: whatever hole a page of ours had, a bin's name could not be run through it."""
    policy = refusing_client.get("/").headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "trusted-types default service-worker" in policy


@pytest.mark.parametrize("path", ["/", "/api/v1/city", "/static/css/base.css", "/metrics", "/api/v1/nothing"])
def test_head_is_answered_like_get_without_a_body(refusing_client: httpx.Client, path: str) -> None:
    """What watches a server asks that way, and a proxy may."""
    head, whole = refusing_client.head(path), refusing_client.get(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert {name: head.headers[name] for name in HEADERS} == HEADERS


def test_head_of_a_stream_ends(refusing_client: httpx.Client) -> None:
    """It is not listened to, so it takes nobody's place."""
    assert refusing_client.head("/api/v1/stream").status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param(f"/api/v1/city?{'a' * 9_000}", {}, 414, id="a query of 9,000 letters"),
        pytest.param(f"/{'a' * 9_000}", {}, 414, id="a path of 9,000 letters"),
        pytest.param("/api/v1/city", {f"x-{n}": "a" for n in range(120)}, 431, id="120 headers"),
        pytest.param("/api/v1/city", {"x-a": "a" * 17_000}, 431, id="a header of 17,000 letters"),
        pytest.param("/api/v1/city", {"content-encoding": "gzip"}, 415, id="a packed body"),
        pytest.param("/api/v1/city", {"content-length": "2", "transfer-encoding": "chunked"}, 400, id="two framings"),
    ],
)
def test_a_head_that_is_too_much_is_refused(
    refusing_client: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    """Nothing of ours is near these bounds; a packed body could be a bomb."""
    answer = refusing_client.get(path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_405_names_every_method_of_the_address(refusing_client: httpx.Client) -> None:
    """The framework names those of the first route it finds."""
    answer = refusing_client.delete("/api/v1/plans")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_who_finds_a_weakness_reads_whom_to_tell(world: World) -> None:
    """RFC 9116: a way to reach somebody, and until when that is sure."""
    contacts = ("mailto:it@town.example", "https://town.example/report")
    server = world.settings.server.model_copy(
        update={"security_contacts": contacts, "public_url": "https://bins.example"}
    )
    told = replace(world, settings=world.settings.model_copy(update={"server": server}))
    with serving(told) as client:
        answer = client.get("/.well-known/security.txt")
    lines = dict(line.split(": ", 1) for line in reversed(answer.text.splitlines()))
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert lines["Contact"] == contacts[0]
    assert lines["Canonical"] == "https://bins.example/.well-known/security.txt"
    assert timedelta(days=30) < datetime.fromisoformat(lines["Expires"]) - datetime.now(UTC) < timedelta(days=365)


def test_nobody_is_named_who_was_not_set(refusing_client: httpx.Client) -> None:
    """An invented address would swallow the report."""
    assert refusing_client.get("/.well-known/security.txt").status_code == 404


def test_https_is_remembered_only_when_it_is_served(world: World) -> None:
    """Strict-Transport-Security over plain HTTP would lock a LAN name out of its own server."""
    plain, secure = world.context(), replace(world.context(), https=True)
    for context, said in ((plain, False), (secure, True)):
        with InProcess(create_app(context)) as transport:
            client = httpx.Client(transport=transport, base_url="http://127.0.0.1")
            assert ("strict-transport-security" in client.get("/api/v1/city").headers) is said


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        pytest.param("127.0.0.1:8765", True, id="this machine's address"),
        pytest.param("localhost", True, id="localhost"),
        pytest.param("LOCALHOST:8765", True, id="LOCALHOST"),
        pytest.param("192.168.1.20:8765", True, id="an address in the LAN"),
        pytest.param("[::1]:8765", True, id="an IPv6 address"),
        pytest.param("bins.example:8765", True, id="a configured name"),
        pytest.param("evil.example", False, id="a stranger's name"),
        pytest.param("127.0.0.1.evil.example", False, id="a name that looks like an address"),
        pytest.param("localhost.evil.example", False, id="a name that looks like localhost"),
        pytest.param("", False, id="no name"),
        pytest.param("[::1", False, id="half an address"),
        pytest.param("[::1]evil.example", False, id="an address and something"),
        pytest.param("evil.example@127.0.0.1", False, id="a login before an address"),
        pytest.param("127.0.0.1:80:80", False, id="two ports"),
        pytest.param("127.0.0.1:http", False, id="a port that is no number"),
    ],
)
def test_a_request_sent_to_a_strangers_name_is_refused(
    refusing_client: httpx.Client, host: str, answered: bool
) -> None:
    """A stranger's page can point its own name at this machine (DNS rebinding). Not 400: the body may be a good one."""
    status = refusing_client.get("/api/v1/health", headers={"host": host}).status_code
    assert status == (200 if answered else 421)


def test_the_name_that_everybody_is_sent_to_is_known_without_being_listed(world: World) -> None:
    """Behind a proxy `public_url` is set first: each page would be refused until the name stood in two places."""
    server = world.settings.server.model_copy(update={"public_url": "https://Bins.Town.example/"})
    context = replace(world.context(), settings=world.settings.model_copy(update={"server": server}))
    with InProcess(create_app(context)) as transport:
        client = httpx.Client(transport=transport, base_url="http://127.0.0.1")
        answers = [
            client.get("/api/v1/health", headers={"host": name}) for name in ("bins.town.example", "town.example")
        ]
    assert [answer.status_code for answer in answers] == [200, 421]


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        pytest.param({}, True, id="a program"),
        pytest.param({"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}, True, id="our page"),
        pytest.param({"sec-fetch-site": "none"}, True, id="a person"),
        pytest.param({"sec-fetch-site": "cross-site"}, False, id="a page of another site"),
        pytest.param({"sec-fetch-site": "same-site"}, False, id="a page of a neighbour"),
        pytest.param({"origin": "https://evil.example"}, False, id="an old browser's page of another site"),
        pytest.param({"origin": "null"}, False, id="a sandboxed page"),
        pytest.param({"origin": "http://[::1"}, False, id="an origin that is none"),
    ],
)
def test_a_change_asked_for_by_another_sites_page_is_refused(
    refusing_client: httpx.Client, headers: dict[str, str], taken: bool
) -> None:
    """Publishing has no body that would need permission to be sent: its origin must be asked for."""
    answer = refusing_client.post("/api/v1/plans/none/publish", headers=headers)
    assert answer.status_code == (404 if taken else 403)


def test_reading_is_open_to_other_pages_links(refusing_client: httpx.Client) -> None:
    """A link from the intranet must open the map."""
    assert refusing_client.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_the_pages_are_shells_that_load_only_from_here(refusing_client: httpx.Client) -> None:
    """No script inside, no address of another host."""
    for path in ("/", "/driver", "/api"):
        page = refusing_client.get(path)
        assert page.headers["content-type"].startswith("text/html")
        assert 'src="http' not in page.text
        assert 'href="http' not in page.text
        assert "<script>" not in page.text


def test_the_reference_page_names_every_operation(refusing_client: httpx.Client) -> None:
    """The stock pages load from other hosts; ours is plain."""
    page = refusing_client.get("/api").text
    paths = refusing_client.get("/api/openapi.json").json()["paths"]
    assert [path for path in paths if path not in page] == []


def test_static_files_are_asked_about_before_a_copy_is_used(refusing_client: httpx.Client) -> None:
    """Their names stay when their content changes: an update must not meet an old half."""
    answer = refusing_client.get("/static/icons/tomma.svg")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    again = refusing_client.get("/static/icons/tomma.svg", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_an_answer_says_when_it_was_made_once_and_not_earlier(world: World) -> None:
    """The server's own clock strikes each second: what changed since was newer than the answer that showed it."""
    with serving_on_a_port(world) as client:
        for _ in range(25):
            asked_s = int(time.time())
            (date,) = client.get("/api/v1/health").headers.get_list("date")
            assert parsedate_to_datetime(date).timestamp() >= asked_s
            time.sleep(0.05)


def test_nothing_was_changed_after_the_answer_that_shows_it(tmp_path: Path) -> None:
    """A file from a machine ahead of us, or a clock that was set back: a cache would keep what it must ask about."""
    (tmp_path / "static").mkdir()
    (tmp_path / "templates").mkdir()
    of_tomorrow = tmp_path / "static" / "a.js"
    of_tomorrow.write_text("// new")
    os.utime(of_tomorrow, (time.time() + 86_400, time.time() + 86_400))
    app = FastAPI()
    mount_pages(app, tmp_path)
    app.add_middleware(SecurityHeaders, https=False)
    with InProcess(app) as transport:
        answer = httpx.Client(transport=transport, base_url="http://127.0.0.1").get("/static/a.js")
    assert (answer.status_code, answer.headers["last-modified"]) == (200, answer.headers["date"])


def test_answers_of_the_api_are_not_kept_by_caches(refusing_client: httpx.Client) -> None:
    """What a driver did is nobody else's to keep."""
    assert refusing_client.get("/api/v1/driver/events").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("demo", [True, False], ids=["a demo", "a city"])
def test_a_worker_keeps_every_sheet_that_its_page_links(demo: bool) -> None:
    """A demo's page links one more: without a network its strip fell out of its place and pushed the page down."""
    app = FastAPI()
    mount_pages(app, WEB, demo=demo)
    with InProcess(app) as transport:
        client = httpx.Client(transport=transport, base_url="http://127.0.0.1")
        linked = re.findall(r'href="(/static/css/[^"]+)"', client.get("/driver").text)
        worker = client.get("/sw.js").text.splitlines()[0]
    assert len(linked) > 3
    assert [each for each in linked if f'"{each}"' not in worker] == []


def test_a_service_worker_is_served_from_the_root(tmp_path: Path) -> None:
    """It rules only the paths below its own; until there is one the answer is 404. It changes when a kept file does."""
    (tmp_path / "static" / "driver").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    app = FastAPI()
    (tmp_path / "templates" / "driver.html").write_text("<p>page</p>")
    mount_pages(app, tmp_path)
    with InProcess(app) as transport:
        client = httpx.Client(transport=transport, base_url="http://127.0.0.1")
        assert client.get("/sw.js").status_code == 404
        (tmp_path / "static" / "sw.js").write_text("// worker")
        answer = client.get("/sw.js")
        (tmp_path / "static" / "driver" / "main.js").write_text("// new")
        changed = client.get("/sw.js")
    assert (answer.status_code, answer.text.splitlines()[1]) == (200, "// worker")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "/static/driver/main.js" in changed.text
    assert changed.text != answer.text


def test_large_answers_are_compressed_for_who_can_read_them(world: World) -> None:
    """A plan with its streets is a megabyte; the tablet's line is thin."""
    world.publish()
    with serving(world) as client:
        packed = client.get("/api/v1/plans/P1", headers={"accept-encoding": "gzip"})
        plain = client.get("/api/v1/plans/P1", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
