"""The tables of plans: one JSON document each, beside the columns by which it is found."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, moment, text, whole

plan = sa.Table(
    "plan",
    metadata,
    key(),
    sa.Column("day", sa.Date, nullable=False, index=True),
    moment("created_utc", index=True),
    text("status", index=True),
    text("document"),
    text("based_on", nullable=True, index=True),
)
sa.Index("uq_plan_published_day", plan.c.day, unique=True, sqlite_where=plan.c.status == "published")
"""On PostgreSQL, too, as its migration says; said here, every process would load that dialect at its start."""
plan_basis = sa.Table(
    "plan_basis",
    metadata,
    key("plan_id"),
    whole("number"),
    sa.Column("basis", sa.LargeBinary, nullable=False),
)
"""What a plan was made from, packed; the newest few by `number`."""
