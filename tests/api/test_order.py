"""In which order trucks and bins are told: truck 10 after truck 9, wherever they are listed."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from tests.api.town import NOW, TODAY, make_city, plan_of
from tests.api.world import World
from tomma.city import City
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import LeftOut

TRUCKS = ["1", "10", "2", "gone"]
"""As the registry has them, by their letters; the last one is no longer in the city."""


def fleet() -> City:
    """The small town with trucks 1, 2 and 10, and bins B2 and B10 at its first place."""
    city = make_city()
    truck, first = city.vehicles[VehicleId("V1")], city.bins[BinId("B1")]
    return replace(
        city,
        vehicles={VehicleId(each): replace(truck, id=VehicleId(each), name=f"Bil {each}") for each in TRUCKS[:-1]},
        bins={**city.bins, BinId("B10"): replace(first, id=BinId("B10"))},
    )


def trucks_of_city(client: httpx.Client) -> list[str]:
    """The order form's."""
    return [each["id"] for each in client.get("/api/v1/city").json()["vehicles"]]


def trucks_of_plan(client: httpx.Client) -> list[str]:
    """The planning page's, whose places are the trucks' colours."""
    return [each["vehicle_id"] for each in client.get("/api/v1/plans/P1").json()["routes"]]


def trucks_on_the_road(client: httpx.Client) -> list[str]:
    """The follow-up page's."""
    return [each["vehicle_id"] for each in client.get("/api/v1/followup").json()["routes"]]


def trucks_to_choose(client: httpx.Client) -> list[str]:
    """The list from which a driver takes a truck."""
    return [each["vehicle_id"] for each in client.get("/api/v1/driver/routes").json()["routes"]]


def trucks_in_the_file(client: httpx.Client) -> list[str]:
    """The spreadsheet's."""
    content = client.get("/api/v1/plans/P1/export.csv").text.removeprefix("\ufeff")
    return list(dict.fromkeys(row["vehicle_id"] for row in csv.DictReader(io.StringIO(content)) if row["vehicle_id"]))


@pytest.mark.parametrize(
    ("trucks", "listed"),
    [
        (trucks_of_city, ["1", "2", "10"]),
        (trucks_of_plan, ["1", "2", "10", "gone"]),
        (trucks_on_the_road, ["1", "2", "10", "gone"]),
        (trucks_to_choose, ["1", "2", "10", "gone"]),
        (trucks_in_the_file, ["1", "2", "10", "gone"]),
    ],
)
def test_trucks_are_listed_as_people_count_them(
    client: httpx.Client, world: World, trucks: Callable[[httpx.Client], list[str]], listed: list[str]
) -> None:
    """Nobody looks for truck 2 after truck 10; the same place in each list is the same colour on each map."""
    city = fleet()
    world.stores.registry.save(city)
    plan = plan_of(city, PlanId("P1"), TODAY, NOW)
    (route,) = plan.routes
    world.stores.plans.save(replace(plan, routes=tuple(replace(route, vehicle_id=VehicleId(each)) for each in TRUCKS)))
    world.stores.plans.publish(plan.id)
    assert trucks(client) == listed


def test_bins_are_listed_as_people_count_them(client: httpx.Client, world: World) -> None:
    """In the registry, on the city page's table and among what a plan leaves out."""
    city = fleet()
    world.stores.registry.save(city)
    plan = plan_of(city, PlanId("P1"), TODAY, NOW)
    left = tuple(LeftOut(BinId(each), plan.left_out[0].reasons) for each in ("B10", "B6", "B9"))
    world.stores.plans.save(replace(plan, left_out=left))
    assert [each["bin_id"] for each in client.get("/api/v1/plans/P1").json()["left_out"]] == ["B6", "B9", "B10"]
    assert [each["id"] for each in client.get("/api/v1/assets/bins").json()["bins"]][-2:] == ["B6", "B10"]
    at_the_first_place = [each["id"] for each in client.get("/api/v1/assets/bins?sort=site").json()["bins"]][:3]
    assert at_the_first_place == ["B1", "B2", "B10"]
