"""What a driver said of a bin decides the next morning against its sensor, and the plan tells so."""

from datetime import timedelta

import pytest

from routing.ahead.outlook import city_outlook
from routing.ahead.seen import seen_by_drivers
from routing.forecast import Word
from tests.routing.planning.replan.day import MORNING_UTC, TODAY, V1, plan, tap
from tests.routing.planning.small_city import small_city
from tomma.events import EventKind, ReportKind, SkipReason
from tomma.model import BinId, Reading, SensorId
from tomma.plan import Plan, Stop
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode
from tomma.stores.wiring import Stores

NEXT_MORNING = MORNING_UTC + timedelta(days=1)
SAID = frozenset({ReasonCode.DRIVER_SAW_FULL, ReasonCode.DRIVER_FOUND_EMPTY})


def next_morning(stores: Stores) -> dict[BinId, tuple[bool, tuple[Reason, ...]]]:
    """Plan the day after; by bin, whether it is on a route, and why."""
    made = plan(stores, NEXT_MORNING, settings=PlanningSettings(budget_s=20.0, seed=4), day=TODAY + timedelta(days=1))
    on_route = {stop.bin_id: (True, stop.reasons) for route in made.routes for stop in route.stops if stop.bin_id}
    return on_route | {each.bin_id: (False, each.reasons) for each in made.left_out}


def says(stores: Stores, driven: Plan, sensor_fill: float, **what: object) -> BinId:
    """Let the sensor of a stop's bin say one thing all day, and the driver another."""
    stop: Stop = next(each for route in driven.routes for each in route.stops if each.bin_id == "b1")
    bin_id = BinId("b1")
    for hours in (-2, 1, 9, 20):
        at_utc = MORNING_UTC + timedelta(hours=hours)
        stores.readings.append([Reading(bin_id, SensorId("x-b1"), at_utc, at_utc, sensor_fill)])
    tap(stores, driven, V1, stop, MORNING_UTC + timedelta(hours=2), **what)
    return bin_id


@pytest.mark.parametrize(
    "what",
    [
        pytest.param({"kind": EventKind.SKIPPED, "skip_reason": SkipReason.OVERLOADED}, id="skipped as overloaded"),
        pytest.param({"kind": EventKind.REPORTED, "report": ReportKind.OVERFLOWING}, id="reported as overflowing"),
    ],
)
def test_a_bin_that_a_driver_saw_full_is_taken_and_the_plan_says_who_told(
    stores: Stores, driven: Plan, what: dict[str, object]
) -> None:
    """The map showed 40 % and the plan "99 % full now": the office could believe only one of them."""
    bin_id = says(stores, driven, 0.4, **what)
    is_taken, why = next_morning(stores)[bin_id]
    assert (is_taken, [each.code for each in why[:2]]) == (True, [ReasonCode.FULL_NOW, ReasonCode.DRIVER_SAW_FULL])
    assert why[1].values["ago_h"] == pytest.approx(22.0, abs=0.1)


def test_that_a_driver_found_a_bin_empty_is_the_last_word_on_it(stores: Stores, driven: Plan) -> None:
    """The forecast takes the word for an emptying: it is told all the same, and for three days."""
    bin_id = says(stores, driven, 0.7, kind=EventKind.SKIPPED, skip_reason=SkipReason.ALREADY_EMPTY)
    for hours, words in ((24, [Word.EMPTY]), (80, [])):
        now_utc = MORNING_UTC + timedelta(hours=hours)
        outlook = city_outlook(small_city(), stores.readings, stores.events, now_utc)
        found = seen_by_drivers(stores.events, outlook.last_emptied, now_utc)
        assert [each.word for id_, each in found.items() if id_ == bin_id] == words


def test_a_word_is_not_told_once_the_bin_was_emptied(stores: Stores, driven: Plan) -> None:
    """Waste lay beside it: that was told with the lift, and is over."""
    bin_id = says(stores, driven, 0.4, kind=EventKind.EMPTIED, overflowing=True)
    _, why = next_morning(stores)[bin_id]
    assert not SAID & {each.code for each in why}


def test_waste_that_is_reported_minutes_after_the_lift_lay_there_before_it(stores: Stores, driven: Plan) -> None:
    """Gloves off, "Report a fault": the next morning's plan drove to the emptied bin as "100 % full now"."""
    stop = next(each for route in driven.routes for each in route.stops if each.bin_id == "b1")
    at_utc = MORNING_UTC + timedelta(hours=2)
    tap(stores, driven, V1, stop, at_utc)
    heaped = {"kind": EventKind.REPORTED, "report": ReportKind.OVERFLOWING}
    tap(stores, driven, V1, stop, at_utc + timedelta(minutes=3), **heaped)
    _, why = next_morning(stores)[BinId("b1")]
    assert not {ReasonCode.FULL_NOW, *SAID} & {each.code for each in why}
    tap(stores, driven, V1, stop, at_utc + timedelta(hours=4), **heaped)  # the driver comes by once more
    is_taken, why = next_morning(stores)[BinId("b1")]
    assert (is_taken, why[1].code) == (True, ReasonCode.DRIVER_SAW_FULL)
