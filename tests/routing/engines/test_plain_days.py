"""Days without a fleet to find: like trucks, free of charge, one trip each."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pyvrp
from pyvrp import Client, Depot, Location, ProblemData, VehicleType
from pyvrp.stop import MaxIterations

import routing.engines.plain as plain_days
import routing.engines.pyvrp_engine as pyvrp_engine
import routing.engines.sectors as sectors
from routing.answer import Solution
from routing.check import violations
from routing.engines.arcs import arcs
from routing.engines.executors import Inline
from routing.engines.finish import orders_of, settle
from routing.engines.interface import Budget
from routing.engines.parts import Part
from routing.engines.plain import Plain, is_plain
from routing.engines.pyvrp_engine import solve
from routing.engines.pyvrp_model import build_model
from routing.problem import BinNode, DisposalNode, Problem
from routing.truck import Rates, Truck
from tests.routing.engines.small_days import a_truck

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


@pytest.mark.parametrize("must", [True, False], ids=["all must be emptied", "some may wait"])
def test_a_day_too_large_for_memory_is_cut_however_much_time_there_is(
    monkeypatch: pytest.MonkeyPatch, must: bool
) -> None:
    """Two lanes with 4,000 bins each held more than 2 GB: both engines were ended, and a greedy plan was driven."""
    monkeypatch.setattr(pyvrp_engine, "ONE_PIECE_BINS", 39)
    monkeypatch.setattr(sectors, "MOST_BINS", 30)
    monkeypatch.setattr(sectors, "SECTOR_BINS", 15)
    problem, stages = a_plain_day(40, optional=not must), list[str]()
    solve(
        problem,
        budget=Budget(60.0, iterations=300, workers=1),
        seed=0,
        report=lambda stage, _: stages.append(stage),
        start=settle(problem, {}),
    )
    assert "sectors" in stages
    assert not {"routes", "halves", "recombined"} & {*stages}


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


@pytest.mark.parametrize(
    ("seconds", "iterations", "in_halves"),
    [
        pytest.param(2.0, None, True, id="little time for its bins"),
        pytest.param(4.0, None, False, id="time enough"),
        pytest.param(2.0, 140, False, id="iterations are counted: the clock decides nothing"),
    ],
)
def test_a_middling_day_is_cut_in_halves_only_in_haste(
    seconds: float, iterations: int | None, in_halves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a few seconds a search of the whole gets nowhere; given time, halves find nothing that it does not."""
    problem = a_plain_day(60)
    monkeypatch.setattr(plain_days, "HASTY_BINS", 50)
    monkeypatch.setattr(plain_days, "HASTE_S_PER_BIN", 3.0 / 60)
    monkeypatch.setattr(plain_days, "LEAST_S", 0.05)
    cuts: list[int] = []
    cut = plain_days._cut

    def noted(problem: Problem, best: Solution, count: int, seed: int) -> list[Part]:
        cuts.append(count)
        return cut(problem, best, count, seed)

    monkeypatch.setattr(plain_days, "_cut", noted)
    Plain(problem, TwoInline(), time.monotonic() + seconds, iterations, 0, lambda *_: None).run(settle(problem, {}))
    assert bool(cuts) == in_halves


def by_pyvrp_alone(problem: Problem, iterations: int, seed: int) -> int:
    """Return what the routes cost that a user of the library finds, who writes down the same day."""
    nodes = range(len(problem.distance_m))
    matrix: Any = problem.distance_m.astype(np.int64)  # PyVRP's stubs ask for "ndarray[int]", which no array is
    data = ProblemData(
        [Location(0, 0) for _ in nodes],
        [
            Client(location=each.place, pickup=[each.volume_l], service_duration=60, tw_late=36_000)
            for each in problem.bins
        ],
        [Depot(location=0)],
        [VehicleType(num_available=len(problem.trucks), capacity=[500], tw_late=36_000)],
        [matrix],
        [matrix],
    )
    found = pyvrp.solve(data, MaxIterations(iterations), seed=seed, collect_stats=False, display=False)
    return int(found.cost())


@pytest.mark.parametrize("seed", range(6))
def test_what_pyvrp_finds_alone_in_as_many_iterations_is_found_as_well(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our layer may add to an engine that suits the day already; it must not cost anything."""
    monkeypatch.setattr(plain_days, "PATIENCE_PER_BIN", 1)
    problem = a_plain_day(120)
    stages: list[str] = []
    ends_at = time.monotonic() + 60.0
    search = Plain(problem, TwoInline(), ends_at, 200, seed, lambda stage, _: stages.append(stage))
    found = search.run(settle(problem, {}))
    assert stages
    assert sum(route.distance_m for route in found.routes) <= by_pyvrp_alone(problem, 200, seed)


@pytest.mark.parametrize(("weight_kg", "capacity_kg", "dimensions"), [(0, 0, 1), (10, 400, 1), (11, 400, 2)])
def test_weight_is_asked_of_the_engine_only_where_it_could_fill_a_truck(
    weight_kg: int, capacity_kg: int, dimensions: int
) -> None:
    """What never binds costs every move its check; what may bind is never left out."""
    day = a_plain_day(40)
    problem = replace(
        day,
        bins=tuple(replace(each, weight_kg=weight_kg) for each in day.bins),
        trucks=tuple(replace(each, capacity_kg=capacity_kg) for each in day.trucks),
    )
    model = build_model(problem, arcs(problem), range(len(problem.trucks)), required=True)
    assert model.data.num_load_dimensions == dimensions


def test_a_search_that_finds_nothing_better_returns_the_start() -> None:
    """A plan in hand is not given away for a search."""
    problem = a_plain_day(5)
    best = run(problem)
    again = solve(problem, budget=Budget(60.0, 50), seed=9, report=lambda *_: None, start=best)
    assert again.rank == best.rank
    assert orders_of(again)
