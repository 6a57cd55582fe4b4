"""`GET /sensors` and `GET /quarantine`."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import OFFICE, Role, allow
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.sensors.schemas import QuarantineOut, SensorSort, SensorsOut, SensorStateName
from api.sensors.view import quarantine_out, sensors_out
from api.services import Hands

router = APIRouter(tags=["sensors"], route_class=StrictRoute, dependencies=[allow(*OFFICE, Role.INSTALLER)])

LIMIT_MAX = 500


@router.get("/sensors", summary="The city's sensors and how they are", responses=problems(404, 503))
def list_sensors(
    hands: Hands,
    state: Annotated[SensorStateName | None, Query(description="Only sensors in this state.")] = None,
    q: Annotated[str, Query(max_length=100, description="Part of an id, a make, a model, a bin or a place.")] = "",
    sort: SensorSort = "state",
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="How many to pass over.")] = 0,
) -> SensorsOut:
    """Return the sensors, whoever needs attention first: by state, or by one of its numbers; then by id."""
    return sensors_out(hands, state=state, query=q, sort=sort, limit=limit, offset=offset)


@router.get("/quarantine", summary="Devices that send but hang in no bin", responses=problems(503))
def list_quarantine(hands: Hands) -> QuarantineOut:
    """Return them, the one heard of last first: an installer finds here what was mounted and not yet registered."""
    return quarantine_out(hands.context.readings.quarantine())
