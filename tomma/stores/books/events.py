"""`EventLog` in the registry database: what drivers did, in the order in which it arrived here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from tomma.events import Event, EventKind, ReportKind, SkipReason
from tomma.model import PlanId
from tomma.stores.books import counters
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import events as tables

_KEYS_PER_QUERY = 500
_POSITION = tables.event.c.position
_LATER = (
    sa.select(tables.event)
    .where(sa.bindparam("after") < _POSITION)
    .order_by(_POSITION)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_WORDS: Mapping[str, type[StrEnum]] = {"kind": EventKind, "skip_reason": SkipReason, "report": ReportKind}


class SqlEventLog:
    """The driver's actions: stored once, never changed."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the log in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def append(self, events: Sequence[Event]) -> Sequence[str]:
        """Store each event once; see `EventLog.append`. A resend differs in what the server adds: a duplicate."""
        if not events:
            return []
        with writing(self._engine) as connection:
            last = counters.raise_by(connection, counters.EVENT_POSITION, 0)  # others wait from here on
            known = _by_key(connection, [event.key for event in events])
            verdicts, fresh = _judge(events, known)
            if fresh:
                counters.raise_by(connection, counters.EVENT_POSITION, len(fresh))
                rows = [_row(last + n, event) for n, event in enumerate(fresh, start=1)]
                connection.execute(sa.insert(tables.event), rows)
        return verdicts

    def of_plan(self, plan_id: PlanId) -> Sequence[Event]:
        """Return the plan's events ordered by (tapped_utc, device_id, sequence)."""
        of_plan = sa.select(tables.event).where(tables.event.c.plan_id == plan_id)
        with reading(self._engine) as connection:
            found = [_event(row) for row in connection.execute(of_plan)]
        # sorted here: databases collate text differently
        return sorted(found, key=lambda event: (event.tapped_utc, event.device_id, event.sequence, event.key))

    def received_since(self, from_utc: datetime) -> Sequence[Event]:
        """Return the events received at `from_utc` or later, in order of storing."""
        columns = tables.event.c
        newer = sa.select(tables.event).where(columns.received_utc >= from_utc).order_by(columns.position)
        with reading(self._engine) as connection:
            return [_event(row) for row in connection.execute(newer)]

    def since(self, position: int, limit: int = 1000) -> tuple[int, Sequence[Event]]:
        """Return (new position, events stored after `position` in order of storing); begin with 0."""
        with reading(self._engine) as connection:
            rows = connection.execute(_LATER, {"after": position, "most": max(limit, 0)}).all()
        return (rows[-1].position if rows else position), [_event(row) for row in rows]


def _judge(events: Sequence[Event], known: dict[str, Event]) -> tuple[list[str], list[Event]]:
    """Return one verdict per event, and the events that are new; the first with a key stands."""
    verdicts, fresh = [], []
    for event in events:
        first = known.get(event.key)
        if first is None:
            known[event.key] = event
            fresh.append(event)
            verdicts.append("stored")
        else:
            same = replace(event, received_utc=first.received_utc, clock_skew_s=first.clock_skew_s) == first
            verdicts.append("duplicate" if same else "conflict")
    return verdicts, fresh


def _by_key(connection: sa.Connection, keys: Sequence[str]) -> dict[str, Event]:
    found: dict[str, Event] = {}
    for start in range(0, len(keys), _KEYS_PER_QUERY):  # databases bound the number of parameters
        some = tables.event.c.key.in_(keys[start : start + _KEYS_PER_QUERY])
        found.update((row.key, _event(row)) for row in connection.execute(sa.select(tables.event).where(some)))
    return found


def _row(position: int, event: Event) -> dict[str, object]:
    words = {name: getattr(event, name) for name in _WORDS}
    plain = {name: None if word is None else word.value for name, word in words.items()}
    return {"position": position, **asdict(event), **plain}


def _event(row: sa.Row[tuple[object, ...]]) -> Event:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)
    del values["position"]
    for name, kind in _WORDS.items():
        values[name] = kind(values[name]) if values[name] else None
    return Event(**values)
