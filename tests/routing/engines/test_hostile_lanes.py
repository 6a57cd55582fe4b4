"""A plan always comes back, also when the processes an engine searches in die, hang, lie or eat memory."""

import time

import numpy as np
import pytest

from routing.check import violations
from routing.problem import Problem
from routing.solve import Solved, solve_in_child
from tests.processes import running_children
from tests.routing.engines.small_days import a_street, a_truck

LANES = "tests.routing.engines.hostile_lanes"
LIMIT_S = 4.0
ALLOWED_S = 30.0
"""Far more than the second after the limit that a machine with nothing else to do takes: no test asserts speed."""


@pytest.fixture(scope="module")
def town() -> Problem:
    """Enough bins for an engine to open lanes, and two kinds of trucks to sweep over."""
    at_m = [int(each) for each in np.random.default_rng(1).integers(100, 9_000, 80)]
    return a_street(
        at_m,
        bins=[{"volume_l": 150, "must": at % 2 == 0, "prize_minor": 9_000} for at in range(80)],
        trucks=[a_truck(), a_truck(capacity_l=5_000, fixed_minor=15_000), a_truck()],
    )


def solve(problem: Problem, engine: str, *, memory_limit_mb: int = 1_024) -> Solved:
    """Solve in two lanes of a hostile kind."""
    began_at = time.monotonic()
    solved = solve_in_child(
        problem,
        budget_s=LIMIT_S,
        memory_limit_mb=memory_limit_mb,
        seed=0,
        engines=(f"{LANES}:{engine}", "greedy"),
        workers=2,
    )
    assert time.monotonic() - began_at < LIMIT_S + ALLOWED_S
    assert violations(problem, solved.solution) == ()
    assert solved.solution.must_missed == 0
    return solved


def test_work_of_lanes_that_die_is_done_again_by_the_engine(town: Problem) -> None:
    """A search killed for its memory, or by its own fault, costs time and nothing else."""
    assert solve(town, "dying").notes == ()


def test_lanes_that_hang_are_ended_with_the_budget_and_the_best_so_far_is_the_plan(town: Problem) -> None:
    """And none of them is left running."""
    solved = solve(town, "hanging")
    assert "gave no answer in time" in solved.notes[0]
    assert running_children("routing.engines.child") == []


def test_lanes_that_eat_memory_are_ended_at_the_limit(town: Problem) -> None:
    """What an engine's processes hold counts as its own."""
    solved = solve(town, "devouring", memory_limit_mb=400)
    assert "held more than 400 MB" in solved.notes[0]
    assert running_children("routing.engines.child") == []


def test_a_lane_that_lies_is_found_out_by_the_checker(town: Problem) -> None:
    """An engine believes its lanes; production does not."""
    solved = solve(town, "lying")
    assert "broke" in solved.notes[0]
