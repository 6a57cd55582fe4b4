"""The tables of work on bins and sensors, and of each step of it."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, moment, points_to, text, whole

work_order = sa.Table(
    "work_order",
    metadata,
    key(),
    text("kind"),
    text("priority"),
    moment("created_utc", index=True),
    text("created_by"),
    text("bin_id", nullable=True, index=True),
    text("sensor_id", nullable=True, index=True),
    text("note"),
    text("alert_id"),
    text("status", index=True),
    whole("revision"),
    moment("changed_utc", nullable=True),
)

work_change = sa.Table(
    "work_change",
    metadata,
    points_to("order_id", "work_order.id", key=True),
    sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
    moment("at_utc"),
    text("by"),
    text("status"),
    text("priority"),
    text("note"),
)
