"""`/alerts`: what is the matter, what was, and what people did about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Response

from api.access import OFFICE, Role, allow
from api.alerts.actor import actor_of
from api.alerts.desk import Standing
from api.alerts.lookout import summary
from api.alerts.schemas import (
    ActionsIn,
    ActionsOut,
    AlertHistoryOut,
    AlertOut,
    AlertsOut,
    CareStateName,
    OpenOut,
    SummaryOut,
    UrgencyName,
)
from api.alerts.view import CSV_COLUMNS, Wanted, csv_rows, open_out, standing_out
from api.audit.trail import tell
from api.csv_answer import csv_answer
from api.guards.strict_json import StrictRoute
from api.problems.model import bound_refused, field_refused, problems
from api.schema import Name, UtcTime
from api.services import Hands, Services
from tomma.alerts import Care, CareAction, CareState, Urgency
from tomma.bounds import Rule
from tomma.city import City
from tomma.model import Alert, AlertKind, BinId

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=StrictRoute, dependencies=[allow(*OFFICE)])

HISTORY_DAYS = 14
HISTORY_DAYS_MAX = 400
ALERTS_MAX = 5_000
PAGE_MAX = 500

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="How many to pass over.")]
FromUtc = Annotated[UtcTime | None, Query(description="Begin; 14 days before the end if left out.")]
ToUtc = Annotated[UtcTime | None, Query(description="End, excluded; now if left out.")]


@dataclass(frozen=True, slots=True)
class Filters:
    """What every list of alerts can be narrowed by."""

    kind: Annotated[list[AlertKind], Query(default_factory=list, description="Only these kinds; may be repeated.")]
    urgency: Annotated[UrgencyName | None, Query(description="Only what is so urgent.")] = None
    state: Annotated[CareStateName | None, Query(description="Only in this state.")] = None
    area: Annotated[str | None, Query(max_length=128, description="Only in this area of the city.")] = None
    fraction: Annotated[str | None, Query(max_length=128, description="Only this waste stream, by its code.")] = None
    q: Annotated[str, Query(max_length=100, description="Part of a bin, a sensor, a place or an area.")] = ""

    def wanted(self) -> Wanted:
        """Return the same in the words of the core."""
        return Wanted(
            kinds=frozenset(self.kind),
            urgency=Urgency(self.urgency) if self.urgency else None,
            state=CareState(self.state) if self.state else None,
            area=self.area,
            fraction=self.fraction,
            text=self.q,
        )


Narrowed = Annotated[Filters, Depends()]


@router.get("/summary", summary="How much wants attention", responses=problems(404, 503))
def summarise_alerts(hands: Hands) -> SummaryOut:
    """Return the counts that the office's bar shows; `/stream` tells of changes as `alert`."""
    return SummaryOut(**summary(hands.alerts.desk.standing()), work_orders=len(hands.alerts.work.standing()))


@router.get("/open", summary="What is the matter now, the most urgent first", responses=problems(404, 503))
def list_open_alerts(hands: Hands, filters: Narrowed, limit: Limit = 100, offset: Offset = 0) -> OpenOut:
    """Return what is raised now, with its place, what people did about it, and the work orders made from it."""
    return open_out(hands.alerts.desk.standing(), filters.wanted(), hands.alerts.work.all(), limit=limit, offset=offset)


@router.get("/open.csv", summary="The same as a table", response_class=Response, responses=problems(404, 503))
def export_open_alerts(hands: Hands, filters: Narrowed) -> Response:
    """Return all that match as CSV; a cell that a spreadsheet would take for a formula has `'` before it."""
    wanted = filters.wanted()
    found = [each for each in hands.alerts.desk.standing() if wanted.lets_through(each)]
    return csv_answer("alerts.csv", CSV_COLUMNS, csv_rows(found))


@router.get("/history", summary="What was the matter, and when it was over", responses=problems(404, 503))
def list_past_alerts(
    hands: Hands,
    filters: Narrowed,
    from_utc: FromUtc = None,
    to_utc: ToUtc = None,
    bin_id: Annotated[Name | None, Query(description="Only this bin and the sensors in it.")] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> AlertHistoryOut:
    """Return the alerts raised within a time, newest first, each with its end and with what people did about it."""
    found = _past(hands, filters, bin_id, from_utc, to_utc)
    return AlertHistoryOut(
        total=len(found), alerts=standing_out(found[offset : offset + limit], hands.alerts.work.all())
    )


@router.get("/history.csv", summary="The same as a table", response_class=Response, responses=problems(404, 503))
def export_past_alerts(hands: Hands, filters: Narrowed, from_utc: FromUtc = None, to_utc: ToUtc = None) -> Response:
    """Return all that match as CSV."""
    return csv_answer("alert-history.csv", CSV_COLUMNS, csv_rows(_past(hands, filters, None, from_utc, to_utc)))


@router.post(
    "/actions",
    summary="Acknowledge, put off, reopen or write on alerts",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(400, 403, 404, 413, 415, 503),
)
def act_on_alerts(hands: Hands, told: ActionsIn, by: Annotated[str, Depends(actor_of)]) -> ActionsOut:
    """Keep what somebody did about alerts that are raised now. Nothing is deleted: only the world ends an alert."""
    standing = {each.id: each for each in hands.alerts.desk.standing()}
    here = [standing[each] for each in dict.fromkeys(told.ids) if each in standing]
    hands.alerts.desk.act([_care(each, told, by, hands.context.clock.now_utc()) for each in here])
    hands.alerts.lookout.nudge()
    acted = {each.id for each in here}
    tell(alerts=sorted(acted))
    now = [each for each in hands.alerts.desk.standing() if each.id in acted]
    return ActionsOut(
        alerts=standing_out(now, hands.alerts.work.all()), over=[each for each in told.ids if each not in acted]
    )


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
    begin, end = _span(hands, from_utc, to_utc)
    return hands.context.readings.alerts(begin, end, BinId(bin_id) if bin_id else None)


def _past(
    hands: Services, filters: Filters, bin_id: str | None, from_utc: datetime | None, to_utc: datetime | None
) -> Sequence[Standing]:
    begin, end = _span(hands, from_utc, to_utc)
    wanted = filters.wanted()
    found = hands.alerts.desk.history(begin, end, BinId(bin_id) if bin_id else None)
    return [each for each in found if wanted.lets_through(each)]


def _span(hands: Services, from_utc: datetime | None, to_utc: datetime | None) -> tuple[datetime, datetime]:
    end = to_utc or hands.context.clock.now_utc() + timedelta(seconds=1)
    begin = from_utc or end - timedelta(days=HISTORY_DAYS)
    if not begin < end:
        raise field_refused("to_utc", Rule.AFTER, "must be after from_utc", end.isoformat(), other="from_utc")
    if end - begin > timedelta(days=HISTORY_DAYS_MAX):
        bound = f"must be at most {HISTORY_DAYS_MAX} days after from_utc"
        raise field_refused("to_utc", Rule.DAYS_APART, bound, end.isoformat(), most=HISTORY_DAYS_MAX)
    return begin, end


def _care(each: Standing, told: ActionsIn, by: str, now_utc: datetime) -> Care:
    alert = each.alert
    try:
        return Care(
            key=f"{told.key or uuid4()}:{sha256(each.id.encode()).hexdigest()[:32]}",
            kind=alert.kind,
            sensor_id=alert.sensor_id,
            bin_id=alert.bin_id,
            raised_utc=alert.at_utc,
            action=CareAction(told.action),
            at_utc=now_utc,
            by=by,
            note=told.note,
            until_utc=told.until_utc,
        )
    except ValueError as exc:
        raise bound_refused(exc, told.model_dump()) from exc


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
