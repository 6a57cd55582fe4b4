"""The tables of what people did about alerts, and of the messages that told them."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, moment, text, whole

alert_care = sa.Table(
    "alert_care",
    metadata,
    key("key"),
    text("kind"),
    text("sensor_id", nullable=True),
    text("bin_id", nullable=True),
    moment("raised_utc"),
    text("action"),
    moment("at_utc", index=True),
    text("by"),
    text("note"),
    moment("until_utc", nullable=True),
)
"""What people did about alerts; appended, never changed. The alerts themselves are in the reading store."""

notice = sa.Table(
    "notice",
    metadata,
    key(),
    text("recipient"),
    text("channel"),
    text("body"),
    whole("alerts"),
    sa.Column("urgent", sa.Boolean, nullable=False),
    moment("created_utc", index=True),
    moment("due_utc"),
    text("status"),
    whole("attempts"),
    moment("settled_utc", nullable=True),
    text("error"),
    sa.Index("ix_notice_status_due_utc", "status", "due_utc"),
)
"""The outbox of messages about alerts."""

notice_told = sa.Table(
    "notice_told",
    metadata,
    key("recipient"),
    key("kind"),
    key("sensor_id"),
    key("bin_id"),
    moment("raised_utc"),
    moment("told_utc"),
    sa.Column("over", sa.Boolean, nullable=False),
)
"""Who was told of what; an absent sensor or bin is an empty text, since a key has no nulls."""
