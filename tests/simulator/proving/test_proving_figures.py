"""The figures: intervals that are right, ratios of the right things, and a report that is the same every time."""

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from routing.alternatives.paired import blocks, interval, paired
from simulator.proving.arms import OURS, PERFECT, Arm
from simulator.proving.bill import DayBill
from simulator.proving.cli import app
from simulator.proving.compare import Outcomes
from simulator.proving.events import Happenings
from simulator.proving.loop import Outcome
from simulator.proving.plan import tasks_of
from simulator.proving.report import write_report
from simulator.proving.summary import as_json, summarise


def test_an_interval_is_that_of_student() -> None:
    """1, 2, 3, 4: t of three degrees of freedom is 3.182, the standard error 0.645."""
    found = interval([1.0, 2.0, 3.0, 4.0])
    assert found.mean == 2.5
    assert found.high - found.mean == pytest.approx(3.1824 * math.sqrt(5.0 / 3.0) / 2.0, rel=1e-4)
    assert found.excludes_zero


def test_a_single_sample_says_nothing_sure() -> None:
    """One town of one week may be luck."""
    assert not interval([5.0]).excludes_zero


def test_pairing_takes_out_what_both_had_in_common() -> None:
    """A hard week is hard for both: the difference stays sure although the costs scatter."""
    hard_and_easy = [[100.0] * 7 + [900.0] * 7, [500.0] * 7 + [300.0] * 7]
    dearer = [[cost + 10.0 + number % 2 for number, cost in enumerate(seed)] for seed in hard_and_easy]
    found = paired(dearer, hard_and_easy, 7)
    assert found.samples == 4
    assert found.mean == pytest.approx(10.5, abs=0.1)
    assert found.excludes_zero


def test_blocks_are_whole_weeks_and_forget_no_day() -> None:
    """Sixteen days are two weeks, the second a little longer."""
    assert blocks([1.0] * 8 + [3.0] * 8, 7) == [1.0, 3.0]


def _day(cost: float, km: float, overflowing: int = 0) -> DayBill:
    return DayBill(
        km=km, hours=5.0, lifts=100, lifts_overflowing=overflowing, trucks=2, unloads=2, extra_unloads=0, left_behind=0,
        fill_before=60.0, overflow_h=3.0, overflow_l=9.0, overflowing_bins=1, bins=100, driving_minor=cost,
        work_minor=0.0, trucks_minor=0.0, co2_minor=0.0, overflow_minor=100.0 * km,
    )  # fmt: skip


def _outcomes(costs: dict[Arm, tuple[float, float]]) -> Outcomes:
    return {
        arm: {
            seed: Outcome(
                arm.name, seed, tuple(_day(cost + 7.0 * seed + day % 3, km, 1) for day in range(14)), *[0.0] * 6
            )
            for seed in (1, 2)
        }
        for arm, (cost, km) in costs.items()
    }


OUTCOMES = _outcomes(
    {
        Arm("groningen_rule"): (2_000.0, 200.0),
        Arm("ours"): (1_000.0, 100.0),
        Arm("perfect"): (900.0, 90.0),
        Arm("ours", 0.0): (950.0, 100.0),
        Arm("ours", 0.2): (1_050.0, 104.0),
        Arm("ours", second_round_h=12): (800.0, 100.0),
    }
)


def test_the_named_figures_compare_the_right_arms() -> None:
    """Kilometres against the municipal rule, cost against the future known, silence against all alive."""
    found = as_json(summarise("town-300", OUTCOMES))
    assert found["km_saving_vs_municipal_pct"] == 50.0
    assert found["service_pct"] == 99.0
    assert found["silent20_km_ratio"] == 1.04
    assert found["excludes_zero"] is True
    cost = summarise("town-300", OUTCOMES).arms
    for key, arm in (("gap_to_perfect_information_pct", Arm("ours")), ("gap_with_all_alive_pct", Arm("ours", 0.0))):
        expected = 100.0 * (cost[arm].cost_per_day / cost[Arm("perfect")].cost_per_day - 1.0)
        assert found[key] == pytest.approx(expected, abs=0.01)


def test_a_report_speaks_two_languages_and_is_the_same_every_time(tmp_path: Path) -> None:
    """A council compares last year's with this year's."""
    summary = summarise("town-300", OUTCOMES)
    write_report(summary, tmp_path / "a")
    write_report(summary, tmp_path / "b")
    names = sorted(each.name for each in (tmp_path / "a").iterdir())
    assert {"report.sv.md", "report.en.html", "cost.sv.svg", "silence.en.svg", "figures.json"} <= set(names)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert "Överfyllnad" in (tmp_path / "a" / "cost.sv.svg").read_text(encoding="utf-8")
    told = (tmp_path / "a" / "report.en.md").read_text(encoding="utf-8")
    assert "50.0 % fewer" in told
    assert "Tomma, a second round at 12" in told


def test_the_command_prints_one_line_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small, but all of it: town, weeks of history, two policies in their own processes, figures."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path))
    asked = [
        "--scenario",
        "small-town",
        "--quick",
        "--days",
        "2",
        "--policies",
        "level,ours",
        "--workers",
        "1",
        "--json",
    ]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found["policies"]) == {"level", "ours"}
    assert found["policies"]["ours"]["lifts"] > 0
    assert found["differences_vs_ours"]["level"]["samples"] == 1


def test_a_second_round_is_tried_beside_ours_and_beside_perfect_information() -> None:
    """It is another service, not another way of choosing: it stands beside the comparison and out of its verdict."""
    given = {"quick": True, "seeds": 1, "days": 7, "silent": ()}
    tasks = tasks_of("town-300", Happenings(), Path(), policies=("level", OURS, PERFECT), second_rounds=(12,), **given)  # type: ignore[arg-type]
    anew = [task.arm for task in tasks if task.arm.second_round_h is not None]
    assert [each.name for each in anew] == ["ours_anew_at_12", "perfect_anew_at_12"]
    found = summarise("town-300", OUTCOMES)
    assert found.against_ours[Arm(OURS, second_round_h=12)].mean < 0.0
    assert found.keys()["excludes_zero"] is True


@pytest.mark.parametrize(
    "asked",
    [["--scenario", "atlantis"], ["--policies", "guess"], ["--silent", "1.5"], ["--second-round", "21"]],
)
def test_an_unknown_name_share_or_hour_is_refused_by_name(asked: list[str]) -> None:
    """Before anything runs."""
    result = CliRunner().invoke(app, asked)
    assert result.exit_code != 0
    assert asked[1] in str(result.exception)
