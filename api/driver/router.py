"""`/driver`: today's routes, and events in and out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.access import Asking, Role, allow
from api.driver.guidance import guidance_out
from api.driver.own import OwnTruck, own_events, own_routes
from api.driver.schemas import (
    DriverBinsOut,
    DriverGuidanceOut,
    DriverRouteOut,
    DriverRoutesOut,
    EventsIn,
    EventsOut,
    EventsTaken,
    event_out,
)
from api.driver.view import bins_out, route_out, routes_out
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.schema import Name
from api.services import Hands
from api.tablets.guard import Driving, give_stream
from routing.roads.guidance import Language
from tomma.clock import Clock
from tomma.fold import SKEW_TOLD_S
from tomma.model import VehicleId

router = APIRouter(prefix="/driver", tags=["driver"], route_class=StrictRoute)

DRIVING = allow(Role.DRIVER, Role.MANAGER)
VehiclePath = Annotated[Name, Path(description="The truck's id.", examples=["V1"])]


@router.get(
    "/routes",
    summary="Today's routes in short",
    dependencies=[DRIVING, Driving, OwnTruck],
    responses=problems(401, 404, 503),
)
def list_routes(hands: Hands, who: Asking, request: Request, response: Response) -> DriverRoutesOut:
    """Return the trucks of today's published plan and how far each is."""
    give_stream(request, response, hands.gate.home(request))
    return own_routes(routes_out(hands), who)


@router.get(
    "/bins",
    summary="The bins a truck may empty",
    dependencies=[DRIVING, Driving, OwnTruck],
    responses=problems(401, 404, 503),
)
def list_vehicle_bins(
    hands: Hands, vehicle_id: Annotated[Name, Query(description="The truck's id.", examples=["V1"])]
) -> DriverBinsOut:
    """Return every bin whose waste the truck takes, on today's route or not."""
    return bins_out(hands, VehicleId(vehicle_id))


@router.get(
    "/routes/{vehicle_id}",
    summary="One truck's route of today",
    dependencies=[DRIVING, Driving, OwnTruck],
    responses=problems(401, 404, 503),
)
def get_route(hands: Hands, vehicle_id: VehiclePath) -> DriverRouteOut:
    """Return the stops in order, the streets between them, and what became of each so far."""
    return route_out(hands, VehicleId(vehicle_id))


@router.get(
    "/routes/{vehicle_id}/legs/{leg}/guidance",
    summary="Turn by turn to the next stop",
    dependencies=[DRIVING, Driving, OwnTruck],
    responses=problems(400, 401, 404, 503),
)
def get_guidance(
    hands: Hands,
    vehicle_id: VehiclePath,
    leg: Annotated[int, Path(ge=0, le=10_000, description="0 leads to the first stop; the last one leads home.")],
    lang: Annotated[Language, Query(description="What the words are in.")] = Language.SV,
) -> DriverGuidanceOut:
    """Return what to do on the way to stop `leg` of today's route, along the line that the plan drew."""
    return guidance_out(hands, VehicleId(vehicle_id), leg, lang)


@router.post(
    "/events",
    summary="Hand in what the driver did",
    dependencies=[DRIVING, Driving, OwnTruck],
    responses=problems(400, 401, 403, 404, 413, 415, 503),
)
def post_events(hands: Hands, batch: EventsIn, who: Asking) -> EventsTaken:
    """Store each event once, by its key; on return every `stored` or `duplicate` event is on disk.

    Send a batch again whenever the answer did not arrive. One bad event does not hold up the others.
    """
    received_utc = hands.context.clock.now_utc()
    sent_utc = _sent_utc(batch, received_utc, hands.context.clock)
    results = hands.event_door.take(own_events(batch.events, who), hands.city.current(), received_utc, sent_utc)
    hands.watch.nudge()
    return EventsTaken(received_utc=received_utc, results=results)


@router.get(
    "/events", summary="Events as they were stored", dependencies=[allow(Role.MANAGER)], responses=problems(503)
)
def list_events(
    hands: Hands,
    after: Annotated[int, Query(ge=0, le=2**53, description="The position you have; 0 to begin.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> EventsOut:
    """Return the events stored after a position, in order of storing: what follows a city's day from outside."""
    position, events = hands.context.events.since(after, limit)
    city = hands.city.current()
    keys = hands.ledger.contradicted(events)
    return EventsOut(
        position=position, events=[event_out(event, city, contradicted=event.key in keys) for event in events]
    )


def _sent_utc(batch: EventsIn, received_utc: datetime, clock: Clock) -> datetime:
    """Return when the batch was sent; in a demo's fast day, a second on the way is no clock that is off."""
    apart_s = abs((batch.sent_utc - received_utc).total_seconds())
    return batch.sent_utc if apart_s <= SKEW_TOLD_S or clock.real_seconds(apart_s) > SKEW_TOLD_S else received_utc
