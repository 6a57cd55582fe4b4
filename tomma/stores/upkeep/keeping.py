"""How long each table of the registry keeps its rows: a table that is not told of here fails a test.

The reading store has its own kinds (`tomma.ports.Aging`), photos and audit records theirs; all are run by `retention`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import (
    alerts,
    assets,
    audit,
    city,
    counters,
    events,
    mornings,
    opendata,
    people,
    plans,
    requests,
    saving,
    tablets,
    work_orders,
    workers,
)
from tomma.work import STANDING


class OldRows(StrEnum):
    """The kinds of the registry's rows that go at a city's own age."""

    TAPS = "taps"
    """What drivers did, with the places where they did it."""
    CARE = "care"
    """What people did about alerts, work that is over, what they asked for: with logins and notes."""
    DOORS = "doors"
    """What opened a door or tried to, long after it could, and browsers that came no more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a table keeps its rows: until `due`, or as `rule` says in words."""

    rule: str
    kind: OldRows | None = None
    due: Callable[[datetime], sa.ColumnElement[bool]] | None = None


def _before(kind: OldRows, column: sa.Column[datetime]) -> Kept:
    return Kept(f"until {column.name} is {kind.value}_days old", kind, lambda bound_utc: column < bound_utc)


def _work_over(bound_utc: datetime) -> sa.ColumnElement[bool]:
    columns = work_orders.work_order.c
    last = sa.func.coalesce(columns.changed_utc, columns.created_utc)
    return columns.status.not_in([each.value for each in STANDING]) & (last < bound_utc)


def _steps_over(bound_utc: datetime) -> sa.ColumnElement[bool]:
    over = sa.select(work_orders.work_order.c.id).where(_work_over(bound_utc))
    return work_orders.work_change.c.order_id.in_(over)


_IN_USE = Kept("while it is in use; then `retired` has it")
_HISTORY = Kept("for ever: history of the city's own things, and of nobody")
_PROOF = Kept("for ever: the audited saving is recomputed from it")
_OVER = Kept("written over: one row for each")
_OTHER = Kept("a kind of its own in `retention`")

KEPT: Mapping[sa.Table, Kept] = {
    **dict.fromkeys(city.MASTER_DATA, _IN_USE),
    **dict.fromkeys((assets.retired, assets.fitting, opendata.open_data), _HISTORY),
    **dict.fromkeys((mornings.morning_run, mornings.second_round_run), _HISTORY),
    **dict.fromkeys((plans.plan, saving.saving_day, saving.saving_input), _PROOF),
    **dict.fromkeys((counters.counter, mornings.morning_schedule, assets.vital), _OVER),
    **dict.fromkeys((assets.photo, audit.audit_record), _OTHER),
    plans.plan_basis: Kept("the newest 60"),
    workers.worker: Kept("written over; of processes that are gone, until another reports"),
    assets.battery_day: Kept("as many days as its estimate looks back"),
    alerts.notice: Kept("notify.keep_days after it left, by the courier"),
    alerts.notice_told: Kept("until the alert is long over, by the courier"),
    tablets.tablet: Kept("for ever: one that was shut out must be told so"),
    people.person: Kept("until `tomma people erase`: what somebody did goes on having a name"),
    people.recovery_code: Kept("until it is used or replaced"),
    people.api_key: Kept("for ever: it names a program, and nobody"),
    events.event: _before(OldRows.TAPS, events.event.c.received_utc),
    alerts.alert_care: _before(OldRows.CARE, alerts.alert_care.c.at_utc),
    requests.bin_request: _before(OldRows.CARE, requests.bin_request.c.asked_utc),
    work_orders.work_change: Kept("with its order", OldRows.CARE, _steps_over),
    work_orders.work_order: Kept("until it is over, and care_days old", OldRows.CARE, _work_over),
    people.session: _before(OldRows.DOORS, people.session.c.created_utc),
    people.known_device: _before(OldRows.DOORS, people.known_device.c.seen_utc),
    people.one_time_link: _before(OldRows.DOORS, people.one_time_link.c.expires_utc),
    people.sign_in_try: _before(OldRows.DOORS, people.sign_in_try.c.at_utc),
    tablets.pairing_code: _before(OldRows.DOORS, tablets.pairing_code.c.expires_utc),
    tablets.pairing_try: _before(OldRows.DOORS, tablets.pairing_try.c.at_utc),
}
"""In this order rows go: what points to another before that."""


class SqlOldRows:
    """Takes old rows out of the registry database."""

    def __init__(self, engine: sa.Engine) -> None:
        """Work on an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def forget_before(self, kind: OldRows, bound_utc: datetime, *, dry_run: bool = False) -> int:
        """Delete the kind's rows that were due at `bound_utc`, as one; return how many, or would be with `dry_run`."""
        due = [(table, kept.due(bound_utc)) for table, kept in KEPT.items() if kept.kind is kind and kept.due]
        if dry_run:
            with reading(self._engine) as connection:
                counts = [sa.select(sa.func.count()).select_from(table).where(old) for table, old in due]
                return sum(int(connection.execute(count).scalar_one()) for count in counts)
        with writing(self._engine) as connection:
            return sum(connection.execute(sa.delete(table).where(old)).rowcount for table, old in due)
