"""A change of the plan on the road keeps what was decided for the day when its plan was ordered."""

from typing import Any

import httpx
import pytest

from routing.planning.basis import Basis, from_bytes
from tests.api.conftest import World
from tests.api.test_plans import ended, order
from tomma.city import Shift
from tomma.model import BinId, PlanId, VehicleId
from tomma.settings import PlanningSettings

EARLY, USUAL = Shift(5 * 3600, 10 * 3600), Shift(21_600, 52_200)
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


def test_a_plan_whose_basis_is_gone_is_changed_as_the_city_usually_works(full: httpx.Client, world: World) -> None:
    """Only the newest few are kept, and another version's cannot be read: the trucks are out and need an answer."""
    first_id, _ = made(full, world, vehicle_ids=["V1"])
    world.stores.plans.keep_basis(first_id, b"of another version")
    _, again = made(full, world, replan_of=first_id)
    assert shifts(again) == {V1: USUAL, V2: USUAL}
