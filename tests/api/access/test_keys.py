"""Keys of programs, made and ended over the API: what an administrator does on the page of people."""

import json
from datetime import timedelta

import httpx
import pytest

from tests.api.access.conftest import City
from tomma.people import Role


@pytest.fixture
def admin(city: City) -> httpx.Client:
    """The browser of somebody who lets people in, and does nothing else."""
    return city.enter(city.add("chef", Role.ADMIN, totp=True))


def made(admin: httpx.Client, role: str = "monitor", days: int = 30) -> dict[str, str]:
    """A new key, as its maker sees it once."""
    answer = admin.post("/api/v1/keys", json={"name": "prometheus", "roles": [role], "days": days})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return {**answer.json()["key"], "token": answer.json()["token"]}


def records(city: City, action: str) -> list[tuple[str, str, object]]:
    """Who did that, to what, and with which roles."""
    found = [each for each in city.world.stores.audit.page(20) if each.action == action]
    return [(each.actor, each.target, json.loads(each.facts).get("roles")) for each in found]


def test_a_key_opens_its_role_s_door_until_it_is_revoked(city: City, admin: httpx.Client) -> None:
    """Shut out at once and on record both times, with who did it and never with what opens."""
    key = made(admin)
    assert "Authorization: Bearer" in city.client().get("/metrics").json()["detail"], "a program cannot use a page"
    program = city.client(authorization=f"Bearer {key['token']}")
    assert program.get("/metrics").status_code == 200
    assert program.get("/api/v1/bins").status_code == 403
    told = admin.get("/api/v1/keys").text
    assert (key["key_id"] in told, key["token"].rpartition("_")[2] in told) == (True, False)
    ended = admin.delete(f"/api/v1/keys/{key['key_id']}").json()
    assert (ended["good"], ended["revoked_utc"]) == (False, "2026-11-22T09:00:00Z")
    assert program.get("/metrics").status_code == 401
    assert records(city, "key-added") == [("person:chef", f"key:{key['key_id']}", ["monitor"])]
    assert records(city, "key-revoked") == [("person:chef", f"key:{key['key_id']}", None)]
    secret = key["token"].rpartition("_")[2]
    assert not [each for each in city.world.stores.audit.page(20) if secret in repr(each)]


def test_a_key_ends_by_itself(city: City, admin: httpx.Client) -> None:
    """Nobody remembers the program of three summers ago."""
    key = made(admin, days=30)
    program = city.client(authorization=f"Bearer {key['token']}")
    city.wall.now += timedelta(days=30)
    assert program.get("/metrics").status_code == 401


@pytest.mark.parametrize(
    ("told", "field"),
    [
        pytest.param({"name": "x", "roles": ["admin"]}, "roles.0", id="a program lets nobody in"),
        pytest.param({"name": "x", "roles": ["public"]}, "roles.0", id="what is open needs no key"),
        pytest.param({"name": "x", "roles": []}, "roles", id="for nothing"),
        pytest.param({"name": "", "roles": ["monitor"]}, "name", id="of nobody"),
        pytest.param({"name": "x", "roles": ["monitor"], "days": 1_096}, "days", id="for ever"),
    ],
)
def test_a_key_that_cannot_be_is_refused_by_its_field(
    city: City, admin: httpx.Client, told: dict[str, object], field: str
) -> None:
    """And none is kept."""
    answer = admin.post("/api/v1/keys", json=told)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
    assert city.world.stores.sessions.all_keys() == []


def test_no_key_makes_a_key_and_an_auditor_only_looks(city: City, admin: httpx.Client) -> None:
    """Else whoever found one on a disk would have as many as there are roles, long after it is revoked."""
    key = made(admin, role="manager")
    told = {"name": "another", "roles": ["manager"]}
    assert city.client(authorization=f"Bearer {key['token']}").post("/api/v1/keys", json=told).status_code == 403
    auditor = city.enter(city.add("rev", Role.AUDITOR))
    assert [each["name"] for each in auditor.get("/api/v1/keys").json()["keys"]] == ["prometheus"]
    assert auditor.post("/api/v1/keys", json=told).status_code == 403
    assert auditor.delete(f"/api/v1/keys/{key['key_id']}").status_code == 403
    assert admin.delete("/api/v1/keys/000000000000").status_code == 404
