"""What the tables of the registry database are made of; the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, to the microsecond; SQLite keeps it as sortable text without an offset."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Hand over what the database takes."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Give back a timezone-aware time, whatever the session's timezone is."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonList(TypeDecorator[list[Any]]):
    """A short list as JSON text: it belongs to its row, and no query ever looks inside."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: sa.Dialect) -> str:  # noqa: ARG002
        """Hand over the text."""
        return json.dumps(value or [])

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[Any]:  # noqa: ARG002
        """Give back the list."""
        found: list[Any] = json.loads(value or "[]")
        return found


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key(name: str = "id") -> sa.Column[str]:
    """Return a text that is a row's identity, or a part of it."""
    return sa.Column(name, sa.Text, primary_key=True)


def text(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[str]:
    """Return a text."""
    return sa.Column(name, sa.Text, nullable=nullable, index=index)


def number(name: str, *, nullable: bool = False) -> sa.Column[float]:
    """Return a number of double precision."""
    return sa.Column(name, sa.Double, nullable=nullable)


def whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """Return a whole number of 64 bits."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def moment(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[datetime]:
    """Return a time in UTC."""
    return sa.Column(name, UtcDateTime, nullable=nullable, index=index)


def json_list(name: str) -> sa.Column[list[Any]]:
    """Return a list that no query looks into."""
    return sa.Column(name, JsonList, nullable=False)


def points_to(column: str, target: str, *, key: bool = False, index: bool = False) -> sa.Column[str]:
    """Return a reference to `target` ("site.id"); the database refuses one that leads nowhere."""
    return sa.Column(column, sa.Text, sa.ForeignKey(target), primary_key=key, nullable=False, index=index)
