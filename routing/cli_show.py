"""What `tomma plan` prints: tables for people, one line of JSON for programs."""

import sys
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table

from routing.ahead.days_ahead import DaysAhead
from tomma.city import City
from tomma.plan import Plan, difference


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
        "co2_kg": plan.co2_kg,
        "replaces": plan.replaces,
        "closed_disposal_sites": sorted(plan.closed),
    }


def _changes(former: Plan, plan: Plan) -> dict[str, object]:
    told = difference(former, plan)
    return {
        "added": [bin_id for bin_id, _ in told.added],
        "removed": [bin_id for bin_id, _ in told.removed],
        "moved": [each.bin_id for each in told.moved],
        "reordered": list(told.reordered),
    }


def _coming(ahead: DaysAhead) -> list[dict[str, object]]:
    return [
        {
            "day": each.day.isoformat(),
            "bins": len(each.bins),
            "volume_l": round(each.volume_l),
            "work_h": round(each.work_h, 2),
            "due_h": round(each.due_h, 2),
            "shift_h": round(each.shift_h, 2),
            "trucks": each.trucks,
            "beyond_h": round(each.beyond_h, 2),
        }
        for each in ahead.days
    ]


def show(plan: Plan, city: City, *, former: Plan | None, ahead: DaysAhead | None, as_json: bool) -> None:
    """Print the plan, what it changes, and the coming days."""
    if as_json:
        told = summary(plan)
        told |= {"changes": _changes(former, plan)} if former is not None else {}
        told |= {"days": _coming(ahead)} if ahead is not None else {}
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        return
    console = Console()
    _show_plan(console, plan, city)
    if former is not None:
        told = _changes(former, plan)
        console.print("changes: " + ", ".join(f"{len(each)} {name}" for name, each in told.items()))  # type: ignore[arg-type]
    if ahead is not None:
        _show_days(console, ahead)


def _show_plan(console: Console, plan: Plan, city: City) -> None:
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
    bins, left = len(plan.bins_collected), len(plan.left_out)
    console.print(f"{bins} bins for {money} and {plan.co2_kg:,.0f} kg of CO2; {left} left out:")
    counts: dict[str, int] = {}
    for each in plan.left_out:
        counts[each.reasons[0].code.value] = counts.get(each.reasons[0].code.value, 0) + 1
    for code, count in sorted(counts.items(), key=lambda item: -item[1]):
        console.print(f"  {count} {code.replace('_', ' ')}")
    if plan.closed:
        sites = [
            city.disposal_sites[each].name if each in city.disposal_sites else each for each in sorted(plan.closed)
        ]
        console.print(f"closed for this plan: {', '.join(sites)}")
    for fault in plan.violations:
        console.print(f"  broken rule: {fault}", style="red")


def _show_days(console: Console, ahead: DaysAhead) -> None:
    table = Table("Day", "Bins", "m3", "Work", "If all waited", "Of", "Trucks", title="The coming days")
    for each in ahead.days:
        row = (f"{each.day:%a %d %b}", str(len(each.bins)), f"{each.volume_l / 1000:.1f}", f"{each.work_h:.1f} h")
        table.add_row(*row, f"{each.due_h:.1f} h", f"{each.shift_h:.1f} h", str(each.trucks))
    console.print(table)
    for each in ahead.days:
        if each.beyond_h > 0:
            console.print(f"  {each.day}: {each.beyond_h:.1f} h of work for which there is no truck", style="red")
