"""A plan changed in the middle of the day: what was done stays, trucks go on from where they are, few bins move."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from routing.planning import search
from routing.planning.planner import make_plan
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.at_once import at_once
from tests.routing.planning.small_city import small_city, ten_days_of_readings
from tomma.city import City, Position
from tomma.errors import ConflictError
from tomma.events import Event, EventKind, SkipReason
from tomma.model import BinId, PlanId, SiteId, VehicleId
from tomma.plan import Plan, PlanStatus, Route, Stop, StopKind, Wishes, difference
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode
from tomma.requests import BinRequest, RequestReason, RequestSource
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores
from tomma.trucks import Break, Shift

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TODAY = date(2026, 11, 23)
MORNING_UTC = datetime(2026, 11, 23, 5, 30, tzinfo=STOCKHOLM).astimezone(UTC)
ALL_DUE = PlanningSettings(budget_s=20.0, seed=4, next_opportunity_h=150.0)
"""With the next truck almost a week away every bin but b6 must be emptied."""
V1, V2 = VehicleId("v1"), VehicleId("v2")


REAL = {"test_without_an_event_the_plan_stays_as_it_is", "test_a_truck_that_breaks_down_leaves_its_bins_to_the_others"}


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tests ask the real engines in their process; what the others hold does not depend on how good a plan is."""
    if request.node.name not in REAL:
        monkeypatch.setattr(search, "solve_in_child", at_once)


@pytest.fixture
def stores(tmp_path: Path, made_stores: Path) -> Iterator[Stores]:
    """Real stores with ten days of readings before that morning."""
    shutil.copytree(made_stores, tmp_path, dirs_exist_ok=True)
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        opened.readings.append(ten_days_of_readings(small_city(), MORNING_UTC))
        yield opened


def plan(
    stores: Stores,
    now_utc: datetime = MORNING_UTC,
    city: City | None = None,
    settings: PlanningSettings = ALL_DUE,
    **wishes: object,
) -> Plan:
    """Press the button; with wishes, for a change of plan."""
    made = make_plan(
        city=city or small_city(),
        readings=stores.readings,
        events=stores.events,
        roads=StraightLineRoads(1.35, 22.0),
        settings=settings,
        day=TODAY,
        now_utc=now_utc,
        plan_id=PlanId(f"p{now_utc:%H%M}-{len(wishes)}"),
        iterations=5,
        plans=stores.plans,
        requests=stores.requests,
        wishes=Wishes(**wishes),  # type: ignore[arg-type]
    )
    stores.plans.save(made)
    return made


@pytest.fixture
def driven(stores: Stores) -> Plan:
    """The morning's plan, sent to the trucks."""
    return stores.plans.publish(plan(stores).id)


def tap(stores: Stores, of: Plan, vehicle: VehicleId, stop: Stop, at_utc: datetime, **more: object) -> None:
    """Let a driver say that a stop is done."""
    kinds = {StopKind.COLLECT: EventKind.EMPTIED, StopKind.DISPOSE: EventKind.UNLOADED}
    body: dict[str, object] = {
        "key": f"tap-{vehicle}-{at_utc:%H%M%S}-{stop.bin_id}",
        "device_id": f"tablet-{vehicle}",
        "sequence": int(at_utc.timestamp()),
        "plan_id": of.id,
        "vehicle_id": vehicle,
        "kind": kinds.get(stop.kind, EventKind.BREAK_STARTED),
        "tapped_utc": at_utc,
        "received_utc": at_utc,
        "bin_id": stop.bin_id,
        "disposal_site_id": stop.disposal_site_id,
    }
    assert stores.events.append([Event(**body | more)]) == ["stored"]  # type: ignore[arg-type]


def do_first(stores: Stores, of: Plan, count: int) -> tuple[Route, datetime]:
    """Let the first truck do its first stops at the planned times; return its route and a minute after."""
    route = of.routes[0]
    for stop in route.stops[:count]:
        tap(stores, of, route.vehicle_id, stop, stop.depart_utc)
    return route, route.stops[count - 1].depart_utc + timedelta(minutes=1)


def collects(route: Route) -> list[BinId]:
    """Bins of a route in order."""
    return [stop.bin_id for stop in route.stops if stop.bin_id is not None]


def left_out(made: Plan) -> dict[BinId, ReasonCode]:
    """First reason of each bin that is not on the plan."""
    return {each.bin_id: each.reasons[0].code for each in made.left_out}


def test_without_an_event_the_plan_stays_as_it_is(stores: Stores, driven: Plan) -> None:
    """A driver whose list changes for nothing stops reading it."""
    _, now = do_first(stores, driven, 1)
    changed = plan(stores, now, replan_of=driven.id)
    assert changed.status is PlanStatus.READY
    assert changed.replaces == driven.id
    assert difference(driven, changed) == difference(driven, driven)


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


def test_only_a_plan_on_the_road_can_be_changed(stores: Stores) -> None:
    """A draft is simply made anew."""
    draft = plan(stores)
    with pytest.raises(ConflictError, match="published"):
        plan(stores, MORNING_UTC + timedelta(minutes=1), replan_of=draft.id)


def test_the_cost_of_the_whole_day_is_told(stores: Stores, driven: Plan) -> None:
    """What was driven this morning is not free because a plan was changed at noon."""
    _, now = do_first(stores, driven, 3)
    changed = plan(stores, now, replan_of=driven.id)
    assert changed.cost_minor == pytest.approx(driven.cost_minor, rel=0.1)


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
