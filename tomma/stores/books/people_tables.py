"""The tables of people, sessions and keys, beside those in `tomma.stores.books.tables`.

Everything that opens a door is here as a digest only: a stolen database opens nothing.
"""

from datetime import datetime

import sqlalchemy as sa

from tomma.stores.books.tables import JsonList, UtcDateTime, metadata


def _key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _when(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcDateTime, nullable=nullable)


def _of_person(*, key: bool = False) -> sa.Column[str]:
    return sa.Column("person_id", sa.Text, sa.ForeignKey("person.id"), primary_key=key, nullable=False, index=not key)


person = sa.Table(
    "person",
    metadata,
    _key(),
    sa.Column("login", sa.Text, nullable=False, unique=True),
    _text("name"),
    sa.Column("roles", JsonList, nullable=False),
    sa.Column("areas", JsonList, nullable=False),
    sa.Column("vehicle_ids", JsonList, nullable=False),
    _when("created_utc"),
    _when("disabled_utc", nullable=True),
    _text("password_hash"),
    _text("totp_sealed"),
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
)
session = sa.Table(
    "session",
    metadata,
    _key("sha256"),
    _of_person(),
    _when("created_utc"),
    _when("seen_utc"),
    _text("way"),
    sa.Column("second_factor", sa.Boolean, nullable=False),
    _text("address"),
    _text("agent"),
)
known_device = sa.Table(
    "known_device",
    metadata,
    _of_person(key=True),
    _key("sha256"),
    _when("seen_utc"),
)
one_time_link = sa.Table(
    "one_time_link",
    metadata,
    _key("sha256"),
    _text("purpose"),
    sa.Column("person_id", sa.Text, nullable=False, index=True),
    _when("expires_utc"),
)
recovery_code = sa.Table("recovery_code", metadata, _of_person(key=True), _key("sha256"))
sign_in_try = sa.Table(
    "sign_in_try",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("whose", sa.Text, nullable=False, index=True),
    sa.Column("at_utc", UtcDateTime, nullable=False, index=True),
)
"""Refused sign-ins by account, by address and by known device."""

api_key = sa.Table(
    "api_key",
    metadata,
    _key(),
    _text("name"),
    sa.Column("roles", JsonList, nullable=False),
    _text("secret_sha256"),
    _when("created_utc"),
    _when("expires_utc"),
    _when("revoked_utc", nullable=True),
)
