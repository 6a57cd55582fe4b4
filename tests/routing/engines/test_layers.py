"""Our layer above PyVRP: sweep, sectors and polish lose no bin, harm no plan, and come to the same every time."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from routing.answer import Solution, VisitKind
from routing.check import violations
from routing.engines import pyvrp_engine, sectors, sweep
from routing.engines.arcs import arcs
from routing.engines.executors import Inline
from routing.engines.finish import orders_of, settle
from routing.engines.insertion import tours_of
from routing.engines.interface import Budget
from routing.engines.parts import joined, part_of
from routing.engines.polish import Polish
from routing.engines.screening import screen
from routing.engines.search import Search, search, skeleton
from routing.engines.sweep import Sweep, as_many
from routing.engines.ways import cheapest
from routing.engines.wire import Job, read_job, write_job
from routing.problem import DisposalNode, Problem
from tests.routing.engines.small_days import MORNING_REST, a_street, a_truck

EVERYTHING = frozenset({0, 1})


def a_long_street(bins: int = 60, seed: int = 0) -> Problem:
    """Return bins of two streams along 30 km, for two trucks with a crane and three without."""
    rng = np.random.default_rng(seed)
    crane = a_truck(fractions=EVERYTHING, fixed_minor=20_000, breaks=(MORNING_REST,))
    plain = a_truck(fractions=frozenset({0}), breaks=(MORNING_REST,))
    return a_street(
        [int(each) for each in rng.integers(100, 30_000, bins)],
        bins=[
            {
                "fraction": int(rng.random() < 0.2),
                "must": bool(rng.random() < 0.4),
                "prize_minor": int(prize),
                "service_s": 600,
            }
            for prize in rng.integers(0, 30_000, bins)
        ],
        trucks=[crane, plain, plain, crane, plain],
        disposals=[DisposalNode(1, EVERYTHING, 900)],
        disposal_at_m=15_000,
    )


def collected(solution: Solution) -> list[int]:
    """Return the bins on routes, in order of their numbers."""
    kinds = (visit for route in solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT)
    return sorted(visit.index for visit in kinds)


@pytest.fixture
def small_sectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sixty bins be a large city."""
    monkeypatch.setattr(sectors, "MOST_BINS", 30)
    monkeypatch.setattr(sectors, "SECTOR_BINS", 15)


@pytest.mark.usefixtures("small_sectors")
def test_every_bin_and_every_truck_is_in_exactly_one_sector_and_can_be_collected_there() -> None:
    """Four sectors share two cranes: bins that need one go where it is."""
    problem = a_long_street()
    problem = replace(
        problem, bins=(*problem.bins[:-1], replace(problem.bins[-1], fraction=0, only_trucks=frozenset({4})))
    )
    cut = sectors.sectors(problem)
    assert len(cut) > 1
    wanted = [index for index, node in enumerate(problem.bins) if node.must or node.prize_minor > 7_200]
    assert sorted(index for part in cut for index in part.bins) == wanted
    assert sorted(truck for part in cut for truck in part.trucks) == [0, 1, 2, 3, 4]
    for part in cut:
        streams = frozenset().union(*(problem.trucks[truck].fractions for truck in part.trucks))
        assert {problem.bins[index].fraction for index in part.bins} <= streams
        assert len(problem.bins) - 1 not in part.bins or 4 in part.trucks


@pytest.mark.usefixtures("small_sectors")
def test_sectors_joined_are_a_plan_of_the_whole() -> None:
    """Times and money need not be reckoned again; the judge does."""
    problem = a_long_street()
    plan = sectors.first_answer(problem)
    assert violations(problem, plan) == ()
    assert collected(plan)


@pytest.mark.usefixtures("small_sectors")
def test_a_city_planned_by_sectors_is_planned_whole_and_the_same_every_time() -> None:
    """With iterations and ample seconds: a plan that changes when nothing did is not trusted."""
    problem = a_long_street()
    start = sectors.first_answer(problem)
    seen: list[tuple[int, int]] = []
    plans = [
        pyvrp_engine.solve(
            problem,
            budget=Budget(60.0, iterations=40, workers=1),
            seed=2,
            report=lambda _, found: seen.append(found.rank),
            start=start,
        )
        for _ in range(2)
    ]
    assert violations(problem, plans[0]) == ()
    assert plans[0] == plans[1]
    assert plans[0].rank < start.rank
    assert seen[: len(seen) // 2] == sorted(seen[: len(seen) // 2], reverse=True)


@pytest.mark.usefixtures("small_sectors")
def test_a_large_citys_plan_of_before_is_mended_truck_by_truck() -> None:
    """A truck whose load no longer fits leaves bins; nobody else is touched, and one on the road comes home."""
    problem = a_long_street()
    before = sectors.first_answer(problem)
    smaller = replace(problem, trucks=tuple(replace(truck, capacity_l=1_600) for truck in problem.trucks))
    plan = sectors.mended(smaller, orders_of(before))
    assert violations(smaller, plan) == ()
    assert set(collected(plan)) <= set(collected(before))
    out = replace(problem, trucks=(*problem.trucks[:4], replace(problem.trucks[4], on_road=True)))
    assert violations(out, sectors.mended(out, {})) == ()


def test_what_is_found_for_a_part_fits_into_the_whole() -> None:
    """A part has rows, trucks and bins of its own numbering."""
    problem = a_long_street()
    whole = settle(problem, {})
    truck = whole.routes[1].truck
    own = [visit.index for visit in whole.routes[1].visits if visit.kind is VisitKind.COLLECT]
    part = part_of(problem, [truck], own)
    assert part.problem.places < problem.places
    assert violations(part.problem, part.of_whole(whole)) == ()
    assert joined(problem, whole, [(part, part.of_whole(whole))]) == whole
    nothing = settle(part.problem, {}, trucks=[])
    fewer = joined(problem, whole, [(part, nothing)])
    assert violations(problem, fewer) == ()
    assert set(collected(whole)) - set(collected(fewer)) == set(own)


def test_a_sweep_and_a_polish_are_never_worse_than_what_they_begin_with() -> None:
    """Also with a single iteration, from which nothing good can come."""
    problem = a_long_street()
    start = settle(problem, {})
    good = search(Search(problem, (0, 1, 2, 3, 4), 60.0, iterations=200, start=start)).solution
    swept = Sweep(problem, arcs(problem), Inline(), 60.0, 8, 0, lambda *_: None).run(good)
    assert violations(problem, swept) == ()
    assert swept.rank <= good.rank
    polished = Polish(problem, Inline(), float("inf"), 8, 0, lambda *_: None).run(swept)
    assert violations(problem, polished) == ()
    assert polished.rank <= swept.rank


class Noting(Inline):
    """Keeps the tasks that it is given."""

    def __init__(self) -> None:
        self.tasks: list[Search] = []

    def map[Task, Answer](self, function: Callable[[Task], Answer], tasks: Sequence[Task]) -> Iterator[Answer]:
        """Note and do them."""
        self.tasks += [task for task in tasks if isinstance(task, Search)]
        return super().map(function, tasks)


def test_an_only_fleet_gets_all_the_iterations_of_the_sweep() -> None:
    """Unlike trucks that cost nothing to have: seven tenths were kept for fleets that there are not."""
    problem = a_long_street()
    trucks = tuple(replace(each, fixed_minor=0) for each in problem.trucks)
    problem = replace(problem, trucks=trucks, bins=tuple(replace(node, must=False) for node in problem.bins))
    lanes = Noting()
    Sweep(problem, arcs(problem), lanes, 60.0, 40, 0, lambda *_: None).run(settle(problem, {}))
    assert [(task.trucks, task.iterations) for task in lanes.tasks] == [((0, 1, 2, 3, 4), 40)]


def test_a_large_day_on_which_all_must_be_emptied_begins_with_known_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    """By chance 2,000 stops came to 18 trucks in a minute, from what insertion had made of them to 16."""
    monkeypatch.setattr(sweep, "FROM_ROUTES_BINS", 50)
    problem = a_long_street()
    problem = replace(problem, bins=tuple(replace(node, must=True, fraction=0) for node in problem.bins))
    start, lanes = settle(problem, {}), Noting()
    Sweep(problem, arcs(problem), lanes, 60.0, 8, 0, lambda *_: None).run(start)
    fewer = [task for task in lanes.tasks if len(task.trucks) < len(start.routes)]
    assert fewer
    assert all(task.orders == as_many(start, task.trucks) for task in lanes.tasks[: len(fewer)])
    assert all(task.orders for task in lanes.tasks)


def test_a_smaller_fleet_takes_over_the_fullest_routes() -> None:
    """What is left to find room for is the least there can be; whoever drives anyway keeps his route."""
    problem = a_long_street()
    mixed = {truck: tuple((VisitKind.COLLECT, index) for index in range(truck * 9)) for truck in (1, 2, 3)}
    known = settle(replace(problem, bins=tuple(replace(node, fraction=0) for node in problem.bins)), mixed)
    orders = orders_of(known)
    short, *full = sorted(orders, key=lambda truck: len(orders[truck]))
    assert as_many(known, tuple(full)) == {truck: orders[truck] for truck in full}
    heir = as_many(known, (full[0], 4))
    assert heir == {full[0]: orders[full[0]], 4: orders[full[1]]}
    assert short not in heir
    assert as_many(known, (0, 1, 2, 3, 4)) == orders


def test_a_polish_betters_a_poor_plan_and_tells_each_step() -> None:
    """It is what a large city's plan gets most of its time for."""
    problem = a_long_street()
    mixed = {truck: tuple((VisitKind.COLLECT, index) for index in range(truck, 60, 5)) for truck in range(5)}
    start = settle(problem, mixed)
    told: list[tuple[int, int]] = []
    plan = Polish(problem, Inline(), float("inf"), 400, 0, lambda _, found: told.append(found.rank)).run(start)
    assert plan.rank < start.rank
    assert told == sorted(told, reverse=True)
    assert told[-1] == plan.rank


def test_on_a_busy_machine_a_polish_of_counted_iterations_comes_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """An auditor repeats a day on whatever machine; a clock that runs fast is a machine that is slow."""
    problem, real_s = a_long_street(), time.monotonic
    mixed = {truck: tuple((VisitKind.COLLECT, index) for index in range(truck, 60, 5)) for truck in range(5)}
    start, began_at = settle(problem, mixed), real_s()
    quiet = Polish(problem, Inline(), began_at + 1e9, 400, 0, lambda *_: None).run(start)
    monkeypatch.setattr(time, "monotonic", lambda: began_at + 10_000.0 * (real_s() - began_at))
    assert Polish(problem, Inline(), began_at + 1e9, 400, 0, lambda *_: None).run(start) == quiet


def test_must_bins_are_planned_first_in_the_numbers_of_the_whole() -> None:
    """They tell in a moment whether a fleet will do."""
    problem = a_long_street()
    found = skeleton(Search(problem, (0, 1, 2, 3, 4), 60.0, iterations=100))
    musts = {index for index, node in enumerate(problem.bins) if node.must}
    planned = [index for order in found.orders.values() for kind, index in order if kind is VisitKind.COLLECT]
    assert sorted(planned) == sorted(musts)
    assert found.solution.must_missed == 0


def test_no_bin_that_a_tour_has_room_and_time_for_is_screened_away() -> None:
    """What is screened away is not inserted: it must be what insertion would refuse."""
    problem = a_long_street(80)
    half = settle(problem, {}, trucks=[0, 1])
    tours = tours_of(problem, arcs(problem), orders_of(half), [0, 1, 2])
    left = [index for index in range(80) if index not in collected(half)]
    screened = screen(tours, left)
    for at, index in enumerate(left):
        found = [way.cost_minor for tour in tours if (way := cheapest(tour, index)) is not None]
        assert not found or (screened.in_time[at] and screened.at_least_minor[at] <= min(found))
    assert any(cheapest(tour, index) is not None for tour in tours for index in left)


def test_a_jobs_matrices_are_mapped_and_not_copied() -> None:
    """Ten thousand places are 900 MB: once is enough."""
    problem = a_long_street()
    job = Job(problem, "engine", 5.0, None, 2, 7, 100)
    with tempfile.TemporaryFile() as file:
        write_job(file, job)
        file.seek(0)
        again = read_job(file)
    assert again.problem.trucks == problem.trucks
    assert again.seed == 7
    for name in ("distance_m", "duration_s", "reachable", "halt_s"):
        matrix = getattr(again.problem, name)
        assert np.array_equal(matrix, getattr(problem, name))
        assert not matrix.flags.writeable
        assert not matrix.flags.owndata
