"""Tells today's routes and what became of their stops."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from api.driver.promises import with_former
from api.driver.schemas import (
    DriverBinOut,
    DriverBinsOut,
    DriverRouteHead,
    DriverRouteOut,
    DriverRoutesOut,
    DriverStopOut,
)
from api.driver.settling import done_utc, pause_of, settling
from api.plans.view import route_fields, stop_fields
from api.services import Services
from tomma.city import City
from tomma.errors import NotFoundError
from tomma.events import Event, SkipReason
from tomma.fold import DayState, StopState, by_our_clock, tried_again
from tomma.model import VehicleId
from tomma.natural import truck_order
from tomma.plan import Plan, Route, Stop, StopKind


def routes_out(hands: Services) -> DriverRoutesOut:
    """Return today's routes in short; none while no plan is published."""
    day, plan, city = hands.today.day(), hands.today.published(), hands.city.current()
    if plan is None:
        return DriverRoutesOut(day=day, plan_id=None, routes=[])
    done, order = tried_again(hands.ledger.day(day), plan), truck_order(city)
    promises = hands.promises.of(plan)
    routes = [with_former(each, promises, done) for each in sorted(plan.routes, key=lambda own: order(own.vehicle_id))]
    return DriverRoutesOut(day=day, plan_id=plan.id, routes=[_head(route, city, done) for route in routes])


def route_out(hands: Services, vehicle_id: VehicleId) -> DriverRouteOut:
    """Return one truck's route of today; NotFoundError when it has none."""
    day, plan, city = hands.today.day(), hands.today.published(), hands.city.current()
    route = next((each for each in plan.routes if each.vehicle_id == vehicle_id), None) if plan else None
    if plan is None or route is None:
        raise NotFoundError(f"there is no route for truck {vehicle_id} on {day}")
    done = tried_again(hands.ledger.day(day), plan)
    whole = with_former(route, hands.promises.of(plan), done)
    told = told_route(plan, whole, city, day, done, hands.context.settings.driver.skip_reasons)
    return told.model_copy(update={"former_stops": len(whole.stops) - len(route.stops)})


def bins_out(hands: Services, vehicle_id: VehicleId) -> DriverBinsOut:
    """Return the bins whose waste the truck takes; NotFoundError when there is no such truck."""
    city = hands.city.current()
    vehicle = city.vehicles.get(vehicle_id)
    if vehicle is None:
        raise NotFoundError(f"there is no truck {vehicle_id}")
    return DriverBinsOut(
        bins=[
            DriverBinOut(
                bin_id=each.id,
                name=city.sites[each.site_id].name,
                fraction=each.fraction_code,
                lat_deg=city.position_of(each.id).lat_deg,
                lon_deg=city.position_of(each.id).lon_deg,
            )
            for each in city.bins.values()
            if each.fraction_code in vehicle.fractions
        ]
    )


def _head(route: Route, city: City, done: DayState) -> DriverRouteHead:
    vehicle = city.vehicles.get(route.vehicle_id)
    settled = zip(route.stops, settling(route, done), strict=True)
    is_done = [event is not None for stop, event in settled if stop.kind is not StopKind.BREAK]
    return DriverRouteHead(
        vehicle_id=route.vehicle_id,
        vehicle_name=vehicle.name if vehicle else route.vehicle_id,
        stops=len(is_done),
        done=sum(is_done),
    )


def told_route(
    plan: Plan, route: Route, city: City, day: date, done: DayState, reasons: Iterable[SkipReason]
) -> DriverRouteOut:
    """Return one truck's route with what became of its stops."""
    return DriverRouteOut(
        **route_fields(route, city),
        plan_id=plan.id,
        plan_version=int(plan.created_utc.timestamp() * 1000),
        day=day,
        is_taken_out=route.vehicle_id in plan.unavailable,
        skip_reasons=list(reasons),
        stops=[
            DriverStopOut(**stop_fields(stop, city), **_became(stop, event, route, done))
            for stop, event in zip(route.stops, settling(route, done), strict=True)
        ],
    )


def _became(stop: Stop, event: Event | None, route: Route, done: DayState) -> dict[str, Any]:
    """Return what became of a stop; a break is done when it is over."""
    own = event if event and event.vehicle_id == route.vehicle_id else None
    told = {
        "state": _state(stop, event, done),
        "state_event_key": event.key if event else None,
        "done_utc": done_utc(own, done) if own else None,
        "on_break": False,
        "rest_s": 0.0,
    }
    if own is None or stop.kind is not StopKind.BREAK:
        return told
    pause = pause_of(own, done)
    if pause.goes_on:
        return {**told, "state": StopState.TODO.value, "on_break": True}
    over = pause.ended or own
    over_utc = by_our_clock(over)
    rest_s = max((over_utc - by_our_clock(own)).total_seconds(), 0.0)
    return {**told, "state_event_key": over.key, "done_utc": over_utc, "rest_s": rest_s}


def _state(stop: Stop, event: Event | None, done: DayState) -> str:
    if stop.bin_id is not None:
        return done.state_of(stop.bin_id).value
    return StopState.EMPTIED.value if event else StopState.TODO.value
