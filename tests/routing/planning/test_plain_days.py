"""Days without a fleet to find: like trucks, free of charge, one trip each."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import routing.engines.plain as plain_days
from routing.check import violations
from routing.engines.executors import Inline
from routing.engines.finish import orders_of, settle
from routing.engines.interface import Budget
from routing.engines.plain import Plain, is_plain
from routing.engines.pyvrp_engine import solve
from routing.problem import BinNode, DisposalNode, Problem, Rates, Solution, Truck
from tests.routing.planning.small_days import a_truck

FREE = Rates(per_km_minor=1_000, per_h_minor=0, per_handling_h_minor=0)


def a_plain_day(bins: int = 40, *, optional: bool = False) -> Problem:
    """Bins scattered round a depot where trucks unload, each truck with room for five."""
    rng = np.random.default_rng(7)
    xy = np.vstack([[0, 0], rng.integers(-1_000, 1_000, (bins, 2))])
    distance_m = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int32)
    truck = Truck(0, 0, 500, 0, frozenset({0}), 0, 36_000, max_unloads=1)
    prize = 600 if optional else 0
    return Problem(
        distance_m=distance_m,
        duration_s=distance_m,
        reachable=np.ones(distance_m.shape, dtype=np.bool_),
        halt_s=np.zeros(len(xy), dtype=np.int32),
        bins=tuple(
            BinNode(1 + at, 100, 0, service_s=60, must=not optional, prize_minor=prize * (1 + at % 3))
            for at in range(bins)
        ),
        disposals=(DisposalNode(0, frozenset({0})),),
        trucks=(truck,) * (bins // 5 + 2),
        rates=FREE,
    )


def run(problem: Problem, seed: int = 0) -> Solution:
    """Search some hundred iterations."""
    budget = Budget(60.0, iterations=300, workers=1)
    return solve(problem, budget=budget, seed=seed, report=lambda *_: None, start=settle(problem, {}))


@pytest.mark.parametrize(
    ("change", "plain"),
    [
        pytest.param({}, True, id="like trucks, free, one trip"),
        pytest.param({"fixed_minor": 1}, False, id="a truck costs something: fewer may be better"),
        pytest.param({"max_unloads": 2}, False, id="two trips: a truck may do the work of two"),
    ],
)
def test_a_day_is_plain_only_where_an_idle_truck_is_no_temptation(change: dict[str, Any], plain: bool) -> None:
    """Elsewhere the sweep over fleets is what finds the money."""
    problem = a_plain_day()
    trucks = tuple(replace(truck, **change) for truck in problem.trucks)
    assert is_plain(replace(problem, trucks=trucks)) == plain


def test_unlike_trucks_are_no_plain_day() -> None:
    """Which of them drives is a choice."""
    problem = a_plain_day()
    other = a_truck(fixed_minor=0, max_unloads=1)
    assert not is_plain(replace(problem, trucks=(*problem.trucks, other)))


@pytest.mark.parametrize("optional", [False, True])
def test_a_plain_day_gets_better_and_stays_sound(optional: bool) -> None:
    """Every bin once, or left out with its prize."""
    problem = a_plain_day(optional=optional)
    found = run(problem)
    assert violations(problem, found) == ()
    assert found.rank < settle(problem, {}).rank


def test_the_same_seed_and_iterations_give_the_same_plain_day() -> None:
    """A plan that changes when nothing did is not trusted."""
    problem = a_plain_day()
    assert run(problem, 3) == run(problem, 3)


class TwoInline(Inline):
    """Two lanes, one after the other: what matters is how the work is shared out."""

    count = 2


@pytest.mark.parametrize("optional", [False, True])
def test_a_large_plain_day_is_searched_in_halves_that_fit_together(
    optional: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bin or a truck in both halves would be driven twice; one in neither would be lost."""
    monkeypatch.setattr(plain_days, "WHOLE_BINS", 10)
    problem = a_plain_day(60, optional=optional)
    stages: list[str] = []

    def note(stage: str, solution: Solution) -> None:
        assert violations(problem, solution) == ()
        stages.append(stage)

    start = settle(problem, {})
    found = Plain(problem, TwoInline(), time.monotonic() + 60.0, 700, 0, note).run(start)
    assert violations(problem, found) == ()
    assert "halves" in stages
    assert found.rank < start.rank


def test_a_search_that_finds_nothing_better_returns_the_start() -> None:
    """A plan in hand is not given away for a search."""
    problem = a_plain_day(5)
    best = run(problem)
    again = solve(problem, budget=Budget(60.0, 50), seed=9, report=lambda *_: None, start=best)
    assert again.rank == best.rank
    assert orders_of(again)
