"""Numbers in the registry database that only grow; raising one makes its writers queue up."""

import sqlalchemy as sa

from tomma.stores.books.tables import counters as tables

REVISION = "revision"
EVENT_POSITION = "event_position"
PUBLICATIONS = "publications"
BASES = "bases"
AUDIT = "audit"
_VALUE = sa.select(tables.counter.c.value).where(tables.counter.c.name == sa.bindparam("name"))
"""Made once: every request asks for one, and to make it took longer than to run it."""


def value(connection: sa.Connection, name: str) -> int:
    """Return the counter; 0 before the first raise."""
    return connection.execute(_VALUE, {"name": name}).scalar() or 0


def raise_by(connection: sa.Connection, name: str, amount: int) -> int:
    """Add `amount` and return the new value; holds the counter's row lock until the transaction ends."""
    changed = sa.update(tables.counter).where(tables.counter.c.name == name)
    changed = changed.values(value=tables.counter.c.value + amount)
    return int(connection.execute(changed.returning(tables.counter.c.value)).scalar_one())
