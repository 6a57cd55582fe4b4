"""What `/work-orders` takes and answers."""

from typing import Annotated, Literal

from pydantic import Field

from api.alerts.schemas import AlertId
from api.schema import Name, Shown, Told, UtcTime
from tomma.work import WORK_NOTE_MAX

WorkKindName = Literal[
    "empty_bin", "inspect_bin", "repair_bin", "clean_place", "inspect_sensor", "replace_sensor", "replace_battery",
    "inspect_gateway", "other",
]  # fmt: skip
"""A test holds it to `tomma.work.WorkKind`."""
WorkPriorityName = Literal["high", "normal", "low"]
WorkStatusName = Literal["open", "doing", "done", "cancelled"]


class WorkChangeOut(Shown):
    """One step of an order's history."""

    revision: int = Field(description="Which step; the making is 1.")
    at_utc: UtcTime
    by: str = Field(examples=["office"], description="A role or an account; what a deed settled names the role only.")
    status: WorkStatusName
    priority: WorkPriorityName
    note: str


class WorkOrderOut(Shown):
    """What somebody shall do, and how far it has come."""

    id: str
    kind: WorkKindName
    priority: WorkPriorityName
    status: WorkStatusName
    bin_id: str | None
    sensor_id: str | None
    place: str = Field(examples=["Exempelgatan 4"])
    area: str
    note: str = Field(description="What was asked for, in words.")
    alert_id: str | None = Field(description="The alert it was made from; null when it was made by hand.")
    alert_over: bool | None = Field(description="Whether that alert has ended by itself since; null without one.")
    created_utc: UtcTime
    created_by: str
    changed_utc: UtcTime | None
    revision: int = Field(description="The same as in `ETag`; grows with every change.")


class WorkOrderWithHistoryOut(WorkOrderOut):
    """The same with every step after its making, oldest first."""

    history: list[WorkChangeOut]


class WorkOrdersOut(Shown):
    """A page of work orders, newest first."""

    total: int = Field(description="How many match, on all pages.")
    counts: dict[str, int] = Field(description="How many of all are in each status.")
    work_orders: list[WorkOrderOut]


class WorkOrderIn(Told):
    """A new work order; made from an alert, what is left out is told by the alert."""

    kind: WorkKindName | None = Field(default=None, description="Needed when it is not made from an alert.")
    bin_id: Name | None = None
    sensor_id: Name | None = None
    priority: WorkPriorityName = "normal"
    note: str = Field(default="", max_length=WORK_NOTE_MAX)
    alert_id: AlertId | None = None
    id: Annotated[Name, Field(max_length=64)] | None = Field(
        default=None, description="Made by the sender, to send again when the answer got lost; made here if left out."
    )


class WorkChangeIn(Told):
    """One step: what is left out stays."""

    status: WorkStatusName | None = None
    priority: WorkPriorityName | None = None
    note: str = Field(default="", max_length=WORK_NOTE_MAX, description="What there is to say of this step.")
