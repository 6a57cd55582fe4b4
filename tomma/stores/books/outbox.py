"""`Outbox` in the registry database: messages about alerts until they have left the house."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from tomma.model import AlertKind, BinId, SensorId
from tomma.notices import Notice, NoticeStatus, ToldAlert
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import alerts as tables

_NOTICE, _TOLD = tables.notice, tables.notice_told
AT_ONCE = timedelta(seconds=30)
"""Two processes that look at the same time; what is told again later is told on purpose."""


class SqlOutbox:
    """Messages and who was told what; several processes may send from one outbox."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the outbox in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def put(self, notice: Notice, told: Sequence[ToldAlert]) -> bool:
        """Keep the message and what it tells, as one; False when another process was first."""
        with writing(self._engine) as connection:
            if any(_is_told(connection, each) for each in told):
                return False
            connection.execute(sa.insert(_NOTICE).values(asdict(notice) | {"status": notice.status.value}))
            _retell(connection, told)
        return True

    def told(self) -> Sequence[ToldAlert]:
        """Return who was told of what."""
        with reading(self._engine) as connection:
            return [_told(row) for row in connection.execute(sa.select(_TOLD))]

    def retell(self, told: Sequence[ToldAlert]) -> None:
        """Keep these in place of what was."""
        with writing(self._engine) as connection:
            _retell(connection, told)

    def forget_told(self, told: Sequence[ToldAlert]) -> None:
        """Forget these."""
        with writing(self._engine) as connection:
            for each in told:
                connection.execute(sa.delete(_TOLD).where(_same(each)))

    def due(self, now_utc: datetime) -> Sequence[Notice]:
        """Return each recipient's next message whose time has come."""
        ready = (_NOTICE.c.status == NoticeStatus.WAITING.value) & (_NOTICE.c.due_utc <= now_utc)
        order = (_NOTICE.c.urgent.desc(), _NOTICE.c.created_utc, _NOTICE.c.id)
        place = sa.func.row_number().over(partition_by=_NOTICE.c.recipient, order_by=order)
        queues = sa.select(_NOTICE.c.id, place.label("place")).where(ready).subquery()
        first = sa.select(queues.c.id).where(queues.c.place == 1)
        return self._all(sa.select(_NOTICE).where(_NOTICE.c.id.in_(first)).order_by(*order))

    def claim(self, notice: Notice, until_utc: datetime) -> Notice | None:
        """Count a try; None when another process was first."""
        taken = replace(notice, attempts=notice.attempts + 1, due_utc=until_utc)
        mine = (
            (_NOTICE.c.id == notice.id)
            & (_NOTICE.c.attempts == notice.attempts)
            & (_NOTICE.c.status == NoticeStatus.WAITING.value)
        )
        with writing(self._engine) as connection:
            values = {"attempts": taken.attempts, "due_utc": taken.due_utc}
            return taken if connection.execute(sa.update(_NOTICE).where(mine).values(values)).rowcount else None

    def settle(self, notice: Notice) -> None:
        """Keep what became of a try."""
        values = {
            "status": notice.status.value,
            "error": notice.error,
            "due_utc": notice.due_utc,
            "settled_utc": notice.settled_utc,
        }
        with writing(self._engine) as connection:
            connection.execute(sa.update(_NOTICE).where(_NOTICE.c.id == notice.id).values(values))

    def recent(self, limit: int) -> Sequence[Notice]:
        """Return the newest messages, newest first."""
        return self._all(
            sa.select(_NOTICE).order_by(_NOTICE.c.created_utc.desc(), _NOTICE.c.id.desc()).limit(max(limit, 0))
        )

    def made_after(self, moment: datetime, recipient: str) -> Sequence[Notice]:
        """Return a recipient's messages made after `moment`, oldest first."""
        own = (_NOTICE.c.recipient == recipient) & (_NOTICE.c.created_utc > moment)
        return self._all(sa.select(_NOTICE).where(own).order_by(_NOTICE.c.created_utc, _NOTICE.c.id))

    def forget_before(self, moment: datetime) -> int:
        """Delete what was settled before `moment`."""
        with writing(self._engine) as connection:
            return connection.execute(sa.delete(_NOTICE).where(_NOTICE.c.settled_utc < moment)).rowcount

    def _all(self, query: sa.Select[tuple[object, ...]]) -> Sequence[Notice]:
        with reading(self._engine) as connection:
            return [_notice(row) for row in connection.execute(query)]


def _is_told(connection: sa.Connection, told: ToldAlert) -> bool:
    columns = (_TOLD.c.raised_utc, _TOLD.c.told_utc, _TOLD.c.over)
    row = connection.execute(sa.select(*columns).where(_same(told))).first()
    if row is None or (row.raised_utc, row.over) != (told.raised_utc, told.over):
        return False
    return bool(row.told_utc > told.told_utc - AT_ONCE)


def _retell(connection: sa.Connection, told: Sequence[ToldAlert]) -> None:
    for each in told:
        connection.execute(sa.delete(_TOLD).where(_same(each)))
    if told:
        connection.execute(sa.insert(_TOLD), [_told_row(each) for each in told])


def _same(told: ToldAlert) -> sa.ColumnElement[bool]:
    row = _told_row(told)
    return sa.and_(*(_TOLD.c[name] == row[name] for name in ("recipient", "kind", "sensor_id", "bin_id")))


def _told_row(told: ToldAlert) -> dict[str, object]:
    kind, sensor_id, bin_id = told.about
    return {
        "recipient": told.recipient,
        "kind": kind.value,
        "sensor_id": sensor_id or "",
        "bin_id": bin_id or "",
        "raised_utc": told.raised_utc,
        "told_utc": told.told_utc,
        "over": told.over,
    }


def _told(row: sa.Row[tuple[object, ...]]) -> ToldAlert:
    kind, sensor, bin_id = AlertKind(row.kind), row.sensor_id, row.bin_id
    about = (kind, SensorId(sensor) if sensor else None, BinId(bin_id) if bin_id else None)
    return ToldAlert(row.recipient, about, row.raised_utc, row.told_utc, row.over)


def _notice(row: sa.Row[tuple[object, ...]]) -> Notice:
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public accessor)
    return Notice(**values | {"status": NoticeStatus(values["status"])})
