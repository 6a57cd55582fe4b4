"""`WorkOrderBook` in the registry database: what somebody shall do, and every step of it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from tomma.errors import ConflictError, NotFoundError, Refusal
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import work_orders as tables
from tomma.work import STANDING, WorkChange, WorkKind, WorkOrder, WorkPriority, WorkStatus, changed

_ORDER, _CHANGE = tables.work_order, tables.work_change


class SqlWorkOrderBook:
    """Orders, never deleted; each as it stands now, and its steps beside it."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the book in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def add(self, order: WorkOrder) -> WorkOrder:
        """Keep the order; of a known id the first one stands and is returned."""
        row = asdict(order) | {name: getattr(order, name).value for name in ("kind", "priority", "status")}
        try:
            with writing(self._engine) as connection:
                connection.execute(sa.insert(_ORDER).values(row))
        except sa.exc.IntegrityError:
            return self.get(order.id)
        return order

    def change(self, change: WorkChange) -> WorkOrder:
        """Keep the step; ConflictError when another one came first."""
        with writing(self._engine) as connection:
            before = _one(connection, change.order_id)
            try:
                after = changed(before, change)
            except ValueError:
                raise ConflictError(
                    f"work order {before.id} is at revision {before.revision} by now; read it again",
                    Refusal.CHANGED_MEANWHILE,
                ) from None
            row = asdict(change) | {"status": change.status.value, "priority": change.priority.value}
            connection.execute(sa.insert(_CHANGE).values(row))
            now = {
                "status": after.status.value,
                "priority": after.priority.value,
                "revision": after.revision,
                "changed_utc": after.changed_utc,
            }
            connection.execute(sa.update(_ORDER).where(_ORDER.c.id == after.id).values(now))
        return after

    def get(self, order_id: str) -> WorkOrder:
        """Return the order; NotFoundError when there is none."""
        with reading(self._engine) as connection:
            return _one(connection, order_id)

    def history(self, order_id: str) -> Sequence[WorkChange]:
        """Return the steps after the making, oldest first."""
        steps = sa.select(_CHANGE).where(_CHANGE.c.order_id == order_id).order_by(_CHANGE.c.revision)
        with reading(self._engine) as connection:
            return [_change(row) for row in connection.execute(steps)]

    def all(self, since_utc: datetime) -> Sequence[WorkOrder]:
        """Return the orders that stand, and those that ended lately, newest first."""
        wanted = _ORDER.c.status.in_([each.value for each in STANDING]) | (_ORDER.c.changed_utc >= since_utc)
        newest = sa.select(_ORDER).where(wanted).order_by(_ORDER.c.created_utc.desc(), _ORDER.c.id)
        with reading(self._engine) as connection:
            return [_order(row) for row in connection.execute(newest)]


def _one(connection: sa.Connection, order_id: str) -> WorkOrder:
    row = connection.execute(sa.select(_ORDER).where(_ORDER.c.id == order_id)).first()
    if row is None:
        raise NotFoundError(f"there is no work order {order_id}")
    return _order(row)


def _order(row: sa.Row[tuple[object, ...]]) -> WorkOrder:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)
    words = {
        "kind": WorkKind(values["kind"]),
        "priority": WorkPriority(values["priority"]),
        "status": WorkStatus(values["status"]),
    }
    return WorkOrder(**values | words)


def _change(row: sa.Row[tuple[object, ...]]) -> WorkChange:
    values = dict(row._mapping)  # noqa: SLF001
    return WorkChange(**values | {"status": WorkStatus(values["status"]), "priority": WorkPriority(values["priority"])})
