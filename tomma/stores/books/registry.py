"""`Registry` on SQLAlchemy: master data in tables that any tool can read, on SQLite or PostgreSQL."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any

import sqlalchemy as sa

from tomma.city import City
from tomma.errors import NotFoundError
from tomma.stores.books import counters
from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables.city import MASTER_DATA
from tomma.stores.city_faults import refuse_faulty
from tomma.stores.city_rows import Row, Rows, city_of, rows_of

type _Key = tuple[object, ...]


class SqlRegistry:
    """The city, as people keep it."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep master data in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine
        self._loaded: tuple[int, City] | None = None

    def load(self) -> City:
        """Return one consistent snapshot, kept until the revision moves; NotFoundError before the first save."""
        with reading(self._engine) as connection:
            revision = counters.value(connection, counters.REVISION)
            if self._loaded is None or self._loaded[0] != revision:
                rows = _read(connection)
                if not rows["organisation"]:
                    raise NotFoundError("there is no city yet; bring one in with `tomma import FILE`")
                self._loaded = (revision, city_of(rows))
            return self._loaded[1]

    def revision(self) -> int:
        """Return a number that grows with every change; 0 before the first."""
        with reading(self._engine) as connection:
            return counters.value(connection, counters.REVISION)

    def save(self, city: City) -> None:
        """Make the tables say what `city` says, in one transaction that touches only rows that differ.

        Readings, plans and events name bins and trucks by id and are kept elsewhere, so what is removed
        here keeps its history.

        Raises:
            ImportRefusedError: If something points to what is not there; every fault is named, nothing is stored.
        """
        refuse_faulty(city)
        wanted = rows_of(city)
        with writing(self._engine) as connection:
            counters.raise_by(connection, counters.REVISION, 0)  # others wait from here on
            if _write(connection, _read(connection), wanted):
                counters.raise_by(connection, counters.REVISION, 1)

    def edit_in(self, connection: sa.Connection, change: Callable[[City], City]) -> City:
        """Change the city inside a writer's transaction, which may keep more beside it; see `AssetBook.edit`.

        Only what differs is compared row by row: a city has ten thousands of rows, an edit touches three.
        """
        revision = counters.raise_by(connection, counters.REVISION, 0)
        loaded = self._loaded
        if loaded is None or loaded[0] != revision:
            rows = _read(connection)
            if not rows["organisation"]:
                raise NotFoundError("there is no city yet; bring one in with `tomma import FILE`")
            loaded = (revision, city_of(rows))
        before = loaded[1]
        after = change(before)
        refuse_faulty(after)
        if _write(connection, *_differing(before, after)):
            counters.raise_by(connection, counters.REVISION, 1)
        return after


def _differing(before: City, after: City) -> tuple[Rows, Rows]:
    """Return the rows of both cities without what is the same in both."""
    kept: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for name in (each.name for each in fields(City) if each.name not in ("organisation", "installations")):
        one, other = getattr(before, name), getattr(after, name)
        same = {key for key, value in one.items() if (there := other.get(key)) is value or there == value}
        for side, whole in zip(kept, (one, other), strict=True):
            side[name] = {key: value for key, value in whole.items() if key not in same}
    both = set(before.installations) & set(after.installations)
    trimmed = [
        replace(city, **side, installations=tuple(each for each in city.installations if each not in both))
        for city, side in zip((before, after), kept, strict=True)
    ]
    return rows_of(trimmed[0]), rows_of(trimmed[1])


def _read(connection: sa.Connection) -> Rows:
    return {
        table.name: [dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()]
        for table in MASTER_DATA
    }


def _write(connection: sa.Connection, found: Rows, wanted: Rows) -> int:
    """Insert and update what is pointed to first, then delete in the other direction; return rows touched."""
    touched = 0
    for table in MASTER_DATA:
        before, after = _by_key(table, found[table.name]), _by_key(table, wanted[table.name])
        touched += _insert(connection, table, [row for key, row in after.items() if key not in before])
        differing = (row for key, row in after.items() if key in before and before[key] != row)
        touched += _update(connection, table, differing)
    for table in reversed(MASTER_DATA):
        before, after = _by_key(table, found[table.name]), _by_key(table, wanted[table.name])
        touched += _delete(connection, table, [key for key in before if key not in after])
    return touched


def _by_key(table: sa.Table, rows: Iterable[Row]) -> dict[_Key, Row]:
    names = [column.name for column in table.primary_key]
    return {tuple(row[name] for name in names): row for row in rows}


def _insert(connection: sa.Connection, table: sa.Table, rows: list[Row]) -> int:
    if rows:
        connection.execute(sa.insert(table), rows)
    return len(rows)


def _update(connection: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> int:
    number = 0
    for number, row in enumerate(rows, start=1):  # noqa: B007  (counts)
        same_key = (column == row[column.name] for column in table.primary_key)
        rest = {name: value for name, value in row.items() if name not in table.primary_key.columns}
        connection.execute(sa.update(table).where(*same_key).values(rest))
    return number


def _delete(connection: sa.Connection, table: sa.Table, keys: list[_Key]) -> int:
    for key in keys:
        same_key = (column == value for column, value in zip(table.primary_key, key, strict=True))
        connection.execute(sa.delete(table).where(*same_key))
    return len(keys)
