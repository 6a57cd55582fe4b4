"""Live news: each hears what they may read, and nothing once they are shut out."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.access import Who
from api.live.hub import News
from api.live.own import may_hear, while_welcome
from tests.api.access.conftest import City
from tests.api.town import NOW
from tomma.model import VehicleId
from tomma.people import Person, Role

TAP = {"vehicle_id": "V1", "lat_deg": 60.1, "kind": "emptied"}
PLAN = {"id": "P1", "status": "published"}
BINS = {"bins": [{"id": "B1"}]}


def who(*roles: Role, trucks: tuple[str, ...] = ()) -> Who:
    """Somebody with these roles."""
    named = frozenset(VehicleId(each) for each in trucks)
    return Who(frozenset(roles), Person("id-x", "x", "X", frozenset(roles), NOW, vehicle_ids=named))


@pytest.mark.parametrize(
    ("trucks", "kind", "body", "hears"),
    [
        pytest.param(("V1",), "event", TAP, True, id="the own truck's tap"),
        pytest.param(("V2",), "event", TAP, False, id="another truck's tap"),
        pytest.param((), "event", TAP, False, id="a tap, without a truck"),
        pytest.param(("V1",), "event", {}, False, id="a tap of nobody knows whom"),
        pytest.param(("V2",), "plan", PLAN, True, id="a new plan"),
        pytest.param(("V1",), "bins", BINS, False, id="the city's bins"),
        pytest.param(("V1",), "alert", {}, False, id="the office's alerts"),
    ],
)
def test_a_driver_hears_of_plans_and_of_the_own_truck_only(
    trucks: tuple[str, ...], kind: str, body: object, hears: bool
) -> None:
    """Where the others are is theirs; the same stream goes to everybody."""
    assert may_hear(News(kind, body), who(Role.DRIVER, trucks=trucks)) is hears


@pytest.mark.parametrize(
    ("role", "kind", "hears"),
    [
        pytest.param(Role.MANAGER, "event", True, id="a manager hears what drivers do"),
        pytest.param(Role.AUDITOR, "event", False, id="an auditor does not"),
        pytest.param(Role.AUDITOR, "bins", True, id="an auditor hears of bins"),
    ],
)
def test_what_drivers_do_is_not_for_auditors(role: Role, kind: str, hears: bool) -> None:
    """A tap tells who was where and when: a working day, which follow-up keeps from auditors, too."""
    assert may_hear(News(kind, TAP), who(role)) is hears


def test_what_tells_of_a_working_day_is_read_by_managers_only(city: City) -> None:
    """The list of every door says what may be; this says what never may, whoever edits a route's roles."""
    auditor, manager = city.key(Role.AUDITOR), city.key(Role.MANAGER)
    for path in ("/followup", "/driver/events", "/driver/routes"):
        assert auditor.get(f"/api/v1{path}").status_code == 403
        assert manager.get(f"/api/v1{path}").status_code == 200


def test_an_admin_ends_anothers_sessions_and_what_it_hears(city: City) -> None:
    """A laptop is lost: what is open there is shut, and a stream that listens ends by itself."""
    anna = city.add("anna", Role.MANAGER, totp=True)
    browser, admin = city.enter(anna), city.enter(city.add("berit", Role.ADMIN, totp=True))
    assert browser.get("/api/v1/me").status_code == 200
    (session,) = city.world.stores.sessions.of_person(anna.id)
    listener = Who(anna.roles, anna, session)
    assert heard(city, listener) == ["plan", "plan"]

    assert admin.delete(f"/api/v1/people/{anna.id}/sessions").status_code == 200
    assert browser.get("/api/v1/me").status_code == 401
    assert heard(city, listener) == []


def heard(city: City, listener: Who) -> list[str]:
    """What somebody hears whose stream looks at the session before each of two news."""

    async def news() -> AsyncIterator[News | None]:
        for _ in range(2):
            yield News("plan", PLAN)

    async def listen() -> list[str]:
        gate = city.app.state.services.gate  # type: ignore[union-attr]
        return [each.kind async for each in while_welcome(news(), listener, gate, every_s=0.0) if each]

    return asyncio.run(listen())
