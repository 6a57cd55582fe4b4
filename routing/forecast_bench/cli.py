"""`tomma bench forecast`: prints how good and how quick the forecast is, on made-up towns and a real recording."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from routing.forecast_bench.recording import RecordingScore, read_recording, score_recording
from routing.forecast_bench.simulated import LESSONS, Score, Scores, score_towns
from routing.forecast_bench.speed import Speed, measure_speed
from routing.forecast_bench.town import TownSettings

app = typer.Typer(add_completion=False, help="Score the forecast: coverage, calibration, CRPS beside its rivals, time.")

EDINBURGH = Path("../shared/data/edinburgh/enevo_collections.csv")
"""Scored when it is there and no other recording is named."""
BINS, QUICK_BINS, QUICK_TOWNS, QUICK_LESSONS = 6_000, 5_000, 2, 3_000
QUICK_SPLIT = datetime(2016, 7, 25)  # noqa: DTZ001  (a local day)


@dataclass(frozen=True)
class _Result:
    simulated: Scores
    recorded: RecordingScore | None
    speed: Speed


@app.command()
def forecast(
    bins: Annotated[int, typer.Option(min=2, help="Bins per made-up town.")] = BINS,
    towns: Annotated[int, typer.Option(min=1, help="Made-up towns, seeds 0, 1, ...")] = 4,
    gap_h: Annotated[int, typer.Option(min=1, max=24, help="Hours between two readings.")] = 4,
    silent_share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Sensors that stopped speaking.")] = 0.0,
    drift_a_day: Annotated[float, typer.Option(min=0.0, max=0.5, help="How far rates wander in a day.")] = 0.0,
    recording: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="CSV of collections: site, t_local, fill_before_pct, fill_after_pct."
        ),
    ] = None,
    timezone: Annotated[str, typer.Option(help="Of the recording's local times.")] = "Europe/London",
    split: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="Score the recording from this day on.")
    ] = datetime(2016, 7, 11),  # noqa: DTZ001  (a local day)
    library: Annotated[bool, typer.Option("--library/--no-library", help="With scikit-learn as a rival.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="Two towns, two weeks of the recording: within 55 s.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Score the forecast: coverage, calibration, CRPS beside its rivals, time."""
    if quick:
        bins, towns, split = min(bins, QUICK_BINS), QUICK_TOWNS, QUICK_SPLIT
    settings = TownSettings(bins=bins, reading_gap_h=gap_h, silent_share=silent_share, drift_a_day=drift_a_day)
    lessons = (QUICK_LESSONS if quick else LESSONS) if library else 0
    simulated = score_towns(settings, range(towns), lessons=lessons)
    file = recording or (EDINBURGH if EDINBURGH.exists() else None)
    recorded = (
        score_recording(read_recording(file, timezone), timezone, split.date(), library=library) if file else None
    )
    result = _Result(simulated, recorded, measure_speed())
    if as_json:
        sys.stdout.write(json.dumps(_line(result)) + "\n")
        return
    console = Console()
    console.print(_simulated_table(simulated))
    if recorded:
        console.print(_recorded_table(recorded))
    console.print(_speed_table(result.speed))


def _line(result: _Result) -> dict[str, Any]:
    """Return the figures by name; distances are hours ahead."""
    scores, recorded, speed = result.simulated.by_distance, result.recorded, result.speed
    ratios = [each.crps / min(each.crps_of_rivals.values()) for each in scores]
    return {
        "coverage_80": {str(each.ahead_h): round(each.coverage_80, 4) for each in scores},
        "ece": round(result.simulated.calibration_error, 5),
        "ece_by_chance": round(result.simulated.calibration_floor, 5),
        "ece_by_horizon": {str(each.ahead_h): round(each.calibration_error, 5) for each in scores},
        "ece_by_horizon_by_chance": {str(each.ahead_h): round(each.calibration_floor, 5) for each in scores},
        "cases_by_horizon": scores[0].cases,
        "crps": {str(each.ahead_h): round(each.crps, 5) for each in scores},
        "crps_rivals": {
            name: {str(each.ahead_h): round(each.crps_of_rivals[name], 5) for each in scores}
            for name in scores[0].crps_of_rivals
        },
        "edinburgh": None if recorded is None else _recorded_line(recorded),
        "worst_ratio_to_best_rival": round(max(ratios + ([] if recorded is None else [_ratio(recorded)])), 4),
        "seconds_10000_bins_7_days": round(speed.week_s, 3),
        "update_s": round(speed.update_s, 3),
        "relearn_s": round(speed.relearn_s, 3),
        "memory_mb": round(speed.memory_mb, 1),
    }


def _ratio(recorded: RecordingScore) -> float:
    return recorded.crps / min(recorded.crps_of_rivals.values())


def _recorded_line(recorded: RecordingScore) -> Mapping[str, Any]:
    return {
        "collections": recorded.collections,
        "coverage_80": round(recorded.coverage_80, 4),
        "crps": round(recorded.crps, 5),
        "crps_rivals": {name: round(each, 5) for name, each in recorded.crps_of_rivals.items()},
        "absolute_error": round(recorded.absolute_error, 4),
        "coverage_80_undressed": round(recorded.coverage_80_undressed, 4),
        "crps_undressed": round(recorded.crps_undressed, 5),
    }


def _simulated_table(scores: Scores) -> Table:
    rivals = scores.by_distance[0].crps_of_rivals
    table = Table("ahead", "80 % band holds", "P(overflow) told", "seen", "ECE", "by chance", "CRPS", *rivals)
    for each in scores.by_distance:
        table.add_row(*_simulated_row(each))
    table.add_row("all", "", "", "", f"{scores.calibration_error:.2%}", f"{scores.calibration_floor:.2%}")
    return table


def _simulated_row(each: Score) -> list[str]:
    return [
        f"{each.ahead_h} h",
        f"{each.coverage_80:.1%}",
        f"{each.p_overflow:.2%}",
        f"{each.overflowed:.2%}",
        f"{each.calibration_error:.2%}",
        f"{each.calibration_floor:.2%}",
        f"{each.crps:.4f}",
        *(f"{rule:.4f}" for rule in each.crps_of_rivals.values()),
    ]


def _recorded_table(score: RecordingScore) -> Table:
    table = Table("collections", "80 % band holds", "undressed", "CRPS", "undressed", "error", *score.crps_of_rivals)
    table.add_row(
        str(score.collections),
        f"{score.coverage_80:.1%}",
        f"{score.coverage_80_undressed:.1%}",
        f"{score.crps:.4f}",
        f"{score.crps_undressed:.4f}",
        f"{score.absolute_error:.4f}",
        *(f"{rival:.4f}" for rival in score.crps_of_rivals.values()),
    )
    return table


def _speed_table(speed: Speed) -> Table:
    table = Table("bins", "readings a day", "a day of news", "seven days told", "kept", "learnt anew", "memory")
    seconds = (f"{each:.2f} s" for each in (speed.update_s, speed.answer_s, speed.kept_s, speed.relearn_s))
    table.add_row(f"{speed.bins:,}", f"{speed.readings_of_a_day:,}", *seconds, f"{speed.memory_mb:.0f} MB")
    return table
