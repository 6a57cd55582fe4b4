"""Who did what is on record: every change of somebody known, every export, and what happens at the doors."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.audit import middleware, recorder
from api.audit.recorder import Recorder
from tests.api.access.conftest import PASSWORD, City
from tests.api.world import World
from tomma.audit import AuditBook, Deed, Head
from tomma.errors import StoreUnavailableError
from tomma.people import Role
from tomma.stores.audit.log import SqlAuditBook

AUDIT = "/api/v1/audit"


def records(city: City, **search: str) -> list[dict[str, Any]]:
    """What an auditor reads, newest first."""
    auditor = city.key(Role.AUDITOR)
    answer = auditor.get(AUDIT, params=search)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["records"]
    return found


def summary(city: City, **search: str) -> list[tuple[str, str, str, str]]:
    """Who did what on what, and what became of it."""
    return [(each["actor"], each["action"], each["target"], each["outcome"]) for each in records(city, **search)]


def test_a_change_is_on_record_before_its_answer_leaves(city: City) -> None:
    """With who, what, when, its outcome and the answer's number; of the values only those that name things."""
    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    told = {"id": "S9", "name": "Berits gata 9", "lat_deg": 60.1, "lon_deg": 24.9}
    answer = anna.post("/api/v1/assets/sites", json=told)
    assert answer.status_code == 201, answer.text
    (record,) = records(city)
    assert (record["actor"], record["action"], record["outcome"]) == ("person:anna", "create_site", "done")
    assert record["request_id"] == answer.headers["X-Request-Id"]
    assert record["at_utc"] == "2026-11-22T09:00:00.000000+00:00"
    assert record["facts"] == {"fields": sorted(told), "id": "S9"}
    assert "Berits" not in json.dumps(record)


def test_what_was_made_is_named(city: City) -> None:
    """A plan has its id from the server; a record that does not tell it leads nowhere."""
    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    plan_id = anna.post("/api/v1/plans", json={}).json()["id"]
    assert summary(city) == [("person:anna", "create_plan", f"plan:{plan_id}", "done")]


def test_a_refused_change_is_on_record_too(city: City) -> None:
    """Who tries what they may not is what an auditor looks for."""
    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    driver = city.enter(city.add("dag", Role.DRIVER))
    assert anna.post("/api/v1/plans/none/publish").status_code == 404
    assert driver.post("/api/v1/plans/none/publish").status_code == 403
    assert summary(city) == [
        ("person:dag", "role-refused", "", "refused"),
        ("person:anna", "publish_plan", "plan:none", "refused"),
    ]
    assert records(city, action="publish_plan")[0]["facts"] == {"status": 404}


def test_reading_leaves_no_record_but_an_export_does(city: City) -> None:
    """What leaves the house as a file is told; a page that looks every second is not."""
    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    assert anna.get("/api/v1/bins").status_code == 200
    assert anna.get("/api/v1/assets/export.csv").status_code == 200
    assert anna.get("/api/v1/map/table.csv").status_code in {200, 503}
    assert ("person:anna", "export_assets", "", "done") in summary(city)
    assert not records(city, action="list_bins")


def test_the_doors_are_on_record_without_addresses_and_secrets(city: City) -> None:
    """Signing in, being refused, letting in: for years, and so with nothing of a person but the login."""
    admin = city.enter(city.add("berit", Role.ADMIN, totp=True))
    city.add("anna", Role.DRIVER)
    browser = city.client()
    browser.post("/api/v1/session", json={"login": "anna", "password": "secret-one", "code": ""})
    assert browser.post("/api/v1/session", json={"login": "anna", "password": PASSWORD, "code": ""}).status_code == 200
    added = admin.post("/api/v1/people", json={"login": "cia", "name": "Cia Ek", "roles": ["driver"]})
    assert added.status_code == 201, added.text
    assert summary(city) == [
        ("person:berit", "link-made", "person:cia", "done"),
        ("person:berit", "person-added", "person:cia", "done"),
        ("person:anna", "signed-in", "person:anna", "done"),
        ("", "sign-in-refused", "", "refused"),
    ]
    told = json.dumps(records(city))
    for secret in ("secret-one", PASSWORD, "127.0.0.1", "Cia Ek", added.json()["link"].partition("=")[2]):
        assert secret not in told


def test_only_admins_and_auditors_read_it_and_nobody_changes_it(city: City) -> None:
    """A manager's own doings are not the manager's to look after."""
    admin = city.enter(city.add("berit", Role.ADMIN, totp=True))
    assert admin.get(AUDIT).status_code == 200
    assert city.key(Role.MANAGER).get(AUDIT).status_code == 403
    assert city.client().get(AUDIT).status_code == 401
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert admin.request(method, AUDIT).status_code == 405


def test_an_auditor_pages_to_the_beginning_and_narrows(city: City) -> None:
    """Nothing is passed over between two pages, whatever is recorded meanwhile."""
    book, now = city.world.stores.audit, city.wall.now
    book.append([Deed(now + timedelta(minutes=n), f"person:p{n % 2}", "did", f"bin:B{n}") for n in range(7)])
    auditor, seen, before = city.key(Role.AUDITOR), [], None
    while True:
        page = auditor.get(AUDIT, params={"limit": 3} | ({"before": before} if before else {})).json()
        seen += [each["number"] for each in page["records"]]
        before = page["next_before"]
        book.append([Deed(now, "person:p9", "did")])
        if before is None:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert [each["number"] for each in records(city, actor="person:p1")] == [6, 4, 2]
    assert [each["number"] for each in records(city, target="bin:B3")] == [4]
    to = (now + timedelta(minutes=2)).isoformat().replace("+00:00", "Z")
    assert [each["number"] for each in records(city, to_utc=to, action="did", actor="person:p0")] == [1]


class Full:
    """A chain whose disk is full until it is not."""

    def __init__(self, book: AuditBook) -> None:
        self.book = book
        self.is_full = False

    def begin(self, deed: Deed) -> None:
        """Note it; that needs no room."""
        self.book.begin(deed)

    def end(self, request_id: str) -> None:
        """Strike it out."""
        self.book.end(request_id)

    def append(self, deeds: list[Deed]) -> Head:
        """Take them, or not."""
        if self.is_full:
            raise StoreUnavailableError("the disk is full")
        return self.book.append(deeds)


def test_while_nothing_can_be_recorded_nothing_more_is_changed(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was changed last is recorded as soon as it can be: there is no change without its record."""
    full = Full(city.world.stores.audit)
    monkeypatch.setattr(city.app.state.services.recorder, "_book", full)  # type: ignore[union-attr]
    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    full.is_full = True
    assert anna.post("/api/v1/plans", json={}).status_code == 202
    assert anna.post("/api/v1/plans", json={}).status_code == 503
    assert anna.get("/api/v1/bins").status_code == 200
    assert not records(city)
    full.is_full = False
    assert anna.delete("/api/v1/session").status_code == 204
    assert [each["action"] for each in records(city)] == ["signed-out", "create_plan"]


def test_strangers_cannot_fill_the_disk(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand refusals are a few records that tell how many there were."""
    monkeypatch.setattr(recorder, "REFUSED", replace(recorder.REFUSED, burst=5, every_s=3_600.0))
    stranger = city.client()
    for _ in range(12):
        assert stranger.post("/api/v1/links/look", json={"link": "0" * 64}).status_code == 403
    assert [each[1] for each in summary(city)] == ["link-refused"] * 5


def test_a_crash_is_on_record_as_failed(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows then how far it came; the record says that somebody must look."""

    def crash(*_: object) -> None:
        raise RuntimeError("out of cheese")

    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    monkeypatch.setattr("api.plans.router.decided", crash)
    with pytest.raises((RuntimeError, httpx.HTTPError)):
        anna.post("/api/v1/plans", json={}).raise_for_status()
    assert summary(city) == [("person:anna", "create_plan", "", "failed")]


def test_every_exception_to_the_rule_is_a_route(world: World) -> None:
    """A route that is renamed must not stay without a record by its old name."""
    from fastapi.routing import iter_route_contexts

    routes = iter_route_contexts(create_app(world.context()).routes)
    names = {getattr(each.original_route, "name", "") for each in routes}
    assert names >= middleware.UNRECORDED


def test_a_change_whose_server_dies_before_its_record_is_on_record_after_the_next_start(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who began it is noted before anything is changed; how far it came, nobody knows, and the record says so."""
    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    recorder_of_the_dead: Recorder = city.app.state.services.recorder  # type: ignore[union-attr]
    told = {"id": "S9", "name": "Gata 9", "lat_deg": 60.1, "lon_deg": 24.9}
    with monkeypatch.context() as dying:
        dying.setattr(recorder_of_the_dead, "record", _died)
        with pytest.raises(_DeadError):
            anna.post("/api/v1/assets/sites", json=told)
    assert "S9" in city.world.stores.registry.load().sites
    assert not records(city)

    book = city.world.stores.audit
    assert isinstance(book, SqlAuditBook)
    assert book.recover() == 0, "its process lives: it may be at it still"
    book.close()  # lets go of its lock, as its death would
    assert (book.recover(), book.recover()) == (1, 0)
    assert summary(city) == [("person:anna", "create_site", "", "failed")]
    assert records(city)[0]["facts"] == {"cut_short": True}
    assert book.verify().is_whole


class _DeadError(BaseException):
    """The server ends here."""


def _died(*_: object) -> None:
    raise _DeadError


def test_what_is_on_record_is_not_recorded_again(city: City) -> None:
    """After a power cut a note may have come back that was struck out."""
    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    anna.post("/api/v1/plans", json={})
    book = city.world.stores.audit
    assert isinstance(book, SqlAuditBook)
    [record] = records(city)
    book.begin(Deed(city.wall.now, "person:anna", "create_plan", request_id=record["request_id"]))
    book.close()
    assert book.recover() == 0
    assert len(records(city)) == 1


def test_nothing_is_changed_when_it_cannot_be_noted_before(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: better no plan than one that nobody is known to have made."""

    def full(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    anna = city.enter(city.add("anna", Role.MANAGER, totp=True))
    monkeypatch.setattr(city.world.stores.audit, "begin", full)
    assert anna.post("/api/v1/plans", json={}).status_code == 503
    assert city.world.stores.plans.heads() == []
