"""The judge of Kim's waste collection instances, and what our planner is told of them."""

from pathlib import Path

import pytest

from routing.bench_solver.case import Routes
from routing.bench_solver.kim_case import open_case
from routing.bench_solver.kim_instance import driving_s, feet, read_instance, score
from routing.check import violations
from routing.engines.finish import settle
from tests.routing.bench_solver.conftest import KIM, SHARED
from tomma.errors import ConfigurationError

PUBLIC = sorted(SHARED.rglob("*_stop.txt"))
LANDFILL, NORTH, CORNER, EAST = 1, 2, 3, 4
GOOD: Routes = ((CORNER, NORTH, LANDFILL, EAST, LANDFILL),)
"""The corner closes at five past six, the far east opens at one; the two before it fill the truck."""


def test_the_authors_own_example_takes_as_long_as_they_say() -> None:
    """Their page reckons 262.3 seconds for the 15,387 feet from stop 0 to stop 1 of 102_stop.txt at 40 mph."""
    public = [path for path in PUBLIC if path.stem == "102_stop"]
    if not public:
        pytest.skip("the public instances are not here")
    instance = read_instance(public[0])
    distance_ft = feet(instance.depot, instance.landfills[0])
    assert distance_ft == 15_387
    assert driving_s(instance, distance_ft) == pytest.approx(262.3, abs=0.05)


def test_a_good_day_costs_its_manhattan_miles(waste: Path) -> None:
    """Two up and over, one back, then out to the landfill, on to the east, back to it, and home."""
    verdict = score(read_instance(waste), GOOD)
    assert verdict.faults == ()
    assert verdict.objective == pytest.approx(2 + 1 + 2 + 1 + 1 + 1)


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        pytest.param(((CORNER, NORTH, LANDFILL),), "stop 4 is not visited", id="one forgotten"),
        pytest.param((*GOOD, (NORTH, LANDFILL)), "stop 2 is visited 2 times", id="one twice"),
        pytest.param(((CORNER, NORTH, EAST, LANDFILL),), "holds 15 of 10 yards", id="overloaded"),
        pytest.param(((CORNER, NORTH, LANDFILL, EAST),), "comes home with 5 yards", id="not empty at home"),
        pytest.param(((NORTH, LANDFILL, CORNER, EAST, LANDFILL),), "no timetable", id="the corner is shut by then"),
        pytest.param(((9,),), "there is no node 9", id="a made-up node"),
    ],
)
def test_a_day_that_breaks_a_rule_is_refused(routes: Routes, fault: str, waste: Path) -> None:
    """Every rule of the authors has a fault of its own."""
    assert any(fault in each for each in score(read_instance(waste), routes).faults)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        pytest.param("15.0 // a day", "14.0 // a day", "collects 15 of 14 yards a day", id="yards of the day"),
        pytest.param("3 // stops", "2 // stops", "makes 3 of 2 stops a day", id="stops of the day"),
        pytest.param("3600 // lunch", "7200 // lunch", "no timetable", id="lunch until the last stop has closed"),
    ],
)
def test_limits_of_the_day_and_lunch_hold_however_often_one_unloads(
    before: str, after: str, fault: str, tmp_path: Path
) -> None:
    """Unloading resets the truck, not the driver."""
    path = tmp_path / "3_stop.txt"
    path.write_text(KIM.replace(before, after).replace("1300 2400", "1259 1259"))
    assert any(fault in each for each in score(read_instance(path), GOOD).faults)


@pytest.mark.parametrize(("latest", "valid"), [("1320", True), ("1319", False)])
def test_lunch_can_be_had_on_the_way(latest: str, valid: bool, tmp_path: Path) -> None:
    """It begins between eleven and noon, wherever the truck is: a drive over noon takes an hour more, no less."""
    path = tmp_path / "3_stop.txt"
    far = KIM.replace("3 10560 0 1300 2400", f"3 950400 0 0000 {latest}").replace("1500 0 9999", "2300 0 9999")
    path.write_text(far)
    assert score(read_instance(path), GOOD).valid == valid


def test_who_is_home_by_noon_needs_no_lunch_on_the_road(tmp_path: Path) -> None:
    """The hour is then the driver's own."""
    path = tmp_path / "3_stop.txt"
    path.write_text(KIM.replace("0600 1500", "0600 1100").replace("1300 2400", "0000 2400"))
    assert score(read_instance(path), GOOD).faults == ()


def test_our_plan_of_the_instance_is_accepted_by_both_judges(waste: Path) -> None:
    """What our checker lets pass keeps the authors' rules."""
    case = open_case(waste)
    solution = settle(case.problem, {})
    assert violations(case.problem, solution) == ()
    verdict = case.score(case.routes(solution))
    assert verdict.faults == ()
    assert verdict.objective == verdict.miles


def test_a_truck_beyond_the_published_number_is_dearer_than_any_detour(waste: Path) -> None:
    """The authors count trucks before miles; a plan that needs one more is worse, not refused."""
    case = open_case(waste)
    assert case.own_trucks == 1
    both = ((CORNER, LANDFILL, EAST, LANDFILL), (NORTH, LANDFILL))
    verdict = case.score(both)
    assert verdict.faults == ()
    assert verdict.miles is not None
    assert verdict.objective == pytest.approx(verdict.miles + 10 * 2 * 2)


@pytest.mark.parametrize(
    "path", [path for path in PUBLIC if path.stem in ("102_stop", "277_stop")], ids=lambda p: p.stem
)
def test_a_greedy_plan_of_a_public_instance_is_accepted_by_both_judges(path: Path) -> None:
    """Limits of the day, lunch, and landfills with opening hours: all rules at once, in real numbers."""
    case = open_case(path)
    solution = settle(case.problem, {})
    assert violations(case.problem, solution) == ()
    assert solution.must_missed == 0
    assert case.score(case.routes(solution)).faults == ()


def test_a_quarter_past_five_may_be_written_1675(tmp_path: Path) -> None:
    """One of the published files does."""
    path = tmp_path / "3_stop.txt"
    path.write_text(KIM.replace("7 5280 0 0000 2400", "7 5280 0 0650 1675"))
    landfill = read_instance(path).landfills[0]
    assert (landfill.open_s, landfill.latest_s) == ((6 * 60 + 50) * 60, (17 * 60 + 15) * 60)


def test_a_file_that_is_no_instance_is_named(tmp_path: Path) -> None:
    """A wrong folder in --data is said in one line."""
    path = tmp_path / "notes_stop.txt"
    path.write_text("nothing\n")
    with pytest.raises(ConfigurationError, match="notes_stop"):
        read_instance(path)
