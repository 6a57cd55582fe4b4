"""Pick-ups that left no trace, and emptyings that nobody planned, are told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ingest.alerts.pickups import Pickup, missed
from tests.ingest.alerts.town import HOUR, T0, K, Town
from tomma.events import Event, EventKind, SkipReason
from tomma.model import Alert, BinId, Emptying, EmptyingSource, PlanId, Quality, Reading, SensorId, VehicleId
from tomma.plan import LeftOut, Plan, PlanStatus, RoadsSource, Route, Stop, StopKind
from tomma.reasons import Reason, ReasonCode


def level(hour: float, fill: float, quality: Quality = Quality.GOOD) -> Reading:
    """One reading of the bin."""
    return Reading(BinId("B0001"), SensorId("H0001"), T0 + hour * HOUR, T0 + hour * HOUR, fill, quality)


def emptying(hour: float, bin_id: str = "B0001") -> Emptying:
    """Seen by the sensor."""
    return Emptying(BinId(bin_id), T0 + hour * HOUR, EmptyingSource.DETECTED, 0.8, 0.1)


@pytest.mark.parametrize(
    ("after", "detected", "expected"),
    [
        pytest.param([(1, 0.82), (2, 0.83)], [], "missed", id="as full as before"),
        pytest.param([(1, 0.15), (2, 0.16)], [], "emptied", id="fell"),
        pytest.param([(1, 0.82), (2, 0.83)], [-0.5], "emptied", id="fell, and is full again"),
        pytest.param([(1, 0.82)], [], "unknown", id="one reading may be an echo of before"),
        pytest.param([(1, 0.1), (2, 0.83), (3, 0.83)], [], "emptied", id="seen low once: in doubt for the driver"),
        pytest.param([], [], "unknown", id="nothing heard since"),
    ],
)
def test_a_confirmed_pickup_is(after: list[tuple[float, float]], detected: list[float], expected: str) -> None:
    """The driver said emptied: the level says whether it was this bin."""
    before = [level(hour, 0.8 + hour / 100) for hour in (-3, -2, -1)]
    verdict = missed(
        Pickup(BinId("B0001"), T0, confirmed=True),
        [*before, *(level(*each) for each in after)],
        [emptying(hour) for hour in detected],
    )
    assert ("missed" if isinstance(verdict, Alert) else {True: "emptied", None: "unknown"}[verdict]) == expected


@pytest.mark.parametrize(("before", "after"), [(0.12, 0.12), (0.26, 0.19)])
def test_a_pickup_of_a_bin_with_little_in_it_is_never_missed(before: float, after: float) -> None:
    """Nobody can see it, and nobody minds."""
    readings = [level(hour, before if hour < 0 else after) for hour in (-3, -2, -1, 1, 2)]
    assert missed(Pickup(BinId("B0001"), T0, confirmed=True), readings, []) is True


def test_a_blocked_sensor_accuses_no_driver() -> None:
    """What it saw was a bag."""
    readings = [level(hour, 1.0, Quality.BLOCKED) for hour in (-3, -2, -1, 1, 2)]
    assert missed(Pickup(BinId("B0001"), T0, confirmed=True), readings, []) is None


def tap(kind: EventKind, bin_id: str, hour: float, **what: Any) -> Event:
    """The driver taps."""
    moment = T0 + hour * HOUR
    key = f"{kind}-{bin_id}-{hour}"
    return Event(key, "tablet", 1, PlanId("P"), VehicleId("V"), kind, moment, moment, bin_id=BinId(bin_id), **what)


def plan_for(bins: Sequence[int], hour: float) -> Plan:
    """Today's plan, every stop at that hour."""
    at_utc = T0 + hour * HOUR
    stops = tuple(Stop(StopKind.COLLECT, at_utc, at_utc, 100, 60, 100.0, 10.0, BinId(f"B{n:04d}")) for n in bins)
    left = LeftOut(BinId("B0009"), (Reason(ReasonCode.NOT_NEEDED_YET),))
    route = Route(VehicleId("V"), at_utc, at_utc, stops, 1000, 600)
    return Plan(
        PlanId("P"), date(2026, 6, 1), T0, T0, PlanStatus.READY, "greedy", RoadsSource.STRAIGHT_LINE,
        (route,), (left,), 1, 0,
    )  # fmt: skip


def test_what_was_planned_and_did_not_happen_is_told_and_what_happened_unplanned(town: Town) -> None:
    """B1 was confirmed but is full, B2 was forgotten, B3 skipped with a reason, B4 emptied as planned; B5 by nobody."""
    plan = plan_for([1, 2, 3, 4], 8)
    town.stores.plans.save(plan)
    town.stores.plans.publish(plan.id)
    for hour in range(-50, 9):
        town.hear(hour, level=0.8)
    town.stores.events.append(
        [
            tap(EventKind.EMPTIED, "B0001", 8.1),
            tap(EventKind.SKIPPED, "B0003", 8.2, skip_reason=SkipReason.BLOCKED),
            tap(EventKind.EMPTIED, "B0004", 8.3),
        ]
    )
    for hour in range(9, 14):
        town.hear(hour, [1, 2, 3], level=0.81)
        town.hear(hour, [4, 5], level=0.1)
        town.hear(hour, [0, 6, 7, 8, 9], level=0.8)
    town.stores.readings.append([], [emptying(9, "B0004"), emptying(9, "B0005")])
    assert sorted(town.look(13.5)) == [
        (K.EMPTIED_UNPLANNED, True, "B0005"),
        (K.PICKUP_MISSED, True, "B0001"),
        (K.PICKUP_MISSED, True, "B0002"),
    ]
    assert town.look(13.6) == []
    missing = [each for each in town.stores.readings.active_alerts() if each.kind is K.PICKUP_MISSED]
    assert {each.bin_id: each.values["confirmed"] for each in missing} == {"B0001": 1.0, "B0002": 0.0}

    town.stores.readings.append([], [emptying(14, "B0002")])
    assert town.look(14.1) == [(K.PICKUP_MISSED, False, "B0002")]
    for hour in range(15, 35):
        town.hear(hour)
    assert (K.EMPTIED_UNPLANNED, False, "B0005") in town.look(34.0)


def test_a_driver_who_works_over_midnight_has_said_so(town: Town) -> None:
    """Planned at ten to twelve, tapped at ten past: the bin that stayed full is told of once, as confirmed."""
    _drive(town, plan_for([1], -0.2), tap(EventKind.EMPTIED, "B0001", 0.1))
    assert town.look(6.0) == [(K.PICKUP_MISSED, True, "B0001")]
    (missing,) = [each for each in town.stores.readings.active_alerts() if each.kind is K.PICKUP_MISSED]
    assert missing.values["confirmed"] == 1.0


def test_a_bin_that_was_passed_yesterday_is_missed_today(town: Town) -> None:
    """The parked car of yesterday excuses nobody who forgot the bin this morning."""
    _drive(town, plan_for([1], 0), tap(EventKind.SKIPPED, "B0001", -20, skip_reason=SkipReason.BLOCKED))
    assert town.look(6.0) == [(K.PICKUP_MISSED, True, "B0001")]


def test_a_plan_is_of_a_local_day(town: Town) -> None:
    """At seven in the morning of Auckland it is yesterday in Greenwich, whose plan had other bins."""
    city = town.stores.registry.load()
    town.stores.registry.save(replace(city, organisation=replace(city.organisation, timezone="Pacific/Auckland")))
    former = replace(plan_for([1], -29), id=PlanId("former"), day=date(2026, 5, 31))
    _drive(town, former, tap(EventKind.EMPTIED, "B0001", -29))
    _drive(town, plan_for([4], -5))
    town.stores.readings.append([], [emptying(-29), emptying(-4.9, "B0004")])
    assert town.look(-4.0) == []


def _drive(town: Town, plan: Plan, *taps: Event) -> None:
    """The plan is on the road, its driver taps, and no level falls."""
    town.stores.plans.save(plan)
    town.stores.plans.publish(plan.id)
    town.stores.events.append(taps)
    for hour in range(-50, 7):
        town.hear(hour, level=0.8)


def test_without_a_plan_no_emptying_is_unplanned(town: Town) -> None:
    """A city that does not plan here yet would get an alert a bin and day."""
    town.hear(0)
    town.stores.readings.append([], [emptying(0, "B0005")])
    assert town.look(0.1) == []
