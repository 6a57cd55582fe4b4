"""From the city to integers: clocks, loads, streams and breaks."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from routing.choice.demand import Demand
from routing.daytime import WorkingDay
from routing.planning.build import Built, Fleet, build_problem, points_of, wanted
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.small_city import SHIFT, small_city
from tomma.city import City
from tomma.model import BinId, FractionCode
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode
from tomma.trucks import Break, Shift

HOUR_S = 3600
A_DAY = WorkingDay(date(2026, 11, 23), "Europe/Stockholm")
WHY = (Reason(ReasonCode.REQUESTED),)


def demands_of(city: City, **changes: object) -> tuple[Demand, ...]:
    """Return the same demand for every bin."""
    usual = Demand(BinId(""), 0.8, 200.4, 20.1, must=True, prize_minor=0, p_overflow=0.5, reasons=WHY)
    return tuple(replace(usual, bin_id=bin_id, **changes) for bin_id in city.bins)  # type: ignore[arg-type]


def build(city: City, *, day: WorkingDay = A_DAY, not_before_s: int = 0) -> Built:
    """Build the problem of every bin and every truck."""
    demands = demands_of(city)
    vehicles = list(city.vehicles.values())
    points = points_of(city, demands, vehicles)
    matrix = StraightLineRoads(1.35, 22.0).matrix(points.positions)
    return build_problem(city, demands, points, Fleet(vehicles, day, not_before_s), [matrix], PlanningSettings())


def test_loads_are_rounded_up_and_the_numbers_find_their_way_back() -> None:
    """A truck is never planned fuller than it is."""
    built = build(small_city())
    assert {(node.volume_l, node.weight_kg) for node in built.problem.bins} == {(201, 21)}
    assert built.bin_ids == tuple(small_city().bins)
    assert built.vehicle_ids == tuple(small_city().vehicles)


def test_bins_of_one_site_share_a_place_and_its_halt() -> None:
    """That is what makes emptying the second one cheap."""
    city = small_city()
    built = build(city)
    place = {bin_id: node.place for bin_id, node in zip(built.bin_ids, built.problem.bins, strict=True)}
    assert place[BinId("b1")] == place[BinId("b2")] != place[BinId("b3")]
    assert built.problem.halt_s[place[BinId("b1")]] == 90


@pytest.mark.parametrize(
    ("day", "elapsed_h", "utc_hour"),
    [
        pytest.param(date(2026, 3, 28), 6, 5, id="the day before the clocks go forward"),
        pytest.param(date(2026, 3, 29), 5, 4, id="the day the clocks go forward has 23 hours"),
        pytest.param(date(2026, 10, 25), 7, 5, id="the day the clocks go back has 25 hours"),
    ],
)
def test_a_shift_begins_at_six_by_the_clock_on_the_wall(day: date, elapsed_h: int, utc_hour: int) -> None:
    """And drives last as long as they last."""
    working_day = WorkingDay(day, "Europe/Stockholm")
    truck = build(small_city(), day=working_day).problem.trucks[0]
    assert truck.shift_start_s == elapsed_h * HOUR_S
    start_utc = working_day.after_midnight_utc(truck.shift_start_s)
    assert start_utc == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)


def test_in_the_middle_of_a_shift_the_truck_leaves_now_and_a_break_that_is_past_has_been_had() -> None:
    """At eleven the morning break, due by ten, is not owed again; the one at noon is."""
    rests = (Break(9 * HOUR_S, 10 * HOUR_S, 900), Break(12 * HOUR_S, 13 * HOUR_S, 1_800))
    city = small_city(shift=Shift(6 * HOUR_S, 14 * HOUR_S, rests))
    truck = build(city, not_before_s=11 * HOUR_S).problem.trucks[0]
    assert truck.shift_start_s == 11 * HOUR_S
    assert [rest.earliest_s for rest in truck.breaks] == [12 * HOUR_S]


def test_a_truck_whose_shift_is_over_is_not_offered() -> None:
    """Nobody is there to drive it."""
    built = build(small_city(), not_before_s=SHIFT.end_s)
    assert built.problem.trucks == ()
    assert built.vehicle_ids == ()


def test_unloading_must_be_done_by_closing_time() -> None:
    """The gate does not wait for the last truck."""
    site = build(small_city()).problem.disposals[0]
    assert (site.open_s, site.latest_s) == (7 * HOUR_S, 15 * HOUR_S - 900)


def test_a_truck_for_streams_that_no_one_site_takes_together_keeps_to_one_of_them() -> None:
    """A load is one load: glass cannot be tipped with the residual waste."""
    glass, residual = FractionCode("glass"), FractionCode("residual")
    city = small_city(takes=[frozenset({residual}), frozenset({glass})])
    built = build(city)
    carried = [truck.fractions for truck in built.problem.trucks]
    assert all(len(each) == 1 for each in carried)
    assert all(built.problem.disposals_of_truck)


def test_only_bins_that_must_be_or_are_worth_something_reach_the_planner() -> None:
    """Work per candidate costs quality: what nobody wants today is left out before."""
    city = small_city()
    nothing = demands_of(city, must=False)
    assert wanted(nothing) == ()
    assert len(wanted(demands_of(city, must=False, prize_minor=5))) == len(city.bins)
