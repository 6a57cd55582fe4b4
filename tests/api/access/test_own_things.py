"""Drivers see their own routes and contractors their own areas; the rest looks as if it were not there."""

from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request

from api.access.who import NOBODY, Who
from tests.api.access.conftest import City
from tests.api.taps import event_body
from tests.api.town import make_city
from tomma.model import SiteId, VehicleId
from tomma.people import Role

DRIVER = "/api/v1/driver"


@pytest.fixture
def parted(city: City) -> City:
    """B1 and B2 lie in Norr, the others in Söder; V1 is on the road."""
    made = make_city()
    areas = {SiteId("S1"): "Norr", SiteId("S2"): "Söder", SiteId("S3"): "Söder"}
    city.world.stores.registry.save(
        replace(made, sites={key: replace(site, area=areas[key]) for key, site in made.sites.items()})
    )
    city.world.publish()
    return city


def drivers(city: City) -> dict[str, httpx.Client]:
    """A driver and a tablet of each truck."""
    people = {
        truck: city.enter(city.add(f"driver-{truck.lower()}", Role.DRIVER, vehicle_ids=frozenset({VehicleId(truck)})))
        for truck in ("V1", "V2")
    }
    return {**people, "tablet of V1": city.tablet("V1"), "tablet of V2": city.tablet("V2")}


def test_another_trucks_route_looks_like_one_that_is_missing(parted: City) -> None:
    """A1: word for word, whoever asks by whatever key."""
    clients = drivers(parted)
    for name in ("V1", "tablet of V1"):
        assert clients[name].get(f"{DRIVER}/routes/V1").status_code == 200
        assert [each["vehicle_id"] for each in clients[name].get(f"{DRIVER}/routes").json()["routes"]] == ["V1"]
    for name in ("V2", "tablet of V2"):
        own = clients[name]
        assert own.get(f"{DRIVER}/routes").json()["routes"] == []
        for path in (f"{DRIVER}/routes/V1", f"{DRIVER}/routes/V1/legs/0/guidance", f"{DRIVER}/bins?vehicle_id=V1"):
            foreign, missing = own.get(path), own.get(path.replace("V1", "V9"))
            assert foreign.status_code == missing.status_code == 404
            assert foreign.json()["detail"].replace("V1", "V9") == missing.json()["detail"]


def test_another_trucks_events_are_refused_like_a_missing_trucks(parted: City) -> None:
    """A tablet that is one truck's cannot empty another's bins."""
    sent = {"events": [event_body("event-one", vehicle_id="V1"), event_body("event-two", vehicle_id="V9")]}
    answer = drivers(parted)["tablet of V2"].post(f"{DRIVER}/events", json={**sent, "sent_utc": "2026-11-22T05:30:00Z"})
    told = [(each["status"], each["reason"]) for each in answer.json()["results"]]
    assert told == [("rejected", "there is no truck V1"), ("rejected", "there is no truck V9")]


def test_a_code_for_one_truck_lets_in_a_tablet_of_that_truck(parted: City) -> None:
    """The office says whose it is; a truck the city does not have gets no code."""
    office = parted.key(Role.MANAGER)
    made = office.post("/api/v1/tablets/pairing-codes", json={"vehicle_id": "V2"})
    token = parted.client().post("/api/v1/tablets", json={"code": made.json()["code"], "name": "Bil 2"}).json()["token"]
    tablet = parted.client(authorization=f"Bearer {token}")
    assert tablet.get(f"{DRIVER}/routes/V1").status_code == 404
    assert tablet.get(f"{DRIVER}/routes").json()["routes"] == []
    assert office.post("/api/v1/tablets/pairing-codes", json={"vehicle_id": "V9"}).status_code == 422


def test_a_contractor_sees_and_asks_for_bins_of_the_own_areas_only(parted: City) -> None:
    """And another area's bin is missing, not forbidden: its existence is nobody's business either."""
    norr = parted.enter(parted.add("norr", Role.CONTRACTOR, areas=frozenset({"Norr"})))
    listed = norr.get("/api/v1/bins").json()["bins"]
    assert [each["id"] for each in listed] == ["B1", "B2"]
    assert norr.get("/api/v1/bins/B1").status_code == 200
    for path in ("/api/v1/bins/B3", "/api/v1/bins/B3/history", "/api/v1/bins/B3/forecast", "/api/v1/bins/B3/requests"):
        foreign, missing = norr.get(path), norr.get(path.replace("B3", "B99"))
        assert (foreign.status_code, foreign.json()["detail"]) == (404, missing.json()["detail"].replace("B99", "B3"))
    asked = {"reason": "resident"}
    assert norr.post("/api/v1/bins/B3/requests", json=asked).status_code == 404
    assert norr.get("/api/v1/plans").status_code == 403


def test_a_contractor_without_an_area_sees_nothing(parted: City) -> None:
    """Forgetting to name areas must not show the whole city."""
    nobody = parted.enter(parted.add("nowhere", Role.CONTRACTOR))
    assert nobody.get("/api/v1/bins").json()["bins"] == []


def test_a_key_that_was_revoked_or_has_expired_opens_nothing(city: City) -> None:
    """A program's key is as good as a person's, and must end like one."""
    client = city.key(Role.MONITOR)
    assert client.get("/metrics").status_code == 200
    assert client.get("/api/v1/plans").status_code == 403
    (key,) = city.world.stores.sessions.all_keys()
    city.world.stores.sessions.revoke_key(key.id, city.wall.now)
    assert client.get("/metrics").status_code == 401
    assert city.client().get("/metrics").status_code == 401


def test_a_tablets_cookie_is_heard_at_the_event_stream_and_nowhere_else(parted: City) -> None:
    """Browsers send no token with a stream; whatever else a cookie opened, a page of a stranger could ask for."""
    given = parted.tablet().get("/api/v1/driver/routes").headers["set-cookie"]
    assert {"Path=/api/v1/stream", "SameSite=strict", "HttpOnly"} <= set(given.split("; "))
    assert parted.app is not None

    def who(path: str) -> Who:
        headers = [(b"host", b"127.0.0.1"), (b"cookie", given.partition(";")[0].encode())]
        asked = {"type": "http", "scheme": "http", "path": path, "query_string": b"", "headers": headers}
        return parted.app.state.gate.who(Request({**asked, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}))  # type: ignore[union-attr, no-any-return]

    assert who("/api/v1/stream").roles == {Role.DRIVER}
    assert who("/api/v1/driver/routes") is NOBODY
    assert who("/api/v1/stream/") is NOBODY
