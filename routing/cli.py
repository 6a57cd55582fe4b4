"""`tomma plan`: makes the day's plan from what the stores hold, shows how it gets on, keeps it, and can publish it.

Progress goes to stderr, the result to stdout: a table for people, one line of JSON for programs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from routing.ahead.coming_days import coming_days
from routing.ahead.days_ahead import DaysAhead
from routing.ahead.horizon import MAX_DAYS
from routing.ahead.outlook import Foresight
from routing.cli_show import show
from routing.ordering.command import Words, ordered
from routing.ordering.on_schedule import on_schedule
from routing.ordering.order import Order
from routing.ordering.taken_over import BinWishes
from routing.planning.basis import to_bytes
from routing.planning.leaving import default_day
from routing.planning.planner import make_plan
from routing.roads import open_roads
from tomma.city import City
from tomma.codec import to_json
from tomma.errors import ConfigurationError, ConflictError
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId
from tomma.plan import Plan, PlanProgress, PlanStatus
from tomma.planning_settings import PlanningSettings
from tomma.ports import ProgressSink
from tomma.settings import load_settings
from tomma.stores.audit.intent import by_operator
from tomma.stores.wiring import Stores, open_stores

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
    replan: Annotated[bool, typer.Option("--replan", help="Change the published plan, from where trucks are.")] = False,
    exclude: Annotated[list[str] | None, typer.Option(help="Leave this bin out today; may be repeated.")] = None,
    lock: Annotated[list[str] | None, typer.Option(help="BIN=TRUCK: that truck collects it; may be repeated.")] = None,
    broken: Annotated[list[str] | None, typer.Option(help="This truck is out of service; may be repeated.")] = None,
    closed: Annotated[list[str] | None, typer.Option(help="Disposal site closed that day; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="Also tell what so many days hold.")] = 1,
) -> None:
    """Make the plan of a day: which bins, which truck, in which order, and why."""
    settings = load_settings()
    now_utc = settings.clock.clock().now_utc()
    with open_stores(settings) as stores, _progress() as sink:
        city = stores.registry.load()
        _check_vehicles(city, vehicle)
        planned_day = _day(day, city, now_utc)
        former = _former(stores, planned_day) if replan else None
        foresight = Foresight.beside(settings.data_dir) if iterations is None else None
        words = _words(city, exclude, lock, broken, closed, vehicle, budget_s)
        planning = on_schedule(settings.planning, stores.mornings.schedule(), city)
        order = _ordered(planned_day, city, planning, words, former, stores)
        plan = make_plan(
            city=order.city,
            readings=stores.readings,
            events=stores.events,
            roads=open_roads(settings.roads, settings.roads_dir),
            settings=order.planning,
            day=planned_day,
            now_utc=now_utc,
            plan_id=PlanId(uuid4().hex),
            on_progress=sink,
            iterations=iterations,
            # A plan that must come out the same again must not depend on when the forecast was last made.
            foresight=foresight,
            wishes=order.wishes,
            plans=stores.plans,
            requests=stores.requests,
            keep_basis=lambda id_, basis: stores.plans.keep_basis(id_, to_bytes(basis)),
        )
        plan = _keep(stores, order.told_on(plan), publish=publish)
        vehicle_ids = None if words.vehicle_ids is None else sorted(words.vehicle_ids)
        chosen = {"settings": order.planning, "vehicle_ids": vehicle_ids, "foresight": foresight}
        ahead = _coming(stores, city, planned_day, days, now_utc, chosen) if days > 1 else None
    if out is not None:
        out.write_bytes(to_json(plan) + b"\n")
    show(plan, city, former=former, ahead=ahead, as_json=as_json)
    if plan.status is PlanStatus.FAILED:
        raise typer.Exit(1)


def _keep(stores: Stores, plan: Plan, *, publish: bool) -> Plan:
    """Keep the plan, on record: a published one sends trucks out."""
    publishes = publish and plan.status is PlanStatus.READY
    action = "plan-published" if publishes else "plan-made"
    with by_operator(stores.audit, action, f"plan:{plan.id}", day=plan.day.isoformat()):
        stores.plans.save(plan)
        return stores.plans.publish(plan.id) if publishes else plan


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


def _check_disposal_sites(city: City, closed: list[str] | None) -> None:
    unknown = sorted(set(closed or ()) - set(city.disposal_sites))
    if unknown:
        raise ConfigurationError(
            f"there is no disposal site {', '.join(unknown)}; known are {', '.join(city.disposal_sites)}"
        )


def _coming(
    stores: Stores, city: City, first_day: date, days: int, now_utc: datetime, chosen: dict[str, Any]
) -> DaysAhead:
    return coming_days(
        city=city,
        readings=stores.readings,
        events=stores.events,
        requests=stores.requests,
        first_day=first_day,
        days=days,
        now_utc=now_utc,
        **chosen,
    )


def _former(stores: Stores, day: date) -> Plan:
    former = stores.plans.published(day)
    if former is None:
        raise ConflictError(f"no plan of {day} is published: there is none to change, leave --replan out")
    return former


def _words(
    city: City,
    exclude: list[str] | None,
    lock: list[str] | None,
    broken: list[str] | None,
    closed: list[str] | None,
    vehicle: list[str] | None,
    budget_s: float | None,
) -> Words:
    pairs = [each.partition("=") for each in lock or ()]
    locked = {BinId(bin_id): VehicleId(vehicle_id) for bin_id, _, vehicle_id in pairs}
    unknown = sorted({*(exclude or ()), *locked} - set(city.bins))
    if unknown:
        raise ConfigurationError(f"there is no bin {', '.join(unknown)}")
    _check_vehicles(city, [*(broken or ()), *locked.values()])
    _check_disposal_sites(city, closed)
    return Words(
        BinWishes(frozenset(BinId(each) for each in exclude or ()), frozenset(), locked),
        vehicle_ids=frozenset(VehicleId(each) for each in vehicle) if vehicle else None,
        broken=frozenset(VehicleId(each) for each in broken) if broken else None,
        closed=frozenset(DisposalSiteId(each) for each in closed) if closed else None,
        budget_s=budget_s,
    )


def _ordered(
    day: date, city: City, planning: PlanningSettings, words: Words, former: Plan | None, stores: Stores
) -> Order:
    try:
        return ordered(day, city, planning, words, former, stores.plans, stores.requests)
    except ValueError as exc:
        raise ConfigurationError(str(exc)) from exc


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
