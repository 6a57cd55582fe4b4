"""`tomma bench solver`: our plans beside plain PyVRP and plain OR-Tools, on public instances and on waste_city."""

import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from routing.bench_solver.case import Score
from routing.bench_solver.figures import figures
from routing.bench_solver.run import Result, Task, run
from routing.bench_solver.suite import BOTH, city_tasks, only, public_tasks, quick_tasks
from tomma.errors import ConfigurationError

app = typer.Typer(add_completion=False, help="Plan public instances and compare with PyVRP and OR-Tools as they come.")

DATA = Path("../shared/data/instances")
WASTE_CITY = Path("../shared/bench/waste_city.py")
QUICK_ENDS_S = 50.0
"""A quick run begins nothing that would not be done by then, with OVERHEAD_S for starting, reading and judging."""
PIPE_COLUMNS = 160
OVERHEAD_S = 2.5


@app.command("solver")
def solver_command(
    data: Annotated[Path, typer.Option(help="Folder with .vrp (and .sol) and Kim's _stop.txt files.")] = DATA,
    waste_city: Annotated[Path, typer.Option(help="The waste_city benchmark's Python file.")] = WASTE_CITY,
    seconds: Annotated[float, typer.Option(min=1.0, max=3600.0, help="For each public instance.")] = 60.0,
    seeds: Annotated[int, typer.Option(min=1, max=10, help="Cities of 300 bins: seeds 0, 1, ...")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of the searches.")] = 0,
    only_these: Annotated[list[str] | None, typer.Option("--only", help="Groups or names; may be repeated.")] = None,
    with_peers: Annotated[bool, typer.Option("--peers/--no-peers", help="Also run PyVRP and OR-Tools.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="One instance of each kind, within 55 s.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Plan public instances and compare with PyVRP and OR-Tools as they come."""
    began_at = time.monotonic()
    peers = BOTH if with_peers else ()
    instances, city = data if data.is_dir() else None, waste_city if waste_city.is_file() else None
    if instances is None and city is None:
        raise ConfigurationError(f"neither {data} nor {waste_city} is there: name them with --data and --waste-city")
    if quick:
        tasks = quick_tasks(instances, city, peers)
    else:
        tasks = public_tasks(instances, seconds, peers) + city_tasks(city, seeds, peers)
    results = _run_all(only(tasks, only_these or ()), seed, began_at + QUICK_ENDS_S if quick else math.inf)
    found = figures(results, time.monotonic() - began_at)
    if as_json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        _show(results, found)
    if not found["all_checked"] or found["failed"]:
        raise typer.Exit(1)


def _run_all(tasks: Sequence[Task], seed: int, ends_at: float) -> list[Result]:
    results = []
    with _progress(len(tasks)) as tell:
        for task in tasks:
            lasts_s = task.seconds * (2 if task.peers else 1) + OVERHEAD_S
            if time.monotonic() + lasts_s > ends_at:
                continue
            tell(f"{task.case.name} {task.seconds:g} s", 0)
            results.append(run(task, seed, ends_at))
            tell("", 1)
    return results


@contextmanager
def _progress(total: int) -> Iterator["_Tell"]:
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield _Tell(bar, total)


class _Tell:
    """Moves the bar on stderr."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar, self._task = bar, bar.add_task("", total=total)

    def __call__(self, description: str, done: int) -> None:
        self._bar.update(self._task, description=description, advance=done)


def _show(results: Sequence[Result], found: dict[str, object]) -> None:
    console = Console(width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    table = Table("instance", "nodes", "s", "ours", "PyVRP", "OR-Tools", "by best peer", "best known", "gap", "trucks")
    for result in results:
        published = result.task.case.published
        table.add_row(
            result.task.case.name,
            str(result.task.case.size),
            f"{result.task.seconds:g}",
            _number(result.ours),
            *(_number(result.peers.get(name)) for name in BOTH),
            "" if result.ratio is None else f"{result.ratio:.4f}",
            f"{published.value:,.1f}" if published else "",
            "" if result.gap is None else f"{result.gap:+.2%}",
            f"{result.ours.trucks}" + (f" of {published.trucks}" if published and published.trucks else ""),
        )
    console.print(table)
    for key, value in found.items():
        if key != "instances" and value is not None:
            console.print(f"{key:>40}  {value}")


def _number(score: Score | None) -> str:
    if score is None:
        return ""
    return f"{score.objective:,.1f}" if score.valid else "no plan"
