"""From readings to a plan, as a person who presses the button sees it. Real stores, straight lines for streets."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from routing.planning.leaving import LEAD_S, default_day
from routing.planning.planner import make_plan
from routing.roads.port import Leg, Matrix
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.small_city import SHIFT, small_city, ten_days_of_readings
from tomma.city import City, Position
from tomma.codec import to_json
from tomma.errors import ConflictError, RoadsUnavailableError
from tomma.model import BinId, PlanId, Reading, SensorId, VehicleId
from tomma.plan import Plan, PlanProgress, PlanStatus, RoadsSource, StopKind
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode
from tomma.settings import Settings
from tomma.stores.wiring import Stores, open_stores
from tomma.trucks import Shift

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MORNING_UTC = datetime(2026, 11, 23, 5, 30, tzinfo=STOCKHOLM).astimezone(UTC)
TODAY = date(2026, 11, 23)
STREETS = StraightLineRoads(1.35, 22.0)


@pytest.fixture
def stores(tmp_path: Path, made_stores: Path) -> Iterator[Stores]:
    """Real stores with ten days of readings before that morning."""
    shutil.copytree(made_stores, tmp_path, dirs_exist_ok=True)
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        opened.readings.append(ten_days_of_readings(small_city(), MORNING_UTC))
        yield opened


def plan(stores: Stores, city: City | None = None, **changes: object) -> Plan:
    """Press the button at half past five for today."""
    usual: dict[str, object] = {
        "city": city or small_city(),
        "readings": stores.readings,
        "events": stores.events,
        "roads": STREETS,
        "settings": PlanningSettings(budget_s=20.0, seed=4),
        "day": TODAY,
        "now_utc": MORNING_UTC,
        "plan_id": PlanId("p"),
        "iterations": 30,
    }
    return make_plan(**(usual | changes))  # type: ignore[arg-type]


def test_a_plan_has_routes_with_streets_and_a_reason_for_every_bin_left_out(stores: Stores) -> None:
    """Nobody has to ask why a bin is not on the list."""
    made = plan(stores)
    assert made.status is PlanStatus.READY
    assert made.violations == ()
    assert made.roads_source is RoadsSource.STRAIGHT_LINE
    assert BinId("b5") in made.bins_collected
    left_out = {each.bin_id: each.reasons[0].code for each in made.left_out}
    assert left_out[BinId("b6")] is ReasonCode.NOT_NEEDED_YET
    assert made.bins_collected | set(left_out) == set(small_city().bins)
    assert not made.bins_collected & set(left_out)
    for route in made.routes:
        assert len(route.legs_lonlat) == len(route.stops) + 1
        assert route.stops[-1].kind is StopKind.DISPOSE
        assert route.stops[-1].load_after_l == 0.0
        assert route.distance_m > 0
        for stop in route.stops:
            assert stop.kind is not StopKind.COLLECT or stop.reasons


def test_a_leg_is_empty_exactly_where_the_truck_stands_still(stores: Stores) -> None:
    """The map draws what is driven, no more."""
    for route in plan(stores).routes:
        for leg, stop in zip(route.legs_lonlat, route.stops, strict=False):
            assert (leg == ()) == (stop.leg_driving_s == 0 and stop.leg_distance_m == 0)


def test_the_same_readings_and_seed_give_the_same_plan_byte_for_byte(stores: Stores) -> None:
    """A plan that changes when nothing did is not trusted."""
    assert to_json(plan(stores)) == to_json(plan(stores))


def test_a_reading_that_comes_while_it_is_planned_is_for_the_next_plan(stores: Stores) -> None:
    """L6: a plan is made from one moment, which it names; half of it from another would contradict itself."""
    just_now = MORNING_UTC - timedelta(minutes=1)
    full = Reading(BinId("b6"), SensorId("x-b6"), just_now, just_now, fill_fraction=0.99)
    before = plan(stores)

    def comes_in_between(progress: PlanProgress) -> None:
        if progress.stage == "roads":
            stores.readings.append([full])

    made = plan(stores, on_progress=comes_in_between)
    assert made.snapshot_utc == MORNING_UTC
    assert to_json(made) == to_json(before)
    assert BinId("b6") in plan(stores).bins_collected


def test_before_the_shift_trucks_leave_at_its_start(stores: Stores) -> None:
    """Pressed at half past five, driven from six."""
    starts = {route.start_utc.astimezone(STOCKHOLM).hour for route in plan(stores).routes}
    assert starts == {6}


def test_in_the_middle_of_the_shift_trucks_leave_ten_minutes_later_and_are_home_in_time(stores: Stores) -> None:
    """The morning is gone; what is left of the day is still worth planning."""
    at_ten_utc = MORNING_UTC + timedelta(hours=4, minutes=30)
    made = plan(stores, now_utc=at_ten_utc)
    assert made.routes
    for route in made.routes:
        assert route.start_utc >= at_ten_utc + timedelta(seconds=LEAD_S)
        assert route.end_utc.astimezone(STOCKHOLM).hour < 14


def test_after_the_shift_every_wanted_bin_is_left_out_for_want_of_a_truck(stores: Stores) -> None:
    """Asking for today at six in the evening gives an honest answer, not an error."""
    made = plan(stores, now_utc=MORNING_UTC + timedelta(hours=12, minutes=30))
    assert made.status is PlanStatus.READY
    assert made.routes == ()
    assert {each.bin_id: each.reasons[0].code for each in made.left_out}[BinId("b5")] is ReasonCode.NO_VEHICLE


@pytest.mark.parametrize(
    ("hour", "day"),
    [
        pytest.param(5, TODAY, id="at five: today"),
        pytest.param(10, TODAY, id="at ten: what is left of today"),
        pytest.param(13, TODAY + timedelta(days=1), id="at one: less than an hour of work is left"),
        pytest.param(18, TODAY + timedelta(days=1), id="at six in the evening: tomorrow"),
    ],
)
def test_without_a_day_the_next_one_with_an_hour_of_work_is_planned(hour: int, day: date) -> None:
    """What a person means who just presses the button."""
    pressed = datetime(2026, 11, 23, hour, 0, tzinfo=STOCKHOLM).astimezone(UTC)
    assert default_day(small_city(), pressed) == day


def test_on_the_day_the_clocks_go_forward_trucks_still_leave_at_six(stores: Stores) -> None:
    """By the clock on the wall, which that night skips an hour."""
    made = plan(stores, day=date(2027, 3, 28), now_utc=datetime(2027, 3, 27, 20, 0, tzinfo=UTC))
    assert made.routes
    assert {route.start_utc for route in made.routes} == {datetime(2027, 3, 28, 4, 0, tzinfo=UTC)}


@pytest.mark.parametrize("days", [-1, 400])
def test_a_day_that_is_over_or_out_of_sight_is_refused(stores: Stores, days: int) -> None:
    """In words, before any work."""
    with pytest.raises(ConflictError, match="choose"):
        plan(stores, day=TODAY + timedelta(days=days))


def test_only_the_trucks_asked_for_are_used(stores: Stores) -> None:
    """The other one is at the workshop."""
    made = plan(stores, vehicle_ids=[VehicleId("v2")])
    assert {route.vehicle_id for route in made.routes} == {VehicleId("v2")}


def test_a_truck_that_is_too_small_is_told_with_the_numbers(stores: Stores) -> None:
    """The values say how much would have had to fit."""
    city = small_city()
    small = {key: replace(each, capacity_l=50.0) for key, each in city.vehicles.items()}
    made = plan(stores, replace(city, vehicles=small))
    reason = next(each for each in made.left_out if each.bin_id == "b5").reasons[0]
    assert reason.code is ReasonCode.TOO_BIG_FOR_ANY_TRUCK
    assert reason.values["volume_l"] > 50


def test_a_city_without_trucks_gets_a_plan_without_routes(stores: Stores) -> None:
    """And every wanted bin says so."""
    made = plan(stores, replace(small_city(), vehicles={}))
    assert made.routes == ()
    assert len(made.left_out) == len(small_city().bins)


class BrokenRoads:
    """Streets that give no answer."""

    source = RoadsSource.STREETS

    def matrix(self, points: object) -> Matrix:
        """Fail as an engine that is gone does."""
        raise RoadsUnavailableError("the engine is gone")

    def legs(self, points: object) -> tuple[Leg, ...]:
        """Fail likewise."""
        raise RoadsUnavailableError("the engine is gone")


class RoadsWithoutLines(StraightLineRoads):
    """Streets that know times but give no lines."""

    def legs(self, points: object) -> tuple[Leg, ...]:
        """Fail as an engine that is gone does."""
        raise RoadsUnavailableError("the engine is gone")


def test_when_the_streets_give_no_answer_the_plan_is_made_by_straight_lines_and_marked(stores: Stores) -> None:
    """A plan always comes back, and never passes a straight line off as a street."""
    made = plan(stores, roads=BrokenRoads())
    assert made.routes
    assert made.roads_source is RoadsSource.STRAIGHT_LINE


def test_without_lines_of_the_streets_the_map_shows_straight_ones(stores: Stores) -> None:
    """The times stand; only the drawing is poorer."""
    made = plan(stores, roads=RoadsWithoutLines(1.35, 22.0))
    assert all(len(leg) in (0, 2) for route in made.routes for leg in route.legs_lonlat)
    assert any(leg for route in made.routes for leg in route.legs_lonlat)


def test_a_site_on_the_other_side_of_the_world_is_left_out_and_the_others_are_not(stores: Stores) -> None:
    """Swapped coordinates, (0, 0): a slip in the master data must not cost the day."""
    city = small_city()
    sites = dict(city.sites)
    key = city.bins[BinId("b5")].site_id
    sites[key] = replace(sites[key], position=Position(0.0, 0.0))
    soon = PlanningSettings(budget_s=20.0, seed=4, next_opportunity_h=96.0)  # so that more than b5 is due
    made = plan(stores, replace(city, sites=sites), settings=soon)
    left_out = {each.bin_id: each.reasons[0].code for each in made.left_out}
    assert left_out[BinId("b5")] in (ReasonCode.NO_TIME_WINDOW, ReasonCode.UNREACHABLE)
    assert made.bins_collected


def test_progress_names_each_stage_and_ends_with_the_best_cost(stores: Stores) -> None:
    """What the manager watches."""
    seen: list[PlanProgress] = []
    made = plan(stores, on_progress=seen.append)
    stages = [each.stage for each in seen]
    assert stages[:2] == ["forecast", "roads"]
    assert stages[-1] == "done"
    assert seen[-1].best_cost_minor == made.cost_minor
    assert seen[-1].stops == sum(len(route.stops) for route in made.routes)


def test_a_night_shift_ends_on_the_next_day(stores: Stores) -> None:
    """From ten in the evening to six in the morning."""
    night = Shift(22 * 3600, 30 * 3600)
    city = small_city(shift=night)
    sites = {key: replace(each, opens_s=0, closes_s=24 * 3600) for key, each in city.disposal_sites.items()}
    made = plan(stores, replace(city, disposal_sites=sites))
    assert made.status is PlanStatus.READY
    assert all(route.start_utc.astimezone(STOCKHOLM).hour >= 22 for route in made.routes)
    assert SHIFT.end_s < night.start_s


def test_a_plan_made_in_the_middle_of_the_day_looks_to_tomorrows_usual_coming(stores: Stores) -> None:
    """Today's trucks come late by it, tomorrow's will not: what they find in time is not emptied today."""
    early, late = (
        _looks_h(plan(stores, now_utc=MORNING_UTC + timedelta(hours=hours), settings=PlanningSettings(seed=4)))
        for hours in (0.0, 4.5)
    )
    assert early == {24.0}
    ((late_h),) = late
    assert late_h == pytest.approx(24.0 - (4.0 + LEAD_S / 3600.0) / 2.0)  # half of what the day is shorter by


def _looks_h(made: Plan) -> set[float]:
    stops = [stop.reasons for route in made.routes for stop in route.stops]
    told = [*stops, *(each.reasons for each in made.left_out)]
    return {reason.values["by_h"] for reasons in told for reason in reasons if "by_h" in reason.values}
