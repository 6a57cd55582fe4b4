"""`tomma audit`: prove that nothing was changed or cut off, note the head elsewhere, hand records over."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tomma.audit import FORMAT, Head, Record, Verdict, head_of, verify, whole_days
from tomma.errors import ConfigurationError
from tomma.settings import load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.audit.log import read_key
from tomma.stores.files.drafts import replacing
from tomma.stores.wiring import open_stores

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Who did what, and proof that it is all there.")

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day (UTC), such as 2026-11-22.")]
Heads = Annotated[
    list[str] | None, typer.Option("--head", metavar="NUMBER:MAC", help="What `tomma audit head` printed earlier.")
]
Keys = Annotated[list[Path] | None, typer.Option("--key", exists=True, dir_okay=False, help="A former key's file.")]


@app.command("verify")
def verify_chain(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="Of `tomma audit export`; else what is kept here."),
    ] = None,
    head: Heads = None,
    key: Keys = None,
    first: Annotated[
        int, typer.Option("--from", min=1, help="Begin at this record: behind a fault known already.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")] = False,
) -> None:
    """Walk along the chain of records; say the first that is not what it was, and end with 1 then."""
    settings = load_settings()
    heads, keys = _heads(head or []), [read_key(path) for path in key or []]
    with open_stores(settings) as stores:
        if file is None:
            verdict = stores.audit.verify(heads, keys, first)
        else:
            own = [read_key(settings.audit_key_path)] if settings.audit_key_path.exists() else []
            verdict = verify(_read(file), [*own, *keys], heads, from_start=False)
    _tell(verdict, as_json=as_json)
    if not verdict.is_whole:
        raise typer.Exit(1)


@app.command("head")
def show_head() -> None:
    """Print number and MAC of the newest record. Noted elsewhere, it proves later that nothing up to it was cut off."""
    with open_stores(load_settings()) as stores:
        found = stores.audit.head()
    if found is None:
        raise ConfigurationError("there is no record yet")
    typer.echo(found)


@app.command("export")
def export_records(
    from_day: Day, to_day: Day, file: Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE.jsonl")]
) -> None:
    """Write the records of these days, the last one with them, one JSON object a line, with their MACs."""
    span = whole_days(from_day.replace(tzinfo=UTC), to_day.replace(tzinfo=UTC))
    if span.to_utc <= span.from_utc:
        raise typer.BadParameter("TO must not be before FROM")
    count, days = 0, [f"{from_day:%Y-%m-%d}", f"{to_day:%Y-%m-%d}"]
    with (
        open_stores(load_settings()) as stores,
        replacing(file) as draft,
        by_operator(stores.audit, "audit-exported", days=days) as doing,
        draft.open("w", encoding="utf-8") as out,
    ):
        for record in stores.audit.walk(span=span):
            out.write(json.dumps({"format": FORMAT, **asdict(record)}, ensure_ascii=True) + "\n")
            count += 1
        doing.facts["records"] = count
    typer.echo(f"{file}: {count} records")


def _heads(texts: list[str]) -> list[Head]:
    try:
        return [head_of(text) for text in texts]
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--head") from exc


def _read(file: Path) -> Iterator[Record]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            yield _parsed(line, f"{file}, line {number}")


def _parsed(line: str, where: str) -> Record:
    try:
        row: dict[str, Any] = json.loads(line)
        form, record = row.pop("format"), Record(**row)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ConfigurationError(f"{where}: no audit record: {exc}") from exc
    texts = (value for name, value in row.items() if name != "number")
    if form != FORMAT or type(record.number) is not int or not all(isinstance(text, str) for text in texts):
        raise ConfigurationError(f"{where}: no audit record of the format {FORMAT}")
    return record


def _tell(verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(verdict) | {"is_whole": verdict.is_whole}))
    elif verdict.fault is not None:
        typer.echo(f"record {verdict.fault.number}: {verdict.fault.why}", err=True)
        typer.echo(f"{verdict.records} records before it are whole", err=True)
    elif verdict.last is None:
        typer.echo("there is no record yet")
    else:
        typer.echo(f"{verdict.records} records, {verdict.first} to {verdict.last.number}: all there, none changed")
        typer.echo(f"head {verdict.last}")
