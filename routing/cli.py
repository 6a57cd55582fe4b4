"""`tomma plan`: makes the day's plan from what the stores hold, shows how it gets on, keeps it, and can publish it.

Progress goes to stderr, the result to stdout: a table for people, one line of JSON for programs.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from routing.outlook import Foresight
from routing.planner import default_day, make_plan
from routing.roads import open_roads
from tomma.city import City
from tomma.errors import ConfigurationError
from tomma.model import PlanId, VehicleId
from tomma.plan import Plan, PlanProgress, PlanStatus
from tomma.ports import ProgressSink
from tomma.settings import load_settings
from tomma.stores.codec import to_json
from tomma.stores.wiring import open_stores

app = typer.Typer(
    add_completion=False, help="Make the plan of a day: which bins, which truck, in which order, and why."
)

Day = Annotated[str | None, typer.Option(help="Local date, YYYY-MM-DD; today while an hour of work is left.")]
BudgetS = Annotated[
    float | None, typer.Option(min=0.2, max=3600.0, help="Seconds to think; as in the settings without.")
]
Iterations = Annotated[int | None, typer.Option(min=1, help="Stop after these too: the same plan every time.")]
VehicleIds = Annotated[list[str] | None, typer.Option("--vehicle", help="Use only this truck; may be repeated.")]


@app.command("plan")
def plan_command(
    day: Day = None,
    budget_s: BudgetS = None,
    iterations: Iterations = None,
    vehicle: VehicleIds = None,
    publish: Annotated[bool, typer.Option("--publish", help="Give it to the drivers at once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")] = False,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the whole plan there, as JSON.")] = None,
) -> None:
    """Make the plan of a day: which bins, which truck, in which order, and why."""
    settings = load_settings()
    now_utc = settings.clock.clock().now_utc()
    planning = settings.planning
    if budget_s is not None:
        planning = planning.model_copy(update={"budget_s": budget_s})
    with open_stores(settings) as stores, _progress() as sink:
        city = stores.registry.load()
        _check_vehicles(city, vehicle)
        plan = make_plan(
            city=city,
            readings=stores.readings,
            events=stores.events,
            roads=open_roads(settings.roads, settings.roads_dir),
            settings=planning,
            day=_day(day, city, now_utc),
            now_utc=now_utc,
            plan_id=PlanId(uuid4().hex),
            on_progress=sink,
            vehicle_ids=None if not vehicle else [VehicleId(each) for each in vehicle],
            iterations=iterations,
            # A plan that must come out the same again must not depend on when the forecast was last made.
            foresight=Foresight.beside(settings.data_dir) if iterations is None else None,
        )
        stores.plans.save(plan)
        if publish and plan.status is PlanStatus.READY:
            plan = stores.plans.publish(plan.id)
    if out is not None:
        out.write_bytes(to_json(plan) + b"\n")
    _show(plan, city, as_json=as_json)
    if plan.status is PlanStatus.FAILED:
        raise typer.Exit(1)


def _day(text: str | None, city: City, now_utc: datetime) -> date:
    if text is None:
        return default_day(city, now_utc)
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(f"a day is written YYYY-MM-DD, got {text!r}", param_hint="--day") from exc


def _check_vehicles(city: City, vehicles: list[str] | None) -> None:
    unknown = sorted(set(vehicles or ()) - set(city.vehicles))
    if unknown:
        raise ConfigurationError(f"there is no vehicle {', '.join(unknown)}; known are {', '.join(city.vehicles)}")


@contextmanager
def _progress() -> Iterator[ProgressSink]:
    """A spinner with the stage and the best so far."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as spinner:
        task = spinner.add_task("stores")

        def show(progress: PlanProgress) -> None:
            cost = progress.best_cost_minor
            best = "" if cost is None else f" · {cost / 100:,.0f} · {progress.stops} stops"
            spinner.update(task, description=f"{progress.stage}{best} {progress.detail}".rstrip())

        yield show


def summary(plan: Plan) -> dict[str, object]:
    """Return what one line of JSON tells about a plan."""
    return {
        "id": plan.id,
        "day": plan.day.isoformat(),
        "status": plan.status.value,
        "engine": plan.engine,
        "roads_source": plan.roads_source.value,
        "routes": len(plan.routes),
        "bins": len(plan.bins_collected),
        "left_out": len(plan.left_out),
        "distance_m": sum(route.distance_m for route in plan.routes),
        "driving_s": sum(route.driving_s for route in plan.routes),
        "cost_minor": plan.cost_minor,
        "lost_prize_minor": plan.lost_prize_minor,
        "violations": list(plan.violations),
    }


def _show(plan: Plan, city: City, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode(summary(plan)).decode() + "\n")
        return
    console = Console()
    zone = ZoneInfo(city.organisation.timezone)
    table = Table("Truck", "Out", "Back", "Bins", "Unloads", "km", title=f"Plan of {plan.day} ({plan.status})")
    for route in plan.routes:
        kinds = [stop.kind.value for stop in route.stops]
        table.add_row(
            city.vehicles[route.vehicle_id].name,
            f"{route.start_utc.astimezone(zone):%H:%M}",
            f"{route.end_utc.astimezone(zone):%H:%M}",
            str(kinds.count("collect")),
            str(kinds.count("dispose")),
            f"{route.distance_m / 1000:.1f}",
        )
    console.print(table)
    money = f"{plan.cost_minor / 100:,.0f} {city.organisation.currency}"
    console.print(f"{len(plan.bins_collected)} bins for {money}; {len(plan.left_out)} left out:")
    counts: dict[str, int] = {}
    for each in plan.left_out:
        counts[each.reasons[0].code.value] = counts.get(each.reasons[0].code.value, 0) + 1
    for code, count in sorted(counts.items(), key=lambda item: -item[1]):
        console.print(f"  {count} {code.replace('_', ' ')}")
    for fault in plan.violations:
        console.print(f"  broken rule: {fault}", style="red")
