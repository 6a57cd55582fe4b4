"""Half a working day of the shared town, tapped by its drivers: what the follow-up page is looked at with."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.web.stack import NOW, Stack
from tomma.model import PlanId
from tomma.plan import Plan, Route

UNDER_WAY = timedelta(minutes=40)
"""So long ago the trucks left."""


def half_a_day(stack: Stack) -> dict[str, Any]:
    """Let the published plan have begun before now; tap the first stops, one late, one skipped, one reported.

    Returns the day as the office is told it before the taps.
    """
    plan = stack.stores.plans.get(PlanId(stack.ask("/followup")["plan_id"]))
    stack.stores.plans.save(_begun(plan))
    stack.stop()
    stack.start()  # nobody has read the plan as it was
    told: dict[str, Any] = stack.ask("/followup")
    taps: list[dict[str, Any]] = []
    for number, route in enumerate(told["routes"]):
        stops = [each for each in route["stops"] if each["kind"] == "collect"][:5]
        for at, stop in enumerate(stops):
            planned_utc = datetime.fromisoformat(stop["planned_utc"])
            tapped_utc = min(planned_utc + timedelta(minutes=3 + 5 * at * number), NOW)
            taps.append(tap_of(told, route, len(taps), tapped_utc, bin_id=stop["bin_id"], **_what(number, at)))
        lid = {"bin_id": stops[0]["bin_id"], "kind": "reported", "report": "bin_damaged", "note": "lid gone"}
        taps.append(tap_of(told, route, len(taps), NOW - timedelta(minutes=5), **lid))
    stack.tell("/driver/events", {"events": taps, "sent_utc": stack.ask("/followup")["now_utc"]})
    return told


def _begun(plan: Plan) -> Plan:
    """Return the plan as if it had been made so much earlier that its trucks are out."""
    shift = NOW - UNDER_WAY - min(route.start_utc for route in plan.routes)
    return replace(
        plan, created_utc=plan.created_utc + shift, routes=tuple(_shifted(each, shift) for each in plan.routes)
    )


def _shifted(route: Route, by: timedelta) -> Route:
    stops = tuple(replace(s, arrive_utc=s.arrive_utc + by, depart_utc=s.depart_utc + by) for s in route.stops)
    return replace(route, start_utc=route.start_utc + by, end_utc=route.end_utc + by, stops=stops)


def _what(number: int, at: int) -> dict[str, Any]:
    """The second stop of the first truck is skipped; all others are emptied."""
    return {"kind": "skipped", "skip_reason": "blocked"} if (number, at) == (0, 1) else {"kind": "emptied"}


def tap_of(told: dict[str, Any], route: dict[str, Any], n: int, tapped_utc: datetime, **what: Any) -> dict[str, Any]:
    """A tap of a truck's driver."""
    return {
        "key": f"tap-{n:08}",
        "device_id": f"tablet-{route['vehicle_id']}",
        "sequence": n,
        "plan_id": told["plan_id"],
        "vehicle_id": route["vehicle_id"],
        "tapped_utc": tapped_utc.isoformat().replace("+00:00", "Z"),
        **what,
    }
