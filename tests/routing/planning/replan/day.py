"""A small city's day: the button pressed, and drivers' taps."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from routing.planning.planner import make_plan
from routing.roads.straight_line import StraightLineRoads
from tests.routing.planning.small_city import small_city
from tomma.city import City
from tomma.events import Event, EventKind
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan, Route, Stop, StopKind, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.reasons import ReasonCode
from tomma.stores.wiring import Stores

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TODAY = date(2026, 11, 23)
MORNING_UTC = datetime(2026, 11, 23, 5, 30, tzinfo=STOCKHOLM).astimezone(UTC)
ALL_DUE = PlanningSettings(budget_s=20.0, seed=4, next_opportunity_h=150.0)
"""With the next truck almost a week away every bin but b6 must be emptied."""
V1, V2 = VehicleId("v1"), VehicleId("v2")


def plan(
    stores: Stores,
    now_utc: datetime = MORNING_UTC,
    city: City | None = None,
    settings: PlanningSettings = ALL_DUE,
    day: date = TODAY,
    **wishes: object,
) -> Plan:
    """Press the button; with wishes, for a change of plan."""
    made = make_plan(
        city=city or small_city(),
        readings=stores.readings,
        events=stores.events,
        roads=StraightLineRoads(1.35, 22.0),
        settings=settings,
        day=day,
        now_utc=now_utc,
        plan_id=PlanId(f"p{now_utc:%H%M}-{len(wishes)}"),
        iterations=5,
        plans=stores.plans,
        requests=stores.requests,
        wishes=Wishes(**wishes),  # type: ignore[arg-type]
    )
    stores.plans.save(made)
    return made


def tap(stores: Stores, of: Plan, vehicle: VehicleId, stop: Stop, at_utc: datetime, **more: object) -> None:
    """Let a driver say that a stop is done."""
    kinds = {StopKind.COLLECT: EventKind.EMPTIED, StopKind.DISPOSE: EventKind.UNLOADED}
    body: dict[str, object] = {
        "key": f"tap-{vehicle}-{at_utc:%H%M%S}-{stop.bin_id}",
        "device_id": f"tablet-{vehicle}",
        "sequence": int(at_utc.timestamp()),
        "plan_id": of.id,
        "vehicle_id": vehicle,
        "kind": kinds.get(stop.kind, EventKind.BREAK_STARTED),
        "tapped_utc": at_utc,
        "received_utc": at_utc,
        "bin_id": stop.bin_id,
        "disposal_site_id": stop.disposal_site_id,
    }
    assert stores.events.append([Event(**body | more)]) == ["stored"]  # type: ignore[arg-type]


def do_first(stores: Stores, of: Plan, count: int) -> tuple[Route, datetime]:
    """Let the first truck do its first stops at the planned times; return its route and a minute after."""
    route = of.routes[0]
    for stop in route.stops[:count]:
        tap(stores, of, route.vehicle_id, stop, stop.depart_utc)
    return route, route.stops[count - 1].depart_utc + timedelta(minutes=1)


def collects(route: Route) -> list[BinId]:
    """Bins of a route in order."""
    return [stop.bin_id for stop in route.stops if stop.bin_id is not None]


def left_out(made: Plan) -> dict[BinId, ReasonCode]:
    """First reason of each bin that is not on the plan."""
    return {each.bin_id: each.reasons[0].code for each in made.left_out}
