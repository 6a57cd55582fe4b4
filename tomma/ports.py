"""What the core asks of the world: one promise per method. Adapters keep it and turn foreign errors into ours.

Readings go to a time-series store, master data and plans to a registry, the driver's actions to an
append-only log. Every port may be kept by SQLite on a laptop or by a server in a city's data centre.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from tomma.bounds import check_utc, check_within
from tomma.city import City
from tomma.events import Event
from tomma.model import Alert, BinId, DeadLetter, Emptying, PlanId, Quarantined, Reading, Rejected, RejectReason
from tomma.plan import Plan, PlanHead, PlanProgress, PlanStatus
from tomma.requests import BinRequest, RequestSource
from tomma.tablets import KeptTablet, PairingCode, Tablet
from tomma.workers import WorkerReport


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch: every reading and emptying in it is now durable, new or known before."""

    stored: int
    duplicates: int
    others_too: bool = field(default=False, compare=False)
    """Another process has stored readings since our last batch: what is known by heart may be out of date."""


@dataclass(frozen=True, slots=True)
class DailyAggregate:
    """One bin's day (UTC) in four numbers."""

    bin_id: BinId
    day: date
    readings: int
    min_fill_fraction: float
    max_fill_fraction: float
    mean_fill_fraction: float
    last_fill_fraction: float


@dataclass(frozen=True, slots=True)
class KeptDay:
    """What is left of one bin's day (UTC) after its readings were deleted; other parts of it can be added."""

    bin_id: BinId
    day: date
    readings: int
    min_fill_fraction: float
    max_fill_fraction: float
    sum_fill_fraction: float
    last_utc: datetime
    last_fill_fraction: float

    def __post_init__(self) -> None:
        """Refuse a day without readings, and numbers that no readings can have."""
        check_utc("last_utc", self.last_utc)
        check_within("readings", self.readings, 1, 2**53)
        for name in ("min_fill_fraction", "max_fill_fraction", "last_fill_fraction"):
            check_within(name, getattr(self, name), 0.0, 1.0)
        check_within("sum_fill_fraction", self.sum_fill_fraction, 0.0, self.readings)


class Aging(StrEnum):
    """The kinds of record that a city keeps for a time of its own choice."""

    READINGS = "readings"
    DAYS = "days"
    EMPTYINGS = "emptyings"
    ALERTS = "alerts"
    DEAD_LETTERS = "dead_letters"


class ReadingStore(Protocol):
    """Keeps readings, the emptyings and alerts seen in them, and the messages that failed."""

    def append(
        self,
        readings: Sequence[Reading],
        emptyings: Sequence[Emptying] = (),
        rejected: Sequence[Rejected] = (),
        alerts: Sequence[Alert] = (),
        withdrawn: Sequence[Emptying | Alert] = (),
    ) -> Appended:
        """Return only once everything is durable, in one transaction; else StoreUnavailableError.

        A reading whose (sensor_id, measured_utc) is known, or an emptying whose (bin_id, at_utc, source)
        is known, is a duplicate: counted, not stored again; the first one stands. Times are kept to the millisecond.
        An alert whose (kind, subject, at_utc, active) is known is not stored again either. `withdrawn` is what
        earlier batches told and late readings refuted: by its identity it is as if it had never been told. That
        happens before the rest is added; what is not there is passed over.
        """

    def latest(self) -> Mapping[BinId, Reading]:
        """Return the newest reading (by measured_utc) of every bin that ever had one."""

    def range(self, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Reading]:
        """Return one bin's readings with from_utc <= measured_utc < to_utc, oldest first."""

    def range_all(self, from_utc: datetime, to_utc: datetime) -> Mapping[BinId, Sequence[Reading]]:
        """Return every bin's readings with from_utc <= measured_utc < to_utc, oldest first: what a forecast reads."""

    def daily(self, bin_id: BinId, from_day: date, to_day: date) -> Sequence[DailyAggregate]:
        """Return one bin's days with from_day <= day < to_day that have readings, oldest first."""

    def emptyings(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Emptying]:
        """Return emptyings with from_utc <= at_utc < to_utc, oldest first; of one bin or of all."""

    def alerts(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Alert]:
        """Return the changes with from_utc <= at_utc < to_utc, oldest first; of one bin and its sensors or of all."""

    def active_alerts(self) -> Sequence[Alert]:
        """Return what is the matter now, oldest first: of each kind and subject the newest change, if it was raised.

        Of a raised and an ended one at one moment the ended one counts.
        """

    def dead_letters(
        self, limit: int, *, reason: RejectReason | None = None, device_id: str | None = None
    ) -> Sequence[DeadLetter]:
        """Return the newest `limit` rejected messages, newest first; of one reason and one sensor or device, or of all.

        What is kept is bounded for each reason by itself, and so is the quarantine (messages with `device_ids`) by
        devices, by messages of a device and in all: a flood of one kind pushes out nothing of another, and names
        seen only once go first. A redelivered message whose twin (same topic, payload and reason) is kept is
        neither kept nor counted again.
        """

    def dead_letters_after(
        self, after_id: int, limit: int, *, reason: RejectReason | None = None, device_id: str | None = None
    ) -> Sequence[DeadLetter]:
        """Return the first `limit` rejected messages with an id above `after_id`, oldest first: what a replay reads."""

    def drop_dead_letters(self, ids: Sequence[int]) -> int:
        """Forget these messages, durably; return how many there were. The counts by reason go on."""

    def quarantine(self) -> Sequence[Quarantined]:
        """Return the devices that send but are not hung in a bin, the one heard of last first."""

    def dead_letter_counts(self) -> Mapping[RejectReason, int]:
        """Return how many messages were ever rejected, by reason."""

    def delete_before(self, moment: datetime, *, dry_run: bool = False) -> int:
        """Delete readings measured before `moment`; return how many went, or would.

        Each bin's newest stays, and `daily` goes on telling the days of those that went.
        """

    def forget_before(self, kind: Aging, moment: datetime, *, dry_run: bool = False) -> int:
        """Delete the records of a kind (other than readings) from before `moment`; return how many went, or would.

        An alert that still holds stays; so do the counts of dead letters by reason.
        """

    def kept_days(self, from_day: date, to_day: date) -> Iterable[KeptDay]:
        """Return what is left of days with from_day <= day < to_day after `delete_before`, in order of day and bin."""

    def keep_days(self, kept: Sequence[KeptDay]) -> Appended:
        """Keep days that came from another store, durably; of a day that is kept already the first one stands."""

    def close(self) -> None:
        """Release the store; every later call raises StoreUnavailableError."""


class FeedStatus(Protocol):
    """How the feeding of a server behind the store goes."""

    @property
    def waiting(self) -> int:
        """Readings that are durable here and not yet on the server."""

    @property
    def refused(self) -> int:
        """Readings the server does not take; kept here, with its reason."""

    @property
    def trouble(self) -> str:
        """Why it does not go on; empty when it does."""


@runtime_checkable
class Feeding(Protocol):
    """A store with a server behind it."""

    def feed_status(self) -> FeedStatus:
        """Return how the feeding goes, whichever process does it."""


class Registry(Protocol):
    """Keeps master data."""

    def load(self) -> City:
        """Return one consistent snapshot; NotFoundError before the first import."""

    def revision(self) -> int:
        """Return a number that grows with every change: cheap to poll."""

    def save(self, city: City) -> None:
        """Insert or update everything in `city` and remove what is not in it, in one transaction."""


class PlanStore(Protocol):
    """Keeps plans."""

    def save(self, plan: Plan) -> None:
        """Insert the plan, or replace the one with its id; durable on return."""

    def get(self, plan_id: PlanId) -> Plan:
        """Return the plan; NotFoundError when there is none."""

    def of_day(self, day: date, statuses: Collection[PlanStatus] = tuple(PlanStatus)) -> Sequence[Plan]:
        """Return the day's plans that are in one of `statuses`, newest first."""

    def heads(self, *, day: date | None = None, limit: int | None = None, drafts: bool = True) -> Sequence[PlanHead]:
        """Return the newest plans by created_utc, newest first: of one day or of all, with or without drafts.

        Cheap to poll: no plan is read for it. Whoever wants the plans gets them one by one, since many of a large
        city do not fit into memory.
        """

    def unfinished(self) -> Sequence[Plan]:
        """Return the plans that are being made, or were when their maker died, newest first; cheap to poll."""

    def published(self, day: date) -> Plan | None:
        """Return the plan the trucks drive on that day, if one was published."""

    def publish(self, plan_id: PlanId) -> Plan:
        """Make this READY plan, or DRAFT, the day's PUBLISHED one and the former SUPERSEDED, in one transaction.

        ConflictError unless the plan is one of these (or PUBLISHED already: then nothing changes), or when it changes
        a plan that is not on the road any more, or was drafted by hand before the one on the road was published.
        """

    def discard(self, plan_id: PlanId) -> Plan:
        """Make this READY plan DISCARDED, so that nobody publishes it by mistake, and return it.

        ConflictError unless the plan is READY (or DISCARDED already: then nothing changes).
        """

    def set_status(self, plan_id: PlanId, status: PlanStatus) -> None:
        """Change a plan's status; NotFoundError when there is none."""

    def keep_basis(self, plan_id: PlanId, basis: bytes) -> None:
        """Keep what the plan was made from, in the form that `routing` gives it; the newest few are kept."""

    def basis(self, plan_id: PlanId) -> bytes | None:
        """Return what the plan was made from, or None when that was not kept."""

    def forget_drafts(self, based_on: PlanId, keep: int) -> int:
        """Delete all but the newest `keep` drafts that began as that plan; return how many went."""


class EventLog(Protocol):
    """Keeps the driver's actions, append-only."""

    def append(self, events: Sequence[Event]) -> Sequence[str]:
        """Store each event once; durable on return.

        Returns one of "stored" | "duplicate" | "conflict" per event: a known key with the same body is a
        duplicate, with another body a conflict (the first one stands).
        """

    def of_plan(self, plan_id: PlanId) -> Sequence[Event]:
        """Return the plan's events ordered by (tapped_utc, device_id, sequence)."""

    def received_since(self, from_utc: datetime) -> Sequence[Event]:
        """Return the events with received_utc >= from_utc in order of storing: what a forecast's window needs."""

    def since(self, position: int, limit: int = 1000) -> tuple[int, Sequence[Event]]:
        """Return (new position, events stored after `position` in order of storing); begin with 0."""


class RequestBook(Protocol):
    """Keeps what residents and the office asked for."""

    def ask(self, request: BinRequest) -> BinRequest:
        """Keep the request, durably, and return it; of a known id the first one stands and is returned."""

    def withdraw(self, request_id: str, at_utc: datetime) -> BinRequest:
        """Take a request back and return it; again changes nothing. NotFoundError when there is none."""

    def not_withdrawn(self, since_utc: datetime) -> Sequence[BinRequest]:
        """Return the requests asked at `since_utc` or later and not taken back, oldest first; fulfilled ones too."""

    def of_bin(self, bin_id: BinId, limit: int = 100) -> Sequence[BinRequest]:
        """Return a bin's newest requests, newest first, withdrawn ones too."""

    def count(self, source: RequestSource, since_utc: datetime) -> int:
        """Return how often `source` asked at `since_utc` or later, withdrawn requests included."""


class TabletBook(Protocol):
    """Keeps the tablets that were let in, and what bounds the guessing of codes."""

    def offer(self, code: PairingCode, now_utc: datetime, most: int) -> None:
        """Keep the code, durably; of those not expired at `now_utc` the `most` that last longest stay."""

    def open_codes(self, now_utc: datetime) -> Sequence[PairingCode]:
        """Return the codes that are neither used nor expired."""

    def begin_try(self, at_utc: datetime, since_utc: datetime, most: int) -> datetime | None:
        """Count a try, durably, and return None; with `most` counted after `since_utc`, count nothing.

        Then the oldest of them is returned: when it has left the window there is room again.
        """

    def pair(self, kept: KeptTablet, code_id: str) -> bool:
        """Use up the code, forget one counted try and keep the tablet, durably and as one; False: it was used up."""

    def find(self, tablet_id: str) -> KeptTablet | None:
        """Return the tablet, revoked or not; None when there is none."""

    def all(self) -> Sequence[Tablet]:
        """Return every tablet: those let in first, then the revoked ones; of each, the one seen last first."""

    def seen(self, tablet_id: str, at_utc: datetime) -> None:
        """Note that the tablet asked for something; a time before the one that is kept changes nothing."""

    def revoke(self, tablet_id: str, at_utc: datetime) -> Tablet:
        """Shut the tablet out and return it; again changes nothing. NotFoundError when there is none."""


class WorkerBoard(Protocol):
    """Keeps the newest report of every worker."""

    def report(self, report: WorkerReport) -> None:
        """Put up the report in place of this worker's last one."""

    def reports(self) -> Sequence[WorkerReport]:
        """Return the newest report of every worker, by name; those gone for long are left off."""


class ProgressSink(Protocol):
    """Told how a planner gets on."""

    def __call__(self, progress: PlanProgress) -> None:
        """Take note; must not block."""
