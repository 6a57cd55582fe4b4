"""A change of the plan that changes nothing for any driver is known as one."""

from dataclasses import replace
from datetime import datetime

from routing.planning.morning import Morning, morning_of
from routing.planning.unchanged import changes_nothing
from tests.routing.planning.replan.day import TODAY, do_first
from tests.routing.planning.small_city import small_city
from tomma.plan import Plan, Stop, StopKind, Wishes
from tomma.stores.wiring import Stores


def _day(stores: Stores, driven: Plan, now_utc: datetime) -> Morning:
    return morning_of(stores.plans, stores.events, small_city(), TODAY, now_utc, Wishes(replan_of=driven.id))


def _change(driven: Plan, stops: tuple[Stop, ...], done_stops: int = 1) -> Plan:
    """The plan with another first route, of which so many stops were done before it was made."""
    first, *others = driven.routes
    return replace(driven, routes=(replace(first, stops=stops, done_stops=done_stops), *others))


def test_the_same_stops_at_other_times_are_no_change(stores: Stores, driven: Plan) -> None:
    """What was done is done under both; a break may be had a stop earlier."""
    route, now = do_first(stores, driven, 1)
    later = tuple(replace(each, arrive_utc=now, depart_utc=now) for each in route.stops[1:])
    rest = Stop(StopKind.BREAK, now, now, 0, 0, 0.0, 0.0)
    assert changes_nothing(_change(driven, (route.stops[0], rest, *later), 1), _day(stores, driven, now))


def test_a_bin_more_or_less_or_in_another_place_is_a_change(stores: Stores, driven: Plan) -> None:
    """And so is one that was emptied just now and is to be emptied again, though the list reads as before."""
    route, now = do_first(stores, driven, 1)
    day = _day(stores, driven, now)
    done, first, second, *rest = route.stops
    assert not changes_nothing(_change(driven, (done, second, first, *rest)), day)
    assert not changes_nothing(_change(driven, (done, second, *rest)), day)
    assert not changes_nothing(_change(driven, (done, first, second, *rest), done_stops=0), day)


def test_a_truck_that_is_to_stay_at_home_is_no_change_where_it_had_nothing_to_do(stores: Stores, driven: Plan) -> None:
    """The change names only trucks that have something to do, or did."""
    route, now = do_first(stores, driven, len(driven.routes[0].stops))
    day = _day(stores, driven, now)
    assert changes_nothing(replace(driven, routes=driven.routes[1:]), day)
    assert not changes_nothing(replace(driven, routes=driven.routes[:1]), _day(stores, driven, route.start_utc))
