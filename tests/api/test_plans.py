"""Plans: ordered by people, made in the background, followed, published once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.plans import comparison
from routing.alternatives.rule_columns import RuleColumns
from tests.api.by_hand import HandPlanner
from tests.api.in_process import InProcess
from tests.api.patience import PATIENCE_S, until
from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import World, serving
from tomma.city import City
from tomma.errors import ConflictError, EngineFailedError, Refusal, StoreUnavailableError, TommaError
from tomma.model import PlanId
from tomma.plan import PlanStatus


def order(client: httpx.Client, **body: object) -> dict[str, str]:
    """Order a plan; return the job."""
    answer = client.post("/api/v1/plans", json=body)
    assert answer.status_code == 202, answer.text
    job: dict[str, str] = answer.json()
    assert answer.headers["location"] == f"/api/v1/plans/{job['id']}"
    return job


def ended(client: httpx.Client, plan_id: str) -> dict[str, Any]:
    """Wait for the plan's end and return it."""
    return until(
        lambda: client.get(f"/api/v1/plans/{plan_id}").json(),
        lambda plan: plan["status"] not in ("queued", "solving"),
    )


def test_a_plan_is_ordered_made_and_read(client: httpx.Client, world: World) -> None:
    """The order is answered at once; the plan follows, with names and streets."""
    world.planner.gate.set()
    job = order(client)
    assert (job["status"], job["day"]) == ("queued", "2026-11-22")
    plan = ended(client, job["id"])
    assert (plan["status"], plan["engine"], plan["roads_source"]) == ("ready", "by hand", "streets")
    assert (plan["distance_m"], plan["driving_s"], plan["stops"], plan["cost_minor"]) == (3_000, 540, 4, 12_345)
    (route,) = plan["routes"]
    assert (route["vehicle_id"], route["vehicle_name"], len(route["legs"])) == ("V1", "Bil 1", 6)
    assert route["legs"][0] == [[24.93, 60.16], [24.94, 60.17]]
    first, last = route["stops"][0], route["stops"][-1]
    assert (first["bin_id"], first["site_id"], first["name"], first["access_note"]) == ("B1", "S1", "Gata 1", "grind 1")
    assert (first["fraction"], first["lat_deg"], first["arrive_utc"]) == ("residual", 60.161, "2026-11-22T06:10:00Z")
    assert (last["kind"], last["disposal_site_id"], last["name"], last["bin_id"]) == ("dispose", "T1", "Tipp", None)
    assert {each["bin_id"]: each["reasons"][0]["code"] for each in plan["left_out"]} == {
        "B5": "not_needed_yet",
        "B6": "not_needed_yet",
    }


def test_the_list_tells_figures_newest_first(client: httpx.Client, world: World) -> None:
    """The manager compares plans by their figures; a list must not carry every street."""
    city = make_city()
    for n in range(3):
        plan = plan_of(city, PlanId(f"P{n}"), TODAY, NOW + timedelta(minutes=n))
        world.stores.plans.save(plan)
    shown = client.get("/api/v1/plans?limit=2").json()["plans"]
    assert [each["id"] for each in shown] == ["P2", "P1"]
    assert (shown[0]["routes"], shown[0]["left_out"], shown[0]["stops"], shown[0]["violations"]) == (1, 2, 4, [])


def test_twenty_managers_who_press_together_get_one_job(client: httpx.Client, world: World) -> None:
    """L5: a second solver on the same day would only take the machine from the first."""
    barrier = threading.Barrier(20)

    def press(_: int) -> str:
        barrier.wait()
        return order(client)["id"]

    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(press, range(20)))
    assert len(ids) == 1
    world.planner.gate.set()
    ended(client, ids.pop())
    assert len(world.planner.asked) == 1


def test_after_a_plan_has_ended_a_new_order_is_a_new_plan(client: httpx.Client, world: World) -> None:
    """Readings have come in since: planning again is the point."""
    world.planner.gate.set()
    first = order(client)["id"]
    ended(client, first)
    assert order(client)["id"] != first


def test_two_days_are_two_jobs_made_one_after_the_other(client: httpx.Client, world: World) -> None:
    """Each day has its plan; the machine has one solver."""
    first, second = order(client)["id"], order(client, day="2026-11-23")["id"]
    assert first != second
    assert world.planner.begun.wait(10)
    assert client.get(f"/api/v1/plans/{second}").json()["status"] == "queued"
    world.planner.gate.set()
    assert {ended(client, plan_id)["day"] for plan_id in (first, second)} == {"2026-11-22", "2026-11-23"}


def test_the_order_says_which_trucks_and_how_long(client: httpx.Client, world: World) -> None:
    """The manager knows which truck is in the workshop."""
    world.planner.gate.set()
    ended(client, order(client, vehicle_ids=["V2"], budget_s=3)["id"])
    ((city, planning, day),) = world.planner.asked
    assert (list(city.vehicles), planning.budget_s, day) == (["V2"], 3, TODAY)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"vehicle_ids": ["V9"]}, "V9", id="a truck the city does not have"),
        pytest.param({"day": "2031-01-01"}, "31 days", id="a day years away"),
        pytest.param({"day": "2026-11-21"}, "31 days", id="a day that is over"),
        pytest.param({"day": "2026-02-30"}, "day", id="a day that never was"),
        pytest.param({"day": 20260222}, "day", id="a number for a day"),
        pytest.param({"budget_s": "20"}, "budget_s", id="a text for a number"),
        pytest.param({"budget_s": 0}, "budget_s", id="no time at all"),
        pytest.param({"budget_s": True}, "budget_s", id="true is no number of seconds"),
        pytest.param({"budget": 20}, "budget", id="a key nobody knows"),
        pytest.param({"vehicle_ids": "V1"}, "vehicle_ids", id="a text for a list"),
        pytest.param({"vehicle_ids": ["V1"] * 501}, "vehicle_ids", id="too long a list"),
    ],
)
def test_an_order_that_cannot_be_meant_is_refused(
    refusing_client: httpx.Client, body: dict[str, object], field: str
) -> None:
    """The answer names the field, and no plan is begun."""
    answer = refusing_client.post("/api/v1/plans", json=body)
    assert answer.status_code == 422
    assert field in answer.json()["detail"]
    assert refusing_client.get("/api/v1/plans").json() == {"plans": []}


@pytest.mark.parametrize(
    ("failure", "detail"),
    [
        pytest.param(EngineFailedError("no engine answered within 20 s"), "no engine answered", id="told"),
        pytest.param(ZeroDivisionError(), "operator's log", id="crashed"),
    ],
)
def test_a_plan_that_fails_says_why_and_the_next_order_is_taken(
    client: httpx.Client, world: World, failure: Exception, detail: str
) -> None:
    """A job that ended without a word would keep its day for ever."""
    world.planner.failure = failure
    world.planner.gate.set()
    plan = ended(client, order(client)["id"])
    assert plan["status"] == "failed"
    assert detail in str(plan["detail"])
    assert plan["failure"] in {"no-answer", "planner-crashed"}
    world.planner.failure = None
    assert ended(client, order(client)["id"])["status"] == "ready"


def test_a_plan_is_made_although_the_store_was_away_when_it_was_begun(
    client: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk that ended of it would leave this plan and all later ones queued until the server is started anew."""

    def away(*_: object) -> None:
        raise StoreUnavailableError("the disk does not answer")

    with monkeypatch.context() as now:
        now.setattr(world.stores.plans, "set_status", away)
        ordered = order(client)
        assert world.planner.begun.wait(PATIENCE_S)
    world.planner.gate.set()
    assert ended(client, ordered["id"])["status"] == "ready"


def test_a_plan_with_violations_is_never_offered(client: httpx.Client, world: World) -> None:
    """The independent checker has the last word, whatever an engine says."""
    world.planner.violations = ("truck V1 is overloaded by 40 kg",)
    world.planner.gate.set()
    plan = ended(client, order(client)["id"])
    assert (plan["status"], plan["violations"]) == ("failed", ["truck V1 is overloaded by 40 kg"])
    assert plan["failure"] == "checker-refused"
    assert "overloaded" in str(plan["detail"])
    assert client.post(f"/api/v1/plans/{plan['id']}/publish").status_code == 409


@pytest.mark.parametrize("status", [PlanStatus.QUEUED, PlanStatus.SOLVING], ids=str)
def test_a_plan_left_by_a_killed_server_is_failed_at_the_next_start(world: World, status: PlanStatus) -> None:
    """L7: nobody is making it any more; a ghost would look alive for ever."""
    ghost = replace(plan_of(make_city(), PlanId("ghost"), TODAY, NOW), status=status)
    world.stores.plans.save(ghost)
    with serving(world) as client:
        plan = client.get("/api/v1/plans/ghost").json()
        assert plan["status"] == "failed"
        assert ("order it again" in plan["detail"], plan["failure"]) == (True, "server-stopped")
        assert order(client)["id"] != "ghost"


def test_a_server_that_leaves_fails_what_it_was_making(world: World) -> None:
    """What is in the store is true although the process is gone; a late result does not bring it back."""
    with serving(world) as client:
        making, waiting = order(client)["id"], order(client, day="2026-11-23")["id"]
        assert world.planner.begun.wait(10)
    for plan_id in (making, waiting):
        plan = world.stores.plans.get(PlanId(plan_id))
        assert (plan.status, "server stopped" in plan.detail) == (PlanStatus.FAILED, True)
    assert len(world.planner.asked) == 1


def test_a_server_that_cannot_say_what_it_leaves_unmade_leaves_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: nothing that comes after may be left out for that, and the next server fails the plan."""

    def away(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    with monkeypatch.context() as now, serving(world) as client:
        ordered = order(client)
        assert world.planner.begun.wait(PATIENCE_S)
        now.setattr(world.stores.plans, "save", away)
    with serving(world) as client:
        assert ended(client, ordered["id"])["failure"] == "server-stopped"


def test_a_comparison_that_failed_is_tried_again_unless_that_cannot_help(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper that was killed once is no reason to show a plan without it until the server is started anew."""
    monkeypatch.setattr(comparison, "AGAIN_AFTER_S", 0.0)
    answers: list[TommaError] = [
        ConflictError("the basis is gone", Refusal.BASIS_GONE),
        EngineFailedError("the helper process ended in the middle of its work"),
    ]

    def rules(*, city: City, plan_id: PlanId) -> RuleColumns:
        raise answers.pop()

    path = f"/api/v1/plans/{world.publish().id}/comparison"
    with httpx.Client(
        transport=InProcess(create_app(replace(world.context(), rules=rules))), base_url="http://127.0.0.1"
    ) as client:
        until(lambda: client.get(path).json(), lambda shown: shown["failure"] == "basis-gone")
        assert client.get(path).json()["rules"] == "failed"
    assert not answers


def test_publishing_sends_the_plan_to_the_trucks_and_supersedes_the_former(client: httpx.Client, world: World) -> None:
    """A day has one plan that is driven."""
    city = make_city()
    for plan_id in ("P1", "P2"):
        world.stores.plans.save(plan_of(city, PlanId(plan_id), TODAY, NOW))
        answer = client.post(f"/api/v1/plans/{plan_id}/publish", json={})
        assert (answer.status_code, answer.json()["status"]) == (200, "published")
    assert client.get("/api/v1/plans/P1").json()["status"] == "superseded"
    assert client.get("/api/v1/driver/routes").json()["plan_id"] == "P2"
    assert client.post("/api/v1/plans/P2/publish").status_code == 200, "to publish twice changes nothing"


@pytest.mark.parametrize(
    "status",
    [each for each in PlanStatus if each not in (PlanStatus.READY, PlanStatus.DRAFT, PlanStatus.PUBLISHED)],
    ids=str,
)
def test_only_a_ready_plan_can_be_published(client: httpx.Client, world: World, status: PlanStatus) -> None:
    """409 with a sentence a manager understands."""
    world.stores.plans.save(replace(plan_of(make_city(), PlanId("P1"), TODAY, NOW), status=status))
    answer = client.post("/api/v1/plans/P1/publish")
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"plan P1 is {status}; only a ready plan can be published"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("GET", "/progress"), ("POST", "/publish")], ids=["read", "follow", "publish"]
)
def test_an_unknown_plan_is_not_found(refusing_client: httpx.Client, method: str, path: str) -> None:
    """Also where a stream was asked for."""
    answer = refusing_client.request(method, f"/api/v1/plans/none{path}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no plan none")


def test_a_truck_taken_out_of_the_city_keeps_its_place_in_old_plans(client: httpx.Client, world: World) -> None:
    """Master data moves on; a plan that was driven stays readable."""
    world.publish()
    city = make_city()
    shrunk = replace(
        city,
        vehicles={},
        bins={key: value for key, value in city.bins.items() if key != "B1"},
        installations=tuple(each for each in city.installations if each.bin_id != "B1"),
    )
    world.stores.registry.save(shrunk)
    plan = client.get("/api/v1/plans/P1").json()
    first = plan["routes"][0]["stops"][0]
    assert plan["routes"][0]["vehicle_name"] == "V1"
    assert (first["name"], first["lat_deg"], first["site_id"]) == ("B1", None, None)


def test_the_hand_planner_keeps_the_promise() -> None:
    """The fake is typed as the real one is: a change of the seam must break here too."""
    from api.context import Planner

    planner: Planner = HandPlanner()
    assert callable(planner)
