"""A change of the plan on the road keeps what was decided for the day when its plan was ordered."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from routing.planning.basis import Basis, from_bytes
from tests.api.taps import event_body
from tests.api.test_plans import ended, order
from tests.api.world import World
from tomma.model import BinId, PlanId, VehicleId
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Shift

EARLY, USUAL = Shift(5 * 3600, 10 * 3600), Shift(21_600, 52_200)
BOTH_DRIVE = [{"bin_id": "B1", "vehicle_id": "V1"}, {"bin_id": "B2", "vehicle_id": "V2"}]
V1, V2 = VehicleId("V1"), VehicleId("V2")


@pytest.fixture
def full(world: World, client: httpx.Client) -> httpx.Client:
    """Four bins are full; plans are made for them, by the real planner."""
    for n in range(1, 5):
        world.measure(f"B{n}", 1.0)
    return client


@pytest.fixture
def world(world: World) -> World:
    """The real planner: what a plan was made from is kept with it."""
    world.plans_really = True
    return world


def made(client: httpx.Client, world: World, **asked: Any) -> tuple[PlanId, Basis]:
    """Order a plan, publish it, and return what it was made from."""
    plan = ended(client, order(client, budget_s=asked.pop("budget_s", 0.3), **asked)["id"])
    assert plan["status"] == "ready", plan
    assert client.post(f"/api/v1/plans/{plan['id']}/publish").status_code == 200
    kept = world.stores.plans.basis(plan["id"])
    assert kept is not None
    return plan["id"], from_bytes(kept)


def shifts(basis: Basis) -> dict[VehicleId, Shift]:
    """Who was on duty, and when."""
    return {each.id: each.shift for each in basis.vehicles}


def test_a_replan_keeps_the_trucks_shifts_crews_risk_and_wishes_of_the_day(full: httpx.Client, world: World) -> None:
    """At noon V1 would else work to half past two, though it was lent away from ten on, and V2 would come along."""
    ordered: dict[str, Any] = {
        "vehicle_ids": ["V1"],
        "shifts": {"V1": {"start": "05:00", "end": "10:00"}},
        "crews": {"V1": "Team North"},
        "risk": 0.9,
        "balanced": True,
        "include_bin_ids": ["B5"],
        "budget_s": 0.4,
    }
    first_id, first = made(full, world, **ordered)
    plan = ended(full, order(full, replan_of=first_id)["id"])
    kept = world.stores.plans.basis(plan["id"])
    assert kept is not None
    again = from_bytes(kept)
    assert shifts(again) == shifts(first) == {V1: EARLY}
    assert [(each["vehicle_id"], each["crew"]) for each in plan["routes"]] == [("V1", "Team North")]
    assert again.settings == first.settings
    assert (again.wishes.balanced, again.wishes.included) == (True, frozenset({BinId("B5")}))


def test_a_crews_name_can_be_taken_off_for_the_rest_of_the_day(full: httpx.Client, world: World) -> None:
    """The team went home and another came: who cleared the field saw the old name again, on the next change, too."""
    first_id, _ = made(full, world, crews={"V1": "Team North", "V2": "Team South"}, lock=BOTH_DRIVE)
    second_id, _ = made(full, world, replan_of=first_id, crews={"V1": ""})
    third_id, _ = made(full, world, replan_of=second_id)
    for plan_id in (second_id, third_id):
        plan = full.get(f"/api/v1/plans/{plan_id}").json()
        assert {each["vehicle_id"]: each["crew"] for each in plan["routes"]} == {"V1": "", "V2": "Team South"}
        assert full.get(f"/api/v1/plans/{plan_id}/ordered").json()["crews"] == {"V2": "Team South"}


def test_a_crew_is_known_by_its_name_when_its_truck_comes_in_later(full: httpx.Client, world: World) -> None:
    """The morning had no work for it: its name was forgotten, and at noon nobody could tell who had its day."""
    truck = [{"bin_id": f"B{n}", "vehicle_id": "V1"} for n in range(1, 5)]
    names = {"V1": "Team North", "V2": "Team South"}
    first_id, _ = made(full, world, lock=truck, exclude_bin_ids=["B5", "B6"], crews=names)
    first = full.get(f"/api/v1/plans/{first_id}").json()
    assert [(each["vehicle_id"], each["crew"]) for each in first["routes"]] == [("V1", "Team North")]
    second = ended(full, order(full, replan_of=first_id, unavailable_vehicle_ids=["V1"])["id"])
    assert [(each["vehicle_id"], each["crew"]) for each in second["routes"]] == [("V2", "Team South")]


def test_an_added_bin_that_one_change_had_no_time_for_is_taken_by_the_next(full: httpx.Client, world: World) -> None:
    """Half an hour of a day left it out, and the next change had forgotten that somebody wanted it emptied."""
    world.measure("B5", 0.05)
    first_id, _ = made(full, world, include_bin_ids=["B5"])
    short = {each: {"start": "06:00", "end": "06:01"} for each in ("V1", "V2")}
    second_id, _ = made(full, world, replan_of=first_id, shifts=short)
    (left,) = [each for each in full.get(f"/api/v1/plans/{second_id}").json()["left_out"] if each["bin_id"] == "B5"]
    assert [each["code"] for each in left["reasons"]][:2] == ["no_vehicle", "added"], "and not that it is not needed"
    usual = {each: {"start": "06:00", "end": "14:30"} for each in ("V1", "V2")}
    third_id, _ = made(full, world, replan_of=second_id, shifts=usual)
    assert "B5" in bins_of(full.get(f"/api/v1/plans/{third_id}").json())


def give_up(client: httpx.Client, bin_id: str) -> None:
    """Let the city have this bin no more."""
    at = f"/api/v1/assets/bins/{bin_id}"
    assert client.delete(at, headers={"If-Match": client.get(at).headers["etag"]}).status_code < 300


def test_what_was_locked_or_added_and_is_gone_is_told(full: httpx.Client, world: World) -> None:
    """The lock fell without a word: the manager believed that the truck would still come by."""
    first_id, _ = made(full, world, lock=[{"bin_id": "B1", "vehicle_id": "V2"}], include_bin_ids=["B5", "B6"])
    give_up(full, "B1")
    give_up(full, "B6")
    second_id, _ = made(full, world, replan_of=first_id)
    plan = full.get(f"/api/v1/plans/{second_id}").json()
    assert plan["let_go"] == [{"bin_id": "B1", "vehicle_id": "V2"}, {"bin_id": "B6", "vehicle_id": None}]
    assert "B5" in bins_of(plan)
    third_id, _ = made(full, world, replan_of=second_id)
    assert full.get(f"/api/v1/plans/{third_id}").json()["let_go"] == [], "told once"


def test_a_locked_bin_of_a_truck_that_broke_down_is_emptied_by_another_and_told(
    full: httpx.Client, world: World
) -> None:
    """Somebody had decided that it is emptied today: without its truck it was left like any bin that can wait."""
    first_id, _ = made(full, world, lock=[{"bin_id": "B6", "vehicle_id": "V1"}, {"bin_id": "B5", "vehicle_id": "V1"}])
    again = {"replan_of": first_id, "unavailable_vehicle_ids": ["V1"], "exclude_bin_ids": ["B5"]}
    plan = ended(full, order(full, **again)["id"])
    assert plan["let_go"] == [{"bin_id": "B6", "vehicle_id": "V1"}], "B5 was called off by the person themselves"
    (stop,) = [each for route in plan["routes"] for each in route["stops"] if each["bin_id"] == "B6"]
    assert [route["vehicle_id"] for route in plan["routes"]] == ["V2"]
    assert stop["reasons"][0]["code"] == "added"


def test_a_locked_bin_that_is_given_to_another_truck_is_not_told_as_let_go(full: httpx.Client, world: World) -> None:
    """Whoever takes the truck out and names another has seen to it."""
    first_id, _ = made(full, world, lock=[{"bin_id": "B1", "vehicle_id": "V1"}])
    given = [{"bin_id": "B1", "vehicle_id": "V2"}]
    plan = ended(full, order(full, replan_of=first_id, unavailable_vehicle_ids=["V1"], lock=given)["id"])
    assert (plan["let_go"], plan["locks"]) == ([], given)


def test_what_a_broken_truck_had_emptied_by_then_is_not_told_as_let_go(full: httpx.Client, world: World) -> None:
    """Nobody has to see to it; the list is of what somebody decided and nobody keeps."""
    locks = [{"bin_id": each, "vehicle_id": "V1"} for each in ("B1", "B2")]
    first_id, _ = made(full, world, lock=locks)
    now = world.clock.now.isoformat().replace("+00:00", "Z")
    tap = event_body("emptied-1", bin_id="B1", plan_id=first_id, tapped_utc=now)
    results = full.post("/api/v1/driver/events", json={"events": [tap], "sent_utc": now}).json()["results"]
    assert [each["status"] for each in results] == ["stored"]
    plan = ended(full, order(full, replan_of=first_id, unavailable_vehicle_ids=["V1"])["id"])
    assert plan["let_go"] == [{"bin_id": "B2", "vehicle_id": "V1"}]


def test_what_the_new_order_says_holds_and_the_knob_is_not_turned_twice(full: httpx.Client, world: World) -> None:
    """Somebody decided anew: the rest of the day stays as it was."""
    own = {"V1": {"start": "05:00", "end": "10:00"}}
    first_id, _ = made(full, world, shifts=own, risk=0.9, balanced=True, crews={"V1": "Team North"})
    late = {"V2": {"start": "07:00", "end": "12:00"}}
    _, again = made(full, world, replan_of=first_id, shifts=late, risk=0.5, balanced=False, vehicle_ids=["V1", "V2"])
    assert shifts(again) == {V1: EARLY, V2: Shift(7 * 3600, 12 * 3600)}
    as_set = PlanningSettings()
    assert again.settings.accepted_overflow_probability == as_set.accepted_overflow_probability
    assert again.settings.overflow_cost_minor == as_set.overflow_cost_minor
    assert not again.wishes.balanced


def test_a_truck_that_is_mended_has_the_shift_of_its_day_again(full: httpx.Client, world: World) -> None:
    """A plan made while it stands at the roadside knows nothing of its hours."""
    own = {"V1": {"start": "05:00", "end": "10:00"}}
    first_id, _ = made(full, world, shifts=own)
    second_id, broken = made(full, world, replan_of=first_id, unavailable_vehicle_ids=["V1"])
    assert shifts(broken) == {V2: USUAL}
    third_id, still = made(full, world, replan_of=second_id)
    assert shifts(still) == {V2: USUAL}
    _, mended = made(full, world, replan_of=third_id, unavailable_vehicle_ids=[])
    assert shifts(mended) == {V1: EARLY, V2: USUAL}


def test_a_truck_whose_shift_was_over_comes_back_when_it_is_given_hours(full: httpx.Client, world: World) -> None:
    """The other one broke down at noon: its hours alone were refused, as those of a truck that may not drive."""
    first_id, _ = made(full, world, shifts={"V1": {"start": "05:00", "end": "06:00"}})
    world.clock.now += timedelta(hours=6)
    second_id, without = made(full, world, replan_of=first_id)
    assert shifts(without) == {V2: USUAL}
    late = {"V1": {"start": "12:00", "end": "18:00"}}
    _, again = made(full, world, replan_of=second_id, shifts=late, unavailable_vehicle_ids=["V2"])
    assert shifts(again) == {V1: Shift(12 * 3600, 18 * 3600)}
    nobody = full.post("/api/v1/plans", json={"replan_of": _latest(world), "shifts": {"V9": late["V1"]}})
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "shifts")


def _latest(world: World) -> PlanId:
    plan = world.stores.plans.published(world.clock.now.date())
    assert plan is not None
    return plan.id


def test_hours_of_this_evening_are_of_today(full: httpx.Client, world: World) -> None:
    """Nobody's usual shift has an hour left: the evening's order was taken for tomorrow's, and published as such."""
    today = world.clock.now.date()
    world.clock.now = world.clock.now.replace(hour=17, minute=0)
    evening = {"V1": {"start": "18:00", "end": "23:00"}}
    assert [order(full, **asked)["day"] for asked in ({"shifts": evening}, {})] == [
        f"{today}",
        f"{today + timedelta(days=1)}",
    ]


def test_a_plan_whose_basis_is_gone_is_changed_as_the_city_usually_works(full: httpx.Client, world: World) -> None:
    """Only the newest few are kept, and another version's cannot be read: the trucks are out and need an answer."""
    first_id, _ = made(full, world, vehicle_ids=["V1"])
    world.stores.plans.keep_basis(first_id, b"of another version")
    _, again = made(full, world, replan_of=first_id)
    assert shifts(again) == {V1: USUAL, V2: USUAL}


def rearrange(client: httpx.Client, **area_of: str) -> None:
    """Let the places have these areas from now on, as the office writes it down: S1="Norr"."""
    for site_id, area in area_of.items():
        at = f"/api/v1/assets/sites/{site_id}"
        mark = {"If-Match": client.get(at).headers["etag"]}
        assert client.patch(at, json={"area": area}, headers=mark).status_code == 200


def bins_of(plan: dict[str, Any]) -> set[str]:
    """What the trucks empty."""
    return {stop["bin_id"] for route in plan["routes"] for stop in route["stops"] if stop["bin_id"]}


def test_a_day_goes_on_in_an_area_that_was_renamed_at_noon(full: httpx.Client, world: World) -> None:
    """The plan on the road could else not be changed any more: its own order was refused for a name it had kept."""
    rearrange(full, S1="Norr", S2="Söder", S3="Söder")
    first_id, _ = made(full, world, areas=["Norr"])
    rearrange(full, S1="Norra staden")
    plan = ended(full, order(full, replan_of=first_id)["id"])
    assert (plan["status"], plan["areas"], plan["gone_areas"]) == ("ready", ["Norra staden"], ["Norr"])
    assert bins_of(plan) == {"B1", "B2"}
    assert full.post(f"/api/v1/plans/{plan['id']}/publish").json()["gone_areas"] == ["Norr"]
    again = ended(full, order(full, replan_of=plan["id"])["id"])
    assert (again["areas"], again["gone_areas"]) == (["Norra staden"], []), "told once"


def test_an_area_that_was_given_up_leaves_the_others_of_its_day_as_they_were(full: httpx.Client, world: World) -> None:
    """Its places went to an area that was not ordered: that one is not planned along."""
    rearrange(full, S1="Norr", S2="Söder", S3="Öster")
    first_id, _ = made(full, world, areas=["Norr", "Söder"])
    rearrange(full, S2="Öster")
    plan = ended(full, order(full, replan_of=first_id)["id"])
    assert (plan["areas"], plan["gone_areas"]) == (["Norr"], ["Söder"])
    assert bins_of(plan) == {"B1", "B2"}


def test_the_only_area_of_a_day_is_followed_where_its_bins_went(full: httpx.Client, world: World) -> None:
    """Trucks that are out with nothing to do would come home; and a plan for nowhere helps nobody."""
    rearrange(full, S1="Norr", S2="Söder", S3="Söder")
    first_id, _ = made(full, world, areas=["Norr"])
    rearrange(full, S1="Söder")
    plan = ended(full, order(full, replan_of=first_id)["id"])
    assert (plan["areas"], plan["gone_areas"]) == (["Söder"], ["Norr"])
    assert bins_of(plan) >= {"B1", "B2"}


def test_a_disposal_site_stays_closed_until_somebody_says_otherwise(full: httpx.Client, world: World) -> None:
    """The fire is not out because a truck broke down; each change of the day would else have sent a load there."""
    closed_id, basis = made(full, world, closed_disposal_site_ids=["T1"])
    plan = full.get(f"/api/v1/plans/{closed_id}").json()
    assert (plan["closed_disposal_site_ids"], plan["routes"], [*basis.wishes.closed]) == (["T1"], [], ["T1"])
    why = {each["bin_id"]: each["reasons"][0]["code"] for each in plan["left_out"]}
    assert {why[f"B{n}"] for n in range(1, 5)} == {"disposal_closed"}
    assert full.get(f"/api/v1/plans/{closed_id}/ordered").json()["closed_disposal_site_ids"] == ["T1"]
    still = ended(full, order(full, replan_of=closed_id)["id"])
    assert (still["closed_disposal_site_ids"], bins_of(still)) == (["T1"], set())
    opened = ended(full, order(full, replan_of=closed_id, closed_disposal_site_ids=[])["id"])
    assert opened["closed_disposal_site_ids"] == []
    assert bins_of(opened) >= {"B1", "B2", "B3", "B4"}
    refused = full.post("/api/v1/plans", json={"closed_disposal_site_ids": ["T9"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "closed_disposal_site_ids")


def test_a_change_by_hand_and_what_is_kept_of_it_keep_away_from_a_closed_site(full: httpx.Client, world: World) -> None:
    """Who puts a bin on the plan by hand reads that its load has nowhere to go."""
    plan = ended(full, order(full, budget_s=0.3, closed_disposal_site_ids=["T1"])["id"])
    answer = full.post(f"/api/v1/plans/{plan['id']}/edits", json={"edits": [{"kind": "add", "bin_id": "B1"}]})
    draft = answer.json()
    assert (answer.status_code, draft["closed_disposal_site_ids"]) == (201, ["T1"])
    assert {each["code"] for each in draft["warnings"]} & {"not_unloaded", "gate_fraction"}
    kept = ended(full, order(full, keep_edits_of=draft["id"])["id"])
    assert kept["closed_disposal_site_ids"] == ["T1"]


def test_an_area_that_is_asked_for_now_must_be_there(full: httpx.Client, world: World) -> None:
    """Only what was inherited is let go: what somebody writes today may be a slip."""
    rearrange(full, S1="Norr", S2="Söder", S3="Söder")
    first_id, _ = made(full, world, areas=["Norr"])
    refused = full.post("/api/v1/plans", json={"replan_of": first_id, "areas": ["Nord"]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "areas")


def test_a_draft_is_kept_without_the_bins_that_the_city_gave_up_since(full: httpx.Client, world: World) -> None:
    """What a person locked there holds for what is still there."""
    first_id = ended(full, order(full, budget_s=0.3)["id"])["id"]
    edits = [{"kind": "lock", "bin_id": bin_id} for bin_id in ("B5", "B6")]
    draft = full.post(f"/api/v1/plans/{first_id}/edits", json={"edits": edits}).json()
    give_up(full, "B6")
    plan = ended(full, order(full, keep_edits_of=draft["id"])["id"])
    assert plan["status"] == "ready"
    assert plan["let_go"] == [{"bin_id": "B6", "vehicle_id": draft["locks"][1]["vehicle_id"]}]
    assert [each["bin_id"] for each in plan["locks"]] == ["B5"]


def test_what_the_day_was_ordered_with_is_told_to_whoever_changes_it(full: httpx.Client, world: World) -> None:
    """A form that showed the usual hours beside "those of the day hold" told two things at once."""
    first_id, _ = made(
        full,
        world,
        shifts={"V1": {"start": "05:00", "end": "10:00"}},
        crews={"V1": "Team North"},
        accepted_overflow_probability=0.3,
        balanced=True,
    )
    second_id, _ = made(full, world, replan_of=first_id, unavailable_vehicle_ids=["V2"])
    told = full.get(f"/api/v1/plans/{second_id}/ordered").json()
    assert told == {
        "vehicle_ids": ["V1"],
        "unavailable_vehicle_ids": ["V2"],
        "shifts": {"V1": {"start_s": 18_000, "end_s": 36_000}, "V2": {"start_s": 21_600, "end_s": 52_200}},
        "crews": {"V1": "Team North"},
        "areas": [],
        "gone_areas": [],
        "closed_disposal_site_ids": [],
        "balanced": True,
        "accepted_overflow_probability": 0.3,
    }
