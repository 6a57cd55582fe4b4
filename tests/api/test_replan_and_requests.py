"""A plan on the road is changed, and residents are heard."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.api.test_plans import ended, order
from tests.api.world import World
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import LeftOut, Wishes
from tomma.reasons import Reason, ReasonCode


def test_a_published_plan_is_changed_with_a_persons_wishes(client: httpx.Client, world: World) -> None:
    """Everything the manager decided reaches the planner, and the new plan names the old one."""
    world.publish("P1")
    world.planner.gate.set()
    job = order(
        client,
        replan_of="P1",
        exclude_bin_ids=["B1"],
        lock=[{"bin_id": "B2", "vehicle_id": "V2"}],
        unavailable_vehicle_ids=["V1"],
    )
    plan = ended(client, job["id"])
    assert plan["replaces"] == "P1"
    assert world.planner.wishes == [
        Wishes(
            excluded=frozenset({BinId("B1")}),
            locked={BinId("B2"): VehicleId("V2")},
            unavailable=frozenset({VehicleId("V1")}),
            replan_of=PlanId("P1"),
        )
    ]


def decided(world: World) -> None:
    """P1 is on the road: V1 was taken out, B2 given to V2, B5 left for today."""
    plan = world.publish("P1")
    left = LeftOut(BinId("B5"), (Reason(ReasonCode.EXCLUDED),))
    gone, locks = frozenset({VehicleId("V1")}), {BinId("B2"): VehicleId("V2")}
    changed = replace(plan, left_out=(left, *plan.left_out[1:]), unavailable=gone, locks=locks)
    world.stores.plans.save(changed)


def test_a_second_change_keeps_what_the_first_decided(client: httpx.Client, world: World) -> None:
    """A truck that stands at the roadside gets no bin back because another street is closed an hour later."""
    decided(world)
    world.planner.gate.set()
    ended(client, order(client, replan_of="P1", exclude_bin_ids=["B1"])["id"])
    again, locked = frozenset({BinId("B1"), BinId("B5")}), {BinId("B2"): VehicleId("V2")}
    assert world.planner.wishes[-1] == Wishes(again, locked, frozenset({VehicleId("V1")}), PlanId("P1"))


def test_a_person_may_take_back_what_an_earlier_change_decided(client: httpx.Client, world: World) -> None:
    """The truck is mended, the bin is asked for, the other is to be left after all."""
    decided(world)
    assert client.post("/api/v1/bins/B5/requests", json={"reason": "full"}).status_code == 201
    world.planner.gate.set()
    ended(client, order(client, replan_of="P1", unavailable_vehicle_ids=[], exclude_bin_ids=["B2"])["id"])
    assert world.planner.wishes[-1] == Wishes(excluded=frozenset({BinId("B2")}), replan_of=PlanId("P1"))


def test_two_changes_of_one_day_are_two_jobs(client: httpx.Client, world: World) -> None:
    """The second manager's closed street must not be lost because the first asked for something else."""
    world.publish("P1")
    first = order(client, replan_of="P1", exclude_bin_ids=["B1"])
    again = order(client, replan_of="P1", exclude_bin_ids=["B1"])
    other = order(client, replan_of="P1", exclude_bin_ids=["B2"])
    assert first["id"] == again["id"] != other["id"]
    world.planner.gate.set()
    assert ended(client, other["id"])["status"] == "ready"
    assert len(world.planner.wishes) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"replan_of": "P9"}, 404, id="a plan nobody made"),
        pytest.param({"replan_of": "P1", "day": "2026-11-23"}, 422, id="another day than the plan's"),
        pytest.param({"exclude_bin_ids": ["B99"]}, 422, id="a bin that is not there"),
        pytest.param({"unavailable_vehicle_ids": ["V9"]}, 422, id="a truck that is not there"),
        pytest.param({"crews": {"V9": "Team North"}}, 422, id="a crew of a truck that is not there"),
        pytest.param({"lock": [{"bin_id": "B1", "vehicle_id": "V9"}]}, 422, id="locked to a truck that is not there"),
        pytest.param(
            {"exclude_bin_ids": ["B1"], "lock": [{"bin_id": "B1", "vehicle_id": "V1"}]}, 422, id="excluded and locked"
        ),
    ],
)
def test_a_wish_that_cannot_be_is_refused(
    client: httpx.Client, world: World, body: dict[str, Any], status: int
) -> None:
    """At once and in words, before a solver is started."""
    world.publish("P1")
    answer = client.post("/api/v1/plans", json=body)
    assert answer.status_code == status, answer.text
    assert world.planner.wishes == []


def test_of_two_changes_of_one_plan_the_second_cannot_undo_the_first(client: httpx.Client, world: World) -> None:
    """Two managers on a bad day: one took the broken truck out, the other's plan would have sent it on."""
    world.publish("P1")
    world.planner.gate.set()
    first = ended(client, order(client, replan_of="P1", unavailable_vehicle_ids=["V1"])["id"])
    second = ended(client, order(client, replan_of="P1", exclude_bin_ids=["B1"])["id"])
    assert client.post(f"/api/v1/plans/{first['id']}/publish").status_code == 200
    refused = client.post(f"/api/v1/plans/{second['id']}/publish")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:tomma:problem:overtaken")
    assert client.get(f"/api/v1/plans/{first['id']}").json()["status"] == "published"
    assert client.post(f"/api/v1/plans/{second['id']}/discard").status_code == 200
    assert client.post(f"/api/v1/plans/{first['id']}/publish").status_code == 200, "pressed twice: it is there already"
    anew = ended(client, order(client)["id"])
    assert client.post(f"/api/v1/plans/{anew['id']}/publish").status_code == 200, "an order of its own changes no plan"


def test_a_draft_cannot_be_changed_on_the_road(client: httpx.Client, world: World) -> None:
    """Nobody drives it."""
    world.planner.gate.set()
    draft = ended(client, order(client)["id"])
    assert client.post("/api/v1/plans", json={"replan_of": draft["id"]}).status_code == 409


def test_the_difference_names_what_changes_and_whom_it_concerns(client: httpx.Client, world: World) -> None:
    """What a tablet's banner is made from."""
    world.publish("P1")
    world.planner.gate.set()
    job = order(client, replan_of="P1")
    ended(client, job["id"])
    told = client.get(f"/api/v1/plans/{job['id']}/difference").json()
    assert (told["from_plan_id"], told["to_plan_id"]) == ("P1", job["id"])
    assert (told["added"], told["removed"], told["moved"], told["concerned_vehicle_ids"]) == ([], [], [], [])
    assert client.get("/api/v1/plans/P1/difference").status_code == 409
    assert client.get("/api/v1/plans/P1/difference", params={"since": job["id"]}).json()["to_plan_id"] == "P1"


def test_a_request_is_kept_told_and_withdrawn(client: httpx.Client) -> None:
    """The caller hears what became of it."""
    asked = client.post("/api/v1/bins/B5/requests", json={"reason": "smell", "note": "by the bench", "id": "call-1"})
    assert asked.status_code == 201, asked.text
    assert (asked.json()["state"], asked.json()["asked_utc"]) == ("standing", "2026-11-22T05:30:00Z")
    again = client.post("/api/v1/bins/B5/requests", json={"reason": "smell", "note": "by the bench", "id": "call-1"})
    assert again.json() == asked.json()
    assert len(client.get("/api/v1/bins/B5/requests").json()["requests"]) == 1
    gone = client.delete("/api/v1/bins/B5/requests/call-1")
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    assert client.get("/api/v1/bins/B5/requests").json()["requests"] == [gone.json()]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("POST", "/api/v1/bins/B99/requests", {"reason": "full"}, 404, id="no such bin"),
        pytest.param("POST", "/api/v1/bins/B1/requests", {"reason": "bored"}, 422, id="no such reason"),
        pytest.param("POST", "/api/v1/bins/B1/requests", {"reason": "full", "note": "x" * 501}, 422, id="a novel"),
        pytest.param("DELETE", "/api/v1/bins/B1/requests/none", None, 404, id="no such request"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    client: httpx.Client, method: str, path: str, body: object, status: int
) -> None:
    """A slip must not send a truck."""
    assert client.request(method, path, json=body).status_code == status


def test_an_id_that_stands_for_other_words_is_a_conflict(client: httpx.Client) -> None:
    """Two callers with one id are two callers."""
    client.post("/api/v1/bins/B1/requests", json={"reason": "full", "id": "call-1"})
    assert client.post("/api/v1/bins/B2/requests", json={"reason": "full", "id": "call-1"}).status_code == 409


def test_the_outlook_tells_what_the_coming_days_hold(client: httpx.Client, world: World) -> None:
    """A bin that reads full is due on the first day; the hours of the trucks stand beside the work."""
    world.measure("B1", 1.0)
    days = client.get("/api/v1/plans/outlook?days=3").json()["days"]
    assert [each["day"] for each in days] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    first = days[0]
    assert {"bin_id": "B1", "due": "2026-11-22"}.items() <= next(
        b for b in first["bins"] if b["bin_id"] == "B1"
    ).items()
    assert 0.0 < first["work_h"] < first["shift_h"]
    assert first["beyond_h"] == 0.0
    assert client.get("/api/v1/plans/outlook?days=99").status_code == 422
