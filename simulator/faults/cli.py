"""`tomma bench faults`: kills, fills, freezes, cuts and delays; then counts what was lost. Wiring only."""

import json
import sys
from typing import Annotated

import typer

from simulator.faults.mounts import enter_namespace
from simulator.faults.run import Result, effort, run_cases, summary
from simulator.faults.table import chosen

app = typer.Typer(add_completion=False, help="Hurt the running service from outside and count what was lost.")

LONG_KILLS, QUICK_KILLS = 1_000, 4
LONG_IMAGES, QUICK_IMAGES = 10_000, 200
QUICK_JOBS = 8
"""Cases mostly wait: for a broker's time-out, for a second copy that must not come."""


@app.command()
def faults(
    quick: Annotated[bool, typer.Option("--quick", help="At most a minute: what CI runs.")] = False,
    kills: Annotated[int | None, typer.Option(min=1, help="Kills per case that kills.")] = None,
    images: Annotated[int | None, typer.Option(min=1, help="Power cuts per case that cuts at any write.")] = None,
    case: Annotated[str, typer.Option(help="Only these, joined by commas: M1,S2.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Draws the moments.")] = 1,
    jobs: Annotated[int | None, typer.Option(min=1, max=16, help="Cases at once; they mostly wait.")] = None,
    recover_within_s: Annotated[float, typer.Option(min=0.1, help="A case that takes longer has failed.")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON at the end.")] = False,
) -> None:
    """Hurt the running service from outside and count what was lost.

    Real processes are killed, starved of disk, frozen, cut off and stepped in time while numbered readings are
    published with QoS 1. Then the store is read back: what the broker had acknowledged must be there, once. Exit code
    1 if anything was lost, stored twice, or answered too late. Cases that this machine cannot run are named as skipped.
    """
    strength = effort(
        seed,
        kills or (QUICK_KILLS if quick else LONG_KILLS),
        images or (QUICK_IMAGES if quick else LONG_IMAGES),
        quick=quick,
    )
    at_once = jobs or (QUICK_JOBS if quick else 1)
    enter_namespace()
    results = run_cases(
        chosen(case, quick=quick), strength, jobs=at_once, on_result=lambda result: _tell(result, recover_within_s)
    )
    told = summary(results, recover_within_s)
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        totals = (
            "acknowledged",
            "lost",
            "lost_as_stated",
            "stored_twice",
            "recovered_s_max",
            "kills",
            "failed",
            "skipped",
        )
        typer.echo(" ".join(f"{key}={told[key]}" for key in totals))
    if told["failed"]:
        raise typer.Exit(1)


def _tell(result: Result, limit_s: float) -> None:
    """Say each case when it is done: a run takes long."""
    told = result.as_json(limit_s)
    typer.echo(f"{told.pop('id')}: {result.case.happens}", err=True)
    typer.echo("    " + " ".join(f"{key}={value}" for key, value in told.items()), err=True)
