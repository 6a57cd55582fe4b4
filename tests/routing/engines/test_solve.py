"""A plan always comes back: whatever is asked, and whatever the engines do."""

import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from routing.answer import Solution, VisitKind
from routing.check import violations
from routing.problem import DisposalNode, Problem
from routing.solve import Solved, solve_in_child
from tests.processes import running_children
from tests.routing.engines.small_days import HOUR_S, a_street, a_truck
from tomma.reasons import ReasonCode

HOSTILE = "tests.routing.engines.hostile_engines"


def solve(problem: Problem, *engines: str, budget_s: float = 20.0, memory_limit_mb: int = 1_024) -> Solved:
    """Solve and hold the outcome against the judge."""
    solved = solve_in_child(
        problem,
        budget_s=budget_s,
        memory_limit_mb=memory_limit_mb,
        seed=0,
        engines=engines or ("pyvrp", "ortools", "greedy"),
        iterations=50,
        workers=1,
    )
    assert violations(problem, solved.solution) == ()
    return solved


def collected(solution: Solution) -> set[int]:
    """Return the bins on routes."""
    return {visit.index for route in solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT}


FOUR_BINS = {"volume_l": 800}
ROOM_FOR_THREE = a_truck(capacity_l=2_400)


def test_four_bins_for_a_truck_of_three_without_time_to_unload_give_three_and_a_reason() -> None:
    """The closest open peer returns no route at all here."""
    far = a_street(
        [300, 600, 900, 1_200],
        bins=[FOUR_BINS] * 4,
        trucks=[replace(ROOM_FOR_THREE, shift_end_s=7 * HOUR_S)],
        disposals=[DisposalNode(1, frozenset({0}), unload_s=1_500)],
    )
    solution = solve(far).solution
    assert len(collected(solution)) == 3
    assert list(solution.unvisited.values()) == [ReasonCode.NO_CAPACITY]


def test_with_time_to_unload_in_between_all_four_are_collected() -> None:
    """A second trip is not a second truck."""
    near = a_street([300, 600, 900, 1_200], bins=[FOUR_BINS] * 4, trucks=[ROOM_FOR_THREE])
    solved = solve(near)
    assert collected(solved.solution) == {0, 1, 2, 3}
    kinds = [visit.kind for visit in solved.solution.routes[0].visits]
    assert kinds.count(VisitKind.DISPOSE) == 2
    assert solved.notes == ()


def _unreachable() -> Problem:
    problem = a_street([300, 600])
    reachable = problem.reachable.copy()
    reachable[3, :] = reachable[:, 3] = False
    return replace(problem, reachable=reachable)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        pytest.param(a_street([300, 600], trucks=[]), ReasonCode.NO_VEHICLE, id="no truck"),
        pytest.param(
            a_street([300, 600], bins=[{}, {"fraction": 1}]),
            ReasonCode.NO_VEHICLE_FOR_FRACTION,
            id="no truck for the stream",
        ),
        pytest.param(a_street([300], disposals=[]), ReasonCode.NO_VEHICLE_FOR_FRACTION, id="nowhere to unload"),
        pytest.param(
            a_street([300, 600], bins=[{}, {"volume_l": 3_001}]),
            ReasonCode.TOO_BIG_FOR_ANY_TRUCK,
            id="more litres than any truck holds",
        ),
        pytest.param(
            a_street([300, 600], bins=[{}, {"weight_kg": 10**9}]),
            ReasonCode.TOO_BIG_FOR_ANY_TRUCK,
            id="an absurd weight",
        ),
        pytest.param(_unreachable(), ReasonCode.UNREACHABLE, id="no road leads there"),
        pytest.param(
            a_street([300, 600], bins=[{}, {"open_s": 15 * HOUR_S, "latest_s": 16 * HOUR_S}]),
            ReasonCode.NO_TIME_WINDOW,
            id="open only after the shift",
        ),
        pytest.param(
            a_street([300, 600], bins=[{}, {"open_s": 9 * HOUR_S, "latest_s": 8 * HOUR_S}]),
            ReasonCode.NO_TIME_WINDOW,
            id="a window turned around",
        ),
        pytest.param(
            a_street([300], disposals=[DisposalNode(1, frozenset({0}), 900, 15 * HOUR_S, 16 * HOUR_S)]),
            ReasonCode.NO_TIME_WINDOW,
            id="the gate opens after the shift",
        ),
        pytest.param(a_street([300, 900_000]), ReasonCode.NO_TIME_WINDOW, id="too far for a shift"),
    ],
)
def test_a_bin_that_cannot_be_collected_is_left_out_with_its_reason_and_the_others_are_not(
    problem: Problem, reason: ReasonCode
) -> None:
    """The last bin is the impossible one: it must not take the sound ones with it."""
    solution = solve(problem, "greedy").solution
    last = len(problem.bins) - 1
    assert solution.unvisited[last] is reason
    if reason is not ReasonCode.NO_VEHICLE:
        assert collected(solution) == set(range(last))


def test_no_bins_give_an_empty_plan() -> None:
    """Nothing to do is no error, and OR-Tools would abort on it."""
    solved = solve(a_street([]))
    assert solved.solution == Solution(routes=())


@pytest.mark.parametrize(
    ("engine", "note"),
    [
        ("abort", "exit status -6"),
        ("crash", "exit status -11"),
        ("leave", "ended without an answer"),
        ("fail", "RuntimeError: no solution today"),
        ("nothing", "returned dict in place of a Solution"),
        ("lie", "broke"),
        ("lie_on_the_way", "broke"),
        ("babble", "no message"),
    ],
)
def test_a_failing_engine_is_named_and_replaced_by_the_next(engine: str, note: str, street: Problem) -> None:
    """An engine is a foreign body: its death is not the plan's."""
    solved = solve(street, f"{HOSTILE}:{engine}", "greedy")
    assert len(solved.notes) == 1
    assert note in solved.notes[0]
    assert collected(solved.solution) == set(range(6))


def test_an_engine_that_eats_memory_is_ended_at_its_limit(street: Problem) -> None:
    """The server it runs on has other things to do."""
    solved = solve(street, f"{HOSTILE}:devour", "greedy", memory_limit_mb=300)
    assert "held more than 300 MB" in solved.notes[0]
    assert collected(solved.solution) == set(range(6))


@pytest.mark.parametrize("engine", ["hang", "spin", "chatter"])
def test_an_engine_that_hangs_is_ended_with_the_budget(engine: str, street: Problem) -> None:
    """And nothing of it is left running."""
    solved = solve(street, f"{HOSTILE}:{engine}", "greedy", budget_s=2.0)
    assert "gave no answer in time" in solved.notes[0]
    assert collected(solved.solution) == set(range(6))
    assert running_children("routing.engines.child") == []


def test_an_engine_that_finds_nothing_better_than_what_it_began_with_answers_for_it() -> None:
    """One bin has one way: a plan that called itself greedy would look as if nobody had searched."""
    assert solve(a_street([300]), "pyvrp").engine == "pyvrp"


def test_without_any_engine_the_plan_is_greedy(street: Problem) -> None:
    """Even a machine that cannot start a process gets a plan."""
    solved = solve(street, "no.such.module:solve")
    assert solved.engine == "greedy"
    assert collected(solved.solution) == set(range(6))


def test_a_stopped_search_returns_the_best_so_far(street: Problem) -> None:
    """A person who has seen enough need not wait for the budget."""
    stop = threading.Event()
    began_at = time.monotonic()
    solved = solve_in_child(
        street,
        budget_s=100.0,
        memory_limit_mb=1_024,
        seed=0,
        engines=(f"{HOSTILE}:hang",),
        on_progress=lambda *_: stop.set(),
        stop=stop,
    )
    assert time.monotonic() - began_at < 90
    assert violations(street, solved.solution) == ()
    assert collected(solved.solution) == set(range(6))


def test_the_same_seed_and_iterations_give_the_same_solution() -> None:
    """A plan that changes when nothing did is not trusted."""
    rng = np.random.default_rng(5)
    problem = a_street(
        [int(each) for each in rng.integers(100, 20_000, 30)],
        bins=[
            {"must": bool(m), "prize_minor": int(p)}
            for m, p in zip(rng.random(30) < 0.4, rng.integers(0, 9_000, 30), strict=True)
        ],
        trucks=[a_truck(), a_truck(capacity_l=5_000, fixed_minor=12_000)],
    )
    assert solve(problem).solution == solve(problem).solution


def test_progress_tells_only_checked_solutions_each_better_than_the_last(street: Problem) -> None:
    """The manager sees a number that only falls."""
    seen: list[tuple[int, int]] = []

    def note(stage: str, solution: Solution, elapsed_s: float) -> None:
        assert violations(street, solution) == ()
        assert stage
        assert elapsed_s >= 0
        seen.append(solution.rank)

    solve_in_child(street, budget_s=20.0, memory_limit_mb=1_024, seed=0, iterations=20, workers=1, on_progress=note)
    assert seen
    assert seen == sorted(seen, reverse=True)


def test_a_plan_on_the_road_is_answered_though_no_child_ever_starts(
    street: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A truck has broken down and people wait: on a busy machine the start of a process alone takes a second."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    out = replace(street, trucks=tuple(replace(truck, on_road=True) for truck in street.trucks))
    left = {0: tuple((VisitKind.COLLECT, index) for index in range(len(street.bins)))}
    stages: list[str] = []
    solved = solve_in_child(
        out,
        budget_s=5.0,
        memory_limit_mb=1_024,
        seed=0,
        engines=("greedy",),
        warm=left,
        on_progress=lambda stage, *_: stages.append(stage),
    )
    assert violations(out, solved.solution) == ()
    assert stages[0] == "warm"
    assert len(collected(solved.solution)) == len(street.bins)
