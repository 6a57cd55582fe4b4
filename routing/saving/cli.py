"""`tomma saving`: the audit file out of this city's books, and any audit file put to the test."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from routing.saving.check import Checked, check
from routing.saving.file import audit_document, read_audit, write_audit
from routing.saving.summary import Method, Saving, Span, periods, savings, seal
from routing.saving.told import as_plain
from routing.saving.wiring import make_next, open_world
from tomma.errors import NotFoundError, TommaError
from tomma.saving import Side, SideFigures
from tomma.settings import load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.wiring import open_stores

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The audited saving: export it, compute it anew.")

FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)
NAMES = {Side.DONE: "done", Side.FIXED: "fixed rounds", Side.THRESHOLD: "threshold"}
WORDS = {
    Method.TOO_FEW: "too few days for an interval",
    Method.DAYS: "95 % interval over days, provisional under four weeks",
    Method.WEEKS: "95 % interval over means of seven days",
}
UNITS = {
    "distance_m": ("km", 1_000.0),
    "time_s": ("h", 3_600.0),
    "cost_minor": ("money", 100.0),
    "co2_g": ("kg CO2", 1_000.0),
    "lifts": ("lifts", 1.0),
    "overflow_min": ("overflow bin-hours", 60.0),
}

FromDay = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day. [default: all]")]
ToDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day. [default: all]")]


class RefusedError(TommaError):
    """What the file says does not follow from what is in it."""


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to; .gz compresses it.")], from_: FromDay = None, to: ToDay = None
) -> None:
    """Write some days with everything they are computed from into one file that needs nothing else."""
    first, last = from_.date() if from_ else FIRST, to.date() if to else LAST
    with open_stores(load_settings()) as stores:
        kept = stores.saving.figures(first, last)
        if not kept:
            raise NotFoundError(f"no day from {first} to {last} has been computed yet")
        document = audit_document(stores.saving, stores.registry.load().organisation.name, first, last)
        with by_operator(stores.audit, "saving-exported", records=len(kept)):
            write_audit(file, document)
    typer.echo(f"{file}: {len(kept)} days, seal {seal([digest for digest, _ in kept])}")


@app.command()
def recompute(
    file: Annotated[Path, typer.Argument(help="An audit file.")],
    engine: Annotated[bool, typer.Option(help="Search the rules' routes anew, or follow those in the file.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Compute every figure anew from the file alone; exit 1 and say why when it does not say what follows from it."""
    audit = read_audit(file)
    told = check(audit, with_engine=engine, on_day=lambda day: typer.echo(f"{day.inputs.day} computed", err=True))
    if as_json:
        typer.echo(json.dumps(_plain(told), ensure_ascii=False))
    else:
        _print(audit.organisation, told)
    if told.faults:
        raise RefusedError(f"{file}: {len(told.faults)} things do not agree, first: {told.faults[0]}")


@app.command()
def compute(limit: Annotated[int, typer.Option(min=1, help="Days at most.")] = 1_000) -> None:
    """Compute the days that are over and not kept yet, as a running server does by itself."""
    settings = load_settings()
    clock = settings.clock.clock()
    with open_stores(settings) as stores:
        world, city = open_world(settings, stores), stores.registry.load()
        with by_operator(stores.audit, "saving-computed") as doing:
            days: list[str] = []
            while len(days) < limit and (made := make_next(world, city, clock.now_utc().astimezone(UTC))) is not None:
                days.append(made.inputs.day.isoformat())
                typer.echo(f"{days[-1]}: {'counts' if made.counts else 'does not count'}, digest {made.digest}")
            doing.facts |= {"days": [days[0], days[-1]] if days else [], "records": len(days)}


def _plain(told: Checked) -> dict[str, object]:
    days = list(told.days)
    return {
        "seal": told.seal,
        "faults": list(told.faults),
        "notes": list(told.notes),
        "days": [as_plain(each) for each in periods(days, Span.DAY)],
        "saving": [as_plain(each) for each in savings(days)],
    }


def _print(organisation: str, told: Checked) -> None:
    typer.echo(f"{organisation}, seal {told.seal}\n")
    typer.echo(f"{'day':<13}{'':<14}{'metres':>10}{'hours':>8}{'lifts':>7}{'CO2 kg':>9}{'overflow h':>12}{'cost':>12}")
    for day in told.days:
        for side in Side:
            head = str(day.day) if side is Side.DONE else ("" if day.counts else "not counted")
            typer.echo(f"{head:<13}{NAMES[side]:<14}{_row(day.figures[side])}")
    for each in savings(told.days):
        _print_saving(each)
    for note in told.notes:
        typer.echo(f"note: {note}")
    for fault in told.faults:
        typer.echo(f"FAULT: {fault}")
    if not told.faults:
        typer.echo(f"\n{len(told.days)} days computed anew: every figure follows from what is in the file.")


def _row(figures: SideFigures) -> str:
    hours = (figures.driving_s + figures.work_s) / 3_600.0
    return (
        f"{figures.distance_m:>10}{hours:>8.2f}{figures.lifts:>7}{figures.co2_g / 1_000.0:>9.1f}"
        f"{figures.overflow_min / 60.0:>12.1f}{figures.cost_minor / 100.0:>12.2f}"
    )


def _print_saving(saving: Saving) -> None:
    typer.echo(f"\nsaved against {NAMES[saving.against]}, {saving.counted} days that count ({WORDS[saving.method]})")
    for each in saving.measures:
        unit, by = UNITS[each.name]
        share = f"{100.0 * each.total / each.of:.1f} %" if each.of else "-"
        mean = f"{each.per_day / by:.2f} a day"
        between = "" if each.low is None or each.high is None else f" ({each.low / by:.2f} to {each.high / by:.2f})"
        typer.echo(f"  {unit:<20}{each.total / by:>12.3f}  {share:>8}   {mean}{between}")
