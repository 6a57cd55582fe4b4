"""Plans changed by hand, on the real planner, the real checker and the real stores."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.patience import until
from tests.api.taps import event_body
from tests.api.town import NOW, TODAY
from tests.api.world import World
from tomma.errors import Refusal

ROUTED = ("B1", "B2", "B3")
BLIND = "B6"
"""Has no sensor: it is emptied to be safe."""


@pytest.fixture
def world(world: World) -> World:
    """B1 to B3 are full, the others nearly empty; the planner is the real one."""
    for n in range(1, 6):
        for hours in (30, 20, 10, 1):
            level = 0.99 if f"B{n}" in ROUTED else 0.05
            world.measure(f"B{n}", level, NOW - timedelta(hours=hours))
    world.plans_really = True
    return world


def ready(client: httpx.Client, **order: object) -> dict[str, Any]:
    """Order a plan and wait for it."""
    made = client.post("/api/v1/plans", json={"budget_s": 0.3, **order})
    assert made.status_code == 202, made.text
    plan: dict[str, Any] = until(
        lambda: client.get(f"/api/v1/plans/{made.json()['id']}").json(),
        lambda each: each["status"] not in ("queued", "solving"),
    )
    assert plan["status"] == "ready", plan["detail"]
    return plan


def edited(client: httpx.Client, plan: dict[str, Any], *edits: dict[str, object]) -> dict[str, Any]:
    """Change a plan by hand; return the draft."""
    answer = client.post(f"/api/v1/plans/{plan['id']}/edits", json={"edits": list(edits)})
    assert answer.status_code == 201, answer.text
    draft: dict[str, Any] = answer.json()
    return draft


def taken(plan: dict[str, Any]) -> dict[str, str]:
    """Who collects each bin."""
    return {
        stop["bin_id"]: route["vehicle_id"]
        for route in plan["routes"]
        for stop in route["stops"]
        if stop["bin_id"] is not None
    }


def test_a_removed_bin_is_left_out_because_a_person_took_it_off(client: httpx.Client) -> None:
    """The reason must be the true one: nobody may read that the solver did not want it."""
    plan = ready(client)
    draft = edited(client, plan, {"kind": "remove", "bin_id": "B1"})
    (left,) = [each for each in draft["left_out"] if each["bin_id"] == "B1"]
    assert left["reasons"][0]["code"] == "excluded"
    assert (draft["status"], draft["edited_from"], draft["based_on"]) == ("draft", plan["id"], plan["id"])
    assert "B1" not in taken(draft)


def test_putting_a_bin_back_is_the_plan_that_was(client: httpx.Client) -> None:
    """Figures that drift with every click would tell nothing about a click."""
    plan = ready(client)
    own = taken(plan)["B1"]
    at = [stop["bin_id"] for stop in route_of(plan, own)["stops"] if stop["bin_id"]].index("B1")
    without = edited(client, plan, {"kind": "remove", "bin_id": "B1"})
    assert without["totals"]["lifts"] == plan["totals"]["lifts"] - 1
    assert without["cost_minor"] < plan["cost_minor"]
    back = edited(client, without, {"kind": "add", "bin_id": "B1", "vehicle_id": own, "position": at})
    assert back["totals"] == plan["totals"]
    assert [stop["bin_id"] for stop in route_of(back, own)["stops"]] == [
        stop["bin_id"] for stop in route_of(plan, own)["stops"]
    ]
    assert client.get(f"/api/v1/plans/{back['edited_from']}").json() == without
    assert [each["kind"] for each in back["edits"]] == ["remove", "add"]


def route_of(plan: dict[str, Any], vehicle_id: str) -> dict[str, Any]:
    """One truck's day."""
    (route,) = [each for each in plan["routes"] if each["vehicle_id"] == vehicle_id]
    found: dict[str, Any] = route
    return found


def test_an_added_bin_says_that_the_office_added_it(client: httpx.Client) -> None:
    """It was nearly empty: the driver must not look for another reason."""
    plan = ready(client)
    assert "B4" not in taken(plan)
    draft = edited(client, plan, {"kind": "add", "bin_id": "B4"})
    stops = [stop for route in draft["routes"] for stop in route["stops"] if stop["bin_id"] == "B4"]
    assert [each["code"] for each in stops[0]["reasons"]] == ["added"]
    assert "B4" not in {each["bin_id"] for each in draft["left_out"]}
    assert draft["warnings"] == []
    told = {stop["bin_id"] for stop in everything(draft)} | {each["bin_id"] for each in draft["left_out"]}
    assert told == {f"B{n}" for n in range(1, 7)}, "no bin vanishes from a draft either"


def everything(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Every stop to collect."""
    return [stop for route in plan["routes"] for stop in route["stops"] if stop["bin_id"] is not None]


def test_a_bin_that_must_be_emptied_warns_when_it_is_taken_off(client: httpx.Client) -> None:
    """The person may know better; the risk is told in numbers."""
    draft = edited(client, ready(client), {"kind": "remove", "bin_id": "B2"})
    (warning,) = draft["warnings"]
    assert (warning["code"], warning["bin_id"]) == ("must_left", "B2")
    assert warning["values"]["p_overflow"] > 0.5
    assert draft["expected_overflows"] > 0.0


def test_a_draft_with_warnings_is_published_only_by_who_accepts_them(client: httpx.Client) -> None:
    """A rule is broken by decision, never by oversight."""
    draft = edited(client, ready(client), {"kind": "remove", "bin_id": "B2"})
    refused = client.post(f"/api/v1/plans/{draft['id']}/publish")
    assert refused.status_code == 409
    assert "must_left" in refused.json()["detail"]
    accepted = client.post(f"/api/v1/plans/{draft['id']}/publish", json={"accept_warnings": True})
    assert accepted.json()["status"] == "published"


def test_a_round_that_is_too_long_is_driven_late_and_says_by_how_much(client: httpx.Client) -> None:
    """A person may ask for overtime; the checker tells how much of it."""
    plan = ready(client, shifts={"V1": {"start": "07:00", "end": "07:16"}}, vehicle_ids=["V1"])
    wanted: list[dict[str, object]] = [
        {"kind": "add", "bin_id": f"B{n}"} for n in range(1, 7) if f"B{n}" not in taken(plan)
    ]
    draft = edited(client, plan, *wanted) if wanted else plan
    assert set(taken(draft)) == {f"B{n}" for n in range(1, 7)}
    codes = {each["code"]: each for each in draft["warnings"]}
    assert set(codes) == {"shift_end"}, draft["warnings"]
    assert (codes["shift_end"]["vehicle_id"], codes["shift_end"]["values"]["late_s"] > 0.0) == ("V1", True)


def test_a_locked_bin_that_is_moved_warns_until_it_is_unlocked(client: httpx.Client) -> None:
    """A lock is a promise to somebody; it is broken knowingly or not at all."""
    plan = ready(client)
    own = taken(plan)["B1"]
    other = "V2" if own == "V1" else "V1"
    locked = edited(client, plan, {"kind": "lock", "bin_id": "B1"})
    assert (locked["locks"], locked["totals"]) == ([{"bin_id": "B1", "vehicle_id": own}], plan["totals"])
    assert next(stop for stop in everything(locked) if stop["bin_id"] == "B1")["reasons"][0]["code"] == "locked"
    moved = edited(client, locked, {"kind": "move", "bin_id": "B1", "vehicle_id": other})
    assert taken(moved)["B1"] == other
    assert [each["code"] for each in moved["warnings"]] == ["locked"]
    freed = edited(client, moved, {"kind": "unlock", "bin_id": "B1"})
    assert (freed["locks"], freed["warnings"], taken(freed)["B1"]) == ([], [], other)


def test_a_draft_is_planned_anew_around_what_a_person_decided(client: httpx.Client) -> None:
    """The solver does the rest, and says who decided what."""
    draft = edited(
        client,
        ready(client),
        {"kind": "add", "bin_id": "B5"},
        {"kind": "remove", "bin_id": "B3"},
        {"kind": "lock", "bin_id": "B1", "vehicle_id": "V2"},
    )
    again = ready(client, keep_edits_of=draft["id"])
    assert (taken(again)["B1"], "B5" in taken(again), "B3" in taken(again)) == ("V2", True, False)
    codes = {stop["bin_id"]: stop["reasons"][0]["code"] for stop in everything(again)}
    assert (codes["B1"], codes["B5"]) == ("locked", "added")
    (left,) = [each for each in again["left_out"] if each["bin_id"] == "B3"]
    assert left["reasons"][0]["code"] == "excluded"


MISFITS: tuple[tuple[dict[str, object], int, str], ...] = (
    ({"kind": "add", "bin_id": "B1"}, 409, "move it"),
    ({"kind": "remove", "bin_id": "B4"}, 409, "add it"),
    ({"kind": "add", "bin_id": "B9"}, 409, "B9"),
    ({"kind": "move", "bin_id": "B1", "vehicle_id": "V9"}, 409, "V9"),
    ({"kind": "lock", "bin_id": "B4"}, 409, "vehicle_id"),
    ({"kind": "remove", "bin_id": "B1", "position": 1}, 422, "position"),
    ({"kind": "add", "bin_id": "B4", "position": -1}, 422, "position"),
    ({"kind": "swap", "bin_id": "B1"}, 422, "kind"),
)


def test_an_edit_that_does_not_fit_the_plan_is_refused(client: httpx.Client) -> None:
    """The answer names what, and no draft is made."""
    plan = ready(client)
    for edit, status, named in MISFITS:
        answer = client.post(f"/api/v1/plans/{plan['id']}/edits", json={"edits": [edit]})
        assert (answer.status_code, named in answer.json()["detail"]) == (status, True), (edit, answer.text)
        assert status != 409 or answer.json()["type"].split(":")[-1] in set(Refusal), "a page tells it in its language"
    assert len(client.get("/api/v1/plans?drafts=true").json()["plans"]) == 1


def test_a_plan_whose_trucks_have_left_is_no_longer_edited(client: httpx.Client, world: World) -> None:
    """A driver on the road is told by a re-plan, which knows where the truck is."""
    plan = ready(client)
    client.post(f"/api/v1/plans/{plan['id']}/publish")
    body = {"edits": [{"kind": "remove", "bin_id": "B1"}]}
    assert client.post(f"/api/v1/plans/{plan['id']}/edits", json=body).status_code == 201
    world.clock.now += timedelta(hours=4)
    answer = client.post(f"/api/v1/plans/{plan['id']}/edits", json=body)
    assert (answer.status_code, "replan_of" in answer.json()["detail"]) == (409, True)
    assert answer.json()["type"] == "urn:tomma:problem:trucks-left"


def test_what_was_done_before_a_new_plan_is_told_and_counted_and_stays(client: httpx.Client, world: World) -> None:
    """The page offers no change to it; a place on the round counts it, as the page's numbers do."""
    plan = ready(client)
    assert [route["done_stops"] for route in plan["routes"]] == [0]
    client.post(f"/api/v1/plans/{plan['id']}/publish")
    (route,) = plan["routes"]
    first, *rest = [stop["bin_id"] for stop in route["stops"] if stop["bin_id"]]
    done_utc = route["stops"][0]["depart_utc"]
    world.clock.now = datetime.fromisoformat(done_utc)
    tap = event_body(
        "done-key-1", plan_id=plan["id"], vehicle_id=route["vehicle_id"], bin_id=first, tapped_utc=done_utc
    )
    stored = client.post("/api/v1/driver/events", json={"events": [tap], "sent_utc": done_utc}).json()
    assert stored["results"][0]["status"] == "stored", stored
    world.clock.now += timedelta(minutes=1)
    again = ready(client, replan_of=plan["id"])
    own = next(each for each in again["routes"] if each["vehicle_id"] == route["vehicle_id"])
    assert (own["done_stops"], own["stops"][0]["bin_id"]) == (1, first)
    body = {"edits": [{"kind": "remove", "bin_id": first}]}
    refused = client.post(f"/api/v1/plans/{again['id']}/edits", json=body).json()
    assert (refused["type"], refused["values"]) == ("urn:tomma:problem:bin-done", {"bin_id": first})
    draft = edited(client, again, {"kind": "move", "bin_id": rest[0], "position": 2})
    moved = next(each for each in draft["routes"] if each["vehicle_id"] == route["vehicle_id"])
    assert moved["done_stops"] == 1
    assert [stop["bin_id"] for stop in moved["stops"] if stop["bin_id"]][:3] == [first, rest[1], rest[0]]


def published(client: httpx.Client, plan: dict[str, Any]) -> httpx.Response:
    """Try to send a plan to the trucks, whatever rules it breaks."""
    return client.post(f"/api/v1/plans/{plan['id']}/publish", json={"accept_warnings": True})


@pytest.mark.parametrize("steps", [1, 2], ids=["its first change", "changed once more since"])
def test_a_draft_is_overtaken_by_a_plan_that_was_published_since(client: httpx.Client, steps: int) -> None:
    """Two managers at six: what the one sent to the trucks, the other never saw and would have undone."""
    proposal, others = ready(client), ready(client, budget_s=0.4)
    draft = edited(client, proposal, {"kind": "remove", "bin_id": "B1"})
    assert published(client, others).status_code == 200
    if steps == 2:
        draft = edited(client, draft, {"kind": "remove", "bin_id": "B2"})
    refused = published(client, draft)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tomma:problem:overtaken")
    assert f"keep_edits_of {draft['id']}" in refused.json()["detail"]
    assert client.get(f"/api/v1/plans/{others['id']}").json()["status"] == "published"
    anew = ready(client, keep_edits_of=draft["id"])
    assert "B1" not in taken(anew)
    assert published(client, anew).status_code == 200
    assert published(client, edited(client, anew, {"kind": "add", "bin_id": "B1"})).status_code == 200


def test_a_draft_goes_over_what_it_was_drawn_from_or_beside(client: httpx.Client) -> None:
    """Nothing is undone that nobody has seen: the proposal itself was sent first, or another plan was there before."""
    proposal = ready(client)
    draft = edited(client, proposal, {"kind": "remove", "bin_id": "B1"})
    assert published(client, proposal).status_code == 200
    assert published(client, draft).status_code == 200
    of_its_own = ready(client, budget_s=0.4)
    assert published(client, edited(client, of_its_own, {"kind": "remove", "bin_id": "B2"})).status_code == 200


def test_a_draft_of_an_overtaken_change_is_overtaken_too(client: httpx.Client) -> None:
    """By hand nobody gets past what the change itself may not: it is for trucks that drive another plan by now."""
    first = ready(client)
    assert published(client, first).status_code == 200
    change = ready(client, replan_of=first["id"])
    draft = edited(client, change, {"kind": "remove", "bin_id": "B1"})
    assert published(client, ready(client, budget_s=0.4)).status_code == 200
    assert published(client, change).status_code == 409
    refused = published(client, draft)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tomma:problem:overtaken")


def test_drafts_do_not_crowd_the_list(client: httpx.Client) -> None:
    """Thirty clicks are one plan to everybody else."""
    plan = ready(client)
    draft = edited(client, plan, {"kind": "remove", "bin_id": "B1"})
    assert [each["id"] for each in client.get("/api/v1/plans").json()["plans"]] == [plan["id"]]
    all_of_them = client.get("/api/v1/plans?drafts=true").json()["plans"]
    assert {each["id"] for each in all_of_them} == {draft["id"], plan["id"]}
    assert client.get("/api/v1/plans?day=2026-11-22").json()["plans"][0]["id"] == plan["id"]


def test_a_plan_stands_beside_yesterdays_and_two_rules(client: httpx.Client, world: World) -> None:
    """What would the old rounds have cost, on the same streets and the same day?"""
    before = world.publish("BEFORE", TODAY - timedelta(days=1))
    plan = ready(client)
    path = f"/api/v1/plans/{plan['id']}/comparison"
    shown = until(lambda: client.get(path).json(), lambda each: each["rules"] != "computing")
    assert shown["rules"] == "ready", shown["detail"]
    assert (shown["this"]["plan_id"], shown["yesterday"]["plan_id"]) == (plan["id"], before.id)
    assert (shown["this"]["lifts"], shown["threshold"]["lifts"]) == (4, 4), "three are full, and one nobody sees into"
    assert shown["threshold"]["expected_overflows"] == pytest.approx(shown["this"]["expected_overflows"], abs=0.01)
    assert shown["fixed_rounds"]["day"] == plan["day"]
    assert client.get("/api/v1/plans/none/comparison").status_code == 404


def test_a_stopped_plan_is_ready_with_the_best_so_far(client: httpx.Client) -> None:
    """The truck leaves now, not when the solver is done."""
    made = client.post("/api/v1/plans", json={"budget_s": 120}).json()
    path = f"/api/v1/plans/{made['id']}"
    assert client.post(f"{path}/stop").status_code == 202
    plan = until(lambda: client.get(path).json(), lambda each: each["status"] not in ("queued", "solving"))
    assert (plan["status"], plan["violations"], set(taken(plan))) == ("ready", [], {*ROUTED, BLIND})
    assert client.post(f"{path}/stop").status_code == 409


def test_an_order_says_who_drives_when(client: httpx.Client) -> None:
    """Shifts are of the day; a crew is a label."""
    plan = ready(
        client, vehicle_ids=["V2"], shifts={"V2": {"start": "07:30", "end": "12:00"}}, crews={"V2": "Lag Norr"}
    )
    (route,) = plan["routes"]
    assert (route["vehicle_id"], route["crew"], route["work_share"], plan["balance"]) == ("V2", "Lag Norr", 1.0, 1.0)
    assert route["start_utc"] >= "2026-11-22T06:30:00Z"
    refused = client.post("/api/v1/plans", json={"crews": {"V9": "Lag Syd"}})
    assert (refused.status_code, "V9" in refused.json()["detail"]) == (422, True)
