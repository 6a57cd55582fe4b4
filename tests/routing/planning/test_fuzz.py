"""Any problem that can be stated ends in a checked plan, through the same door as in production."""

import pytest
from hypothesis import given, settings

from routing.check import violations
from routing.problem import Problem
from routing.solve import solve_in_child
from tests.routing.planning.small_days import any_problem


def _ends_in_a_checked_plan(problem: Problem, engine: str) -> None:
    solved = solve_in_child(
        problem, budget_s=10.0, memory_limit_mb=1_024, seed=0, engines=(engine,), iterations=20, workers=1
    )
    assert solved.notes == ()
    assert violations(problem, solved.solution) == ()


@pytest.mark.parametrize("engine", ["pyvrp", "ortools"])
@given(problem=any_problem())
@settings(max_examples=4, deadline=None)
def test_any_problem_ends_in_a_checked_plan(problem: Problem, engine: str) -> None:
    """A few at each run; the long run below has thousands."""
    _ends_in_a_checked_plan(problem, engine)


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize("engine", ["pyvrp", "ortools", "greedy"])
@given(problem=any_problem())
@settings(max_examples=3_500, deadline=None)
def test_ten_thousand_problems_end_in_a_checked_plan(problem: Problem, engine: str) -> None:
    """No engine dies on any of them, and the judge finds nothing."""
    _ends_in_a_checked_plan(problem, engine)
