"""The tables of what is ordered by the clock: when, and what became of each morning."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, text

morning_schedule = sa.Table("morning_schedule", metadata, key(), text("document"))
morning_run = sa.Table(
    "morning_run", metadata, sa.Column("day", sa.Date, primary_key=True, autoincrement=False), text("document")
)
"""One row per local day: its key is what makes a morning's plan be ordered once, whoever looks."""
