"""`GET /stream`."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Response

from api.access import OFFICE, Asking, Role, allow
from api.guards.strict_json import StrictRoute
from api.live.hub import News
from api.live.own import while_welcome
from api.live.sse import EventStream, sse_responses
from api.live.topics import CITY
from api.problems.model import problems
from api.services import Hands, Services

router = APIRouter(tags=["live"], route_class=StrictRoute, dependencies=[allow(*OFFICE, Role.DRIVER)])

WHAT = (
    "`bins` {bins: [{id, fill_fraction, measured_utc, sensor_state, plan_state}]} with what changed, "
    "`plan` {id, status}, "
    "`forecast` {as_of_utc} and `city` {bins} when there is a new one to ask for, "
    "`figures` {day} when a finished day was computed, "
    "`event` with a driver's action as it was stored; a comment every 15 s while nothing happens"
)


@router.get(
    "/stream",
    summary="Changes as they happen",
    response_class=EventStream,
    status_code=200,
    responses={**sse_responses(WHAT), **problems(503)},
)
def stream(hands: Hands, who: Asking) -> Response:
    """Send what changes in the city, at most twice a second. Read `/bins` once after each connect, then listen."""
    hands.hub.check_room()
    return EventStream(while_welcome(_changes(hands), who, hands.gate))


async def _changes(hands: Services) -> AsyncIterator[News | None]:
    with hands.hub.listen(CITY) as listener:
        async for item in listener.news(hands.context.pace.heartbeat_s):
            yield item
