"""A disposal site that is closed today (fire, strike, broken scales): no truck is sent there, and the plan says why."""

from dataclasses import replace

import pytest

from routing.planning.standing import standing_of
from tests.routing.planning.replan.day import collects, do_first, left_out, plan
from tests.routing.planning.small_city import GLASS, RESIDUAL, small_city
from tomma.city import City
from tomma.fold import fold
from tomma.model import BinId, DisposalSiteId
from tomma.plan import Plan, PlanStatus, StopKind
from tomma.reasons import ReasonCode
from tomma.stores.wiring import Stores

BOTH = frozenset({RESIDUAL, GLASS})
B1 = BinId("b1")
T0, T1 = DisposalSiteId("t0"), DisposalSiteId("t1")


def gates(made: Plan) -> set[DisposalSiteId | None]:
    """Where the plan unloads."""
    return {stop.disposal_site_id for route in made.routes for stop in route.stops if stop.kind is StopKind.DISPOSE}


def two_gates() -> City:
    """Two that take everything; the second one lies aside, so that nobody drives there unasked."""
    city = small_city(takes=(BOTH, BOTH))
    aside = city.disposal_sites[T1]
    position = replace(aside.position, lat_deg=aside.position.lat_deg + 0.03)
    return replace(city, disposal_sites={**city.disposal_sites, T1: replace(aside, position=position)})


def test_the_plan_keeps_away_from_a_closed_disposal_site(stores: Stores) -> None:
    """The truck would stand before a gate with a full load; the one that is open takes it."""
    assert gates(plan(stores, city=two_gates())) == {T0}
    made = plan(stores, city=two_gates(), closed=frozenset({T0}))
    assert (made.status, gates(made), {*made.closed}) == (PlanStatus.READY, {T1}, {T0})
    assert ReasonCode.DISPOSAL_CLOSED not in left_out(made).values()


def test_bins_that_no_open_disposal_site_takes_are_left_for_that(stores: Stores) -> None:
    """No truck is to blame, and the other streams are collected by the same trucks."""
    city = small_city(takes=(frozenset({RESIDUAL}), frozenset({GLASS})))
    city = replace(city, bins={**city.bins, B1: replace(city.bins[B1], fraction_code=GLASS)})
    made = plan(stores, city=city, closed=frozenset({T1}))
    assert (made.status, gates(made)) == (PlanStatus.READY, {T0})
    assert left_out(made)[B1] is ReasonCode.DISPOSAL_CLOSED
    assert made.bins_collected == {"b2", "b3", "b4", "b5"}


def test_with_every_gate_closed_all_bins_stay_and_say_so(stores: Stores) -> None:
    """A plan always comes back, also one of nothing."""
    made = plan(stores, closed=frozenset({T0}))
    assert (made.status, made.routes) == (PlanStatus.READY, ())
    assert set(left_out(made).values()) <= {ReasonCode.DISPOSAL_CLOSED, ReasonCode.NOT_NEEDED_YET}
    assert ReasonCode.DISPOSAL_CLOSED in left_out(made).values()


@pytest.mark.parametrize("closed", [{T0}, {T0, T1}], ids=["one of two", "both"])
def test_a_gate_that_closes_while_trucks_are_out_is_passed_by(stores: Stores, closed: set[DisposalSiteId]) -> None:
    """Two bins are aboard: they go to the gate that is open, or home where there is none."""
    city = two_gates()
    first = plan(stores, city=city)
    driven = stores.plans.publish(first.id)
    route, now = do_first(stores, driven, 2)
    changed = plan(stores, now, city=city, replan_of=driven.id, closed=frozenset(closed))
    assert (changed.status, changed.violations) == (PlanStatus.READY, ())
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert own.stops[:2] == route.stops[:2]
    assert gates(changed) == {T0, T1} - closed
    if closed == {T0, T1}:
        assert changed.bins_collected == set(collects(route)[:2])
        assert ReasonCode.DISPOSAL_CLOSED in left_out(changed).values()


@pytest.mark.parametrize("closed", [{T0}, {T0, T1}], ids=["one of two", "both"])
def test_a_gate_that_closes_while_a_truck_is_on_its_way_there_takes_nothing(
    stores: Stores, closed: set[DisposalSiteId]
) -> None:
    """Its load was told as lying behind the closed gate, and the empty truck as free to collect."""
    city = two_gates()
    driven = stores.plans.publish(plan(stores, city=city).id)
    route = driven.routes[0]
    at = next(index for index, stop in enumerate(route.stops) if stop.kind is StopKind.DISPOSE)
    _, now = do_first(stores, driven, at)
    changed = plan(stores, now, city=city, replan_of=driven.id, closed=frozenset(closed))
    assert (changed.status, changed.violations) == (PlanStatus.READY, ())
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert (own.stops[:at], own.done_stops) == (route.stops[:at], at)
    assert gates(changed) == {T0, T1} - closed
    told = standing_of(driven, fold(stores.events.of_plan(driven.id)), city.closed_at(closed), now)[route.vehicle_id]
    assert sum(each.volume_l for each in told.aboard.values()) == pytest.approx(route.stops[at - 1].load_after_l)
    assert (told.next_stop, told.collected.unloads) == (None, 0)


def test_what_was_unloaded_before_the_gate_closed_stays_in_the_day(stores: Stores) -> None:
    """The morning's load lies there, fire or not."""
    city = two_gates()
    driven = stores.plans.publish(plan(stores, city=city).id)
    route = driven.routes[0]
    at = next(index for index, stop in enumerate(route.stops) if stop.kind is StopKind.DISPOSE)
    _, now = do_first(stores, driven, at + 1)
    changed = plan(stores, now, city=city, replan_of=driven.id, closed=frozenset({T0}))
    assert changed.status is PlanStatus.READY
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert own.stops[at].disposal_site_id == T0
