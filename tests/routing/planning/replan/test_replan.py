"""A plan changed in the middle of the day: what was done stays, and few bins move."""

from dataclasses import replace
from datetime import timedelta

import pytest

from routing.planning.morning import morning_of
from routing.planning.unchanged import changes_nothing
from tests.routing.planning.replan.day import (
    ALL_DUE,
    MORNING_UTC,
    TODAY,
    V1,
    V2,
    collects,
    do_first,
    left_out,
    plan,
    tap,
)
from tests.routing.planning.small_city import small_city
from tomma.events import EventKind, SkipReason
from tomma.model import PlanId
from tomma.plan import Plan, PlanStatus, Wishes, difference
from tomma.reasons import ReasonCode
from tomma.stores.wiring import Stores


def test_without_an_event_the_plan_stays_as_it_is(stores: Stores, driven: Plan) -> None:
    """A driver whose list changes for nothing stops reading it."""
    _, now = do_first(stores, driven, 1)
    changed = plan(stores, now, replan_of=driven.id)
    assert changed.status is PlanStatus.READY
    assert changed.replaces == driven.id
    assert difference(driven, changed) == difference(driven, driven)
    day = morning_of(stores.plans, stores.events, small_city(), TODAY, now, Wishes(replan_of=driven.id))
    assert changes_nothing(changed, day), "the second round puts it aside"


def test_what_was_done_stays_in_the_new_plan_and_is_not_driven_again(stores: Stores, driven: Plan) -> None:
    """The tablet shows one day, and the truck carries what it has."""
    route, now = do_first(stores, driven, 2)
    changed = plan(stores, now, replan_of=driven.id)
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert own.stops[:2] == route.stops[:2]
    assert len(collects(own)) == len(set(collects(own)))
    assert own.start_utc == route.start_utc
    assert len(own.legs_lonlat) == len(own.stops) + 1
    assert all(stop.arrive_utc >= now for stop in own.stops[2:])
    third = own.stops[2]
    assert third.load_after_l > route.stops[1].load_after_l, "what is aboard is still aboard"
    assert changed.bins_collected | set(left_out(changed)) == set(small_city().bins)


def badly_ordered(stores: Stores, driven: Plan) -> Plan:
    """Publish the plan with its first truck going up and down the town."""
    route = driven.routes[0]
    bins = [stop for stop in route.stops if stop.bin_id is not None]
    turned = iter(sorted(bins, key=lambda stop: ["b3", "b5", "b1", "b2", "b4"].index(stop.bin_id or "")))
    stops = tuple(stop if stop.bin_id is None else replace(stop, bin_id=next(turned).bin_id) for stop in route.stops)
    worse = replace(driven, id=PlanId("worse"), status=PlanStatus.READY)
    stores.plans.save(replace(worse, routes=(replace(route, stops=stops), *driven.routes[1:])))
    return stores.plans.publish(worse.id)


def test_the_truck_goes_where_it_is_heading_and_the_rest_is_put_right(stores: Stores, driven: Plan) -> None:
    """At the next junction it is too late to tell the driver otherwise, however foolish the way."""
    worse = badly_ordered(stores, driven)
    route, now = do_first(stores, worse, 1)
    heading = route.stops[1]
    changed = plan(stores, now, replan_of=worse.id)
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert own.stops[1].bin_id == heading.bin_id
    assert ReasonCode.NEXT_STOP in {reason.code for reason in own.stops[1].reasons}


@pytest.mark.parametrize(("change_minor", "moves"), [(0, True), (10_000_000, False)])
def test_bins_change_trucks_only_where_that_is_worth_it(
    stores: Stores, driven: Plan, change_minor: int, moves: bool
) -> None:
    """Two trucks that cross each other's way may go on so, if drivers must not be bothered."""
    route = driven.routes[0]
    bins = [stop for stop in route.stops if stop.bin_id is not None]
    half = tuple(stop for stop in route.stops if stop not in bins[::2])
    rest = tuple(stop for stop in route.stops if stop not in bins[1::2])
    routes = tuple(
        replace(route, vehicle_id=vehicle, stops=stops, legs_lonlat=()) for vehicle, stops in ((V1, half), (V2, rest))
    )
    split = replace(driven, id=PlanId("split"), status=PlanStatus.READY, routes=routes)
    stores.plans.save(split)
    stores.plans.publish(split.id)
    settings = ALL_DUE.model_copy(update={"change_cost_minor": change_minor})
    changed = plan(stores, MORNING_UTC + timedelta(minutes=1), settings=settings, replan_of=split.id)
    assert bool(difference(split, changed).moved or len(changed.routes) < 2) is moves


def test_a_truck_that_breaks_down_leaves_its_bins_to_the_others(stores: Stores, driven: Plan) -> None:
    """And what it did until then is not forgotten."""
    route, now = do_first(stores, driven, 1)
    changed = plan(stores, now, replan_of=driven.id, unavailable=frozenset({route.vehicle_id}))
    other = V2 if route.vehicle_id == V1 else V1
    assert next(each for each in changed.routes if each.vehicle_id == route.vehicle_id).stops == route.stops[:1]
    taken = {id_ for each in changed.routes if each.vehicle_id == other for id_ in collects(each)}
    assert set(collects(route)[1:]) <= taken
    moved = {each.bin_id for each in difference(driven, changed).moved}
    assert moved == set(collects(route)[1:])
    assert difference(driven, changed).concerns(other)


def test_a_bin_that_was_emptied_and_then_given_up_stays_in_the_day(stores: Stores, driven: Plan) -> None:
    """The city has it no more, yet a truck was there: each change of the plan failed, for it told of a bin too many."""
    route, now = do_first(stores, driven, 2)
    gone = next(stop.bin_id for stop in route.stops if stop.bin_id is not None)
    city = small_city()
    installed = tuple(each for each in city.installations if each.bin_id != gone)
    left = {bin_id: each for bin_id, each in city.bins.items() if bin_id != gone}
    changed = plan(stores, now, replace(city, bins=left, installations=installed), replan_of=driven.id)
    assert (changed.status, changed.violations) == (PlanStatus.READY, ())
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert collects(own)[:2] == collects(route)[:2]


def test_a_bin_that_was_emptied_or_skipped_is_not_planned_again(stores: Stores, driven: Plan) -> None:
    """The driver was there: the left-out list says what happened."""
    route, now = do_first(stores, driven, 1)
    second = route.stops[1]
    now += timedelta(minutes=9)
    tap(stores, driven, route.vehicle_id, second, now, kind=EventKind.SKIPPED, skip_reason=SkipReason.BLOCKED)
    changed = plan(stores, now + timedelta(minutes=1), replan_of=driven.id)
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert collects(own)[:2] == collects(route)[:2], "done and skipped, once each"
    assert collects(own).count(collects(route)[1]) == 1
    assert own.stops[1].depart_utc == now


def test_the_cost_of_the_whole_day_is_told(stores: Stores, driven: Plan) -> None:
    """What was driven this morning is not free because a plan was changed at noon."""
    _, now = do_first(stores, driven, 3)
    changed = plan(stores, now, replan_of=driven.id)
    assert changed.cost_minor == pytest.approx(driven.cost_minor, rel=0.1)


def test_what_was_done_is_charged_at_the_prices_of_what_lies_ahead(stores: Stores) -> None:
    """A change that alters nothing must not look like a gain for want of CO2, lifts or a truck's own costs."""
    usual = small_city()
    own = {id_: replace(each, cost_per_km_minor=90_000, cost_per_h_minor=0) for id_, each in usual.vehicles.items()}
    city = replace(usual, vehicles=own)
    dear = {
        "cost_per_lift_minor": 20_000,
        "co2_price_per_tonne_minor": 20_000_000,
        "accepted_overflow_probability": 0.01,
    }
    settings = ALL_DUE.model_copy(update=dear)
    driven = stores.plans.publish(plan(stores, city=city, settings=settings).id)
    route, now = do_first(stores, driven, 4)
    changed = plan(stores, now, city, settings, replan_of=driven.id)
    assert [stop.bin_id for stop in changed.routes[0].stops] == [stop.bin_id for stop in route.stops]
    assert changed.cost_minor == pytest.approx(driven.cost_minor, rel=0.001)
