"""The devices' logins at the office's door: made by the server, told once, changed with an overlap, taken away."""

import getpass
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from ingest.brokers.config_cli import app
from ingest.brokers.desk import desk_here
from ingest.brokers.embedded import logins
from ingest.brokers.mosquitto_config import password_hash
from tests.api.access.conftest import City, locked
from tests.api.world import World
from tomma.people import Role

LOGINS = "/api/v1/device-logins"


@pytest.fixture(params=["embedded", "mosquitto"])
def city(request: pytest.FixtureRequest, world: World) -> Iterator[City]:
    """A city whose broker's files are here; the broker itself need not run."""
    locked(world)
    if request.param == "mosquitto":
        directory = world.settings.data_dir / "mosquitto"
        done = CliRunner().invoke(app, ["--out", str(directory), "--run-as", getpass.getuser()])
        assert done.exit_code == 0, done.output
        broker = world.settings.broker.model_copy(update={"mosquitto_dir": directory})
        world.settings = world.settings.model_copy(update={"broker": broker})
    else:
        logins(world.settings.data_dir)
    with City(world).open() as opened:
        yield opened


@pytest.fixture
def manager(city: City) -> httpx.Client:
    """Who gives logins."""
    return city.enter(city.add("mia", Role.MANAGER))


def names(manager: httpx.Client, **query: str) -> list[str]:
    """The user names as the door lists them."""
    return [each["username"] for each in manager.get(LOGINS, params=query).json()["logins"]]


def kept(city: City) -> str:
    """Everything that any file of the broker says."""
    files = [*city.world.settings.data_dir.rglob("*.json"), *city.world.settings.data_dir.glob("mosquitto/*")]
    return "".join(each.read_text() for each in files if each.is_file())


def test_a_login_is_told_once_changed_with_an_overlap_and_taken_away(city: City, manager: httpx.Client) -> None:
    """From the day a sensor is hung to the day it is stolen, without a shell on the server."""
    made = manager.post(LOGINS, json={"device_id": "H1"})
    assert made.status_code == 201
    given: dict[str, Any] = made.json()
    assert (given["username"], given["publish"][0], given["in_force"]) == ("H1", "tomma/v1/H1/reading", False)
    assert len(given["password"]) >= 32
    assert made.headers["cache-control"] == "no-store"
    assert given["password"] not in manager.get(LOGINS).text
    again = manager.post(LOGINS, json={"device_id": "H1"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:tomma:problem:device-has-login")
    fresh = manager.post(f"{LOGINS}/H1/rotate", json={"overlap_h": 1.0}).json()
    assert (fresh["username"], fresh["publish"]) == ("H1@2", given["publish"])
    assert fresh["password"] != given["password"]
    former = next(each for each in manager.get(LOGINS).json()["logins"] if each["username"] == "H1")
    assert former["until_utc"] == (city.wall.now + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    city.wall.now += timedelta(hours=2)
    assert manager.post(f"{LOGINS}/H1/rotate", json={"overlap_h": 0.0}).json()["username"] == "H1@3"
    assert names(manager) == ["H1@3"]
    assert manager.delete(f"{LOGINS}/H1").status_code == 204
    assert names(manager) == []
    assert manager.delete(f"{LOGINS}/H1").status_code == 404


def test_passwords_are_nowhere_but_where_the_broker_needs_them(city: City, manager: httpx.Client) -> None:
    """Mosquitto compares hashes, so there is no password to steal; no record of who did it holds one either."""
    password = manager.post(LOGINS, json={"device_id": "H1"}).json()["password"]
    desk = desk_here(city.world.settings)
    assert desk is not None
    assert (password in kept(city)) is (desk.secret_of("x") == "x")
    records = city.world.stores.audit.page(20)
    assert [(each.actor, each.target) for each in records if each.action == "add_device_login"] == [
        ("person:mia", "device:H1")
    ]
    assert password not in json.dumps([each.facts for each in records])
    assert password_hash("a", b"salt") == password_hash("a", b"salt") != password_hash("b", b"salt")


def test_a_network_server_gets_its_topics_and_names_stay_harmless(manager: httpx.Client) -> None:
    """What could widen a right is refused, whoever asks."""
    asked = {"device_id": "lorawan", "topics": ["v3/city/devices/+/up"]}
    assert manager.post(LOGINS, json=asked).json()["publish"] == ["v3/city/devices/+/up"]
    for wrong in (
        {"device_id": "+"},
        {"device_id": "ingest"},
        {"device_id": "H1@2"},
        {"device_id": "a", "topics": ["$SYS/#"]},
        {"device_id": "a", "topics": ["v3/city/#", "#"]},
        {"device_id": "a", "topics": ["+/v1/H1/reading"]},
    ):
        answer = manager.post(LOGINS, json=wrong)
        assert answer.status_code == 422, wrong
        assert [each["field"] for each in answer.json()["errors"]] == [[*wrong][-1]]
    assert manager.post(f"{LOGINS}/nobody/rotate", json={}).status_code == 404
    assert names(manager, search="LORA") == ["lorawan"]
    assert names(manager, search="H1") == []


def test_an_auditor_reads_and_changes_nothing(city: City, manager: httpx.Client) -> None:
    """The list is for whoever checks; logins are the manager's and the admin's."""
    auditor, admin = (city.enter(city.add(role.value, role)) for role in (Role.AUDITOR, Role.ADMIN))
    assert admin.post(LOGINS, json={"device_id": "H1"}).status_code == 201
    assert names(auditor) == names(manager) == ["H1"]
    for answer in (
        auditor.post(LOGINS, json={"device_id": "H2"}),
        auditor.post(f"{LOGINS}/H1/rotate", json={}),
        auditor.delete(f"{LOGINS}/H1"),
    ):
        assert answer.status_code == 403


def test_a_broker_elsewhere_is_said_to_be_elsewhere(world: World, tmp_path: Path) -> None:
    """Nothing is made up where nothing is kept, and files that cannot be used are told as such."""
    city = City(locked(world))
    with city.open():
        manager = city.enter(city.add("mia", Role.MANAGER))
        assert manager.get(LOGINS).json() == {"broker": "elsewhere", "logins": [], "total": 0}
        assert manager.post(LOGINS, json={"device_id": "H1"}).status_code == 409
        logins(world.settings.data_dir)
        (world.settings.data_dir / "broker" / "devices.lock").mkdir()
        answer = manager.post(LOGINS, json={"device_id": "H1"})
        assert (answer.status_code, "broker's files" in answer.json()["detail"]) == (503, True)


def test_a_book_that_root_has_locked_away_is_told_with_its_owner(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says what the operator must give to whom, instead of that the server failed."""
    city = City(locked(world))
    with city.open():
        manager = city.enter(city.add("mia", Role.MANAGER))
        logins(world.settings.data_dir)
        real = os.open

        def refusing(path: object, *rest: int, **more: int) -> int:
            if str(path).endswith("devices.lock"):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(os, "open", refusing)
        answer = manager.post(LOGINS, json={"device_id": "H1"}).json()
    assert (answer["status"], answer["type"]) == (503, "urn:tomma:problem:broker-files")
    assert "belongs to" in answer["detail"]
