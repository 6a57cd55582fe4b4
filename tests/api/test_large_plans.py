"""Plans of a large city are megabytes each: who asks often, or for many, must not read them all anew.

Each test makes the stored plans unreadable after the first look: whoever answers nevertheless has not read them again.
"""

import sqlite3
from contextlib import closing

import httpx

from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import World, serving
from tomma.model import PlanId


def make_unreadable(world: World) -> None:
    """Leave every plan's row, and nothing of what is in it."""
    with closing(sqlite3.connect(world.settings.data_dir / "registry.sqlite3")) as database, database:
        database.execute("UPDATE plan SET document = '{'")


def figures(client: httpx.Client) -> list[tuple[str, str]]:
    """Return the listed plans and how they are."""
    answer = client.get("/api/v1/plans")
    assert answer.status_code == 200, answer.text
    return [(each["id"], each["status"]) for each in answer.json()["plans"]]


def test_a_list_reads_a_plan_once_and_remembers_its_figures(world: World) -> None:
    """The city's page asks for twenty on each load: of 11,100 bins that was a second and 150 MB each time."""
    world.publish("P1")
    world.stores.plans.save(plan_of(make_city(), PlanId("P2"), TODAY, NOW))
    with serving(world) as client:
        first = figures(client)
        make_unreadable(world)
        assert figures(client) == first == [("P2", "ready"), ("P1", "published")]


def test_a_published_plan_is_told_as_published_though_its_figures_are_remembered(world: World) -> None:
    """What is remembered of a plan must not outlive what became of it."""
    world.stores.plans.save(plan_of(make_city(), PlanId("P1"), TODAY, NOW))
    with serving(world) as client:
        assert figures(client) == [("P1", "ready")]
        world.stores.plans.publish(PlanId("P1"))
        assert figures(client) == [("P1", "published")]


def test_the_watch_reads_the_days_plan_once(world: World) -> None:
    """It looks twice a second: reading 11,100 bins each time was a tenth of a core, day and night."""
    world.publish("P1")
    with serving(world) as client:
        bins = client.get("/api/v1/bins").json()["bins"]
        make_unreadable(world)
        world.measure("B1", 0.31)
        again = client.get("/api/v1/bins/B1").json()
        health = client.get("/api/v1/health").json()["checks"]

    assert [each["plan_state"] for each in bins if each["id"] == "B1"] == [again["plan_state"]] == ["planned"]
    assert (health["live"]["status"], health["plans"]["status"]) == ("ok", "ok")
