"""`tomma bench forecast`: prints how good the forecast is, on made-up towns and, if given, a real recording."""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from routing.forecast_bench.recording import RecordingScore, read_recording, score_recording
from routing.forecast_bench.simulated import Score, score_towns
from routing.forecast_bench.town import TownSettings

app = typer.Typer(add_completion=False, help="Score the forecast: coverage, calibration, CRPS beside simpler rules.")


@app.command()
def forecast(
    bins: Annotated[int, typer.Option(min=2, help="Bins per made-up town.")] = 400,
    towns: Annotated[int, typer.Option(min=1, help="Made-up towns, seeds 0, 1, ...")] = 3,
    silent_share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Sensors that stopped speaking.")] = 0.0,
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
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Score the forecast: coverage, calibration, CRPS beside simpler rules."""
    simulated = score_towns(TownSettings(bins=bins, silent_share=silent_share), range(towns))
    recorded = score_recording(read_recording(recording, timezone), timezone, split.date()) if recording else None
    if as_json:
        line = {"simulated": [asdict(each) for each in simulated], "recorded": asdict(recorded) if recorded else None}
        sys.stdout.write(json.dumps(line) + "\n")
        return
    console = Console()
    console.print(_simulated_table(simulated))
    if recorded:
        console.print(_recorded_table(recorded))


def _simulated_table(scores: list[Score]) -> Table:
    table = Table(
        "ahead", "80 % band holds", "P(overflow) told", "seen", "calibration error", "CRPS", *scores[0].crps_of_rules
    )
    for each in scores:
        table.add_row(
            f"{each.ahead_h} h",
            f"{each.coverage_80:.1%}",
            f"{each.p_overflow:.2%}",
            f"{each.overflowed:.2%}",
            f"{each.calibration_error:.2%}",
            f"{each.crps:.4f}",
            *(f"{rule:.4f}" for rule in each.crps_of_rules.values()),
        )
    return table


def _recorded_table(score: RecordingScore) -> Table:
    table = Table(
        "collections", "80 % band holds", "CRPS", "mean error", "absolute error", *score.absolute_error_of_rules
    )
    table.add_row(
        str(score.collections),
        f"{score.coverage_80:.1%}",
        f"{score.crps:.4f}",
        f"{score.mean_error:+.4f}",
        f"{score.absolute_error:.4f}",
        *(f"{rule:.4f}" for rule in score.absolute_error_of_rules.values()),
    )
    return table
