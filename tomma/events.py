"""What drivers did and saw: one event for each tap, made once on the tablet and never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tomma.bounds import check_length, check_utc, check_within
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId


class EventKind(StrEnum):
    """What the driver did."""

    EMPTIED = "emptied"
    SKIPPED = "skipped"
    UNDONE = "undone"
    UNLOADED = "unloaded"
    BREAK_STARTED = "break_started"
    BREAK_ENDED = "break_ended"
    REPORTED = "reported"


class SkipReason(StrEnum):
    """Why the driver left a bin on the route unemptied."""

    BLOCKED = "blocked"
    NO_ACCESS = "no_access"
    DAMAGED = "damaged"
    OVERLOADED = "overloaded"
    ALREADY_EMPTY = "already_empty"
    NOT_SAFE = "not_safe"


class ReportKind(StrEnum):
    """What a driver tells the office about a place, beside emptying it."""

    OVERFLOWING = "overflowing"
    """Waste lies beside a bin that is not emptied now."""
    BIN_DAMAGED = "bin_damaged"
    SENSOR_DAMAGED = "sensor_damaged"
    ACCESS = "access"
    OTHER = "other"


EVENT_NOTE_MAX = 500


@dataclass(frozen=True, slots=True)
class Event:
    """One action of a driver, made once on the tablet and never changed. `key` is its identity."""

    key: str
    device_id: str
    sequence: int
    plan_id: PlanId
    vehicle_id: VehicleId
    kind: EventKind
    tapped_utc: datetime
    received_utc: datetime
    bin_id: BinId | None = None
    disposal_site_id: DisposalSiteId | None = None
    skip_reason: SkipReason | None = None
    undoes_key: str | None = None
    lat_deg: float | None = None
    lon_deg: float | None = None
    """Where the tablet was at the tap, if its holder allows; never anything between two taps."""
    overflowing: bool = False
    """With emptied or skipped: waste lay beside the bin. The sensor may be told otherwise; the driver saw it."""
    weight_kg: float | None = None
    """With unloaded: what the scales said."""
    ticket: str = ""
    """With unloaded: the number on the weighing slip."""
    report: ReportKind | None = None
    note: str = ""
    """With reported: in the driver's words."""
    clock_skew_s: float | None = None
    """How far the tablet's clock was ahead of the server's when it sent this; None when it did not say."""

    def __post_init__(self) -> None:
        """Refuse an event that says who but not what."""
        check_length("key", self.key, 8, 64)
        check_within("sequence", self.sequence, 0, 2**53)
        check_utc("tapped_utc", self.tapped_utc)
        check_utc("received_utc", self.received_utc)
        needs_bin = self.kind in (EventKind.EMPTIED, EventKind.SKIPPED)
        if needs_bin and self.bin_id is None:
            raise ValueError(f"bin_id must be given for an event of kind {self.kind}")
        if (self.kind is EventKind.SKIPPED) != (self.skip_reason is not None):
            raise ValueError(f"skip_reason belongs to a skipped event and only there, got kind {self.kind}")
        if (self.kind is EventKind.UNDONE) != (self.undoes_key is not None):
            raise ValueError(f"undoes_key belongs to an undone event and only there, got kind {self.kind}")
        self._check_details()

    def _check_details(self) -> None:
        if self.overflowing and self.kind not in (EventKind.EMPTIED, EventKind.SKIPPED):
            raise ValueError(f"overflowing belongs to an emptied or skipped event, got kind {self.kind}")
        if (self.kind is EventKind.REPORTED) != (self.report is not None):
            raise ValueError(f"report belongs to a reported event and only there, got kind {self.kind}")
        if (self.weight_kg is not None or self.ticket) and self.kind is not EventKind.UNLOADED:
            raise ValueError(f"weight_kg and ticket belong to an unloaded event, got kind {self.kind}")
        if self.weight_kg is not None:
            check_within("weight_kg", self.weight_kg, 0.0, 100_000.0)
        for name, value, most in (("ticket", self.ticket, 64), ("note", self.note, EVENT_NOTE_MAX)):
            if len(value) > most:
                raise ValueError(f"{name} must have at most {most} characters, got {len(value)}")
