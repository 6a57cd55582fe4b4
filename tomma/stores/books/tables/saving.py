"""The tables of the audited saving."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, text

saving_input = sa.Table("saving_input", metadata, key("digest"), sa.Column("body", sa.LargeBinary, nullable=False))
"""What many days of the audited saving share, by the digest of its content: the city's master data, its drives."""

saving_day = sa.Table(
    "saving_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    text("digest"),
    text("figures"),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""One finished day: everything its figures are computed from, beside the figures that pages ask for. Never changed."""
