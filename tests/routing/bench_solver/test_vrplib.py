"""The judge of CVRP, VRPTW and prize-collecting instances, and what our planner is told of them."""

from pathlib import Path

import pytest

from routing.answer import Solution
from routing.bench_solver.case import Routes
from routing.bench_solver.vrplib_case import open_case
from routing.bench_solver.vrplib_instance import read_instance, read_published, score
from routing.check import violations
from routing.engines.finish import settle
from tests.routing.bench_solver.conftest import SHARED
from tomma.errors import ConfigurationError

PUBLIC = sorted(SHARED.rglob("*.vrp"))


def test_distances_of_a_cvrp_are_rounded_to_the_nearest(square: Path) -> None:
    """Its published costs are: sqrt(2) counts 1, sqrt(10) counts 3."""
    assert score(read_instance(square), ((1, 2), (3, 4))).objective == (3 + 4 + 5) + (4 + 3 + 1)


def test_distances_with_windows_are_cut_off_after_one_decimal(square_with_windows: Path) -> None:
    """The DIMACS challenge did: sqrt(2) counts 1.4, sqrt(10) counts 3.1."""
    verdict = score(read_instance(square_with_windows), ((1, 2), (3, 4)))
    assert verdict.faults == ()
    assert verdict.objective == pytest.approx((3 + 4 + 5) + (4 + 3.1 + 1.4))


def test_prizes_of_those_left_out_are_added_in_scaled_units(square_with_prizes: Path) -> None:
    """So are the published costs of the set: ten for a unit of distance, ten for a unit of prize."""
    assert score(read_instance(square_with_prizes), ((1,),)).objective == 10 * (3 + 3) + 10 * (7 + 7 + 1)


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        pytest.param(((1, 2), (3,)), "node 4 is not visited", id="one forgotten"),
        pytest.param(((1, 2), (3, 4, 1)), "node 1 is visited 2 times", id="one visited twice"),
        pytest.param(((1, 2, 3), (4,)), "carries 15 of 10", id="overloaded"),
        pytest.param(((1, 2), (3, 5)), "there is no node 5", id="a made-up node"),
    ],
)
def test_a_route_that_breaks_a_rule_of_the_cvrp_is_refused(routes: Routes, fault: str, square: Path) -> None:
    """A cost of routes that nobody may drive compares with nothing."""
    verdict = score(read_instance(square), routes)
    assert not verdict.valid
    assert any(fault in each for each in verdict.faults)


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        pytest.param(((2, 1), (3, 4)), "at node 1 at", id="come too late"),
        pytest.param(((1, 2), (4, 3)), "at node 0 at", id="home too late: it waited for a gate"),
        pytest.param(((1,), (2,), (3, 4)), "3 vehicles drive, there are 2", id="too many vehicles"),
    ],
)
def test_a_route_that_breaks_a_rule_of_the_vrptw_is_refused(
    routes: Routes, fault: str, square_with_windows: Path
) -> None:
    """Windows, service and the fleet count, too."""
    verdict = score(read_instance(square_with_windows), routes)
    assert any(fault in each for each in verdict.faults)


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_best_known_solution_evaluates_to_its_published_cost(path: Path) -> None:
    """The judge counts as the authors do, to the last unit."""
    routes, published = read_published(path.with_suffix(".sol"))
    verdict = score(read_instance(path), routes)
    assert verdict.faults == ()
    assert verdict.objective == published.value


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_best_known_solution_is_one_of_ours_at_the_same_cost(path: Path) -> None:
    """Our problem is the instance: what is best there can be driven here, and costs as much."""
    case = open_case(path)
    routes, published = read_published(path.with_suffix(".sol"))
    solution = settle(case.problem, case.orders(routes))
    assert violations(case.problem, solution) == ()
    assert sum(solution.rank) == round(published.value * case.instance.published_in)
    assert case.score(case.routes(solution)).objective == published.value


def test_every_trip_of_ours_is_a_route_of_theirs(square: Path) -> None:
    """A truck that unloads at the depot in between has driven two routes."""
    case = open_case(square)
    solution: Solution = settle(case.problem, case.orders(((1, 2), (3, 4))))
    assert case.routes(solution) == ((1, 2), (3, 4))
    assert all(truck.max_unloads == 1 for truck in case.problem.trucks)


def test_a_file_that_is_no_instance_is_named(tmp_path: Path) -> None:
    """A wrong folder in --data is said in one line."""
    path = tmp_path / "notes.vrp"
    path.write_text("NAME : notes\n")
    with pytest.raises(ConfigurationError, match="notes"):
        read_instance(path)
