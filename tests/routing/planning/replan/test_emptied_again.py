"""A bin that fills within the day is emptied again by a change of the plan, where the city wants that."""

from datetime import datetime, timedelta

import pytest

from routing.planning.standing import standing_of
from routing.planning.totals import route_totals
from tests.routing.planning.replan.day import ALL_DUE, collects, do_first, left_out, plan, tap
from tests.routing.planning.small_city import small_city
from tomma.fold import StopState, fold, tried_again
from tomma.model import BinId, Reading, SensorId
from tomma.plan import Plan, Stop
from tomma.reasons import ReasonCode
from tomma.stores.wiring import Stores

TWICE = ALL_DUE.model_copy(update={"empty_again_same_day": True})


def _fills_up(stores: Stores, bin_id: BinId, since_utc: datetime) -> datetime:
    """Let the bin be all but full three hours later; return that time."""
    levels = [(hour, 0.3 * hour) for hour in (1, 2, 3)]
    times = [(since_utc + timedelta(hours=hour), fill) for hour, fill in levels]
    stores.readings.append([Reading(bin_id, SensorId(f"x-{bin_id}"), at, at, fill) for at, fill in times])
    return times[-1][0] + timedelta(minutes=1)


def _emptied_and_full_again(stores: Stores, driven: Plan) -> tuple[BinId, datetime]:
    route, now = do_first(stores, driven, 1)
    (bin_id,) = collects(route)[:1]
    return bin_id, _fills_up(stores, bin_id, now)


def _stops(made: Plan, bin_id: BinId) -> list[Stop]:
    return [stop for route in made.routes for stop in route.stops if stop.bin_id == bin_id]


def test_a_bin_that_is_full_again_is_visited_again_and_the_plan_says_so(stores: Stores, driven: Plan) -> None:
    """Once on the route, ahead; its first emptying is in the events, and no tablet takes it for done."""
    bin_id, now = _emptied_and_full_again(stores, driven)
    made = plan(stores, now, settings=TWICE, replan_of=driven.id)
    (stop,) = _stops(made, bin_id)
    assert stop.arrive_utc >= now
    again = stop.reasons[0]  # the one that the tablet shows: its driver was there this morning
    assert again.code is ReasonCode.EMPTIED_AGAIN
    assert 2.9 < again.values["ago_h"] < 3.2
    state = fold(stores.events.of_plan(driven.id))
    assert state.state_of(bin_id) is StopState.EMPTIED
    assert tried_again(state, made).state_of(bin_id) is StopState.TODO


@pytest.mark.parametrize("which", [0, 1, 2], ids=["before all else", "in between", "last so far"])
def test_the_way_to_the_first_visit_stays_driven(stores: Stores, driven: Plan, which: int) -> None:
    """The route has the bin once, ahead; its kilometres of this morning are no fewer for that."""
    route, now = do_first(stores, driven, 3)
    bin_id = collects(route)[which]
    made = plan(stores, _fills_up(stores, bin_id, now), settings=TWICE, replan_of=driven.id)
    (own,) = [each for each in made.routes if each.vehicle_id == route.vehicle_id]
    kept = own.stops[: own.done_stops]
    assert bin_id in collects(own)[len(kept) :], "else this tells nothing"
    assert len(kept) == 2
    assert sum(stop.leg_distance_m for stop in kept) == sum(stop.leg_distance_m for stop in route.stops[:3])
    assert sum(stop.leg_driving_s for stop in kept) == sum(stop.leg_driving_s for stop in route.stops[:3])
    before, drawn = (sorted(point for leg in each.legs_lonlat[:3] for point in leg) for each in (route, own))
    assert set(before) <= set(drawn)


def test_by_default_a_bin_that_was_emptied_is_done_for_the_day(stores: Stores, driven: Plan) -> None:
    """A truck that turns round for it would surprise its driver."""
    bin_id, now = _emptied_and_full_again(stores, driven)
    made = plan(stores, now, replan_of=driven.id)
    assert all(stop.arrive_utc < now for stop in _stops(made, bin_id))


def test_a_bin_that_can_wait_is_not_emptied_again(stores: Stores, driven: Plan) -> None:
    """An hour after its emptying it is as good as empty."""
    route, now = do_first(stores, driven, 1)
    made = plan(stores, now + timedelta(hours=1), settings=TWICE, replan_of=driven.id)
    bin_id = collects(route)[0]
    assert all(stop.arrive_utc < now for stop in _stops(made, bin_id))
    assert left_out(made).get(bin_id) in (None, ReasonCode.EMPTIED_TODAY)


def test_a_further_change_keeps_the_second_visit_until_it_is_made(stores: Stores, driven: Plan) -> None:
    """It is promised like any other stop, and done after the second tap, which is where the truck then is."""
    bin_id, now = _emptied_and_full_again(stores, driven)
    first = stores.plans.publish(plan(stores, now, settings=TWICE, replan_of=driven.id).id)
    now += timedelta(minutes=1)
    second = stores.plans.publish(plan(stores, now, settings=TWICE, replan_of=first.id).id)
    (stop,) = _stops(second, bin_id)
    assert ReasonCode.EMPTIED_AGAIN in {why.code for why in stop.reasons}
    (truck,) = [route.vehicle_id for route in second.routes if stop in route.stops]
    tap(stores, second, truck, stop, stop.depart_utc)
    third = plan(stores, stop.depart_utc + timedelta(minutes=1), settings=TWICE, replan_of=second.id)
    (done,) = _stops(third, bin_id)
    (own,) = [route for route in third.routes if done in route.stops]
    assert own.stops.index(done) < own.done_stops
    assert done.depart_utc == stop.depart_utc
    events = (event for each in (driven, first, second) for event in stores.events.of_plan(each.id))
    assert tried_again(fold(events), third).outcomes[bin_id].at_utc == stop.depart_utc


def test_a_tap_that_comes_in_later_counts_for_the_second_visit(stores: Stores, driven: Plan) -> None:
    """The driver, still on the plan before, was there again: nobody drives a third time."""
    bin_id, now = _emptied_and_full_again(stores, driven)
    made = plan(stores, now, settings=TWICE, replan_of=driven.id)
    (stop,) = _stops(made, bin_id)
    tap(stores, driven, driven.routes[0].vehicle_id, stop, now + timedelta(minutes=20))
    state = tried_again(fold(stores.events.of_plan(driven.id)), made)
    assert state.outcomes[bin_id].at_utc == now + timedelta(minutes=20)


def test_the_waste_of_both_visits_is_aboard_and_both_ways_are_driven(stores: Stores, driven: Plan) -> None:
    """The first visit was on no list any more: its litres and metres were lost with it, or counted as the second's."""
    bin_id, now = _emptied_and_full_again(stores, driven)
    (first,) = _stops(driven, bin_id)
    again = plan(stores, now, settings=TWICE, replan_of=driven.id)
    (owner,) = [route for route in again.routes if route.earlier]
    assert [stop.bin_id for stop in owner.earlier] == [bin_id]
    assert owner.distance_m >= first.leg_distance_m + sum(stop.leg_distance_m for stop in owner.stops)
    assert route_totals(owner).lifts == len(collects(owner)) + 1
    events = fold(stores.events.of_plan(driven.id))
    standing = standing_of(again, tried_again(events, again), small_city(), now)[owner.vehicle_id]
    assert sum(each.volume_l for each in standing.aboard.values()) == pytest.approx(first.load_after_l)
    (stop,) = _stops(again, bin_id)
    (truck,) = [route.vehicle_id for route in again.routes if stop in route.stops]
    tap(stores, again, truck, stop, stop.depart_utc)
    said = [event for each in (driven, again) for event in stores.events.of_plan(each.id)]
    found = standing_of(again, tried_again(fold(said), again), small_city(), stop.depart_utc)
    assert sum(each.collected.volume_l for each in found.values()) > first.load_after_l + 100.0
    assert sum(each.collected.bins for each in found.values()) == 2
