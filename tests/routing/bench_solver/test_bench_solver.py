"""`tomma bench solver`, as typed, and the figures it promises."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from routing.bench_solver.case import Case, Published, Routes, Score
from routing.bench_solver.figures import figures
from routing.bench_solver.kim_case import open_case as open_kim
from routing.bench_solver.peers import PEERS, plan_beside
from routing.bench_solver.published import KIM
from routing.bench_solver.run import Result, Task
from routing.bench_solver.suite import city_tasks, quick_tasks
from routing.bench_solver.vrplib_case import VrplibCase, open_case
from tests.routing.bench_solver.conftest import SHARED
from tomma.cli import build_app

BENCH = SHARED.parents[1] / "bench" / "waste_city.py"


def result(case: Case, ours: float, peer: float | None, *, faults: tuple[str, ...] = ()) -> Result:
    """Return an outcome as a run would."""
    return Result(
        task=Task(case, 1.0, peers=("pyvrp",)),
        ours=Score(ours, 3, faults),
        engine="pyvrp",
        checked=True,
        first_s=0.1,
        elapsed_s=1.0,
        left_out=0,
        must_missed=0,
        memory_mb=1.0,
        routes=((1,),),
        peers={"pyvrp": None if peer is None else Score(peer, 3)},
    )


@pytest.fixture
def case(square: Path) -> VrplibCase:
    """The square, whose best is said to be 20."""
    return replace(open_case(square), published=Published(20.0))


def test_the_bench_plans_what_lies_in_the_folder_beside_both_peers(square: Path, waste: Path) -> None:
    """One line, with a value for every instance from each planner, and nobody breaks a rule."""
    waste.write_text(waste.read_text().replace("15.0 // a day", "20.0 // a day").replace("3 // stops", "30 // stops"))
    folder = ["--data", str(square.parent), "--waste-city", str(square.parent / "none.py")]
    told = CliRunner().invoke(build_app(), ["bench", "solver", *folder, "--seconds", "2", "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert [each["name"] for each in found["instances"]] == ["square", "3_stop"]
    assert all(each["ours"] and each["pyvrp"] and each["ortools"] for each in found["instances"])
    assert found["all_checked"] is True
    assert found["failed"] == []
    assert found["worst_ratio_to_best_peer"] is not None


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """Empty figures would look like success."""
    arguments = ["bench", "solver", "--data", str(tmp_path / "no"), "--waste-city", str(tmp_path / "no.py")]
    assert "is there" in str(CliRunner().invoke(build_app(), arguments).exception)


def test_the_worst_ratio_is_that_of_the_instance_where_we_lose(case: VrplibCase) -> None:
    """A mean would hide it."""
    found = figures([result(case, 20.0, 40.0), result(case, 21.0, 20.0)], 1.0)
    assert found["worst_ratio_to_best_peer"] == 1.05
    assert found["cvrp_gap_small"] == 0.05


def test_a_plan_of_ours_that_breaks_rules_where_a_peers_does_not_fails_the_whole_figure(case: VrplibCase) -> None:
    """No ratio is good enough for it."""
    found = figures([result(case, 20.0, 40.0), result(case, 1.0, 20.0, faults=("forgot one",))], 1.0)
    assert found["worst_ratio_to_best_peer"] is None
    assert found["failed"] == ["square"]


def test_a_peer_without_a_plan_is_no_rival(case: VrplibCase) -> None:
    """We are not better by a ratio to nothing."""
    assert figures([result(case, 20.0, None)], 1.0)["worst_ratio_to_best_peer"] is None


def test_trucks_and_miles_of_kims_set_are_compared_apart(waste: Path) -> None:
    """A truck less does not make up for miles, nor the other way round, in what is promised."""
    known = waste.with_name("102_stop.txt")
    known.write_text(waste.read_text())
    best = KIM["102_stop"]
    assert best.trucks is not None
    ours = Score(999.0, best.trucks + 1, miles=1.04 * best.value)
    found = figures([replace(result(open_kim(known), 999.0, None), ours=ours)], 1.0)
    assert found["kim_more_trucks"] == 1
    assert found["kim_miles_ratio_worst"] == 1.04


@pytest.mark.skipif(not BENCH.is_file(), reason="the shared benchmark is not here")
def test_what_waste_city_must_show_each_has_its_task() -> None:
    """Ten cities in five seconds, a thousand in twenty and sixty, three thousand, ten thousand, and too few trucks."""
    tasks = city_tasks(BENCH, 10, ())
    assert len({task.key for task in tasks}) == len(tasks) == 15
    assert {(task.case.size, task.seconds) for task in tasks} >= {
        (300, 5),
        (1_000, 20),
        (1_000, 60),
        (3_000, 45),
        (10_000, 300),
    }


@pytest.mark.skipif(not BENCH.is_file(), reason="the shared benchmark is not here")
def test_a_quick_run_has_one_instance_of_each_kind_and_fits_into_its_time() -> None:
    """Ours and the peers' seconds, one after the other, and something for starting and judging."""
    tasks = quick_tasks(SHARED, BENCH, tuple(PEERS))
    assert {task.case.group for task in tasks} == {"cvrp", "vrptw", "kim", "waste_city"}
    assert sum(2 * task.seconds for task in tasks) <= 45


def test_a_peer_that_dies_leaves_no_plan_and_a_note(case: VrplibCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """OR-Tools can end its process; the bench goes on with the next instance."""
    monkeypatch.setitem(PEERS, "hostile", "tests.routing.bench_solver.hostile_peer")
    answer = plan_beside(case, 1.0, 0, ["hostile"], together=False)["hostile"]
    assert (answer.routes, answer.note) == (None, "died")


def test_peers_answer_with_routes_that_the_judge_accepts(case: VrplibCase) -> None:
    """Theirs are judged as ours are."""
    answers = plan_beside(case, 1.0, 0, list(PEERS), together=True)
    routes: list[Routes | None] = [answer.routes for answer in answers.values()]
    assert all(each is not None and case.score(each).valid for each in routes)
