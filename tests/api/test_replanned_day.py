"""A day that is planned anew while it is driven: what was done stays seen, what was decided holds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from tests.api.test_followup import SIX_UTC, at, followed, hand_in, kinds, office, replanned, stops_of, tap
from tests.api.town import NOW, TODAY, plan_of
from tests.api.world import World
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan, Stop, StopKind
from tomma.reasons import Reason, ReasonCode

__all__ = ["office"]  # the fixture


def without_first_truck(world: World, **changes: Any) -> Plan:
    """P2 leaves V1 out: V2 has B2 to B4."""
    made = replanned(world)
    _, b2, b3, b4, tip = plan_of(world.stores.registry.load(), PlanId("P1"), TODAY, NOW).routes[0].stops
    v2 = replace(made.routes[1], stops=(b2, b3, b4, tip))
    made = replace(made, routes=(v2,), created_utc=SIX_UTC + timedelta(minutes=30), **changes)
    world.stores.plans.save(made)
    world.stores.plans.publish(made.id)
    return made


def test_what_a_truck_did_stays_seen_when_a_later_plan_leaves_it_out(office: httpx.Client, world: World) -> None:
    """B1 was emptied and B2 skipped by V1, one of them tapped while its tablet had no network: no work is lost."""
    at(world, 35)
    without_first_truck(world)
    skipped = tap("skipped-2", 22, "B2", kind="skipped", skip_reason="blocked")
    hand_in(office, world, tap("emptied-1", 12), skipped, status="superseded")
    told = followed(office)
    v1, v2 = told["routes"]
    assert (v1["vehicle_id"], v1["state"], v1["emptied"], v1["skipped"], v1["left"]) == ("V1", "done", 1, 1, 0)
    assert stops_of(told)["B1"]["planned_utc"] == "2026-11-22T06:10:00Z"
    assert v1["planned_end_utc"] > stops_of(told)["B2"]["planned_utc"], "no earlier than what it did was to be done"
    assert (v2["vehicle_id"], stops_of(told, 1)["B2"]["done_by_vehicle_id"]) == ("V2", "V1")
    assert (told["sums"]["bins"], told["sums"]["emptied"], told["sums"]["extra"]) == (4, 1, 0)
    assert "other_truck" not in kinds(told), "it was its own by the plan on its tablet"


def test_a_late_tap_on_an_earlier_version_counts_on_the_tablet_as_in_the_office(
    office: httpx.Client, world: World
) -> None:
    """Emptied on P1 without a network, P2 names it no more: it is aboard, and the day has a stop more."""
    at(world, 35)
    made = replanned(world)
    route = plan_of(world.stores.registry.load(), PlanId("P1"), TODAY, NOW).routes[0]
    b3, b4 = (replace(each, load_after_l=each.load_after_l - 480, load_after_kg=each.load_after_kg - 48)
              for each in route.stops[2:4])  # fmt: skip
    short = replace(route, stops=(b3, b4, route.stops[4]), legs_lonlat=route.legs_lonlat[2:])
    world.stores.plans.save(replace(made, routes=(short,), created_utc=SIX_UTC + timedelta(minutes=30)))
    world.stores.plans.publish(made.id)
    before = office.get("/api/v1/driver/routes/V1").json()
    assert (before["former_stops"], len(before["stops"])) == (0, 3)
    skipped = tap("skipped-2", 22, "B2", kind="skipped", skip_reason="blocked")
    hand_in(office, world, tap("emptied-1", 12), skipped, status="superseded")
    told = office.get("/api/v1/driver/routes/V1").json()
    assert [(each["bin_id"], each["state"], each["load_after_kg"]) for each in told["stops"]] == [
        ("B1", "emptied", 24.0),
        ("B2", "skipped", 24.0),
        ("B3", "todo", 48.0),
        ("B4", "todo", 72.0),
        (None, "todo", 120.0),
    ]
    assert (told["former_stops"], len(told["legs"])) == (2, 6)
    assert [each["bin_id"] for each in told["stops"]] == [
        each["bin_id"] for each in followed(office)["routes"][0]["stops"]
    ]
    (head,) = office.get("/api/v1/driver/routes").json()["routes"]
    assert (head["stops"], head["done"]) == (5, 2)


def test_a_bin_that_is_tried_again_is_to_do_for_the_driver_and_the_office(office: httpx.Client, world: World) -> None:
    """V1 met a car before B2; P2, made later, sends V2. A skip that came in since is one of P2's, and stands."""
    at(world, 23)
    hand_in(office, world, tap("skipped-2", 22, "B2", kind="skipped", skip_reason="blocked"))
    at(world, 35)
    without_first_truck(world)

    def states() -> tuple[str, str]:
        driver = office.get("/api/v1/driver/routes/V2").json()["stops"]
        return driver[0]["state"], stops_of(followed(office), 1)["B2"]["state"]

    assert states() == ("todo", "todo")
    assert "skipped" not in kinds(followed(office))
    hand_in(office, world, tap("emptied-2", 34, "B2", plan_id="P2", vehicle_id="V2", device_id="tablet-2"))
    assert states() == ("emptied", "emptied")
    assert "contradicted" not in kinds(followed(office))


def test_a_bin_that_is_emptied_again_is_to_do_until_the_second_tap(office: httpx.Client, world: World) -> None:
    """V1 emptied B1; P2, made later, sends V2 once more and says so. Both emptyings are the bin's."""
    at(world, 13)
    hand_in(office, world, tap("emptied-1", 12))
    at(world, 35)
    made = replanned(world)
    b1, *rest = made.routes[1].stops
    b1 = replace(b1, bin_id=BinId("B1"), reasons=(Reason(ReasonCode.EMPTIED_AGAIN, {"ago_h": 0.3}),))
    first = replace(made.routes[0], stops=made.routes[0].stops[1:])  # a bin is on a plan once
    routes = (first, replace(made.routes[1], stops=(b1, *rest)))
    world.stores.plans.save(replace(made, routes=routes, created_utc=SIX_UTC + timedelta(minutes=30)))
    world.stores.plans.publish(made.id)

    def states() -> tuple[str, str]:
        driver = office.get("/api/v1/driver/routes/V2").json()["stops"]
        return driver[0]["state"], stops_of(followed(office), 1)["B1"]["state"]

    assert states() == ("todo", "todo")
    assert "B1" not in {each["bin_id"] for each in office.get("/api/v1/driver/routes/V1").json()["stops"]}
    hand_in(office, world, tap("emptied-1-again", 34, "B1", plan_id="P2", vehicle_id="V2", device_id="tablet-2"))
    assert states() == ("emptied", "emptied")
    assert not {"contradicted", "other_truck"} & set(kinds(followed(office)))
    told = office.get("/api/v1/bins/B1/history").json()
    assert len([each for each in told["emptyings"] if each["source"] == "confirmed"]) == 2


def test_a_truck_taken_out_is_told_with_what_is_aboard(office: httpx.Client, world: World) -> None:
    """Somebody has to fetch it; and before any tap it is told all the same."""
    at(world, 35)
    without_first_truck(world, unavailable=frozenset({VehicleId("V1")}))
    assert [(each["vehicle_id"], each["state"]) for each in followed(office)["routes"]] == [
        ("V1", "taken_out"),
        ("V2", "waiting"),
    ]
    hand_in(office, world, tap("emptied-1", 12), status="superseded")
    assert followed(office)["routes"][0]["aboard_kg"] == 24.0
    unloaded = tap("unloaded-1", 30, None, kind="unloaded", disposal_site_id="T1")
    hand_in(office, world, unloaded)
    assert followed(office)["routes"][0]["aboard_kg"] == 0.0


def test_a_truck_taken_out_the_evening_before_begins_its_day_with_the_others(
    office: httpx.Client, world: World
) -> None:
    """The page's hours reach from the first truck to the last: half of them would be of a night in which none drove."""
    made = replanned(world, unavailable=frozenset({VehicleId("V1")}))
    made = replace(made, routes=made.routes[1:], created_utc=SIX_UTC - timedelta(hours=12))
    world.stores.plans.save(made)
    world.stores.plans.publish(made.id)
    v1, v2 = followed(office)["routes"]
    assert (v1["state"], v1["planned_start_utc"]) == ("taken_out", v2["planned_start_utc"])
    assert (v1["planned_end_utc"], v1["expected_end_utc"]) == (v2["planned_start_utc"],) * 2


def test_the_driver_of_a_truck_taken_out_is_told_so(office: httpx.Client, world: World) -> None:
    """Not that all stops are done and it may drive home."""
    made = replanned(world, unavailable=frozenset({VehicleId("V1")}))
    world.stores.plans.publish(made.id)
    told = [office.get(f"/api/v1/driver/routes/{truck}").json()["is_taken_out"] for truck in ("V1", "V2")]
    assert told == [True, False]


def test_a_break_that_was_driven_past_counts_when_a_later_plan_leaves_the_truck_out(
    office: httpx.Client, world: World
) -> None:
    """Else the noon's break stood in the morning's place, and one of the two was lost."""
    plan = world.stores.plans.get(PlanId("P1"))
    route = plan.routes[0]
    rests = [
        Stop(StopKind.BREAK, SIX_UTC + timedelta(minutes=m), SIX_UTC + timedelta(minutes=m + 10), 0, 0, 240.0, 24.0)
        for m in (13, 25)
    ]
    b1, b2, *others = route.stops
    world.stores.plans.save(replace(plan, routes=(replace(route, stops=(b1, rests[0], b2, rests[1], *others)),)))
    at(world, 35)
    without_first_truck(world)
    over = tap("rest-over", 13, None, kind="break_ended")
    begun = tap("rest-begun", 26, None, kind="break_started")
    hand_in(office, world, over, begun)
    v1 = followed(office)["routes"][0]
    seen = [(each["planned_utc"], each["done_utc"]) for each in v1["stops"] if each["kind"] == "break"]
    assert seen == [
        ("2026-11-22T06:13:00Z", "2026-11-22T06:13:00Z"),
        ("2026-11-22T06:25:00Z", "2026-11-22T06:26:00Z"),
    ]
    assert [(each["begun_utc"], each["ended_utc"]) for each in v1["breaks"]] == [
        (None, "2026-11-22T06:13:00Z"),
        ("2026-11-22T06:26:00Z", None),
    ]


def test_what_is_aboard_is_told_by_the_plan_that_the_driver_had(office: httpx.Client, world: World) -> None:
    """Skipped by one tablet, so the change counts nothing of it; emptied by another, which had no network."""
    at(world, 23)
    hand_in(office, world, tap("skipped-1", 12, kind="skipped", skip_reason="blocked"))
    at(world, 35)
    made = replanned(world)
    tried = replace(made.routes[0].stops[0], load_after_l=0.0, load_after_kg=0.0)
    first = replace(made.routes[0], stops=(tried,), done_stops=1)
    world.stores.plans.save(
        replace(made, routes=(first, *made.routes[1:]), created_utc=SIX_UTC + timedelta(minutes=30))
    )
    world.stores.plans.publish(made.id)
    hand_in(office, world, tap("emptied-1", 13, device_id="tablet-2"))
    assert followed(office)["routes"][0]["aboard_kg"] == 24.0
