"""The table of processes at work."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, moment, text

worker = sa.Table(
    "worker",
    metadata,
    key("name"),
    text("kind"),
    moment("started_utc"),
    moment("reported_utc"),
    text("facts"),
)
"""One row per process, written over at each report."""
