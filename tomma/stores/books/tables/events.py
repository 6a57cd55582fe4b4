"""The table of what drivers did."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import metadata, moment, number, text, whole

event = sa.Table(
    "event",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    text("device_id"),
    whole("sequence"),
    text("plan_id", index=True),
    text("vehicle_id"),
    text("kind"),
    moment("tapped_utc"),
    moment("received_utc", index=True),
    text("bin_id", nullable=True),
    text("disposal_site_id", nullable=True),
    text("skip_reason", nullable=True),
    text("undoes_key", nullable=True),
    number("lat_deg", nullable=True),
    number("lon_deg", nullable=True),
    sa.Column("overflowing", sa.Boolean, nullable=False),
    number("weight_kg", nullable=True),
    text("ticket"),
    text("report", nullable=True),
    text("note"),
    number("clock_skew_s", nullable=True),
)
