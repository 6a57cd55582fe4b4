"""Any problem that can be stated ends in a checked plan with a reason for every bin, through production's door."""

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from routing.answer import VisitKind
from routing.check import violations
from routing.engines.hopeless import why_hopeless
from routing.problem import Problem
from routing.solve import solve_in_child
from tests.routing.engines.small_days import any_problem, any_ruled_problem
from tomma.reasons import ReasonCode

ENGINES = ("pyvrp", "ortools", "greedy")
SLICES = 12
PROBLEMS_PER_SLICE = 280
"""Three engines, twelve slices: 10,080 problems."""
PROBLEMS = st.one_of(any_problem(), any_ruled_problem())


def ends_in_a_checked_plan(problem: Problem, engine: str) -> None:
    """Solve, and hold the plan against the judge and against emptiness."""
    solved = solve_in_child(
        problem, budget_s=20.0, memory_limit_mb=1_024, seed=0, engines=(engine,), iterations=20, workers=1
    )
    assert solved.notes == ()
    assert violations(problem, solved.solution) == ()
    assert all(isinstance(reason, ReasonCode) for reason in solved.solution.unvisited.values())
    collected = {
        visit.index for route in solved.solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT
    }
    if not collected and not any(truck.on_road for truck in problem.trucks):
        hopeless = why_hopeless(problem)
        assert not [index for index, node in enumerate(problem.bins) if node.must and index not in hopeless]


@pytest.mark.parametrize("engine", ENGINES)
@given(problem=PROBLEMS)
@settings(max_examples=4, deadline=None)
def test_any_problem_ends_in_a_checked_plan(problem: Problem, engine: str) -> None:
    """A few at each run; the long run below has ten thousand."""
    ends_in_a_checked_plan(problem, engine)


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("engine", ENGINES)
def test_ten_thousand_problems_end_in_a_checked_plan(engine: str, part: int) -> None:
    """No engine dies on any of them, the judge finds nothing, and none is empty without need."""

    @seed(part)
    @given(problem=PROBLEMS)
    @settings(max_examples=PROBLEMS_PER_SLICE, deadline=None, database=None)
    def one_slice(problem: Problem) -> None:
        ends_in_a_checked_plan(problem, engine)

    one_slice()
