"""Trucks that work over midnight: their day is the one they left on, until they are home."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.api.taps import event_body, send
from tests.api.town import TODAY, make_city, plan_of
from tests.api.world import World, serving
from tomma.model import PlanId
from tomma.plan import Plan

LEAVES_UTC = datetime(2026, 11, 22, 21, tzinfo=UTC)
"""22:00 in Stockholm; midnight is at 23:00."""
HOME_UTC = LEAVES_UTC + timedelta(hours=6)
TOMORROW = TODAY + timedelta(days=1)


def nights(world: World, plan_id: str, leaves_utc: datetime, home_utc: datetime, days: int = 0) -> Plan:
    """Publish a plan whose trucks leave and come home then."""
    made = plan_of(world.stores.registry.load(), PlanId(plan_id), TODAY + timedelta(days=days), leaves_utc)
    routes = tuple(replace(each, start_utc=leaves_utc, end_utc=home_utc) for each in made.routes)
    world.stores.plans.save(replace(made, routes=routes))
    return world.stores.plans.publish(made.id)


@pytest.fixture
def office(world: World) -> Iterator[httpx.Client]:
    """It is one in the morning, and the night's trucks are out."""
    city = make_city()
    night = {
        id_: replace(each, shift=replace(each.shift, start_s=22 * 3600, end_s=28 * 3600, breaks=()))
        for id_, each in city.vehicles.items()
    }
    world.stores.registry.save(replace(city, vehicles=night))
    nights(world, "P1", LEAVES_UTC, HOME_UTC)
    world.clock.now = LEAVES_UTC + timedelta(hours=3)
    with serving(world) as client:
        yield client


def day_of(client: httpx.Client) -> tuple[str, str | None]:
    """Which day the tablets work on, and by which plan."""
    told = client.get("/api/v1/driver/routes").json()
    return told["day"], told["plan_id"]


def test_after_midnight_a_driver_has_the_nights_route(office: httpx.Client) -> None:
    """At twelve the route was gone: the truck stood in the street, and the office saw no plan."""
    assert day_of(office) == ("2026-11-22", "P1")
    assert [each["status"] for each in send(office, event_body("night-tap"))] == ["stored"]
    stops = office.get("/api/v1/driver/routes/V1").json()["stops"]
    assert [each["state"] for each in stops if each["bin_id"] == "B1"] == ["emptied"]
    followed = office.get("/api/v1/followup").json()
    assert (followed["day"], followed["plan_id"]) == ("2026-11-22", "P1")


def test_two_hours_after_their_plans_end_it_is_the_new_day(office: httpx.Client, world: World) -> None:
    """Late is not for ever."""
    world.clock.now = HOME_UTC + timedelta(hours=1, minutes=59)
    assert day_of(office)[0] == "2026-11-22"
    world.clock.now = HOME_UTC + timedelta(hours=2)
    assert day_of(office) == ("2026-11-23", None)


def test_before_the_mornings_trucks_leave_their_drivers_see_their_route(office: httpx.Client, world: World) -> None:
    """Though the night's are late."""
    nights(world, "P2", HOME_UTC + timedelta(hours=1), HOME_UTC + timedelta(hours=9), days=1)
    world.clock.now = HOME_UTC - timedelta(minutes=1)
    assert day_of(office) == ("2026-11-22", "P1")
    world.clock.now = HOME_UTC
    assert day_of(office) == ("2026-11-23", "P2")


def test_the_nights_plan_can_be_changed_after_midnight(office: httpx.Client, world: World) -> None:
    """A truck that breaks down at one has bins that somebody must take over before five."""
    world.planner.gate.set()
    answer = office.post("/api/v1/plans", json={"replan_of": "P1", "unavailable_vehicle_ids": ["V1"]})
    assert (answer.status_code, answer.json().get("day")) == (202, "2026-11-22"), answer.text
