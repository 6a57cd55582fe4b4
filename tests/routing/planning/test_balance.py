"""Days of equal length, for who asks for them."""

import numpy as np

from routing.answer import Solution
from routing.check import violations
from routing.planning.balance import ROOMS, evened, is_better, spread_s, work_s
from routing.problem import BinNode, DisposalNode, Problem
from routing.solve_here import solve_here
from routing.truck import Rates, Truck

HOUR_S = 3_600
BINS = 10
LOCKED = {0: frozenset({0}), BINS - 1: frozenset({1})}


def street() -> Problem:
    """Ten bins along a street, the first and the last locked to a truck each: by kilometres, one takes the others."""
    at_m = np.array([0, 9_000, 100, *range(200, 200 + 100 * BINS, 100)])
    metres = np.abs(at_m[:, None] - at_m[None, :]).astype(np.int32)
    bins = tuple(BinNode(3 + n, 100, 10, service_s=600, must=True, only_trucks=LOCKED.get(n)) for n in range(BINS))
    return Problem(
        distance_m=metres,
        duration_s=(metres // 10).astype(np.int32),
        reachable=np.ones_like(metres, dtype=np.bool_),
        halt_s=np.zeros(len(at_m), dtype=np.int32),
        bins=bins,
        disposals=(DisposalNode(2, frozenset({0}), 60),),
        trucks=tuple(Truck(n, n, 10_000, 1_000, frozenset({0}), 6 * HOUR_S, 14 * HOUR_S) for n in (0, 1)),
        rates=Rates(1_600, 43_200, 43_200),
    )


def test_balanced_days_are_more_alike_and_lose_no_bin() -> None:
    """Two crews that finish an hour apart will not be content with "it was shorter by 400 metres"."""
    problem = street()
    usual = solve_here(problem, 50, 1)
    tries = [evened(problem, usual, room) for room in ROOMS]
    found = next(again for even in tries if even is not None and is_better(usual, again := solve_here(even, 50, 1)))
    assert violations(problem, found) == (), "what keeps the tighter day keeps the real one"
    assert spread_s(found) < spread_s(usual) / 2
    assert (found.must_missed, is_better(usual, found), is_better(found, usual)) == (0, True, False)
    assert found.cost_minor >= usual.cost_minor, "it costs what it costs"


def test_one_truck_alone_is_not_evened_out() -> None:
    """There is nobody to share with."""
    problem = street()
    alone = Solution(solve_here(problem, 20, 1).routes[:1])
    assert evened(problem, alone, 1.1) is None
    assert work_s(alone.routes[0]) > 0
