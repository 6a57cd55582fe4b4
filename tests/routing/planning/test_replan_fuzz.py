"""Whatever drivers tap and whenever the plan is changed, there is a plan that holds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.planning import search
from routing.planning.planner import make_plan
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.at_once import at_once
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.events import Event, EventKind, SkipReason
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan, PlanStatus, StopKind, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores

MORNING_UTC = datetime(2026, 11, 23, 5, 30, tzinfo=ZoneInfo("Europe/Stockholm")).astimezone(UTC)
ALL_DUE = PlanningSettings(seed=4, next_opportunity_h=150.0)
KINDS = {
    StopKind.COLLECT: EventKind.EMPTIED,
    StopKind.DISPOSE: EventKind.UNLOADED,
    StopKind.BREAK: EventKind.BREAK_STARTED,
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Real stores with ten days of readings."""
    place: Path = tmp_path_factory.mktemp("fuzz")
    with open_stores(Settings(data_dir=place)) as opened:
        opened.readings.append(ten_days_of_readings(small_city(), MORNING_UTC))
        yield opened


def plan(stores: Stores, now_utc: datetime, name: str, wishes: Wishes, events: object = None) -> Plan:
    """Press the button."""
    return make_plan(
        city=small_city(),
        readings=stores.readings,
        events=events or stores.events,  # type: ignore[arg-type]
        roads=StraightLineRoads(1.35, 22.0),
        settings=ALL_DUE,
        day=MORNING_UTC.date(),
        now_utc=now_utc,
        plan_id=PlanId(name),
        plans=stores.plans,
        wishes=wishes,
    )


class Tapped:
    """A log that holds what one example tapped."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events

    def of_plan(self, plan_id: PlanId) -> list[Event]:
        """Return the plan's events."""
        return [event for event in self._events if event.plan_id == plan_id]

    def received_since(self, from_utc: datetime) -> list[Event]:
        """Return the events received since then."""
        return [event for event in self._events if event.received_utc >= from_utc]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    done=st.lists(st.booleans(), min_size=16, max_size=16),
    skipped=st.sets(st.integers(0, 15), max_size=3),
    late_min=st.integers(0, 90),
    now_min=st.integers(0, 540),
    broken=st.sampled_from([frozenset(), frozenset({VehicleId("v1")}), frozenset({VehicleId("v2")})]),
    excluded=st.sampled_from([frozenset(), frozenset({BinId("b3")})]),
)
def test_whatever_was_tapped_the_changed_plan_holds_and_accounts_for_every_bin(
    stores: Stores,
    monkeypatch: pytest.MonkeyPatch,
    done: list[bool],
    skipped: set[int],
    late_min: int,
    now_min: int,
    broken: frozenset[VehicleId],
    excluded: frozenset[BinId],
) -> None:
    """Stops left out, done in part, late, skipped; trucks broken; before, within and after the shift."""
    monkeypatch.setattr(search, "solve_in_child", at_once)
    if stores.plans.published(MORNING_UTC.date()) is None:
        stores.plans.save(plan(stores, MORNING_UTC, "p0", Wishes()))
        stores.plans.publish(PlanId("p0"))
    driven = stores.plans.get(PlanId("p0"))
    now = MORNING_UTC + timedelta(minutes=30 + now_min)
    events = []
    stops = [(route.vehicle_id, stop) for route in driven.routes for stop in route.stops]
    for number, (vehicle, stop) in enumerate(stops):
        tapped = stop.depart_utc + timedelta(minutes=late_min)
        if tapped > now or not done[number % len(done)]:
            continue
        skip = number in skipped and stop.kind is StopKind.COLLECT
        kind = EventKind.SKIPPED if skip else KINDS[stop.kind]
        why = SkipReason.BLOCKED if skip else None
        events.append(
            Event(f"example-{number}", "t", number, driven.id, vehicle, kind, tapped, tapped,
                  bin_id=stop.bin_id, disposal_site_id=stop.disposal_site_id, skip_reason=why)
        )  # fmt: skip
    wishes = Wishes(excluded=excluded, unavailable=broken, replan_of=driven.id)
    changed = plan(stores, now, "p1", wishes, Tapped(events))
    assert changed.violations == ()
    assert changed.status is PlanStatus.READY
    told = [stop.bin_id for route in changed.routes for stop in route.stops if stop.bin_id is not None]
    assert len(told) == len(set(told))
    assert set(told) | {each.bin_id for each in changed.left_out} == set(small_city().bins)
    emptied = {event.bin_id for event in events if event.kind is EventKind.EMPTIED}
    future = {stop.bin_id for route in changed.routes for stop in route.stops if stop.arrive_utc > now and stop.bin_id}
    assert not emptied & future
    assert not excluded & future
