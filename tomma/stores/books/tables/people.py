"""The tables of people, sessions and keys.

Everything that opens a door is here as a digest only: a stolen database opens nothing.
"""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import json_list, key, metadata, moment, points_to, text, whole

person = sa.Table(
    "person",
    metadata,
    key(),
    sa.Column("login", sa.Text, nullable=False, unique=True),
    text("name"),
    json_list("roles"),
    json_list("areas"),
    json_list("vehicle_ids"),
    moment("created_utc"),
    moment("disabled_utc", nullable=True),
    text("password_hash"),
    text("totp_sealed"),
    whole("totp_step"),
    text("subject", index=True),
)
session = sa.Table(
    "session",
    metadata,
    key("sha256"),
    points_to("person_id", "person.id", index=True),
    moment("created_utc"),
    moment("seen_utc"),
    text("way"),
    sa.Column("second_factor", sa.Boolean, nullable=False),
    text("address"),
    text("agent"),
)
known_device = sa.Table(
    "known_device",
    metadata,
    points_to("person_id", "person.id", key=True),
    key("sha256"),
    moment("seen_utc"),
)
one_time_link = sa.Table(
    "one_time_link",
    metadata,
    key("sha256"),
    text("purpose"),
    text("person_id", index=True),
    moment("expires_utc"),
)
recovery_code = sa.Table("recovery_code", metadata, points_to("person_id", "person.id", key=True), key("sha256"))
sign_in_try = sa.Table(
    "sign_in_try",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    text("whose", index=True),
    moment("at_utc", index=True),
)
"""Refused sign-ins by account, by address and by known device."""

api_key = sa.Table(
    "api_key",
    metadata,
    key(),
    text("name"),
    json_list("roles"),
    text("secret_sha256"),
    moment("created_utc"),
    moment("expires_utc"),
    moment("revoked_utc", nullable=True),
)
