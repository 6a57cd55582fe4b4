"""The second round: the plan on the road changed at noon by the clock, with the caller's thread and real stores."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.patience import until
from tests.api.taps import event_body
from tests.api.test_plans import ended, order
from tests.api.town import TODAY, plan_of
from tests.api.world import FAST, World, serving
from tomma.errors import EngineFailedError
from tomma.model import AlertKind, PlanId
from tomma.mornings import RunStatus, Schedule, SecondRound
from tomma.plan import Plan, PlanStatus

HALF_PAST_TEN = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
"""In Stockholm, an hour before the second round."""
NOON = HALF_PAST_TEN + timedelta(hours=1)
MORNING_OFF: dict[str, Any] = {"enabled": False}
ON = Schedule(changed_utc=HALF_PAST_TEN, second_round=SecondRound(enabled=True))
SENT = replace(ON, second_round=SecondRound(enabled=True, auto_publish=True))


@pytest.fixture
def world(world: World) -> World:
    """It is before noon; the caller looks all the time."""
    world.clock.now = HALF_PAST_TEN
    world.pace = replace(FAST, schedule_every_clock_s=0.02)
    world.planner.gate.set()
    return world


@pytest.fixture
def really(world: World) -> Iterator[httpx.Client]:
    """The real planner behind the door."""
    world.plans_really = True
    with serving(world) as client:
        yield client


def put(client: httpx.Client, **noon: object) -> dict[str, Any]:
    """Set the second round alone; return what the door shows of it."""
    body = {**MORNING_OFF, "second_round": {"enabled": True, **noon}}
    answer = client.put("/api/v1/schedule", json=body)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()["second_round"]
    return shown


def runs(client: httpx.Client, *statuses: str) -> list[dict[str, Any]]:
    """Wait until the newest second round has one of these statuses."""
    found: list[dict[str, Any]] = until(
        lambda: client.get("/api/v1/schedule").json()["second_round"]["runs"],
        lambda each: bool(each) and each[0]["status"] in statuses,
    )
    return found


def short_day(world: World, plan_id: str = "P1") -> Plan:
    """A plan on the road without B4, which the planner by hand always has."""
    whole = plan_of(world.stores.registry.load(), PlanId(plan_id), TODAY, world.clock.now_utc())
    (route,) = whole.routes
    shorter = replace(route, stops=(*route.stops[:3], route.stops[4]))
    world.stores.plans.save(replace(whole, routes=(shorter,)))
    return world.stores.plans.publish(whole.id)


def on_road(world: World) -> Plan:
    """What the trucks drive."""
    found = world.stores.plans.published(TODAY)
    assert found is not None
    return found


def deeds(world: World) -> list[tuple[str, str, str]]:
    """Who did what with which, as the audit log has it."""
    return [(each.actor, each.action, each.target) for each in world.stores.audit.page(50)]


def test_at_its_time_the_plan_on_the_road_is_changed_and_waits_for_a_person(client: httpx.Client, world: World) -> None:
    """As by the office's button, with bins that were emptied before, whatever the city has set for that button."""
    short_day(world)
    shown = put(client)
    assert (shown["local_time"], shown["next_utc"], shown["runs"]) == ("11:30", "2026-11-22T10:30:00Z", [])
    world.clock.now = NOON
    (run,) = runs(client, "ready")
    assert (run["day"], run["late_s"], run["attempts"], run["detail"]) == ("2026-11-22", 0.0, 1, "")
    ((_, planning, day),) = world.planner.asked
    assert (day, planning.empty_again_same_day, world.settings.planning.empty_again_same_day) == (TODAY, True, False)
    assert world.planner.wishes[0].replan_of == "P1"
    assert on_road(world).id == "P1"
    shown = client.get("/api/v1/schedule").json()
    assert shown["runs"] == [], "no morning was asked for"
    assert shown["second_round"]["next_utc"] == "2026-11-23T10:30:00Z"


def test_a_change_that_shall_be_sent_goes_to_the_trucks_and_on_record(client: httpx.Client, world: World) -> None:
    """Nobody has to be at the desk at noon; who looks later sees that it was the clock."""
    short_day(world)
    put(client, auto_publish=True)
    world.clock.now = NOON
    (run,) = runs(client, "published")
    assert on_road(world).id == run["plan_id"]
    assert ("schedule", "publish_plan", f"plan:{run['plan_id']}") in deeds(world)


@pytest.mark.parametrize("auto_publish", [False, True])
def test_a_change_that_changes_nothing_is_put_aside(client: httpx.Client, world: World, auto_publish: bool) -> None:
    """A tablet that says "new plan" for the same stops teaches its driver not to look; nor has the office to choose."""
    world.publish("P1")
    put(client, auto_publish=auto_publish)
    world.clock.now = NOON
    (run,) = runs(client, "unchanged")
    assert on_road(world).id == "P1"
    assert world.stores.plans.get(run["plan_id"]).status is PlanStatus.DISCARDED
    assert ("schedule", "discard_plan", f"plan:{run['plan_id']}") in deeds(world)


def test_a_day_without_a_plan_has_no_second_round(client: httpx.Client, world: World) -> None:
    """Nor does one begin when somebody publishes a plan at two: it was made with all that noon knew."""
    put(client, auto_publish=True)
    world.clock.now = NOON
    (run,) = runs(client, "missed")
    assert (run["failure"], run["plan_id"]) == ("nothing-on-road", None)
    world.publish("P1")
    client.put("/api/v1/schedule", json={**MORNING_OFF, "second_round": {"enabled": True}})
    assert on_road(world).id == "P1"
    assert len(world.stores.plans.of_day(TODAY)) == 1


def test_what_somebody_changed_meanwhile_stays_on_the_road(client: httpx.Client, world: World) -> None:
    """They know something that the sensors do not."""
    short_day(world)
    world.planner.gate.clear()
    put(client, auto_publish=True)
    world.clock.now = NOON
    assert world.planner.begun.wait(10)
    short_day(world, "BY-HAND")
    world.planner.gate.set()
    (run,) = runs(client, "ready")
    assert run["failure"] == "road-changed"
    assert on_road(world).id == "BY-HAND"


def test_a_round_that_is_begun_again_on_a_changed_plan_waits_for_a_person(client: httpx.Client, world: World) -> None:
    """The first attempt failed, and somebody helped themselves: the second one is theirs to send."""
    short_day(world)
    world.planner.failure = EngineFailedError("no engine answered within 20 s")
    put(client, auto_publish=True)
    world.clock.now = NOON
    runs(client, "failed")
    short_day(world, "BY-HAND")
    world.planner.failure = None
    world.clock.now += timedelta(minutes=6)
    (run,) = runs(client, "ready")
    assert (run["attempts"], run["failure"]) == (2, "road-changed")
    assert on_road(world).id == "BY-HAND"
    assert world.planner.wishes[-1].replan_of == "BY-HAND"


def test_with_less_than_an_hour_left_of_every_shift_nothing_is_begun(world: World) -> None:
    """A server that comes back at half past one sends nobody out again."""
    short_day(world)
    world.stores.mornings.set_schedule(SENT)
    world.clock.now = NOON + timedelta(hours=2)
    with serving(world) as client:
        (run,) = runs(client, "missed")
    assert run["failure"] == "morning-too-late"
    assert world.planner.asked == []


def test_a_change_whose_hour_passed_while_it_was_made_is_not_sent(client: httpx.Client, world: World) -> None:
    """A quarter of an hour of waiting for the solver: the crews are on their way home."""
    short_day(world)
    world.planner.gate.clear()
    put(client, local_time="13:15", auto_publish=True)
    world.clock.now = NOON + timedelta(hours=1, minutes=45)
    assert world.planner.begun.wait(10)
    world.clock.now += timedelta(minutes=15)
    world.planner.gate.set()
    (run,) = runs(client, "ready")
    assert run["failure"] == "morning-too-late"
    assert on_road(world).id == "P1"


def test_a_truck_that_broke_down_has_no_hour_left(client: httpx.Client, world: World) -> None:
    """Both are out of the day: whom should the change be for."""
    short = short_day(world)
    trucks = world.stores.registry.load().vehicles
    world.stores.plans.save(replace(short, unavailable=frozenset(trucks)))
    put(client, auto_publish=True)
    world.clock.now = NOON
    assert runs(client, "missed")[0]["failure"] == "morning-too-late"


def test_a_server_that_was_down_at_noon_catches_up_once(world: World) -> None:
    """An hour late is better than not at all; the next restart finds it done."""
    short_day(world)
    world.stores.mornings.set_schedule(SENT)
    world.clock.now = NOON + timedelta(hours=1)
    for _ in range(2):
        with serving(world) as client:
            (run,) = runs(client, "published")
    assert (run["late_s"], run["attempts"]) == (3600.0, 1)
    assert len(world.stores.plans.of_day(TODAY)) == 2


def test_a_server_that_dies_over_the_change_makes_it_again(world: World) -> None:
    """What was cut off is begun again after a while, from where the trucks are then."""
    short_day(world)
    world.planner.gate.clear()
    world.stores.mornings.set_schedule(SENT)
    world.clock.now = NOON
    with serving(world) as client:
        runs(client, "making")
        assert world.planner.begun.wait(10)
    world.planner.gate.set()
    with serving(world) as client:
        runs(client, "failed")
        world.clock.now += timedelta(minutes=6)
        (run,) = runs(client, "published")
    assert run["attempts"] == 2


def test_a_change_that_was_ready_when_the_server_died_is_not_sent_an_hour_later(world: World) -> None:
    """By then the trucks are elsewhere: it is made anew."""
    short_day(world)
    world.stores.mornings.set_schedule(ON)
    world.clock.now = NOON
    with serving(world) as client:
        (first,) = runs(client, "ready")
    book = world.stores.mornings.second_rounds
    (kept,) = book.runs(1)
    book.note(replace(kept, status=RunStatus.MAKING))  # as it was left, had it died a moment before
    world.stores.mornings.set_schedule(SENT)
    world.clock.now += timedelta(hours=1)
    with serving(world) as client:
        (run,) = runs(client, "published")
    assert (run["attempts"], run["plan_id"] == first["plan_id"]) == (2, False)
    assert on_road(world).id == run["plan_id"]


def test_a_change_that_was_sent_before_the_server_died_is_told_as_sent(world: World) -> None:
    """Between the publication and its line in the book: nothing is sent twice."""
    short_day(world)
    world.stores.mornings.set_schedule(SENT)
    world.clock.now = NOON
    with serving(world) as client:
        runs(client, "published")
    book = world.stores.mornings.second_rounds
    (kept,) = book.runs(1)
    book.note(replace(kept, status=RunStatus.MAKING))
    world.clock.now += timedelta(hours=1)
    with serving(world) as client:
        (run,) = runs(client, "published")
    assert (run["attempts"], len(world.stores.plans.of_day(TODAY))) == (1, 2)


def test_a_change_that_was_put_aside_before_the_server_died_is_told_so(world: World) -> None:
    """It was ready and is discarded: nobody is asked to look at it."""
    world.publish("P1")
    world.stores.mornings.set_schedule(SENT)
    world.clock.now = NOON
    for _ in range(2):
        with serving(world) as client:
            (run,) = runs(client, "unchanged")
        (kept,) = world.stores.mornings.second_rounds.runs(1)
        world.stores.mornings.second_rounds.note(replace(kept, status=RunStatus.MAKING))
    assert run["attempts"] == 1


@pytest.mark.parametrize(
    ("is_kept", "status", "failure"), [(True, "published", ""), (False, "failed", "server-stopped")]
)
def test_what_a_server_died_over_is_closed_the_next_day(world: World, is_kept: bool, status: str, failure: str) -> None:
    """By what is known of its plan; it would else be told as being made for ever. It is no alert: the day is over."""
    short_day(world)
    world.stores.mornings.set_schedule(SENT)
    world.clock.now = NOON
    with serving(world) as client:
        runs(client, "published")
    book = world.stores.mornings.second_rounds
    (kept,) = book.runs(1)
    plan_id = kept.plan_id if is_kept else PlanId("never-stored")
    book.note(replace(kept, status=RunStatus.MAKING, plan_id=plan_id))
    world.clock.now += timedelta(hours=20)
    with serving(world) as client:
        (run,) = runs(client, status)
    assert run["failure"] == failure
    assert list(world.stores.readings.active_alerts()) == []


def test_two_servers_on_one_store_change_the_plan_once(world: World) -> None:
    """Whoever looks first has the noon; the database holds it, not a clock."""
    short_day(world)
    world.stores.mornings.set_schedule(SENT)
    with serving(world) as first, serving(world) as second:
        world.clock.now = NOON
        found = [runs(each, "published")[0]["plan_id"] for each in (first, second)]
    assert found[0] == found[1] == on_road(world).id
    assert len(world.stores.plans.of_day(TODAY)) == 2


def test_a_second_round_that_fails_is_an_alert_of_its_own(client: httpx.Client, world: World) -> None:
    """The trucks drive on by the morning's plan: nobody is called out, and the morning's alert is not touched."""
    short_day(world)
    world.planner.failure = EngineFailedError("no engine answered within 20 s")
    put(client)
    world.clock.now = NOON
    (run,) = runs(client, "failed")
    assert run["failure"] == "no-answer"
    until(
        lambda: [each.kind for each in world.stores.readings.active_alerts()],
        lambda kinds: kinds == [AlertKind.SECOND_ROUND_FAILED],
    )
    world.planner.failure = None
    world.clock.now += timedelta(minutes=6)
    runs(client, "ready")
    until(lambda: list(world.stores.readings.active_alerts()), lambda alerts: alerts == [])


def test_a_client_that_knows_no_second_round_leaves_it_off(client: httpx.Client, world: World) -> None:
    """What it puts is the whole schedule, and it was written before there was one."""
    short_day(world)
    put(client, auto_publish=True)
    answer = client.put("/api/v1/schedule", json={"enabled": True, "local_time": "05:00"})
    assert answer.json()["second_round"]["enabled"] is False
    assert answer.json()["second_round"]["next_utc"] is None
    world.clock.now = NOON
    answer = client.put("/api/v1/schedule", json={"enabled": True, "local_time": "05:00"})
    assert (answer.json()["second_round"]["runs"], on_road(world).id) == ([], "P1")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param({"second_round": {"enabled": True, "local_time": "noon"}}, "local_time", id="no time"),
        pytest.param({"second_round": {"local_time": "11:30"}}, "enabled", id="neither on nor off"),
        pytest.param({"second_round": {"enabled": True, "areas": []}}, "areas", id="areas are the morning's"),
        pytest.param({"weekdays": [], "second_round": {"enabled": True}}, "weekdays", id="on, but on no day"),
        pytest.param(
            {"enabled": True, "second_round": {"enabled": True, "local_time": "05:00"}},
            "must have its local_time after the morning's",
            id="not after the morning",
        ),
    ],
)
def test_a_second_round_that_cannot_be_meant_is_refused(
    refusing_client: httpx.Client, body: dict[str, object], named: str
) -> None:
    """The answer names the field, and nothing changes."""
    answer = refusing_client.put("/api/v1/schedule", json={**MORNING_OFF, **body})
    assert answer.status_code == 422
    assert named in answer.text
    assert refusing_client.get("/api/v1/schedule").json()["second_round"]["enabled"] is False


def test_a_bin_that_filled_up_since_the_morning_is_emptied_again(really: httpx.Client, world: World) -> None:
    """With the real planner: what was worth a tenth of the simulated town's day."""
    client = really
    for hours in range(-96, 0, 3):
        world.measure("B1", 0.2 + 0.1 * (hours // 3 % 8), HALF_PAST_TEN + timedelta(hours=hours))
    world.measure("B1", 1.0, HALF_PAST_TEN - timedelta(hours=4))
    world.clock.now = HALF_PAST_TEN - timedelta(hours=4)
    first = ended(client, order(client, budget_s=0.3, include_bin_ids=["B1", "B2"])["id"])
    assert client.post(f"/api/v1/plans/{first['id']}/publish").status_code == 200
    put(client, auto_publish=True)
    emptied_utc = HALF_PAST_TEN - timedelta(hours=3)
    world.clock.now = emptied_utc
    (truck,) = [each["vehicle_id"] for each in first["routes"] if any(s["bin_id"] == "B1" for s in each["stops"])]
    tapped = emptied_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    tap = event_body("emptied-1", plan_id=first["id"], vehicle_id=truck, tapped_utc=tapped)
    answer = client.post("/api/v1/driver/events", json={"events": [tap], "sent_utc": tapped})
    assert answer.json()["results"][0]["status"] == "stored", answer.text
    for quarter in range(1, 16):
        world.measure("B1", 0.06 * quarter, emptied_utc + timedelta(minutes=15 * quarter))
    world.clock.now = NOON
    (run,) = runs(client, "published")
    route = client.get(f"/api/v1/driver/routes/{truck}").json()
    (again,) = [each for each in route["stops"] if each["bin_id"] == "B1"]
    assert (route["plan_id"], again["state"], again["reasons"][0]["code"]) == (run["plan_id"], "todo", "emptied_again")
