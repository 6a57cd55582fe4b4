"""The table of visits that people asked for."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, moment, text

bin_request = sa.Table(
    "bin_request",
    metadata,
    key(),
    text("bin_id", index=True),
    text("reason"),
    text("note"),
    moment("asked_utc", index=True),
    moment("withdrawn_utc", nullable=True),
    text("source"),
)
