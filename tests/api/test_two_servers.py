"""Two servers on one data directory: at a restart that overlaps, or for good."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import httpx
import pytest

from tests.api.patience import until
from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import FAST, World, serving, serving_on_a_port, settings_in
from tomma.model import PlanId
from tomma.plan import PlanStatus
from tomma.stores.wiring import open_stores

MAKER = """
import sys, threading
from pathlib import Path
from tests.api.by_hand import HandPlanner
from tests.api.test_two_servers import order
from tests.api.world import World, serving, settings_in
from tomma.stores.wiring import open_stores

class ForEver(HandPlanner):
    def __call__(self, **_):
        self.begun.set()
        threading.Event().wait()

settings = settings_in(Path(sys.argv[1]))
with open_stores(settings) as stores:
    world = World(settings, stores, planner=ForEver())
    with serving(world) as client:
        plan = order(client)
        world.planner.begun.wait()
        print(plan, flush=True)
        threading.Event().wait()
"""
LOOKS_OFTEN = replace(FAST, left_plans_s=0.02)


@pytest.fixture
def other(world: World) -> Iterator[World]:
    """The same data directory, opened by another server with a planner of its own."""
    with open_stores(settings_in(world.settings.data_dir)) as stores:
        yield World(world.settings, stores, pace=LOOKS_OFTEN)


def order(client: httpx.Client) -> str:
    """Order a plan and return its address."""
    return f"/api/v1/plans/{client.post('/api/v1/plans', json={}).json()['id']}"


def status_of(client: httpx.Client, plan: str) -> str:
    """Return what became of the plan, as this server tells it."""
    return str(client.get(plan).json()["status"])


def test_a_plan_that_another_server_is_making_is_left_to_it(world: World, other: World) -> None:
    """A second `tomma serve` must not take away what the manager at the first one waits for."""
    with serving(world) as first:
        plan = order(first)
        assert world.planner.begun.wait(10)
        with serving(other) as second:
            its_own = order(second)  # it has looked around by the time it begins this one
            assert other.planner.begun.wait(10)
            assert status_of(second, plan) == "solving"
            other.planner.gate.set()
            until(lambda: status_of(second, its_own), lambda status: status == "ready")
            world.planner.gate.set()
            until(lambda: status_of(second, plan), lambda status: status == "ready")
            assert second.post(f"{plan}/publish").status_code == 200


def test_a_plan_that_is_made_elsewhere_is_followed_to_its_end(world: World, other: World) -> None:
    """Its stages are told where it is made; a page at the other server must not wait for ever."""
    with serving(world) as first:
        plan = order(first)
        assert world.planner.begun.wait(10)
        with serving_on_a_port(other) as second, second.stream("GET", f"{plan}/progress") as progress:
            lines = islice(progress.iter_lines(), 500)  # heartbeats, too: five a second
            assert any('"status":"solving"' in line for line in lines)
            world.planner.gate.set()
            assert any('"status":"ready"' in line for line in lines)


def test_a_server_that_is_killed_is_noticed_by_the_other_one(other: World) -> None:
    """Two processes and a real kill: the plan is the first one's while it lives, and nobody's at once after."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(other.settings.data_dir)], stdout=subprocess.PIPE, text=True
    ) as maker:
        try:
            assert maker.stdout is not None
            plan = maker.stdout.readline().strip()
            with serving(other) as client:
                assert status_of(client, plan) == "solving"
                maker.kill()
                maker.wait(30)
                until(lambda: status_of(client, plan), lambda status: status == "failed")
        finally:
            maker.kill()


def test_a_maker_that_dies_while_another_server_runs_is_noticed(world: World) -> None:
    """Nobody starts a server then; the day would look busy until somebody does."""
    world.pace = LOOKS_OFTEN
    ghost = replace(plan_of(make_city(), PlanId("ghost"), TODAY, NOW), status=PlanStatus.SOLVING)
    with serving(world) as client:
        world.stores.plans.save(ghost)
        failed = until(lambda: client.get("/api/v1/plans/ghost").json(), lambda plan: plan["status"] == "failed")
        assert "order it again" in failed["detail"]


def test_a_plan_that_has_ended_leaves_no_mark(world: World) -> None:
    """A file for each plan of ten years would be many."""
    world.planner.gate.set()
    with serving(world) as client:
        plan = order(client)
        until(lambda: status_of(client, plan), lambda status: status == "ready")
        until(lambda: list((world.settings.data_dir / "planning").iterdir()), lambda marks: marks == [])


def test_a_place_without_marks_refuses_the_order(world: World) -> None:
    """A plan that nobody can tell from a dead one is not begun: the next server would give it up."""
    (world.settings.data_dir / "planning").touch()
    with serving(world) as client:
        assert client.post("/api/v1/plans", json={}).status_code == 503
        assert client.get("/api/v1/plans").json() == {"plans": []}
