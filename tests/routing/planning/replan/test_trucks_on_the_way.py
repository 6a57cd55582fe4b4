"""A plan changed in the middle of the day: trucks go on from where they are, their loads and rests with them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.routing.planning.replan.day import MORNING_UTC, STOCKHOLM, V1, collects, do_first, plan, tap
from tests.routing.planning.small_city import small_city
from tomma.city import Position
from tomma.events import EventKind
from tomma.model import BinId, SiteId
from tomma.plan import Plan, PlanStatus, Stop, StopKind
from tomma.stores.wiring import Stores
from tomma.trucks import Break, Shift


def test_a_truck_on_its_way_to_unload_is_let_unload(stores: Stores, driven: Plan) -> None:
    """It cannot be told to collect first: it may be full."""
    route = driven.routes[0]
    before = next(at for at, stop in enumerate(route.stops) if stop.kind is StopKind.DISPOSE)
    for stop in route.stops[:before]:
        tap(stores, driven, route.vehicle_id, stop, stop.depart_utc)
    now = route.stops[before - 1].depart_utc + timedelta(minutes=1)
    changed = plan(stores, now, replan_of=driven.id)
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert own.stops[before].kind is StopKind.DISPOSE
    assert own.stops[before].arrive_utc >= now


def test_a_truck_that_is_late_comes_home_in_overtime_rather_than_not_at_all(stores: Stores, driven: Plan) -> None:
    """At half past one with waste aboard there is no plan that keeps the shift, and one is needed."""
    route, _ = do_first(stores, driven, 1)
    late = datetime(2026, 11, 23, 13, 50, tzinfo=STOCKHOLM).astimezone(UTC)
    changed = plan(stores, late, replan_of=driven.id)
    assert changed.status is PlanStatus.READY, changed.violations
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert own.stops[1].bin_id == route.stops[1].bin_id, "where it is heading"
    assert own.stops[-1].kind is StopKind.DISPOSE
    assert len(collects(own)) == 2, "and not a bin more"


@pytest.mark.parametrize("had", [pytest.param(True, id="had"), pytest.param(False, id="still to come")])
def test_a_truck_back_at_its_depot_is_given_a_break_once(stores: Stores, driven: Plan, *, had: bool) -> None:
    """It came home, its driver rested, and a bin asked for at ten sent it out with the same break once more."""
    for route in driven.routes:
        for stop in route.stops:
            tap(stores, driven, route.vehicle_id, stop, stop.depart_utc)
    v1 = driven.routes[0].vehicle_id
    rest = Stop(StopKind.BREAK, MORNING_UTC, MORNING_UTC, 0, 0, 0.0, 0.0)
    nine = datetime(2026, 11, 23, 9, 5, tzinfo=STOCKHOLM).astimezone(UTC)
    if had:
        tap(stores, driven, v1, rest, nine)
        tap(stores, driven, v1, rest, nine + timedelta(minutes=30), kind=EventKind.BREAK_ENDED)
    city = small_city()
    b6 = BinId("b6")
    long = replace(city, bins={**city.bins, b6: replace(city.bins[b6], service_s=7_200)})
    changed = plan(stores, nine + timedelta(minutes=55), long, replan_of=driven.id, locked={b6: v1})
    assert changed.status is PlanStatus.READY, changed.violations
    own = next(each for each in changed.routes if each.vehicle_id == v1)
    ahead = own.stops[own.done_stops :]
    assert b6 in [stop.bin_id for stop in ahead], "two hours of work from ten on"
    assert sum(stop.kind is StopKind.BREAK for stop in ahead) == (0 if had else 1)


def test_no_break_of_a_truck_on_its_way_is_promised_in_the_past(stores: Stores) -> None:
    """It has been driving for half an hour: the break was put where it came from, and was nearly over by the plan."""
    late = Shift(8 * 3_600, 16 * 3_600, (Break(8 * 3_600, 11 * 3_600, 1_800),))
    near = small_city(shift=late)
    far = replace(near.sites[SiteId("s4")], position=Position(59.85, 16.54))
    b5, b1 = BinId("b5"), BinId("b1")
    city = replace(near, sites={**near.sites, far.id: far}, vehicles={V1: near.vehicles[V1]})
    city = replace(city, bins={**city.bins, b5: replace(city.bins[b5], service_s=5_400)})
    morning = stores.plans.publish(plan(stores, city=city, locked={b1: V1, b5: V1}).id)
    now = datetime(2026, 11, 23, 9, 15, tzinfo=STOCKHOLM).astimezone(UTC)
    for stop in morning.routes[0].stops:
        if stop.kind is StopKind.COLLECT and stop.bin_id != b5:
            tap(stores, morning, V1, stop, now - timedelta(minutes=30))
    changed = plan(stores, now, city, replan_of=morning.id)
    assert changed.status is PlanStatus.READY, changed.violations
    (rest,) = [stop for stop in changed.routes[0].stops if stop.kind is StopKind.BREAK]
    assert rest.depart_utc - timedelta(seconds=1_800) >= now


@pytest.mark.parametrize("had", [pytest.param(True, id="had"), pytest.param(False, id="not had")])
def test_a_break_that_did_not_come_to_pass_in_its_time_is_not_lost(stores: Stores, *, had: bool) -> None:
    """An hour late, the driver had not rested; a change of the plan took the break for had and off the tablet."""
    b5 = BinId("b5")
    small = small_city(shift=Shift(6 * 3_600, 14 * 3_600, (Break(7 * 3_600, 8 * 3_600, 1_800),)))
    city = replace(
        small, bins={**small.bins, b5: replace(small.bins[b5], service_s=7_200)}, vehicles={V1: small.vehicles[V1]}
    )
    city = replace(
        city, bins={id_: replace(each, service_s=max(each.service_s, 1_500)) for id_, each in city.bins.items()}
    )
    morning = stores.plans.publish(plan(stores, city=city).id)
    (route,) = morning.routes
    now = datetime(2026, 11, 23, 8, 30, tzinfo=STOCKHOLM).astimezone(UTC)
    rest = next(stop for stop in route.stops if stop.kind is StopKind.BREAK)
    tap(stores, morning, V1, route.stops[0], now - timedelta(minutes=5))
    if had:
        tap(stores, morning, V1, rest, now - timedelta(minutes=60))
        tap(stores, morning, V1, rest, now - timedelta(minutes=30), key="back to work", kind=EventKind.BREAK_ENDED)
    changed = plan(stores, now, city, replan_of=morning.id)
    assert changed.status is PlanStatus.READY, changed.violations
    (own,) = changed.routes
    ahead = [stop for stop in own.stops[own.done_stops :] if stop.kind is StopKind.BREAK]
    assert len(ahead) == (0 if had else 1)
    assert all(now <= each.depart_utc - timedelta(seconds=1_800) <= now + timedelta(hours=1) for each in ahead)


def test_the_lines_of_what_was_driven_go_on_after_a_break(stores: Stores, driven: Plan) -> None:
    """The map showed no road from the place of a break to the next bin: the break stood in the way."""
    route, _ = do_first(stores, driven, 1)
    rest = Stop(StopKind.BREAK, MORNING_UTC, MORNING_UTC, 0, 0, 0.0, 0.0)
    at_utc = route.stops[0].depart_utc + timedelta(minutes=1)
    tap(stores, driven, route.vehicle_id, rest, at_utc)
    tap(stores, driven, route.vehicle_id, rest, at_utc, key="back to work", kind=EventKind.BREAK_ENDED)
    far = next(stop for stop in route.stops[1:] if stop.kind is StopKind.COLLECT and stop.leg_distance_m)
    tap(stores, driven, route.vehicle_id, far, at_utc + timedelta(minutes=4))
    changed = plan(stores, at_utc + timedelta(minutes=5), replan_of=driven.id)
    own = next(each for each in changed.routes if each.vehicle_id == route.vehicle_id)
    assert [stop.kind for stop in own.stops[:3]] == [StopKind.COLLECT, StopKind.BREAK, StopKind.COLLECT]
    assert [bool(leg) for leg in own.legs_lonlat[:3]] == [True, False, True]
