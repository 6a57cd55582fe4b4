"""Taking records out: in the order of bin and time, one bin's history in memory at a time."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime

from tomma.errors import NotFoundError
from tomma.events import Event
from tomma.model import Alert, Emptying, Reading, Rejected
from tomma.plan import Plan
from tomma.ports import KeptDay, ReadingStore
from tomma.stores.files.record_rows import ALERTS, DAYS, DEAD_LETTERS, EMPTYINGS, EVENTS, PLANS, READINGS, RecordKind
from tomma.stores.wiring import Stores

type OnShare = Callable[[float], None]
"""Told how much is done [0..1]."""
_EVENTS_PER_READ = 1_000
_LETTERS_PER_READ = 500


def records(
    kind: RecordKind, stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare
) -> Iterator[object]:
    """Yield the kind's records with from_utc <= time < to_utc: when measured, emptied, tapped; a plan's creation."""
    return _SOURCES[kind](stores, from_utc, to_utc, on_share)


def _readings(stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare) -> Iterator[Reading]:
    bins = sorted(stores.readings.latest())
    for number, bin_id in enumerate(bins, start=1):
        yield from stores.readings.range(bin_id, from_utc, to_utc)
        on_share(number / len(bins))


def _emptyings(stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare) -> Iterator[Emptying]:
    yield from stores.readings.emptyings(from_utc, to_utc)
    on_share(1.0)


def _events(stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare) -> Iterator[Event]:
    position, batch = stores.events.since(0, _EVENTS_PER_READ)
    while batch:
        yield from (event for event in batch if from_utc <= event.tapped_utc < to_utc)
        position, batch = stores.events.since(position, _EVENTS_PER_READ)
    on_share(1.0)


def _plans(stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare) -> Iterator[Plan]:
    found = [each.id for each in stores.plans.heads() if from_utc <= each.created_utc < to_utc]
    for number, plan_id in enumerate(reversed(found), start=1):
        with suppress(NotFoundError):  # a draft that was forgotten meanwhile
            yield stores.plans.get(plan_id)
        on_share(number / len(found))


def _days(stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare) -> Iterator[KeptDay]:
    yield from stores.readings.kept_days(from_utc.date(), to_utc.date())
    on_share(1.0)


def _alerts(stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare) -> Iterator[Alert]:
    yield from stores.readings.alerts(from_utc, to_utc)
    on_share(1.0)


def _dead_letters(stores: Stores, from_utc: datetime, to_utc: datetime, on_share: OnShare) -> Iterator[Rejected]:
    for rejected in every_dead_letter(stores.readings):
        if from_utc <= rejected.received_utc < to_utc:
            yield rejected
    on_share(1.0)


def every_dead_letter(readings: ReadingStore) -> Iterator[Rejected]:
    """Yield the messages that are kept, oldest first."""
    last_id = 0
    while found := readings.dead_letters_after(last_id, _LETTERS_PER_READ):
        yield from (letter.rejected for letter in found)
        last_id = found[-1].id


_SOURCES: dict[RecordKind, Callable[[Stores, datetime, datetime, OnShare], Iterator[object]]] = {
    READINGS: _readings,
    EMPTYINGS: _emptyings,
    EVENTS: _events,
    PLANS: _plans,
    DAYS: _days,
    ALERTS: _alerts,
    DEAD_LETTERS: _dead_letters,
}
