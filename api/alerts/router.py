"""`GET /alerts`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query

from api.access import OFFICE, allow
from api.alerts.schemas import AlertOut, AlertsOut
from api.guards.strict_json import StrictRoute
from api.problems.model import problems
from api.schema import Name, UtcTime
from api.services import Hands, Services
from tomma.city import City
from tomma.model import Alert, BinId

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

HISTORY_DAYS = 14
HISTORY_DAYS_MAX = 400
ALERTS_MAX = 5_000


@router.get("", summary="Alerts now, or how they came and went", responses=problems(404, 503))
def list_alerts(
    hands: Hands,
    active: Annotated[bool, Query(description="Only what is the matter now; then no time is asked for.")] = False,
    bin_id: Annotated[Name | None, Query(description="Only this bin and the sensors in it.")] = None,
    from_utc: Annotated[UtcTime | None, Query(description="Begin; 14 days before the end if left out.")] = None,
    to_utc: Annotated[UtcTime | None, Query(description="End, excluded; now if left out.")] = None,
) -> AlertsOut:
    """Return the alerts that are raised now, or every change within a time, oldest first."""
    found = _active(hands, bin_id) if active else _changes(hands, bin_id, from_utc, to_utc)
    city = hands.city.current()
    return AlertsOut(alerts=[_alert(each, city) for each in found[-ALERTS_MAX:]], truncated=len(found) > ALERTS_MAX)


def _active(hands: Services, bin_id: str | None) -> Sequence[Alert]:
    return [each for each in hands.context.readings.active_alerts() if bin_id in (None, each.bin_id)]


def _changes(
    hands: Services, bin_id: str | None, from_utc: datetime | None, to_utc: datetime | None
) -> Sequence[Alert]:
    end = to_utc or hands.context.clock.now_utc() + timedelta(seconds=1)
    begin = from_utc or end - timedelta(days=HISTORY_DAYS)
    if not begin < end:
        raise HTTPException(422, f"from_utc must be before to_utc, got {begin.isoformat()} and {end.isoformat()}")
    if end - begin > timedelta(days=HISTORY_DAYS_MAX):
        raise HTTPException(422, f"from_utc and to_utc must be at most {HISTORY_DAYS_MAX} days apart")
    return hands.context.readings.alerts(begin, end, BinId(bin_id) if bin_id else None)


def _alert(alert: Alert, city: City) -> AlertOut:
    own = city.bins.get(alert.bin_id) if alert.bin_id else None
    return AlertOut(
        kind=alert.kind.value,
        at_utc=alert.at_utc,
        active=alert.active,
        sensor_id=alert.sensor_id,
        bin_id=alert.bin_id,
        place=city.sites[own.site_id].name if own else None,
        values=dict(alert.values),
    )
