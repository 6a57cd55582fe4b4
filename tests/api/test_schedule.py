"""The plan of every morning: at the door, with the caller's thread and real stores."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.patience import until
from tests.api.town import TODAY, make_city
from tests.api.world import FAST, World, serving
from tomma.errors import EngineFailedError
from tomma.hours import OpenHours
from tomma.model import AlertKind
from tomma.mornings import Schedule

BEFORE = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
"""04:00 in Stockholm, an hour before the morning's plan is due."""
EARLY = {"enabled": True, "local_time": "05:00"}


@pytest.fixture
def world(world: World) -> World:
    """It is before five; the caller looks all the time."""
    world.clock.now = BEFORE
    world.pace = replace(FAST, schedule_every_clock_s=0.02)
    world.planner.gate.set()
    return world


def put(client: httpx.Client, **body: object) -> dict[str, Any]:
    """Set the schedule; return what the door shows."""
    answer = client.put("/api/v1/schedule", json={**EARLY, **body})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def runs(client: httpx.Client, *statuses: str) -> list[dict[str, Any]]:
    """Wait until the newest run has one of these statuses."""
    found: list[dict[str, Any]] = until(
        lambda: client.get("/api/v1/schedule").json()["runs"],
        lambda each: bool(each) and each[0]["status"] in statuses,
    )
    return found


def test_a_plan_is_made_at_its_time_and_not_before(client: httpx.Client, world: World) -> None:
    """The manager comes at seven and finds it."""
    shown = put(client)
    assert (shown["next_utc"], shown["runs"], shown["timezone"]) == ("2026-11-22T04:00:00Z", [], "Europe/Stockholm")
    assert client.get("/api/v1/plans").json() == {"plans": []}
    world.clock.now = BEFORE + timedelta(hours=1)
    (run,) = runs(client, "ready")
    assert (run["day"], run["late_s"], run["attempts"], run["detail"], run["failure"]) == ("2026-11-22", 0.0, 1, "", "")
    assert client.get(f"/api/v1/plans/{run['plan_id']}").json()["status"] == "ready"
    assert client.get("/api/v1/schedule").json()["next_utc"] == "2026-11-23T04:00:00Z"


def test_a_plan_that_shall_be_published_goes_to_the_trucks(client: httpx.Client, world: World) -> None:
    """Nobody has to be there at five."""
    put(client, auto_publish=True)
    world.clock.now = BEFORE + timedelta(hours=1)
    (run,) = runs(client, "published")
    published = world.stores.plans.published(TODAY)
    assert published is not None
    assert published.id == run["plan_id"]


def test_what_a_person_published_for_the_day_stays_on_the_road(client: httpx.Client, world: World) -> None:
    """They planned the evening before, for a reason."""
    world.publish("BY-HAND")
    put(client, auto_publish=True)
    world.clock.now = BEFORE + timedelta(hours=1)
    (run,) = runs(client, "ready")
    assert "waits for a person" in run["detail"]
    assert run["failure"] == "other-plan-published"
    published = world.stores.plans.published(TODAY)
    assert published is not None
    assert published.id == "BY-HAND"


def test_a_server_that_was_down_at_the_time_catches_up_and_says_so(world: World) -> None:
    """The trucks leave at six whether or not a machine was started again at half past five."""
    world.stores.mornings.set_schedule(Schedule(enabled=True, changed_utc=BEFORE - timedelta(days=1)))
    world.clock.now = BEFORE + timedelta(hours=2, minutes=30)
    with serving(world) as client:
        newest, *_ = runs(client, "ready")
    assert (newest["day"], newest["late_s"]) == ("2026-11-22", 5400.0)


def test_mornings_on_which_nobody_was_there_are_told(world: World) -> None:
    """A gap must not look like a day without work."""
    world.stores.mornings.set_schedule(Schedule(enabled=True, changed_utc=BEFORE - timedelta(days=3)))
    with serving(world) as client:
        found = until(lambda: client.get("/api/v1/schedule").json()["runs"], lambda each: len(each) == 3)
    assert [(each["day"], each["status"]) for each in found] == [
        ("2026-11-21", "missed"),
        ("2026-11-20", "missed"),
        ("2026-11-19", "missed"),
    ]
    assert {each["failure"] for each in found} == {"server-was-down"}


def test_a_restart_after_the_morning_makes_no_second_plan(world: World) -> None:
    """One morning, one plan, however often the server is started."""
    world.stores.mornings.set_schedule(Schedule(enabled=True, changed_utc=BEFORE))
    world.clock.now = BEFORE + timedelta(hours=1)
    for _ in range(3):
        with serving(world) as client:
            runs(client, "ready")
    assert len(world.stores.plans.of_day(TODAY)) == 1


def test_a_server_that_dies_over_the_plan_makes_it_again_after_the_restart(world: World) -> None:
    """What was cut off is begun again after a while, and only then."""
    world.planner.gate.clear()
    world.stores.mornings.set_schedule(Schedule(enabled=True, changed_utc=BEFORE))
    world.clock.now = BEFORE + timedelta(hours=1)
    with serving(world) as client:
        runs(client, "making")
        assert world.planner.begun.wait(10)
    world.planner.gate.set()
    with serving(world) as client:
        runs(client, "failed")
        world.clock.now += timedelta(minutes=6)
        (run,) = runs(client, "ready")
    assert run["attempts"] == 2


def test_a_morning_whose_plan_fails_is_an_alert_until_one_does_not(client: httpx.Client, world: World) -> None:
    """Somebody has to make it by hand before the trucks leave."""
    world.planner.failure = EngineFailedError("no engine answered within 20 s")
    put(client)
    world.clock.now = BEFORE + timedelta(hours=1)
    (run,) = runs(client, "failed")
    assert "no engine answered" in run["detail"]
    assert run["failure"] == "no-answer"
    until(
        lambda: [each.kind for each in world.stores.readings.active_alerts()],
        lambda kinds: kinds == [AlertKind.MORNING_PLAN_FAILED],
    )
    world.planner.failure = None
    world.clock.now += timedelta(minutes=6)
    runs(client, "ready")
    until(lambda: list(world.stores.readings.active_alerts()), lambda alerts: alerts == [])


def test_a_schedule_set_after_its_time_begins_with_the_next_morning(client: httpx.Client, world: World) -> None:
    """Pressing "save" at ten must not send a plan out at ten."""
    world.clock.now = BEFORE + timedelta(hours=2)
    shown = put(client, auto_publish=True)
    assert shown["next_utc"] == "2026-11-23T04:00:00Z"
    world.clock.now += timedelta(minutes=1)
    client.put("/api/v1/schedule", json=EARLY)
    assert client.get("/api/v1/plans").json() == {"plans": []}


def test_a_morning_too_late_for_any_truck_is_missed(world: World) -> None:
    """A plan nobody can drive helps nobody; the gap is told."""
    world.stores.mornings.set_schedule(Schedule(enabled=True, changed_utc=BEFORE))
    world.clock.now = BEFORE + timedelta(hours=12)
    with serving(world) as client:
        (run,) = runs(client, "missed")
    assert "no truck" in run["detail"]
    assert run["failure"] == "morning-too-late"
    assert world.stores.plans.of_day(TODAY) == []


def test_only_the_named_areas_are_planned(client: httpx.Client, world: World) -> None:
    """The north on Mondays, the south on Tuesdays; an area that is not there is refused."""
    city = make_city()
    sites = {id_: replace(each, area="Norr" if id_ == "S1" else "Syd") for id_, each in city.sites.items()}
    world.stores.registry.save(replace(city, sites=sites))
    put(client, areas=["Norr"])
    refused = client.put("/api/v1/schedule", json={**EARLY, "areas": ["Väst"]})
    assert (refused.status_code, "Väst" in refused.json()["detail"]) == (422, True)
    world.clock.now = BEFORE + timedelta(hours=1)
    runs(client, "ready")
    assert world.planner.wishes[-1].areas == {"Norr"}


def test_on_a_day_off_no_plan_is_made_and_those_before_look_beyond_it(client: httpx.Client, world: World) -> None:
    """Christmas falls on a Friday, and no truck comes until Monday."""
    off = ["2026-11-22", "2026-11-23"]
    shown = put(client, days_off=off[::-1])
    assert (shown["days_off"], shown["next_utc"]) == (off, "2026-11-24T04:00:00Z")
    assert client.get("/api/v1/schedule").json()["days_off"] == off
    world.clock.now = BEFORE + timedelta(hours=1)
    assert client.post("/api/v1/plans", json={}).status_code == 202
    until(lambda: world.planner.asked, bool)
    _, planning, day = world.planner.asked[-1]
    assert planning.on(day).next_opportunity_h == 48.0
    assert client.get("/api/v1/schedule").json()["runs"] == []


@pytest.mark.parametrize(
    ("asked", "gates", "weekdays"),
    [
        pytest.param({"weekdays": [1, 2, 3, 4, 5]}, {1, 2, 3, 4, 5, 6, 7}, "mon tue wed thu fri", id="no weekends"),
        pytest.param({"weekdays": [1, 5], "enabled": False}, {1, 2, 3, 4, 5, 6, 7}, "all", id="off: as it is set"),
        pytest.param({}, {1, 2, 3, 4, 5, 6}, "mon tue wed thu fri sat", id="no gate open on Sundays"),
        pytest.param({"weekdays": [7]}, {1}, "sun", id="never: something else is wrong"),
    ],
)
def test_a_plan_knows_on_which_days_trucks_come(
    client: httpx.Client, world: World, asked: dict[str, object], gates: set[int], weekdays: str
) -> None:
    """Whoever presses the button on a Friday: what it leaves waits until Monday."""
    city = make_city()
    hours = (OpenHours(8 * 3600, 16 * 3600, frozenset(gates)),)
    sites = {id_: replace(each, hours=hours) for id_, each in city.disposal_sites.items()}
    world.stores.registry.save(replace(city, disposal_sites=sites))
    put(client, **asked)
    assert client.post("/api/v1/plans", json={}).status_code == 202
    until(lambda: world.planner.asked, bool)
    every = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    _, planning, _ = world.planner.asked[-1]
    assert planning.collection_weekdays == (every if weekdays == "all" else tuple(weekdays.split()))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param({"local_time": "5:00"}, "local_time", id="an hour without its zero"),
        pytest.param({"local_time": "24:00"}, "local_time", id="an hour no clock shows"),
        pytest.param({"weekdays": [0]}, "weekdays", id="the day before Monday"),
        pytest.param({"weekdays": []}, "weekdays", id="on, but on no day"),
        pytest.param({"days_off": ["2026-02-30"]}, "days_off", id="a day that no calendar has"),
        pytest.param({"days_off": ["2026-01-01"] * 101}, "days_off", id="more days off than a schedule keeps"),
        pytest.param({"enabled": "yes"}, "enabled", id="a word for yes or no"),
        pytest.param({"every": "day"}, "every", id="a key nobody knows"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(
    refusing_client: httpx.Client, body: dict[str, object], named: str
) -> None:
    """The answer names the field, and nothing changes."""
    answer = refusing_client.put("/api/v1/schedule", json={**EARLY, **body})
    assert answer.status_code == 422
    assert named in answer.json()["detail"]
    assert refusing_client.get("/api/v1/schedule").json()["enabled"] is False


def test_two_servers_on_one_store_make_one_plan(world: World) -> None:
    """Whoever looks first has the morning; the database holds it, not a clock."""
    world.stores.mornings.set_schedule(Schedule(enabled=True, changed_utc=BEFORE))
    with serving(world) as first, serving(world) as second:
        world.clock.now = BEFORE + timedelta(hours=1)
        assert [each["plan_id"] for each in runs(first, "ready")] == [each["plan_id"] for each in runs(second, "ready")]
    assert len(world.stores.plans.of_day(TODAY)) == 1
