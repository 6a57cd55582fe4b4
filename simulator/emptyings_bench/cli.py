"""`tomma bench emptyings`: a table, or one line of JSON."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from simulator.emptyings_bench.cases import SETTINGS, Case, simulated
from simulator.emptyings_bench.edinburgh import edinburgh
from simulator.emptyings_bench.flags import FlagScore
from simulator.emptyings_bench.run import measure
from simulator.emptyings_bench.score import Score

app = typer.Typer(add_completion=False, help="How well emptyings are told from fill levels, beside naive detectors.")

QUICK_BINS, BINS = 24, 160
DENSE_DAYS, SPARSE_DAYS = 20.0, 60.0
SPARSE_FROM_H = 4.0
QUICK_SITES, SITES = 15, 334
OURS = "tomma"

type Result = tuple[Case, Mapping[str, Score], Mapping[str, FlagScore]]


@app.command("emptyings")
def emptyings_command(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer bins: ends within a minute.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another town.")] = 2026,
    collections: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Edinburgh's collections (.csv), to be filled in.")
    ] = None,
    only: Annotated[str, typer.Option(help="One data set by its name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Play towns with known emptyings through the pipeline; print precision, recall, accuracy and delay.

    Recall counts every emptying that took a tenth of a bin or more. `recall_of_traces` leaves out those after which
    the bin was full again before its sensor spoke: no detector can tell them.
    """
    results = {case.name: (case, *measure(case)) for case in _cases(seed, collections, only, quick=quick)}
    if as_json:
        shown = {name: _as_json(*result) for name, result in results.items()}
        typer.echo(msgspec.json.encode({"seed": seed, "quick": quick, "sets": shown}).decode())
    else:
        Console().print(_table(results))
        for name, (_, _, flags) in results.items():
            told = ", ".join(f"{flag}: {each.sentence()}" for flag, each in flags.items())
            typer.echo(f"flags {name}: {told}")


def _cases(seed: int, collections: Path | None, only: str, *, quick: bool) -> Iterator[Case]:
    for setting in SETTINGS:
        if only not in ("", setting.name):
            continue
        days = SPARSE_DAYS if setting.interval_h >= SPARSE_FROM_H else DENSE_DAYS
        bins = (QUICK_BINS if quick else BINS) // (2 if setting.interval_h < 1.0 else 1)
        yield simulated(setting, bins, days / (2.0 if quick else 1.0), seed)
    if collections is not None and only in ("", "edinburgh", "edinburgh-rests"):
        for rests in (False, True):
            yield edinburgh(collections, rests=rests, sites=QUICK_SITES if quick else SITES, seed=seed)


def _as_json(case: Case, scores: Mapping[str, Score], flags: Mapping[str, FlagScore]) -> dict[str, object]:
    return {
        "about": case.about,
        "readings": len(case.messages),
        **{name: each.as_json() for name, each in scores.items()},
        "flags": {name: each.as_json() for name, each in flags.items()},
    }


def _table(results: Mapping[str, Result]) -> Table:
    table = Table("data set", "detector", "precision", "recall", "of traces", "accuracy", "delay h", "true", "told")
    for name, (_, scores, _) in results.items():
        for detector, each in scores.items():
            table.add_row(
                name if detector == OURS else "",
                detector,
                f"{each.precision:.3f}",
                f"{each.recall:.3f}",
                f"{each.recall_of_traces:.3f}",
                f"{each.accuracy:.3f}",
                f"{each.median_delay_h:.1f}",
                str(each.true),
                str(each.told),
            )
        table.add_section()
    return table
