"""The command `tomma evaluate`. Wiring only."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer

QUICK_ENDS_S = 40.0
"""No further seed is begun then if it might not be done by then."""

app = typer.Typer(
    add_completion=False, help="Compare policies in closed loop: same town, deposits and broken sensors for all."
)


@app.command()
def evaluate(
    scenario: Annotated[str, typer.Option(help="groningen, small-town, town-300, city-1400 and larger.")] = "town-300",
    seeds: Annotated[int | None, typer.Option(min=1, max=200, help="Towns to try. [default: the scenario's]")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=400, help="Measured days of each.")] = None,
    policies: Annotated[str, typer.Option(help="Some of them, with commas. [default: all]")] = "",
    silent: Annotated[str, typer.Option(help="Also try ours with these shares of silent sensors: 0,0.2,0.5")] = "",
    second_round: Annotated[
        str, typer.Option(help="Also try ours, and perfect if tried, with the rest of each day planned anew at 12,13")
    ] = "",
    events: Annotated[bool, typer.Option("--events", help="Markets and matches bring surges.")] = False,
    holidays: Annotated[bool, typer.Option("--holidays", help="Nobody drives on Sundays and holidays.")] = False,
    broken_truck: Annotated[bool, typer.Option("--broken-truck", help="One truck is a week in the workshop.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer days and seeds: ends within 55 s.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes. [default: one per core]")] = None,
    out: Annotated[Path | None, typer.Option(file_okay=False, help="Folder for tables and plots.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """Compare policies in closed loop: same town, deposits and broken sensors for all."""
    from simulator.proving.compare import compare
    from simulator.proving.events import Happenings
    from simulator.proving.plan import tasks_of
    from simulator.proving.summary import as_json as plain
    from simulator.proving.summary import summarise
    from tomma.settings import load_settings

    began_at = time.monotonic()
    happenings = Happenings(events, holidays, broken_truck)
    tasks = tasks_of(
        scenario,
        happenings,
        load_settings().roads_dir,
        quick=quick,
        seeds=seeds,
        days=days,
        policies=tuple(each for each in policies.split(",") if each),
        silent=tuple(float(each) for each in silent.split(",") if each),
        second_rounds=tuple(int(each) for each in second_round.split(",") if each),
    )
    ends_at = began_at + QUICK_ENDS_S if quick else None
    found = compare(tasks, workers=workers, ends_at=ends_at, tell=lambda line: typer.echo(line, err=True))
    summary = summarise(scenario, found)
    took_s = round(time.monotonic() - began_at, 1)
    if out is not None:
        from simulator.proving.report import write_report

        write_report(summary, out)
    if as_json:
        typer.echo(json.dumps({**plain(summary), "took_s": took_s}))
    else:
        from simulator.proving.table import print_table

        print_table(summary)
