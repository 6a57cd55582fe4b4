"""Work orders: what somebody shall do at a bin or a sensor, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tomma.bounds import check_length, check_utc, check_within
from tomma.model import AlertKind, BinId, SensorId

WORK_NOTE_MAX = 1_000
"""Characters."""


class WorkKind(StrEnum):
    """What is to be done."""

    EMPTY_BIN = "empty_bin"
    INSPECT_BIN = "inspect_bin"
    REPAIR_BIN = "repair_bin"
    CLEAN_PLACE = "clean_place"
    INSPECT_SENSOR = "inspect_sensor"
    REPLACE_SENSOR = "replace_sensor"
    REPLACE_BATTERY = "replace_battery"
    INSPECT_GATEWAY = "inspect_gateway"
    OTHER = "other"
    """The note tells."""


class WorkPriority(StrEnum):
    """How soon."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class WorkStatus(StrEnum):
    """How far it has come."""

    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    CANCELLED = "cancelled"


STANDING = frozenset({WorkStatus.OPEN, WorkStatus.DOING})
"""Somebody still has to go."""

WORK_FOR: Mapping[AlertKind, WorkKind] = {
    AlertKind.FIRE: WorkKind.INSPECT_BIN,
    AlertKind.TILT: WorkKind.INSPECT_BIN,
    AlertKind.TAMPER: WorkKind.INSPECT_BIN,
    AlertKind.SENSOR_FAULT: WorkKind.REPLACE_SENSOR,
    AlertKind.BATTERY_LOW: WorkKind.REPLACE_BATTERY,
    AlertKind.BATTERY_FALLING: WorkKind.REPLACE_BATTERY,
    AlertKind.SENSOR_SILENT: WorkKind.INSPECT_SENSOR,
    AlertKind.STUCK: WorkKind.INSPECT_SENSOR,
    AlertKind.BLOCKED: WorkKind.INSPECT_SENSOR,
    AlertKind.IMPOSSIBLE_VALUES: WorkKind.INSPECT_SENSOR,
    AlertKind.TWO_SENDERS: WorkKind.INSPECT_SENSOR,
    AlertKind.OVERFLOW: WorkKind.EMPTY_BIN,
    AlertKind.OVERFLOW_SOON: WorkKind.EMPTY_BIN,
    AlertKind.PICKUP_MISSED: WorkKind.EMPTY_BIN,
    AlertKind.EMPTIED_UNPLANNED: WorkKind.INSPECT_BIN,
    AlertKind.STREAM_SILENT: WorkKind.INSPECT_GATEWAY,
    AlertKind.SOURCE_SILENT: WorkKind.INSPECT_GATEWAY,
    AlertKind.MESSAGES_LOST: WorkKind.INSPECT_GATEWAY,
    AlertKind.MORNING_PLAN_FAILED: WorkKind.OTHER,
    AlertKind.SECOND_ROUND_FAILED: WorkKind.OTHER,
    AlertKind.RESIDENTS_BUSY: WorkKind.OTHER,
}
"""What a work order made from an alert asks for, unless somebody says otherwise."""
DONE_BY_EMPTYING = frozenset({WorkKind.EMPTY_BIN})
DONE_BY_MOUNTING = frozenset({WorkKind.REPLACE_SENSOR, WorkKind.REPLACE_BATTERY, WorkKind.INSPECT_SENSOR})
"""A sensor hung up at the bin since settles these: the installer need not say it twice."""


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What somebody shall do, as it was first asked for, and how it stands now."""

    id: str
    kind: WorkKind
    priority: WorkPriority
    created_utc: datetime
    created_by: str
    bin_id: BinId | None = None
    sensor_id: SensorId | None = None
    note: str = ""
    alert_id: str = ""
    """The alert it was made from; empty when it was made by hand."""
    status: WorkStatus = WorkStatus.OPEN
    revision: int = 1
    """Grows with every change."""
    changed_utc: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an order without a name, and an endless note."""
        check_length("id", self.id, 1, 64)
        check_length("created_by", self.created_by, 1, 128)
        check_length("note", self.note, 0, WORK_NOTE_MAX)
        check_within("revision", self.revision, 1, 2**31)
        check_utc("created_utc", self.created_utc)

    @property
    def stands(self) -> bool:
        """Whether somebody still has to go."""
        return self.status in STANDING


@dataclass(frozen=True, slots=True)
class WorkChange:
    """One step of an order's history: who, when, and what it became."""

    order_id: str
    revision: int
    at_utc: datetime
    by: str
    status: WorkStatus
    priority: WorkPriority
    note: str = ""
    """What was said at this step."""

    def __post_init__(self) -> None:
        """Refuse a nameless actor and an endless note."""
        check_length("by", self.by, 1, 128)
        check_length("note", self.note, 0, WORK_NOTE_MAX)
        check_utc("at_utc", self.at_utc)


def changed(order: WorkOrder, change: WorkChange) -> WorkOrder:
    """Return the order after the change.

    Raises:
        ValueError: If the change does not follow on the order as it is.
    """
    if (change.order_id, change.revision) != (order.id, order.revision + 1):
        raise ValueError(f"change {change.revision} of {change.order_id} does not follow on {order.revision}")
    return replace(
        order,
        status=change.status,
        priority=change.priority,
        revision=change.revision,
        changed_utc=change.at_utc,
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done at a bin, by whoever does such things."""

    bin_id: BinId
    at_utc: datetime
    by: str
    settles: frozenset[WorkKind]


def settled(orders: Iterable[WorkOrder], deeds: Iterable[Deed]) -> list[tuple[WorkOrder, Deed]]:
    """Return the standing orders that a deed since has done, each with the first such deed."""
    found: list[tuple[WorkOrder, Deed]] = []
    ordered = sorted(deeds, key=lambda each: each.at_utc)
    for order in orders:
        if not order.stands or order.bin_id is None:
            continue
        deed = next(
            (
                each
                for each in ordered
                if each.bin_id == order.bin_id and each.at_utc > order.created_utc and order.kind in each.settles
            ),
            None,
        )
        if deed is not None:
            found.append((order, deed))
    return found
