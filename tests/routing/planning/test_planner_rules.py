"""What the city demands, from the button to the plan: compartments, gates, skills, hours."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from tests.routing.planning.small_city import GLASS, HOUR_S, RESIDUAL, small_city
from tests.routing.planning.test_planner import TODAY, plan, stores
from tomma.city import City
from tomma.hours import OpenHours
from tomma.model import BinId, PlanId, SiteId, VehicleId
from tomma.plan import Plan, PlanProgress, PlanStatus, StopKind, Wishes
from tomma.reasons import ReasonCode
from tomma.stores.wiring import Stores
from tomma.trucks import Compartment

__all__ = ["stores"]  # the fixture

FULL = BinId("b5")


def with_bin(city: City, bin_id: str, **changes: object) -> City:
    """Return the city with one bin changed."""
    changed = replace(city.bins[BinId(bin_id)], **changes)  # type: ignore[arg-type]
    return replace(city, bins={**city.bins, changed.id: changed})


def why_left(made: Plan) -> Mapping[BinId, ReasonCode]:
    """Return the first reason of each bin left out."""
    return {each.bin_id: each.reasons[0].code for each in made.left_out}


def test_the_glass_stays_aboard_until_the_gate_that_takes_it(stores: Stores) -> None:
    """The driver reads on the tablet what is in the truck after each stop."""
    city = with_bin(small_city(takes=(frozenset({RESIDUAL}), frozenset({GLASS}))), "b1", fraction_code=GLASS)
    halves = tuple(Compartment(frozenset({code}), 6_000.0, 1_500.0) for code in (RESIDUAL, GLASS))
    trucks = {id_: replace(truck, compartments=halves) for id_, truck in city.vehicles.items()}
    both = {BinId("b1"): VehicleId("v1"), FULL: VehicleId("v1")}
    made = plan(stores, replace(city, vehicles=trucks), wishes=Wishes(locked=both))
    assert made.violations == ()
    (route,) = [each for each in made.routes if each.vehicle_id == "v1"]
    first, last = (stop for stop in route.stops if stop.kind is StopKind.DISPOSE)
    assert {first.disposal_site_id, last.disposal_site_id} == {"t0", "t1"}
    assert first.load_after_l > 0 == last.load_after_l


def test_a_bin_that_needs_a_crane_is_left_out_by_that_name(stores: Stores) -> None:
    """The manager learns what to hire."""
    made = plan(stores, with_bin(small_city(), FULL, skills=frozenset({"crane"})))
    assert why_left(made)[FULL] is ReasonCode.NO_VEHICLE_FOR_SKILL


def test_a_yard_is_entered_in_its_hours(stores: Stores) -> None:
    """Monday: from ten."""
    city = small_city()
    yard = replace(city.sites[SiteId("s4")], access=(OpenHours(10 * HOUR_S, 12 * HOUR_S, frozenset({1})),))
    made = plan(stores, replace(city, sites={**city.sites, yard.id: yard}))
    (stop,) = [stop for route in made.routes for stop in route.stops if stop.bin_id == FULL]
    assert stop.depart_utc.hour >= 9, "ten in the morning by the clock on the wall"
    closed = replace(yard, access=(OpenHours(10 * HOUR_S, 12 * HOUR_S, frozenset({2})),))
    left = why_left(plan(stores, replace(city, sites={**city.sites, yard.id: closed})))
    assert left[FULL] is ReasonCode.NO_TIME_WINDOW


def test_the_search_begins_with_the_last_plan_that_was_driven(stores: Stores) -> None:
    """A driver who knows the round keeps it where nothing speaks against it: before any engine, it is the answer."""
    first = replace(plan(stores), id=PlanId("friday"), day=TODAY - timedelta(days=3), status=PlanStatus.READY)
    stores.plans.save(first)
    stores.plans.publish(first.id)
    told: list[PlanProgress] = []
    again = plan(stores, plans=stores.plans, on_progress=told.append)
    assert next(each.stage for each in told if each.best_cost_minor is not None) == "warm"
    rounds = [
        [(route.vehicle_id, stop.bin_id) for route in made.routes for stop in route.stops] for made in (first, again)
    ]
    assert rounds[0] == rounds[1]
