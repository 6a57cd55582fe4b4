"""A plan changed in the middle of the day by what people ask for, and what of it drivers are told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.routing.planning.replan.day import MORNING_UTC, V1, V2, collects, do_first, left_out, plan, tap
from tomma.errors import ConflictError
from tomma.events import EventKind, SkipReason
from tomma.model import BinId, VehicleId
from tomma.plan import Plan, Wishes, difference
from tomma.reasons import ReasonCode
from tomma.requests import BinRequest, RequestReason, RequestSource
from tomma.stores.wiring import Stores


def test_a_skipped_bin_that_somebody_asks_for_is_tried_again(stores: Stores, driven: Plan) -> None:
    """The car is gone: the shop calls."""
    route, now = do_first(stores, driven, 1)
    second = route.stops[1]
    assert second.bin_id is not None
    now += timedelta(minutes=9)
    tap(stores, driven, route.vehicle_id, second, now, kind=EventKind.SKIPPED, skip_reason=SkipReason.BLOCKED)
    stores.requests.ask(BinRequest("r1", second.bin_id, RequestReason.FULL, now + timedelta(minutes=2)))
    changed = plan(stores, now + timedelta(minutes=5), replan_of=driven.id)
    again = [stop for each in changed.routes for stop in each.stops if stop.bin_id == second.bin_id]
    assert len(again) == 1
    assert again[0].arrive_utc > now
    assert ReasonCode.REQUESTED in {reason.code for reason in again[0].reasons}


def test_a_request_makes_an_empty_bin_a_stop_until_it_is_withdrawn(stores: Stores, driven: Plan) -> None:
    """A resident's tap brings the truck, and the plan says whose it was; taken back, it does not."""
    asked = BinRequest("r1", BinId("b6"), RequestReason.SMELL, MORNING_UTC, source=RequestSource.RESIDENT)
    assert left_out(driven)[BinId("b6")] is ReasonCode.NOT_NEEDED_YET
    stores.requests.ask(asked)
    now = driven.routes[0].start_utc + timedelta(minutes=1)
    changed = plan(stores, now, replan_of=driven.id)
    assert BinId("b6") in {id_ for id_, _ in difference(driven, changed).added}
    stops = [stop for route in changed.routes for stop in route.stops if stop.bin_id == "b6"]
    assert ReasonCode.RESIDENT_ASKED in {reason.code for reason in stops[0].reasons}
    stores.requests.withdraw("r1", now)
    assert BinId("b6") not in plan(stores, now + timedelta(minutes=1), replan_of=driven.id).bins_collected


def test_an_excluded_bin_is_left_out_and_a_locked_one_goes_to_its_truck(stores: Stores, driven: Plan) -> None:
    """The street is dug up here; there the driver with the key comes."""
    route = driven.routes[0]
    other = V2 if route.vehicle_id == V1 else V1
    gone, given = collects(route)[-1], collects(route)[-2]
    changed = plan(
        stores, MORNING_UTC + timedelta(minutes=5), replan_of=driven.id,
        excluded=frozenset({gone}), locked={given: other},
    )  # fmt: skip
    assert left_out(changed)[gone] is ReasonCode.EXCLUDED
    found = next((each.vehicle_id, stop) for each in changed.routes for stop in each.stops if stop.bin_id == given)
    assert found[0] == other
    assert found[1].reasons[0].code is ReasonCode.LOCKED


def test_only_a_plan_on_the_road_can_be_changed(stores: Stores) -> None:
    """A draft is simply made anew."""
    draft = plan(stores)
    with pytest.raises(ConflictError, match="published"):
        plan(stores, MORNING_UTC + timedelta(minutes=1), replan_of=draft.id)


def test_wishes_that_contradict_each_other_are_refused() -> None:
    """Whoever locks a bin to a broken truck gets no plan that quietly drops it."""
    with pytest.raises(ValueError, match="excluded and locked"):
        Wishes(excluded=frozenset({BinId("b1")}), locked={BinId("b1"): V1})
    with pytest.raises(ValueError, match="unavailable"):
        Wishes(unavailable=frozenset({V1}), locked={BinId("b1"): V1})


def test_a_difference_tells_a_driver_only_what_changes_for_them(driven: Plan) -> None:
    """The other truck's banner stays away."""
    route = driven.routes[0]
    stops = (route.stops[1], route.stops[0], *route.stops[2:])
    turned = replace(driven, routes=(replace(route, stops=stops), *driven.routes[1:]))
    told = difference(driven, turned)
    assert told.reordered == (route.vehicle_id,)
    assert told.concerns(route.vehicle_id)
    assert not told.concerns(VehicleId("another"))
