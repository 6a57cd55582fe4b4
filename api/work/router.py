"""`/work-orders`: what somebody shall do at a bin or a sensor, and every step of it."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from api.access import OFFICE, Role, allow
from api.alerts.actor import actor_of
from api.alerts.ids import alert_id, read_alert_id
from api.alerts.view import utc
from api.audit.trail import tell
from api.csv_answer import csv_answer
from api.guards.strict_json import StrictRoute
from api.problems.model import NamedProblem, field_refused, problems
from api.schema import Name
from api.services import Hands, Services
from api.work.schemas import (
    WorkChangeIn,
    WorkChangeOut,
    WorkKindName,
    WorkOrderIn,
    WorkOrderOut,
    WorkOrdersOut,
    WorkOrderWithHistoryOut,
    WorkStatusName,
)
from tomma.bounds import Rule
from tomma.errors import ConflictError, Refusal
from tomma.model import BinId, SensorId
from tomma.work import WORK_FOR, WorkKind, WorkOrder, WorkPriority, WorkStatus

FIELD = (Role.INSTALLER, Role.DRIVER)
"""Who does the work reads it and closes it."""
router = APIRouter(
    prefix="/work-orders", tags=["alerts"], route_class=StrictRoute, dependencies=[allow(*OFFICE, *FIELD)]
)

PAGE_MAX = 500
PRECONDITION_FAILED = 412
CSV_COLUMNS = (
    "id", "kind", "priority", "status", "bin_id", "sensor_id", "place", "area", "note", "created_utc", "created_by",
    "changed_utc",
)  # fmt: skip

OrderPath = Annotated[Name, Path(description="The order's id.")]
StatusFilter = Annotated[list[WorkStatusName], Query(description="Only in these; may be repeated.")]
By = Annotated[str, Depends(actor_of)]


@router.get("", summary="What there is to do", responses=problems(404, 503))
def list_work_orders(
    hands: Hands,
    status: StatusFilter = [],  # noqa: B006  (FastAPI copies it)
    kind: Annotated[WorkKindName | None, Query(description="Only of this kind.")] = None,
    bin_id: Annotated[Name | None, Query(description="Only at this bin.")] = None,
    sensor_id: Annotated[Name | None, Query(description="Only about this sensor.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="How many to pass over.")] = 0,
) -> WorkOrdersOut:
    """Return the orders that stand and those that ended in the last 90 days, newest first."""
    every = hands.alerts.work.all()
    found = [
        each
        for each in every
        if (not status or each.status.value in status)
        and kind in (None, each.kind.value)
        and bin_id in (None, each.bin_id)
        and sensor_id in (None, each.sensor_id)
    ]
    return WorkOrdersOut(
        total=len(found),
        counts=dict(Counter(each.status.value for each in every)),
        work_orders=_out(hands, found[offset : offset + limit]),
    )


@router.get(".csv", summary="The same as a table", response_class=Response, responses=problems(404, 503))
def export_work_orders(hands: Hands, status: StatusFilter = []) -> Response:  # noqa: B006
    """Return all that match as CSV."""
    found = _out(hands, [each for each in hands.alerts.work.all() if not status or each.status.value in status])
    rows = [
        (
            each.id, each.kind, each.priority, each.status, each.bin_id, each.sensor_id, each.place, each.area,
            each.note, utc(each.created_utc), each.created_by, utc(each.changed_utc),
        )
        for each in found
    ]  # fmt: skip
    return csv_answer("work-orders.csv", CSV_COLUMNS, rows)


@router.post(
    "",
    status_code=201,
    summary="Ask for work",
    dependencies=[allow(Role.MANAGER)],
    responses=problems(400, 403, 404, 409, 413, 415, 503),
)
def create_work_order(hands: Hands, told: WorkOrderIn, by: By, response: Response) -> WorkOrderOut:
    """Keep a work order, durably. From an alert it takes what to do and where, unless the body says otherwise."""
    kept = hands.alerts.work.make(_order(hands, told, by))
    hands.alerts.lookout.nudge()
    response.headers["ETag"] = _etag(kept)
    tell(f"order:{kept.id}")
    return _out(hands, [kept])[0]


@router.get("/{order_id}", summary="One order with its history", responses=problems(404, 503))
def get_work_order(hands: Hands, order_id: OrderPath, response: Response) -> WorkOrderWithHistoryOut:
    """Return the order as it stands and every step after its making."""
    order = hands.context.work_orders.get(order_id)
    response.headers["ETag"] = _etag(order)
    steps = [
        WorkChangeOut(
            revision=each.revision,
            at_utc=each.at_utc,
            by=each.by,
            status=each.status.value,
            priority=each.priority.value,
            note=each.note,
        )
        for each in hands.context.work_orders.history(order_id)
    ]
    return WorkOrderWithHistoryOut(**_out(hands, [order])[0].model_dump(), history=steps)


@router.patch(
    "/{order_id}",
    summary="Take an order a step on",
    dependencies=[allow(Role.MANAGER, *FIELD)],
    responses=problems(400, 403, 404, 409, 412, 413, 415, 503),
)
def change_work_order(
    hands: Hands,
    order_id: OrderPath,
    told: WorkChangeIn,
    by: By,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=100, description="The `ETag` that was read.")] = None,
) -> WorkOrderOut:
    """Begin, finish, cancel or reopen it; nothing of its history is lost.

    With `If-Match` the step is refused with 412 when somebody changed the order since.
    """
    order = hands.context.work_orders.get(order_id)
    if if_match not in (None, "*", _etag(order)):
        text = f"work order {order_id} has changed since; read it again"
        raise NamedProblem(PRECONDITION_FAILED, Refusal.CHANGED_MEANWHILE, text)
    try:
        after = hands.alerts.work.change(
            order,
            by,
            status=WorkStatus(told.status) if told.status else None,
            priority=WorkPriority(told.priority) if told.priority else None,
            note=told.note,
        )
    except ConflictError as exc:
        if not if_match:
            raise
        raise NamedProblem(PRECONDITION_FAILED, exc.kind, str(exc)) from exc
    hands.alerts.lookout.nudge()
    response.headers["ETag"] = _etag(after)
    return _out(hands, [after])[0]


def _etag(order: WorkOrder) -> str:
    return f'"{order.revision}"'


def _order(hands: Services, told: WorkOrderIn, by: str) -> WorkOrder:
    bin_id, sensor_id, kind = told.bin_id, told.sensor_id, WorkKind(told.kind) if told.kind else None
    if told.alert_id is not None:
        key = read_alert_id(told.alert_id)
        if key is None:
            raise field_refused("alert_id", Rule.KNOWN, "must be the id of an alert", told.alert_id)
        alert_kind, about_sensor, about_bin = key.about
        kind = kind or WORK_FOR[alert_kind]
        if bin_id is None and sensor_id is None:
            bin_id, sensor_id = about_bin, about_sensor
    if kind is None:
        raise field_refused("kind", Rule.GIVEN, "must be set where alert_id is not")
    now_utc = hands.context.clock.now_utc()
    if bin_id is None and sensor_id is not None:
        bin_id = hands.city.current().bin_of_sensor(SensorId(sensor_id), now_utc)
    return WorkOrder(
        id=told.id or str(uuid4()),
        kind=kind,
        priority=WorkPriority(told.priority),
        created_utc=now_utc,
        created_by=by,
        bin_id=BinId(bin_id) if bin_id else None,
        sensor_id=SensorId(sensor_id) if sensor_id else None,
        note=told.note,
        alert_id=told.alert_id or "",
    )


def _out(hands: Services, orders: Sequence[WorkOrder]) -> list[WorkOrderOut]:
    raised = _raised(hands) if any(each.alert_id for each in orders) else set()
    return [_one(hands, each, raised) for each in orders]


def _raised(hands: Services) -> Collection[str]:
    return {alert_id(each) for each in hands.context.readings.active_alerts()}


def _one(hands: Services, order: WorkOrder, raised: Collection[str]) -> WorkOrderOut:
    city = hands.city.current()
    own = city.bins.get(order.bin_id) if order.bin_id else None
    site = city.sites[own.site_id] if own else None
    return WorkOrderOut(
        id=order.id,
        kind=order.kind.value,
        priority=order.priority.value,
        status=order.status.value,
        bin_id=order.bin_id,
        sensor_id=order.sensor_id,
        place=site.name if site else "",
        area=site.area if site else "",
        note=order.note,
        alert_id=order.alert_id or None,
        alert_over=order.alert_id not in raised if order.alert_id else None,
        created_utc=order.created_utc,
        created_by=order.created_by,
        changed_utc=order.changed_utc,
        revision=order.revision,
    )
