"""The tables of what is ordered by the clock: when, and what became of each morning and of each second round."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, text


def _day() -> sa.Column[object]:
    """Return the key that makes a day's plan be ordered once, whoever looks."""
    return sa.Column("day", sa.Date, primary_key=True, autoincrement=False)


morning_schedule = sa.Table("morning_schedule", metadata, key(), text("document"))
morning_run = sa.Table("morning_run", metadata, _day(), text("document"))
second_round_run = sa.Table("second_round_run", metadata, _day(), text("document"))
"""Each with one row per local day."""
