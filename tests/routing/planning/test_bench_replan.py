"""A day cut in the middle, and planned anew: what the re-plan bench measures is a day that could be."""

import json

import pytest
from typer.testing import CliRunner

from routing.answer import Solution, VisitKind
from routing.bench.plan import synthetic
from routing.bench.replan import EVENTS, Moment, at, half_way, replan
from routing.check import violations
from routing.engines.finish import orders_of, settle
from routing.problem import Problem
from routing.roads.straight_line import StraightLineRoads
from tomma.cli import build_app

MEMORY_LIMIT_MB = 1_024


@pytest.fixture(scope="module")
def town() -> Problem:
    """Sixty bins and two trucks."""
    return synthetic(60, 2, 1, StraightLineRoads(1.3, 30.0))


@pytest.fixture(scope="module")
def plan(town: Problem) -> Solution:
    """A greedy day."""
    return settle(town, {})


@pytest.fixture(scope="module")
def moment(town: Problem, plan: Solution) -> Moment:
    """The day when half of the bins are emptied."""
    return at(town, plan, half_way(plan))


def test_what_is_done_by_then_is_gone_and_the_rest_is_the_warm_start(
    town: Problem, plan: Solution, moment: Moment
) -> None:
    """Else bins would be emptied twice, or forgotten."""
    done = [
        visit
        for route in plan.routes
        for visit in route.visits
        if visit.kind is VisitKind.COLLECT and visit.begin_s <= half_way(plan)
    ]
    assert done
    assert len(moment.problem.bins) == len(town.bins) - len(done)
    assert moment.left


def test_a_truck_under_way_holds_what_it_collected_since_it_last_unloaded(
    town: Problem, plan: Solution, moment: Moment
) -> None:
    """A re-plan that takes it for empty overfills it."""
    for route in plan.routes:
        expected = 0
        for visit in route.visits:
            if visit.begin_s > half_way(plan):
                break
            if visit.kind is VisitKind.DISPOSE:
                expected = 0
            elif visit.kind is VisitKind.COLLECT:
                expected += town.bins[visit.index].volume_l
        truck = moment.problem.trucks[route.truck]
        assert truck.on_road
        assert sum(load.volume_l for load in truck.aboard) == expected


def test_the_next_stop_stays_the_next_stop(moment: Moment) -> None:
    """The driver is on the way there."""
    solution = settle(moment.problem, moment.left)
    assert violations(moment.problem, solution) == ()
    for truck, order in orders_of(solution).items():
        if truck in moment.left and moment.left[truck][0][0] is VisitKind.COLLECT:
            assert order[0] == moment.left[truck][0]


@pytest.mark.parametrize("event", list(EVENTS))
def test_after_every_event_a_checked_plan_comes_back(event: str, moment: Moment) -> None:
    """Whatever happens on the road, nobody waits for a plan."""
    replanned = replan(moment, event, 20.0, MEMORY_LIMIT_MB)
    assert replanned.checked
    assert replanned.seconds > 0


def test_the_work_of_a_broken_truck_goes_to_the_others(moment: Moment) -> None:
    """It is out for the day, its bins are not."""
    broken = max(moment.left, key=lambda truck: len(moment.left[truck]))
    after = EVENTS["truck_broken"](moment)
    solution = settle(after.problem, after.left)
    assert violations(after.problem, solution) == ()
    assert broken not in orders_of(solution)
    orphans = {index for kind, index in moment.left[broken] if kind is VisitKind.COLLECT}
    taken_over = {index for order in orders_of(solution).values() for kind, index in order if kind is VisitKind.COLLECT}
    assert orphans & taken_over


def test_the_bench_tells_how_long_a_re_plan_takes_under_fixed_keys() -> None:
    """A second for three hundred bins and three for a thousand are promised: these keys are where to look."""
    size = ["--bins", "40", "--vehicles", "2", "--budget-s", "1"]
    result = CliRunner().invoke(build_app(), ["bench", "plan", *size, "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["replan_checked"] is True
    assert set(told["replan_events"]) == set(EVENTS)
    assert told["replan_300_s"] > 0
    assert told["replan_1000_s"] > 0
