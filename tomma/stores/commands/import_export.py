"""`tomma import` and `tomma export`: files in, files out; progress on stderr, the result on stdout."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tomma.settings import load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.commands import exports, imports
from tomma.stores.files.city_file import write_city
from tomma.stores.files.record_files import is_csv, write_records
from tomma.stores.files.record_rows import RECORD_KINDS, RecordKind
from tomma.stores.wiring import Stores, open_stores

import_app = typer.Typer(
    add_completion=False, help="Bring in a city (.json) or exported records (.jsonl, .csv, also .gz)."
)
export_app = typer.Typer(add_completion=False, help="Write the city or records to a file that `tomma import` takes.")


_EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class What(StrEnum):
    """What can be exported."""

    CITY = "city"
    READINGS = "readings"
    EMPTYINGS = "emptyings"
    PLANS = "plans"
    EVENTS = "events"
    DAYS = "days"
    ALERTS = "alerts"
    DEAD_LETTERS = "dead_letters"


class Format(StrEnum):
    """How records are written; the city is always one JSON document."""

    JSONL = "jsonl"
    CSV = "csv"


AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")]


@import_app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, metavar="FILE...")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check everything, store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring in a city (.json) or exported records (.jsonl, .csv, also .gz); one faulty file and nothing is stored."""
    with open_stores(load_settings()) as stores:
        arrivals = [_inspect(path) for path in files]
        if dry_run:
            outcomes = [_store(arrival, stores, dry_run=True) for arrival in arrivals]
        else:
            kinds = [each.kind for each in arrivals]
            with by_operator(stores.audit, "records-imported", kinds=kinds):
                outcomes = [_store(arrival, stores, dry_run=False) for arrival in arrivals]
    if as_json:
        _print_json({"dry_run": dry_run, "files": [asdict(outcome) for outcome in outcomes]})
        return
    for outcome in outcomes:
        typer.echo(_sentence(outcome))
    if dry_run:
        typer.echo("dry run: nothing was stored")


def _inspect(path: Path) -> imports.Arrival:
    with _progress(f"reading {path.name}", path.stat().st_size) as on_bytes:
        return imports.inspect(path, on_bytes)


def _store(arrival: imports.Arrival, stores: Stores, *, dry_run: bool) -> imports.Outcome:
    with _progress(f"storing {arrival.path.name}", arrival.path.stat().st_size) as on_bytes:
        return imports.store(arrival, stores, on_bytes, dry_run=dry_run)


def _sentence(outcome: imports.Outcome) -> str:
    numbers = {
        "new or changed": outcome.stored,
        "known": outcome.duplicates,
        "removed": outcome.removed,
        "in conflict with what is stored": outcome.conflicts,
    }
    told = ", ".join(f"{number} {what}" for what, number in numbers.items() if number)
    return f"{outcome.path}: {outcome.kind}, {outcome.records} rows checked{told and ': '}{told}"


@export_app.command("export")
def export_file(
    what: Annotated[What, typer.Argument()],
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="The file to write; .gz packs it.")],
    from_utc: Annotated[str, typer.Option("--from", metavar="TIME", help="ISO date or time in UTC.")] = "",
    to_utc: Annotated[str, typer.Option("--to", metavar="TIME", help="Up to, not with, this date or time.")] = "",
    form: Annotated[Format | None, typer.Option("--format", help="By default what the file's name says.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the city or records to a file that `tomma import` takes."""
    kind = next((kind for kind in RECORD_KINDS if kind.name == what.value), None)
    as_csv = form is Format.CSV if form else is_csv(output)
    if kind is None and (form or from_utc or to_utc or as_csv):
        raise typer.BadParameter("a city is one JSON document as it is now: no --format, --from, --to or .csv")
    if kind is None and output.suffix != ".json":
        raise typer.BadParameter(f"a city's file must end in .json, got {output.name!r}", param_hint="--output")
    if kind and as_csv and not kind.in_csv:
        raise typer.BadParameter(f"{what} do not fit into CSV; use .jsonl", param_hint="--format")
    period = _moment(from_utc, "--from", _EVER[0]), _moment(to_utc, "--to", _EVER[1])
    with (
        open_stores(load_settings()) as stores,
        by_operator(stores.audit, "records-exported", kinds=[what.value]) as doing,
    ):
        rows = _write_city(stores, output) if kind is None else _write(kind, stores, output, period, as_csv=as_csv)
        doing.facts["records"] = rows
    result = {"what": what.value, "path": str(output), "rows": rows, "bytes": output.stat().st_size}
    if as_json:
        _print_json(result)
    else:
        typer.echo(f"{output}: {what}, {rows} rows, {result['bytes']} bytes")


def _write_city(stores: Stores, output: Path) -> int:
    city = stores.registry.load()
    write_city(city, output)
    return len(city.bins)


def _write(kind: RecordKind, stores: Stores, output: Path, period: tuple[datetime, datetime], *, as_csv: bool) -> int:
    with _progress(f"writing {output.name}", 1.0) as on_share:
        return write_records(output, kind, exports.records(kind, stores, *period, on_share), as_csv=as_csv)


@contextmanager
def _progress(text: str, total: float) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(text, total=total)
        yield lambda done: progress.update(task, completed=done)


def _moment(text: str, option: str, default: datetime) -> datetime:
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(
            f"must be an ISO date or time such as 2026-11-01, got {text!r}", None, None, option
        ) from exc
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _print_json(result: object) -> None:
    typer.echo(msgspec.json.encode(result).decode())
