"""`tomma retention`: apply it now, or see what it did."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from tomma.settings import load_settings
from tomma.stores.upkeep.retention import Outcome, apply, read_journal
from tomma.stores.wiring import open_stores

app = typer.Typer(add_completion=False, no_args_is_help=True, help="How long readings and other records are kept.")

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")]


@app.command("apply")
def apply_now(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is due, delete nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete what is older than the settings under `retention` say; `tomma ingest` does the same once a day."""
    settings = load_settings()
    with open_stores(settings) as stores:
        now_utc = settings.clock.clock().now_utc()
        found = apply(
            stores.readings,
            settings.retention,
            now_utc,
            settings.retention_journal,
            assets=stores.assets,
            audit=stores.audit,
            rows=stores.old_rows,
            dry_run=dry_run,
        )
    _show(found, "due" if dry_run else "deleted", as_json=as_json)


@app.command("log")
def show_log(as_json: AsJson = False) -> None:
    """Show what former runs deleted."""
    _show(read_journal(load_settings().retention_journal), "deleted", as_json=as_json)


def _show(outcomes: Sequence[Outcome], verb: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(outcomes).decode())
        return
    for each in outcomes:
        typer.echo(
            f"{each.at_utc:%Y-%m-%d %H:%M} {each.kind}: {each.deleted} from before {each.before_utc:%Y-%m-%d} {verb}"
        )
