"""What opens a door, and what tells of a person, is seen by nobody else: not by the log, not by a cache."""

import logging

import httpx
import pytest

from api.pages.router import SHELLS
from tests.api.access.conftest import PASSWORD, City, code_at, locked
from tests.api.world import World
from tomma.people import Purpose, Role

WRONG = "canary-wrong-password-4711"
LINKED = "sju svarta kanariefåglar"


@pytest.fixture
def open_city(world: World) -> City:
    """A city that is not served yet."""
    return City(locked(world))


def ways_in(city: City) -> list[str]:
    """Use every way in, right and wrong; return every secret that was shown."""
    city.add("anna", Role.MANAGER, totp=True)
    client = city.client()
    code = code_at(city.wall.now)
    client.post("/api/v1/session", json={"login": "anna", "password": WRONG})
    client.post("/api/v1/session", json={"login": WRONG, "password": PASSWORD})
    assert client.post("/api/v1/session", json={"login": "anna", "password": PASSWORD, "code": code}).status_code == 200
    link, _ = city.accounts.make_link(Purpose.SETUP, None, "operator")
    told = {"link": link, "password": LINKED, "login": "berit", "name": "Berit"}
    city.client().post("/api/v1/links/redeem", json=told)
    key = city.key(Role.MONITOR)
    assert key.get("/metrics").status_code == 200
    strange = key.headers["authorization"][:-1] + "x"
    city.client(authorization=strange).get("/metrics")
    tablet = city.tablet()
    tablet.get("/api/v1/driver/routes")
    tokens = [each.headers["authorization"].removeprefix("Bearer ") for each in (key, tablet)]
    return [WRONG, PASSWORD, LINKED, link, client.cookies["tomma-80"], *tokens, strange.removeprefix("Bearer ")]


def test_no_log_line_holds_what_opens_a_door(open_city: City, caplog: pytest.LogCaptureFixture) -> None:
    """A21: passwords, one-time links, session tokens, keys; refused ones, and those in the wrong field, too."""
    with caplog.at_level(logging.DEBUG), open_city.open() as city:
        shown = ways_in(city)
    assert "tomma.security" in {record.name for record in caplog.records}, "signing in is told"
    told = "\n".join([caplog.text, *(repr(record.__dict__) for record in caplog.records if "httpx" not in record.name)])
    assert [secret for secret in shown if secret in told] == []


def test_a_page_that_knows_its_reader_is_kept_by_no_cache_and_by_no_stranger(open_city: City) -> None:
    """W7: the next one at the same desk presses Back; a stranger is led to where one signs in."""
    with open_city.open() as city:
        anna = city.enter(city.add("anna", Role.MANAGER, Role.ADMIN, Role.INSTALLER))
        for path, shell in SHELLS.items():
            if Role.PUBLIC in shell.roles:
                continue
            assert anna.get(path).headers["cache-control"] == "no-store", path
            answer: httpx.Response = city.client().get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}"), path
            assert "anna" not in answer.text.lower(), path


def test_every_try_at_a_door_is_told_with_who_and_from_where(open_city: City, caplog: pytest.LogCaptureFixture) -> None:
    """After a break-in the log must say which doors were tried, and which of them opened."""
    with caplog.at_level(logging.INFO, "tomma.security"), open_city.open() as city:
        ways_in(city)
        driver = city.enter(city.add("kalle", Role.DRIVER))
        assert driver.get("/api/v1/people").status_code == 403
    lines = [record.getMessage() for record in caplog.records if record.name == "tomma.security"]
    told = {line.split()[1].removeprefix("event=") for line in lines}
    assert {"sign-in-refused", "signed-in", "key-refused", "role-refused"} <= told
    assert all('"address": "127.0.0.1"' in line for line in lines if "sign-in" in line or "signed-in" in line)
    refused = next(line for line in lines if "role-refused" in line)
    assert "kalle" in refused
    assert "/api/v1/people" in refused
