"""The day on the road: planned beside done, what strays, what was missed, and what a new plan would change."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.api.taps import event_body
from tests.api.town import NOW, TODAY, plan_of
from tests.api.world import World, serving
from tomma.city import City
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan, Route, Stop, StopKind

SIX_UTC = NOW.replace(hour=6, minute=0)


@pytest.fixture
def office(client: httpx.Client, world: World) -> httpx.Client:
    """The office on a day with a published plan, P1: V1 has B1 to B4 at 06:10, :20, :30, :40 and unloads at :50."""
    world.publish()
    return client


def tap(key: str, minute: int, bin_id: str | None = "B1", **changes: Any) -> dict[str, Any]:
    """A tap so many minutes after six, by a clock that is right."""
    at = f"2026-11-22T{6 + minute // 60:02}:{minute % 60:02}:00Z"
    return event_body(key, bin_id=bin_id, tapped_utc=at, sequence=minute, **changes)


def hand_in(client: httpx.Client, world: World, *taps: dict[str, Any], status: str = "stored") -> None:
    """Hand taps in now, by a tablet whose clock is right."""
    body = {"events": list(taps), "sent_utc": world.clock.now.isoformat().replace("+00:00", "Z")}
    results = client.post("/api/v1/driver/events", json=body).json()["results"]
    assert [each["status"] for each in results] == [status] * len(taps), results


def at(world: World, minute: int) -> None:
    """Let it be so many minutes after six."""
    world.clock.now = SIX_UTC + timedelta(minutes=minute)


def followed(client: httpx.Client) -> dict[str, Any]:
    """What the page asks."""
    answer = client.get("/api/v1/followup")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def stops_of(told: dict[str, Any], truck: int = 0) -> dict[str, dict[str, Any]]:
    """The stops of one truck, by bin or disposal site."""
    return {each["bin_id"] or each["disposal_site_id"]: each for each in told["routes"][truck]["stops"]}


def kinds(told: dict[str, Any]) -> list[str]:
    """What strays, in the order of the list."""
    return [each["kind"] for each in told["deviations"]]


def test_without_a_published_plan_there_is_nothing_to_follow(client: httpx.Client) -> None:
    """The page says so in its own words; the day and empty lists are enough."""
    told = followed(client)
    assert (told["plan_id"], told["routes"], told["deviations"], told["missed"]) == (None, [], [], [])


def test_before_the_first_tap_the_day_is_expected_as_planned(office: httpx.Client) -> None:
    """Nobody is late before anybody left."""
    told = followed(office)
    route = told["routes"][0]
    assert (route["state"], route["left"], route["late"]) == ("waiting", 4, 0)
    assert not any(each["is_late"] for each in stops_of(told).values())
    assert told["deviations"] == []


def test_a_late_tap_moves_what_is_to_come(office: httpx.Client, world: World) -> None:
    """B1 was due at 06:12 and done at 06:42: from there the plan's own minutes lead on."""
    at(world, 43)
    hand_in(office, world, tap("emptied-1", 42))
    told = followed(office)
    stops = stops_of(told)
    assert (stops["B1"]["planned_utc"], stops["B1"]["done_utc"]) == ("2026-11-22T06:10:00Z", "2026-11-22T06:42:00Z")
    assert (stops["B1"]["late_s"], stops["B1"]["is_late"]) == (1_800, True)
    assert stops["B2"]["expected_utc"] == "2026-11-22T06:43:30Z"  # a leg of 90 s
    assert stops["B3"]["expected_utc"] == "2026-11-22T06:47:00Z"  # two minutes there, another leg
    assert stops["B2"]["late_s"] == 23 * 60 + 30
    assert kinds(told) == ["late"]
    assert told["routes"][0]["state"] == "out"


def test_of_four_late_bins_none_is_the_unloading(office: httpx.Client, world: World) -> None:
    """The figure stands beside "4 of 4 bins": a late unloading is shown as late, but is no bin."""
    at(world, 90)
    hand_in(office, world, tap("emptied-1", 89))
    told = followed(office)
    assert [each["is_late"] for each in stops_of(told).values()] == [True] * 5
    assert (told["late"], told["routes"][0]["late"]) == (4, 4)


def test_no_arrival_is_promised_in_the_past(office: httpx.Client, world: World) -> None:
    """A truck that was not heard for an hour is at its next stop now at the earliest, and that is told."""
    at(world, 75)
    hand_in(office, world, tap("emptied-1", 12))
    told = followed(office)
    assert stops_of(told)["B2"]["expected_utc"] == "2026-11-22T07:15:00Z"
    assert kinds(told)[0] == "quiet"


def test_a_truck_that_was_home_is_not_quiet_as_soon_as_the_plan_is_changed(office: httpx.Client, world: World) -> None:
    """Its last tap was hours ago, and rightly so: at noon the office was sent to ring every crew."""
    first = [tap(f"emptied-{n}", 10 * n + 2, f"B{n}") for n in (1, 2, 3)]
    at(world, 200)
    hand_in(office, world, *first)
    changed = plan_of(world.stores.registry.load(), PlanId("P2"), TODAY, world.clock.now)
    world.stores.plans.save(replace(changed, replaces=PlanId("P1")))
    world.stores.plans.publish(changed.id)
    at(world, 210)
    told = followed(office)
    assert told["plan_id"] == "P2"
    assert "quiet" not in kinds(told)
    at(world, 240)
    assert "quiet" in kinds(followed(office)), "nobody has moved for half an hour"


def test_a_truck_that_nobody_heard_of_is_told(office: httpx.Client, world: World) -> None:
    """A tablet without network, or a crew that did not come: somebody must call."""
    at(world, 40)
    assert "not_started" in kinds(followed(office))


def test_what_was_skipped_comes_first_by_its_risk_and_with_its_reason(office: httpx.Client, world: World) -> None:
    """B1 is sure to overflow, B2 is not; a bin that was empty already is a matter for the sensor."""
    at(world, 15)
    hand_in(
        office,
        world,
        tap("skipped-2", 10, "B2", kind="skipped", skip_reason="blocked"),
        tap("skipped-1", 11, "B1", kind="skipped", skip_reason="no_access"),
        tap("skipped-3", 12, "B3", kind="skipped", skip_reason="already_empty"),
    )
    told = followed(office)
    skipped = [each for each in told["deviations"] if each["kind"] == "skipped"]
    assert [(each["bin_id"], each["skip_reason"]) for each in skipped] == [
        ("B1", "no_access"),
        ("B2", "blocked"),
        ("B3", "already_empty"),
    ]
    weights = [each["weight"] for each in told["deviations"]]
    assert weights == sorted(weights, reverse=True)
    assert [each["bin_id"] for each in told["missed"]] == ["B1", "B2"]


def test_an_undone_skip_is_no_deviation(office: httpx.Client, world: World) -> None:
    """It was taken back."""
    at(world, 15)
    hand_in(
        office,
        world,
        tap("skipped-1", 10, kind="skipped", skip_reason="blocked"),
        tap("undone-01", 11, None, kind="undone", undoes_key="skipped-1"),
    )
    told = followed(office)
    assert (told["missed"], stops_of(told)["B1"]["state"]) == ([], "todo")
    assert "skipped" not in kinds(told)


def test_reports_flags_and_contradictions_reach_the_office(office: httpx.Client, world: World) -> None:
    """Each beside the stop it is about; where the tap was made is not told, only that it was far."""
    at(world, 20)
    hand_in(
        office,
        world,
        tap("emptied-1", 10, "B1", lat_deg=61.0, lon_deg=24.9, overflowing=True),
        tap("emptied-2", 11, "B2"),
        tap("skipped-2", 12, "B2", kind="skipped", skip_reason="blocked", device_id="tablet-2"),
        tap("report-01", 13, "B3", kind="reported", report="bin_damaged", note="lid gone"),
    )
    told = followed(office)
    stops = stops_of(told)
    assert (stops["B1"]["flags"], stops["B1"]["overflowing"]) == (["far_away"], True)
    assert (stops["B2"]["flags"], stops["B2"]["state"]) == (["contradicted"], "emptied")
    assert [(each["kind"], each["note"]) for each in told["routes"][0]["reports"]] == [("bin_damaged", "lid gone")]
    assert {"reported", "contradicted", "far_away"} <= set(kinds(told))
    assert "lat_deg" not in str(told)


def test_a_clock_that_is_off_is_told_once_for_its_truck(office: httpx.Client, world: World) -> None:
    """And the times are corrected for it: the tap was made at 06:10, whatever the tablet says."""
    at(world, 10)
    body = {"events": [tap("emptied-1", 70)], "sent_utc": "2026-11-22T07:10:00Z"}
    assert office.post("/api/v1/driver/events", json=body).status_code == 200
    told = followed(office)
    assert stops_of(told)["B1"]["done_utc"] == "2026-11-22T06:10:00Z"
    clock = next(each for each in told["deviations"] if each["kind"] == "clock_off")
    assert clock["values"] == {"skew_s": 3_600.0}


def test_weighings_stand_beside_what_was_planned_and_collected(office: httpx.Client, world: World) -> None:
    """Four bins of 24 kg were planned; two were emptied, and the scales say ten times as much."""
    at(world, 60)
    hand_in(
        office,
        world,
        tap("emptied-1", 10, "B1"),
        tap("emptied-2", 20, "B2"),
        tap("unloaded-1", 55, None, kind="unloaded", disposal_site_id="T1", weight_kg=480.0, ticket="A7"),
    )
    told = followed(office)
    assert told["routes"][0]["trips"] == [
        {
            "disposal_site_id": "T1",
            "name": "Tipp",
            "planned_utc": "2026-11-22T06:50:00Z",
            "done_utc": "2026-11-22T06:55:00Z",
            "planned_kg": 96.0,
            "collected_kg": 48.0,
            "weighed_kg": 480.0,
            "ticket": "A7",
        }
    ]
    assert "weight_off" in kinds(told)
    assert (told["sums"]["weighed_kg"], told["sums"]["collected_kg"]) == (480.0, 48.0)


def test_a_slip_that_is_read_late_weighs_only_what_was_aboard(office: httpx.Client, world: World) -> None:
    """Unloaded at :30, B2 emptied at :40, the weight typed at :45: the tablet says the unloading again at its time."""
    at(world, 45)
    unloaded = {"kind": "unloaded", "disposal_site_id": "T1"}
    hand_in(office, world, tap("emptied-1", 12), tap("unloaded-1", 30, None, **unloaded), tap("emptied-2", 40, "B2"))
    undone = tap("undone-01", 45, None, kind="undone", undoes_key="unloaded-1")
    hand_in(office, world, undone, {**tap("unloaded-2", 30, None, weight_kg=20.0, **unloaded), "sequence": 46})
    route = followed(office)["routes"][0]
    assert (route["trips"][0]["collected_kg"], route["aboard_kg"]) == (24.0, 24.0)


def test_what_was_emptied_beside_the_route_is_shown_as_extra(office: httpx.Client, world: World) -> None:
    """B5 was on no plan; the line is there, at the time of the tap."""
    at(world, 15)
    hand_in(office, world, tap("adhoc-001", 12, "B5"))
    told = followed(office)
    extra = stops_of(told)["B5"]
    assert (extra["is_extra"], extra["planned_utc"], extra["done_utc"]) == (True, None, "2026-11-22T06:12:00Z")
    assert told["sums"]["extra"] == 1
    assert "extra" in kinds(told)


def test_what_is_left_when_the_shift_is_over_is_unfinished_and_missed(office: httpx.Client, world: World) -> None:
    """The shift ends at 14:30 in Stockholm; what lies there at 16:00 waits for the next plan."""
    at(world, 12)
    hand_in(office, world, tap("emptied-1", 12))
    at(world, 9 * 60)
    told = followed(office)
    assert kinds(told)[0] == "unfinished"
    assert {(each["bin_id"], each["why"]) for each in told["missed"]} == {(f"B{n}", "unfinished") for n in (2, 3, 4)}


def test_a_route_that_will_not_be_home_in_time_says_so_before_it_is_late(office: httpx.Client, world: World) -> None:
    """At 14:29 nobody empties three bins by half past."""
    at(world, 7 * 60 + 29)
    hand_in(office, world, tap("emptied-1", 7 * 60 + 28))
    told = followed(office)
    assert kinds(told)[0] == "beyond_shift"
    assert told["routes"][0]["beyond_shift"] == 3


def replanned(world: World, **changes: Any) -> Plan:
    """A proposal, P2: B2 goes to V2, B4 is left, B5 is new on V1."""
    city: City = world.stores.registry.load()
    former = plan_of(city, PlanId("P1"), TODAY, world.clock.now)
    first = former.routes[0]
    b1, b2, b3, b4, tip = first.stops
    b5 = replace(b4, bin_id=BinId("B5"))
    routes = (
        replace(first, stops=(b1, b5, b3, tip), legs_lonlat=()),
        Route(VehicleId("V2"), first.start_utc, first.end_utc, (b2, tip), 3_000, 540),
    )
    left = (replace(former.left_out[0], bin_id=BinId("B4")), former.left_out[1])
    made = replace(former, id=PlanId("P2"), routes=routes, left_out=left, replaces=PlanId("P1"), **changes)
    world.stores.plans.save(made)
    return made


def test_the_changes_tell_who_gets_and_loses_what_is_still_to_do(office: httpx.Client, world: World) -> None:
    """What was done under the old plan is nobody's loss; the names are there, so that a person can say them."""
    replanned(world, created_utc=NOW + timedelta(minutes=43))
    at(world, 43)
    hand_in(office, world, tap("emptied-1", 42))
    told = office.get("/api/v1/followup/changes/P2").json()
    v1, v2 = told["routes"]
    assert [(each["bin_id"], each["other_vehicle_id"]) for each in v1["gets"]] == [("B5", None)]
    assert [(each["bin_id"], each["other_vehicle_id"]) for each in v1["loses"]] == [("B2", "V2"), ("B4", None)]
    assert [(each["bin_id"], each["name"]) for each in v2["gets"]] == [("B2", "Gata 1")]
    assert (told["bins_before"], told["bins_after"], told["is_stale"]) == (3, 3, False)
    assert told["distance_before_m"] == 2_500
    assert told["distance_after_m"] == 1_500 + 1_000 + 3_000
    assert told["work_after_s"] > 0
    assert told["overflows_after"] - told["overflows_before"] == pytest.approx(0.0)
    assert v1["end_before_utc"] is not None


def test_changes_against_a_plan_that_is_no_longer_driven_are_stale(office: httpx.Client, world: World) -> None:
    """Two managers at one desk: the second one must see that the road has changed."""
    replanned(world)
    world.publish("P3")
    assert office.get("/api/v1/followup/changes/P2").json()["is_stale"] is True
    assert office.get("/api/v1/followup/changes/P1").status_code == 409
    assert office.get("/api/v1/followup/changes/P9").status_code == 404


def test_a_tap_is_late_against_the_version_the_driver_had(office: httpx.Client, world: World) -> None:
    """P2 was published after the tap, and would have B1 done long ago: nobody is late against a later plan."""
    at(world, 12)
    hand_in(office, world, tap("emptied-1", 12))
    made = replanned(world)
    first = made.routes[0]
    hasty = replace(first.stops[0], arrive_utc=SIX_UTC - timedelta(hours=2), depart_utc=SIX_UTC - timedelta(hours=2))
    world.stores.plans.save(replace(made, routes=(replace(first, stops=(hasty, *first.stops[1:])), made.routes[1])))
    world.stores.plans.publish(PlanId("P2"))
    told = followed(office)
    assert told["sums"]["versions"] == 2
    assert stops_of(told)["B1"]["late_s"] == 0
    assert [(each["bin_id"], each["why"]) for each in told["missed"]] == [("B4", "taken_off")]


def test_a_missed_bin_goes_back_into_the_next_plan_once(office: httpx.Client, world: World) -> None:
    """A request stands for it, however often the button is pressed; taken back, it does not."""
    at(world, 15)
    hand_in(office, world, tap("skipped-1", 10, kind="skipped", skip_reason="blocked"))
    first = office.post("/api/v1/followup/missed", json={"bin_ids": ["B1"]})
    assert first.status_code == 200, first.text
    again = office.post("/api/v1/followup/missed", json={"bin_ids": ["B1"]})
    request_id = first.json()["request_ids"]["B1"]
    assert again.json() == first.json()
    assert followed(office)["missed"][0]["request_id"] == request_id
    assert len(world.stores.requests.of_bin(BinId("B1"))) == 1
    assert office.delete(f"/api/v1/bins/B1/requests/{request_id}").status_code == 200
    assert followed(office)["missed"][0]["request_id"] is None
    assert office.post("/api/v1/followup/missed", json={"bin_ids": ["B99"]}).status_code == 404


def test_a_skip_after_the_request_has_to_be_asked_for_anew(office: httpx.Client, world: World) -> None:
    """The driver was there and could not: what was asked before has been answered."""
    at(world, 5)
    office.post("/api/v1/followup/missed", json={"bin_ids": ["B1"]})
    at(world, 15)
    hand_in(office, world, tap("skipped-1", 10, kind="skipped", skip_reason="blocked"))
    assert followed(office)["missed"][0]["request_id"] is None


def test_a_day_that_is_over_is_told_in_sums_only(office: httpx.Client, world: World) -> None:
    """Operations need today; of yesterday nobody needs a crew's hours."""
    at(world, 15)
    hand_in(
        office,
        world,
        tap("emptied-1", 10),
        tap("skipped-2", 11, "B2", kind="skipped", skip_reason="blocked"),
        tap("report-01", 13, "B3", kind="reported", report="bin_damaged"),
    )
    world.clock.now += timedelta(days=1)
    assert followed(office)["routes"] == []
    sums = office.get("/api/v1/followup/days/2026-11-22").json()
    assert (sums["bins"], sums["emptied"], sums["skipped"], sums["left"]) == (4, 1, 1, 2)
    assert sums["skipped_by_reason"] == {"blocked": 1}
    assert sums["reports_by_kind"] == {"bin_damaged": 1}
    assert "vehicle" not in str(sums)
    assert office.get("/api/v1/followup/days/2026-11-24").status_code == 422
    assert office.get("/api/v1/followup/days/2026-11-20").json()["plan_id"] is None


def test_a_ready_plan_can_be_put_aside_and_then_not_be_published(office: httpx.Client, world: World) -> None:
    """The plan on the road stays; what was put aside does not turn up on anybody's desk again."""
    replanned(world)
    assert office.post("/api/v1/plans/P2/discard").json()["status"] == "discarded"
    assert office.post("/api/v1/plans/P2/discard").status_code == 200
    assert office.post("/api/v1/plans/P2/publish").status_code == 409
    assert office.post("/api/v1/plans/P1/discard").status_code == 409
    assert followed(office)["plan_id"] == "P1"


def test_a_break_that_was_driven_past_is_done(world: World) -> None:
    """The tablet says only that it ended; it must not come back as a break to have."""
    plan = world.publish()
    route = plan.routes[0]
    rest = Stop(StopKind.BREAK, SIX_UTC + timedelta(minutes=15), SIX_UTC + timedelta(minutes=45), 0, 0, 240.0, 24.0)
    stops = (route.stops[0], rest, *route.stops[1:])
    world.stores.plans.save(replace(plan, routes=(replace(route, stops=stops),)))
    with serving(world) as office:
        at(world, 20)
        hand_in(office, world, tap("emptied-1", 12), tap("break-end", 13, None, kind="break_ended"))
        told = followed(office)
        assert told["routes"][0]["breaks"] == [
            {
                "planned_utc": "2026-11-22T06:15:00Z",
                "planned_s": 1_800,
                "begun_utc": None,
                "ended_utc": "2026-11-22T06:13:00Z",
            }
        ]
        assert told["routes"][0]["stops"][1]["state"] == "emptied"
        assert stops_of(told)["B2"]["expected_utc"] == "2026-11-22T06:20:00Z"
