"""A driver's own trucks: what belongs to others looks as if it were not there."""

from collections.abc import Sequence

from fastapi import Depends, Request

from api.access import Asking, Who
from api.driver.schemas import DriverRoutesOut, EventIn, RefusedEvent
from api.services import Hands
from tomma.errors import NotFoundError


def own_truck(hands: Hands, who: Asking, request: Request) -> None:
    """Let through who may see the truck that is asked for; NotFoundError with the words for one that is missing."""
    on_route = request.path_params.get("vehicle_id")
    if on_route is not None and not who.sees_truck(on_route):
        raise NotFoundError(f"there is no route for truck {on_route} on {hands.today.day()}")
    asked = request.query_params.get("vehicle_id")
    if asked is not None and not who.sees_truck(asked):
        raise NotFoundError(f"there is no truck {asked}")


OwnTruck = Depends(own_truck)


def own_routes(told: DriverRoutesOut, who: Who) -> DriverRoutesOut:
    """Return the routes that may be seen."""
    return told.model_copy(update={"routes": [each for each in told.routes if who.sees_truck(each.vehicle_id)]})


def own_events(told: Sequence[EventIn | RefusedEvent], who: Who) -> list[EventIn | RefusedEvent]:
    """Return the events with those of other trucks refused, in the words for a truck that is missing."""
    return [
        RefusedEvent(key=each.key, reason=f"there is no truck {each.vehicle_id}")
        if isinstance(each, EventIn) and not who.sees_truck(each.vehicle_id)
        else each
        for each in told
    ]
