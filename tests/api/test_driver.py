"""The driver's tablet: today's route, and events that are stored once whatever the network does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.api.patience import until
from tests.api.taps import event_body, send
from tests.api.town import TODAY, make_city, plan_of
from tests.api.world import World, serving
from tomma.events import SkipReason
from tomma.model import PlanId
from tomma.plan import PlanStatus, StopKind
from tomma.settings import DriverSettings


@pytest.fixture
def tablet(client: httpx.Client, world: World) -> httpx.Client:
    """A tablet on a day with a published plan, P1."""
    world.publish()
    return client


def states(client: httpx.Client) -> dict[str, str]:
    """What became of each stop of V1."""
    stops = client.get("/api/v1/driver/routes/V1").json()["stops"]
    return {stop["bin_id"] or stop["disposal_site_id"]: stop["state"] for stop in stops}


def undo(key: str, undoes: str, **changes: object) -> dict[str, object]:
    """A tap on Undo."""
    return event_body(key, kind="undone", bin_id=None, undoes_key=undoes, sequence=2, **changes)


def test_without_a_published_plan_there_is_no_route(client: httpx.Client) -> None:
    """The tablet says so in its own words; it needs the day and an empty list."""
    assert client.get("/api/v1/driver/routes").json() == {"day": "2026-11-22", "plan_id": None, "routes": []}
    answer = client.get("/api/v1/driver/routes/V1")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no route for truck V1 on 2026-11-22")


def test_the_day_is_the_organisations_not_utc(tablet: httpx.Client, world: World) -> None:
    """At 23:30 UTC it is tomorrow in Stockholm: yesterday's plan must not be driven."""
    world.clock.now = world.clock.now.replace(hour=23)
    assert tablet.get("/api/v1/driver/routes").json()["day"] == "2026-11-23"
    assert tablet.get("/api/v1/driver/routes/V1").status_code == 404


def test_the_route_has_stops_streets_and_states(tablet: httpx.Client) -> None:
    """One answer is enough to drive by."""
    route = tablet.get("/api/v1/driver/routes/V1").json()
    assert (route["plan_id"], route["vehicle_name"], len(route["legs"])) == ("P1", "Bil 1", 6)
    assert route["plan_version"] > 0
    assert set(states(tablet).values()) == {"todo"}
    assert tablet.get("/api/v1/driver/routes").json()["routes"] == [
        {"vehicle_id": "V1", "vehicle_name": "Bil 1", "stops": 5, "done": 0}
    ]


def test_a_tap_is_stored_shown_and_counted(tablet: httpx.Client) -> None:
    """The next question already has the answer: read your own writes."""
    assert send(
        tablet,
        event_body("emptied-1"),
        event_body("skipped-2", kind="skipped", bin_id="B2", sequence=2, skip_reason="blocked"),
    ) == [
        {"key": "emptied-1", "status": "stored", "reason": None},
        {"key": "skipped-2", "status": "stored", "reason": None},
    ]
    assert states(tablet) == {"B1": "emptied", "B2": "skipped", "B3": "todo", "B4": "todo", "T1": "todo"}
    first = tablet.get("/api/v1/driver/routes/V1").json()["stops"][0]
    assert first["state_event_key"] == "emptied-1"
    assert tablet.get("/api/v1/driver/routes").json()["routes"][0]["done"] == 2
    until(
        lambda: [each["plan_state"] for each in tablet.get("/api/v1/bins").json()["bins"]],
        lambda shown: shown == ["emptied", "skipped", "planned", "planned", "none", "none"],
    )


def test_undo_makes_the_stop_to_do_again(tablet: httpx.Client) -> None:
    """Fingers slip, with gloves on more than most."""
    send(tablet, event_body("emptied-1"), undo("undo-0001", "emptied-1"))
    assert states(tablet)["B1"] == "todo"
    until(lambda: tablet.get("/api/v1/bins/B1").json()["plan_state"], lambda state: state == "planned")


def test_the_list_of_trucks_counts_what_the_tablet_counts_on_its_way(tablet: httpx.Client, world: World) -> None:
    """The list once said 45 stops and the route it opened 46: bins and unloadings count, a break does not."""
    plan = plan_of(make_city(), PlanId("P2"), TODAY, world.clock.now_utc())
    (route,) = plan.routes
    rest = replace(route.stops[-1], kind=StopKind.BREAK, disposal_site_id=None)
    world.stores.plans.save(replace(plan, routes=(replace(route, stops=(*route.stops, rest)),)))
    world.stores.plans.publish(plan.id)
    unloaded = event_body("unload-01", plan_id="P2", kind="unloaded", bin_id=None, disposal_site_id="T1", sequence=2)
    rested = event_body("rest-0001", plan_id="P2", kind="break_started", bin_id=None, sequence=3)
    send(tablet, event_body("emptied-1", plan_id="P2"), unloaded, rested)
    head = tablet.get("/api/v1/driver/routes").json()["routes"][0]
    assert (head["stops"], head["done"]) == (5, 2)


def test_a_break_goes_on_for_every_tablet_of_the_truck_until_one_ends_it(tablet: httpx.Client, world: World) -> None:
    """A tablet that was changed in the middle of it found the break done, and no button to end it."""
    plan = plan_of(make_city(), PlanId("P2"), TODAY, world.clock.now_utc())
    (route,) = plan.routes
    rest = replace(route.stops[-1], kind=StopKind.BREAK, disposal_site_id=None)
    world.stores.plans.save(replace(plan, routes=(replace(route, stops=(*route.stops, rest)),)))
    world.stores.plans.publish(plan.id)

    def told(kind: str, sequence: int, at: str, device: str = "tablet-two", **more: str) -> dict[str, Any]:
        at_utc = f"2026-11-22T05:{at}:00Z"
        own = {"kind": kind, "sequence": sequence, "tapped_utc": at_utc, "device_id": device, "bin_id": None}
        return event_body(f"tapped-{at}", plan_id="P2", **own, **more)

    def seen() -> tuple[Any, ...]:
        stops = tablet.get("/api/v1/driver/routes/V1").json()["stops"]
        stop = next(each for each in stops if each["kind"] == "break")
        return tuple(stop[name] for name in ("state", "on_break", "state_event_key", "done_utc", "rest_s"))

    assert seen() == ("todo", False, None, None, 0.0)
    send(tablet, told("break_started", 1, "00", device="tablet-one"))
    going_on = ("todo", True, "tapped-00", "2026-11-22T05:00:00Z", 0.0)
    assert seen() == going_on
    send(tablet, told("break_ended", 1, "20"))
    assert seen() == ("emptied", False, "tapped-20", "2026-11-22T05:20:00Z", 1200.0)
    send(tablet, told("undone", 2, "21", undoes_key="tapped-20"))
    assert seen() == going_on, "ended by mistake"


def test_an_unloading_settles_the_next_disposal_stop(tablet: httpx.Client) -> None:
    """The tablet goes on to the next stop after the tip."""
    send(tablet, event_body("unload-01", kind="unloaded", bin_id=None, disposal_site_id="T1"))
    assert states(tablet)["T1"] == "emptied"


def test_a_second_unloading_is_the_last_one_until_it_is_taken_back(tablet: httpx.Client) -> None:
    """Who unloaded early and then again is empty since the second time, also for the tablet that asks anew."""

    def unloaded() -> tuple[str, str]:
        stops = tablet.get("/api/v1/driver/routes/V1").json()["stops"]
        stop = next(each for each in stops if each["kind"] == "dispose")
        return stop["state_event_key"], stop["done_utc"]

    tip = {"kind": "unloaded", "bin_id": None, "disposal_site_id": "T1"}
    early, late = (event_body(f"unload-{n}", sequence=n, tapped_utc=f"2026-11-22T05:{n}0:00Z", **tip) for n in (1, 2))
    send(tablet, early, event_body("emptied-1", sequence=3, tapped_utc="2026-11-22T05:15:00Z"), late)
    assert unloaded() == ("unload-2", "2026-11-22T05:20:00Z")
    undone = {"kind": "undone", "bin_id": None, "undoes_key": "unload-2", "tapped_utc": "2026-11-22T05:21:00Z"}
    send(tablet, event_body("undone-01", sequence=4, **undone))
    assert unloaded() == ("unload-1", "2026-11-22T05:10:00Z")


def test_a_batch_sent_again_is_stored_once(tablet: httpx.Client) -> None:
    """D1: the answer was lost on the way; the tablet cannot know and sends again."""
    batch = [event_body("emptied-1"), event_body("emptied-2", bin_id="B2", sequence=2)]
    assert [each["status"] for each in send(tablet, *batch)] == ["stored", "stored"]
    assert [each["status"] for each in send(tablet, *batch, batch[0])] == ["duplicate"] * 3
    assert len(tablet.get("/api/v1/driver/events").json()["events"]) == 2


def test_a_batch_sent_by_twenty_threads_at_once_is_stored_once(tablet: httpx.Client) -> None:
    """Two tabs flush together, a retry overtakes its first try: still one row a tap."""
    batch = [event_body(f"emptied-{n}", bin_id=f"B{n}", sequence=n) for n in range(1, 5)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: send(tablet, *batch), range(20)))
    words = [each["status"] for answer in answers for each in answer]
    assert (words.count("stored"), words.count("duplicate")) == (4, 76)
    assert len(tablet.get("/api/v1/driver/events").json()["events"]) == 4


def test_a_key_used_for_something_else_is_rejected_and_the_first_stands(tablet: httpx.Client) -> None:
    """A key is made once; a second meaning is a fault of the client and must not overwrite the truth."""
    send(tablet, event_body("emptied-1"))
    (answer,) = send(tablet, event_body("emptied-1", bin_id="B2"))
    assert (answer["status"], "used before" in answer["reason"]) == ("rejected", True)
    assert (states(tablet)["B1"], states(tablet)["B2"]) == ("emptied", "todo")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"plan_id": "P9"}, "there is no plan P9", id="a plan nobody made"),
        pytest.param({"vehicle_id": "V9"}, "there is no truck V9", id="a truck nobody has"),
        pytest.param({"bin_id": "B9"}, "there is no bin B9", id="a bin nobody knows"),
        pytest.param({"bin_id": None}, "bin_id", id="emptied without a bin"),
        pytest.param({"skip_reason": "blocked"}, "skip_reason", id="emptied with a reason to skip"),
        pytest.param({"kind": "skipped"}, "skip_reason", id="skipped without a reason"),
        pytest.param({"kind": "skipped", "skip_reason": "bored"}, "skip_reason", id="no reason of ours"),
        pytest.param({"kind": "undone", "bin_id": None}, "undoes_key", id="undone without a key"),
        pytest.param({"kind": "unloaded", "bin_id": None, "disposal_site_id": "T9"}, "T9", id="an unknown tip"),
        pytest.param({"weight_kg": 1200.0}, "weight_kg", id="a weighing that is no unloading"),
        pytest.param({"kind": "reported"}, "report", id="reported without saying what"),
        pytest.param({"report": "other"}, "report", id="emptied with a report"),
        pytest.param({"note": "x" * 501}, "note", id="a novel"),
        pytest.param(
            {"kind": "undone", "bin_id": None, "undoes_key": "k" * 8, "overflowing": True},
            "overflowing",
            id="an undo that overflows",
        ),
        pytest.param({"kind": "danced"}, "kind", id="a kind nobody knows"),
        pytest.param({"key": "short"}, "key", id="a key too short to be unique"),
        pytest.param({"sequence": -1}, "sequence", id="a sequence below nothing"),
        pytest.param({"sequence": "1"}, "sequence", id="a text for a number"),
        pytest.param({"sequence": 1.5}, "sequence", id="half a tap"),
        pytest.param({"tapped_utc": "yesterday"}, "tapped_utc", id="no time"),
        pytest.param({"tapped_utc": "1970-01-01T00:00:00Z"}, "tapped_utc", id="a tablet that lost its clock"),
        pytest.param({"lat_deg": 91, "lon_deg": 0}, "lat_deg", id="beyond the pole"),
        pytest.param({"lat_deg": 60}, "lon_deg", id="half a position"),
        pytest.param({"speed_kmh": 40}, "speed_kmh", id="a key nobody knows"),
        pytest.param({"bin_id": "B\u0007"}, "bin_id", id="an id with a bell in it"),
    ],
)
def test_one_bad_event_does_not_hold_up_the_others(
    tablet: httpx.Client, changes: dict[str, object], reason: str
) -> None:
    """A day's worth of taps must not hang on one that can never be taken; it is told by its key."""
    bad, good = {**event_body("bad-event"), **changes}, event_body("good-event", bin_id="B2", sequence=2)
    bad = {name: value for name, value in bad.items() if value is not None}
    refused, stored = send(tablet, bad, good)
    assert (refused["status"], stored["status"]) == ("rejected", "stored")
    assert refused["key"] == bad["key"]
    assert reason in refused["reason"]
    assert [each["key"] for each in tablet.get("/api/v1/driver/events").json()["events"]] == ["good-event"]


@pytest.mark.parametrize("bad", [7, None, "tap", [], {}, {"key": 8}], ids=repr)
def test_something_that_is_no_event_is_rejected_by_itself(tablet: httpx.Client, bad: object) -> None:
    """Even then the others are taken."""
    answer = tablet.post(
        "/api/v1/driver/events", json={"events": [bad, event_body("good-event")], "sent_utc": "2026-11-22T05:30:00Z"}
    )
    assert [each["status"] for each in answer.json()["results"]] == ["rejected", "stored"]


def test_a_plan_that_was_never_sent_out_takes_no_events(tablet: httpx.Client, world: World) -> None:
    """Nobody drove it."""
    world.stores.plans.save(plan_of(make_city(), PlanId("P2"), TODAY, world.clock.now))
    (answer,) = send(tablet, event_body("emptied-1", plan_id="P2"))
    assert (answer["status"], answer["reason"]) == ("rejected", "plan P2 was never sent to the trucks")


def test_taps_on_a_route_that_changed_meanwhile_are_kept(tablet: httpx.Client, world: World) -> None:
    """D6: the tablet was offline while a new plan came; what was emptied is emptied under both."""
    shorter = plan_of(make_city(), PlanId("P2"), TODAY, world.clock.now + timedelta(minutes=1))
    route = replace(shorter.routes[0], stops=shorter.routes[0].stops[1:])
    world.stores.plans.save(replace(shorter, routes=(route,)))
    world.stores.plans.publish(PlanId("P2"))
    send(tablet, event_body("emptied-1"), event_body("emptied-2", bin_id="B2", sequence=2))
    assert states(tablet) == {"B1": "emptied", "B2": "emptied", "B3": "todo", "B4": "todo", "T1": "todo"}
    until(lambda: tablet.get("/api/v1/bins/B1").json()["plan_state"], lambda state: state == "emptied")


def test_a_tap_on_a_stop_that_the_new_plan_dropped_is_stored_as_superseded(tablet: httpx.Client, world: World) -> None:
    """D6: "collected, but route had changed": nothing is lost, and the tablet knows."""
    shorter = plan_of(make_city(), PlanId("P2"), TODAY, world.clock.now + timedelta(minutes=1))
    route = replace(shorter.routes[0], stops=shorter.routes[0].stops[1:])
    world.stores.plans.save(replace(shorter, routes=(route,)))
    world.stores.plans.publish(PlanId("P2"))
    dropped, kept = event_body("emptied-1"), event_body("emptied-2", bin_id="B2", sequence=2)
    assert [each["status"] for each in send(tablet, dropped, kept)] == ["superseded", "stored"]
    assert [each["status"] for each in send(tablet, dropped, kept)] == ["duplicate", "duplicate"]
    assert len(tablet.get("/api/v1/driver/events").json()["events"]) == 2


def test_a_weighing_and_a_report_are_kept_with_their_words(tablet: httpx.Client) -> None:
    """Tonnes and ticket for the books, a broken lid for the workshop; neither settles a bin."""
    unloaded = {"kind": "unloaded", "bin_id": None, "disposal_site_id": "T1", "weight_kg": 4_210.5, "ticket": "V-77"}
    told = {"kind": "reported", "bin_id": "B2", "report": "bin_damaged", "note": "locket är borta"}
    send(
        tablet,
        event_body("unloaded-1", **unloaded),
        event_body("reported-1", sequence=2, **told),
        event_body("reported-2", sequence=3, kind="reported", bin_id=None, report="other", note="vägarbete"),
        event_body("emptied-01", sequence=4, overflowing=True),
    )
    stored = tablet.get("/api/v1/driver/events").json()["events"]
    assert (stored[0]["weight_kg"], stored[0]["ticket"]) == (4_210.5, "V-77")
    assert (stored[1]["report"], stored[1]["note"]) == ("bin_damaged", "locket är borta")
    assert [each["overflowing"] for each in stored] == [False, False, False, True]
    assert (states(tablet)["B1"], states(tablet)["B2"], states(tablet)["T1"]) == ("emptied", "todo", "emptied")


def test_a_clock_that_is_off_and_a_tap_from_afar_are_told_and_refused_nothing(tablet: httpx.Client) -> None:
    """The driver stood there; the office decides what to make of it."""
    late = {"events": [event_body("emptied-1", lat_deg=61.0, lon_deg=24.9)], "sent_utc": "2026-11-22T05:33:00Z"}
    assert tablet.post("/api/v1/driver/events", json=late).json()["results"][0]["status"] == "stored"
    (event,) = tablet.get("/api/v1/driver/events").json()["events"]
    assert (event["clock_skew_s"], event["flags"]) == (180.0, ["clock_off", "far_away"])


def test_two_tablets_that_contradict_each_other_are_told_to_the_office(tablet: httpx.Client) -> None:
    """Emptied beats skipped whatever came first; the office sees that somebody said otherwise, until it is undone."""
    skipped = event_body("skipped-1", device_id="tablet-2", kind="skipped", skip_reason="no_access")
    send(tablet, event_body("emptied-1"), skipped, event_body("emptied-2", bin_id="B2", sequence=2))
    assert states(tablet)["B1"] == "emptied"

    def flags() -> dict[str, list[str]]:
        return {each["key"]: each["flags"] for each in tablet.get("/api/v1/driver/events").json()["events"]}

    assert flags() == {"emptied-1": ["contradicted"], "skipped-1": ["contradicted"], "emptied-2": []}
    send(tablet, undo("undone-01", "skipped-1", device_id="tablet-2"))
    assert set(map(tuple, flags().values())) == {()}


def test_a_bin_off_the_plan_can_be_emptied(tablet: httpx.Client) -> None:
    """Whoever empties one on the way tells us something."""
    send(tablet, event_body("ad-hoc-01", bin_id="B5"))
    until(lambda: tablet.get("/api/v1/bins/B5").json()["plan_state"], lambda state: state == "emptied")


def test_both_times_are_kept(tablet: httpx.Client, world: World) -> None:
    """When it was done, by the tablet, and when we heard, by us: the difference shows a clock that is off."""
    send(tablet, event_body("emptied-1", tapped_utc="2026-11-20T05:20:00+01:00", lat_deg=60.1, lon_deg=24.9))
    (event,) = tablet.get("/api/v1/driver/events").json()["events"]
    assert event == {
        "key": "emptied-1",
        "device_id": "tablet-1",
        "sequence": 1,
        "plan_id": "P1",
        "vehicle_id": "V1",
        "kind": "emptied",
        "tapped_utc": "2026-11-20T04:20:00Z",
        "received_utc": "2026-11-22T05:30:00Z",
        "bin_id": "B1",
        "disposal_site_id": None,
        "skip_reason": None,
        "undoes_key": None,
        "lat_deg": 60.1,
        "lon_deg": 24.9,
        "overflowing": False,
        "weight_kg": None,
        "ticket": "",
        "report": None,
        "note": "",
        "clock_skew_s": 0.0,
        "flags": ["far_away"],
    }
    assert world.stores.plans.get(PlanId("P1")).status is PlanStatus.PUBLISHED


def test_a_batch_has_a_bound(tablet: httpx.Client) -> None:
    """A tablet that was away for a week sends in pieces; nothing of a batch too long is stored."""
    batch = {
        "events": [event_body(f"event-{n:04d}", sequence=n) for n in range(501)],
        "sent_utc": "2026-11-22T05:30:00Z",
    }
    answer = tablet.post("/api/v1/driver/events", json=batch)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "events"
    assert tablet.get("/api/v1/driver/events").json() == {"position": 0, "events": []}
    del batch["events"][500]  # type: ignore[attr-defined]
    assert tablet.post("/api/v1/driver/events", json=batch).status_code == 200


def test_events_can_be_followed_from_outside(tablet: httpx.Client) -> None:
    """An open integration reads on from where it was, and never twice."""
    send(tablet, *(event_body(f"event-{n:04d}", sequence=n) for n in range(5)))
    first = tablet.get("/api/v1/driver/events?limit=3").json()
    rest = tablet.get(f"/api/v1/driver/events?after={first['position']}").json()
    assert [each["sequence"] for each in first["events"] + rest["events"]] == [0, 1, 2, 3, 4]
    assert tablet.get(f"/api/v1/driver/events?after={rest['position']}").json()["events"] == []


def test_a_city_chooses_its_reasons_and_no_other_is_taken(world: World) -> None:
    """The tablet shows what the route says; a skip for another reason never comes in, and says which there are."""
    world.publish()
    driver = DriverSettings(skip_reasons=(SkipReason.BLOCKED, SkipReason.DAMAGED))
    world.settings = world.settings.model_copy(update={"driver": driver})
    with serving(world) as tablet:
        assert tablet.get("/api/v1/driver/routes/V1").json()["skip_reasons"] == ["blocked", "damaged"]
        allowed = event_body("skipped-1", kind="skipped", bin_id="B1", skip_reason="blocked")
        other = event_body("skipped-2", kind="skipped", bin_id="B2", skip_reason="not_safe", sequence=2)
        results = send(tablet, allowed, other)
    assert [each["status"] for each in results] == ["stored", "rejected"]
    assert results[1]["reason"] == "skip_reason must be one of blocked, damaged, got not_safe"
