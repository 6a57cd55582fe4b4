"""`tomma city`: the registry as a spreadsheet, in and out."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tomma.assets import Edited
from tomma.audit import Outcome
from tomma.city import City
from tomma.codec import to_plain
from tomma.errors import ImportRefusedError
from tomma.settings import load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.files.asset_csv import read_table, write_table
from tomma.stores.files.asset_import import ImportPlan, plan_import
from tomma.stores.files.drafts import replacing
from tomma.stores.wiring import open_stores

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The registry of places, bins and sensors as a spreadsheet."
)
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")]
SHOWN = 50


@app.command("import-csv")
def import_csv(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE.csv")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, store nothing.")] = False,
    remove_missing: Annotated[
        bool, typer.Option("--remove-missing", help="The file is the whole registry: retire the bins it does not have.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring in bins, places and sensors, one row a bin. With one fault nothing is stored, and each is named.

    Takes what Excel writes: UTF-8, UTF-16 or Windows-1252; semicolons, commas or tabs; decimal commas.
    """
    settings = load_settings()
    table, now_utc = read_table(file.read_bytes()), settings.clock.clock().now_utc()
    found: list[ImportPlan] = []

    def change(city: City) -> Edited:
        found.append(plan_import(city, table, now_utc, remove_missing=remove_missing))
        return found[0].edited if found[0].edited is not None and not dry_run else Edited(city)

    with open_stores(settings) as stores:
        if dry_run:
            stores.assets.edit(change)
        else:
            with by_operator(stores.audit, "assets-imported") as doing:
                stores.assets.edit(change)
                doing.facts["rows"] = found[0].rows
                doing.outcome = Outcome.REFUSED if found[0].faults else Outcome.DONE
    (plan,) = found
    _tell(plan, dry_run=dry_run, as_json=as_json)
    if plan.faults:
        raise ImportRefusedError(f"{file} was refused, nothing was stored; {len(plan.faults)} fault(s), named above")


@app.command("export-csv")
def export_csv(
    output: Annotated[Path, typer.Option("--output", "-o", dir_okay=False, help="The file to write.")],
    for_excel: Annotated[
        bool, typer.Option("--excel", help="Semicolons, decimal commas, as a click opens it.")
    ] = False,
) -> None:
    """Write one row a bin, as `tomma city import-csv` takes it; brought back, it changes nothing."""
    with open_stores(load_settings()) as stores:
        city = stores.registry.load()
        with by_operator(stores.audit, "assets-exported", bins=len(city.bins)), replacing(output) as draft:
            draft.write_bytes(write_table(city, for_excel=for_excel))
    typer.echo(f"{output}: {len(city.bins)} bins")


def _tell(plan: ImportPlan, *, dry_run: bool, as_json: bool) -> None:
    counts = {"added": plan.count("add"), "changed": plan.count("change"), "removed": plan.count("remove")}
    if as_json:
        told = {"dry_run": dry_run, "rows": plan.rows, **counts, "faults": plan.faults, "changes": plan.changes}
        typer.echo(msgspec.json.encode(to_plain(told)).decode())
        return
    for fault in plan.faults:
        typer.echo(f"line {fault.line}: {fault.column} {fault.bound}, got {fault.value!a}", err=True)
    for each in plan.changes[:SHOWN]:
        typer.echo(f"{each.action} {each.kind} {each.id}{': ' if each.after else ''}{', '.join(each.after)}")
    if len(plan.changes) > SHOWN:
        typer.echo(f"... and {len(plan.changes) - SHOWN} more")
    if not plan.faults:
        told_counts = ", ".join(f"{number} {what}" for what, number in counts.items())
        typer.echo(f"{plan.rows} rows: {told_counts}" + ("; dry run: nothing was stored" if dry_run else ""))
