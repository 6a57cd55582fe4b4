"""What is kept about one person, handed over or taken out (GDPR, articles 15 and 17).

A driver's taps are kept by truck and tablet and not by person, so nothing of them is here. Audit records stay when a
person is taken out, until retention deletes them: they are kept to prove what was done, and name nothing but the login.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tomma.audit import AuditBook, Search
from tomma.errors import NotFoundError
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import alerts, people, work_orders

ERASED = "erased-"
"""How the login of somebody begins who was taken out."""
RECORDS_MAX = 100_000
_PERSON = people.person
_OWN = (people.session, people.known_device, people.recovery_code, people.one_time_link)
"""What belongs to a person by id, and goes with them."""
_SIGNED = (
    (alerts.alert_care.c.by, "alerts_cared_for"),
    (work_orders.work_order.c.created_by, "work_orders_made"),
    (work_orders.work_change.c.by, "work_orders_changed"),
)
"""Where a person's login stands under what they did."""
_PROOFS = frozenset({"password_hash", "totp_sealed", "totp_step", "subject", "sha256"})
"""Never handed over: whoever reads the file could try them."""


def gathered(engine: sa.Engine, audit: AuditBook, login: str) -> Mapping[str, Any]:
    """Return everything that is kept about the person, in plain values.

    Raises:
        NotFoundError: When nobody has the login.
    """
    with reading(engine) as connection:
        person = _found(connection, login)
        own = {each.name: _rows(connection, sa.select(each).where(each.c.person_id == person.id)) for each in _OWN}
        signed = {name: _rows(connection, sa.select(column.table).where(column == login)) for column, name in _SIGNED}
    actor = f"person:{login}"
    done = audit.page(RECORDS_MAX, search=Search(actor=actor))
    suffered = [each for each in audit.page(RECORDS_MAX, search=Search(target=actor)) if each.actor != actor]
    told = ("number", "at_utc", "actor", "action", "target", "outcome", "facts")
    records = sorted((*done, *suffered), key=lambda each: each.number)
    return {
        "person": _plain(person),
        **own,
        **signed,
        "audit": [{name: getattr(each, name) for name in told} for each in records],
    }


def erase(engine: sa.Engine, login: str, now_utc: datetime) -> str:
    """Take the person out, in one transaction, and return the name that stands in their place from now on.

    Raises:
        NotFoundError: When nobody has the login.
    """
    with writing(engine) as connection:
        person = _found(connection, login)
        stand_in = f"{ERASED}{person.id}"
        for each in _OWN:
            connection.execute(sa.delete(each).where(each.c.person_id == person.id))
        for column, _ in _SIGNED:
            connection.execute(sa.update(column.table).where(column == login).values({column.name: stand_in}))
        blank = {"login": stand_in, "name": stand_in, "areas": [], "vehicle_ids": [], "disabled_utc": now_utc}
        proof = {"password_hash": "", "totp_sealed": "", "totp_step": 0, "subject": ""}
        connection.execute(sa.update(_PERSON).where(_PERSON.c.id == person.id).values(**blank, **proof))
    return stand_in


def _found(connection: sa.Connection, login: str) -> sa.Row[Any]:
    person = connection.execute(sa.select(_PERSON).where(_PERSON.c.login == login)).one_or_none()
    if person is None:
        raise NotFoundError(f"there is nobody with the login {login}; see `tomma people list`")
    return person


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    return [_plain(row) for row in connection.execute(query)]


def _plain(row: sa.Row[Any]) -> dict[str, Any]:
    found = {name: value for name, value in row._mapping.items() if name not in _PROOFS}  # noqa: SLF001
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}
