"""The table of what is open to everybody."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import metadata

open_data = sa.Table(
    "open_data",
    metadata,
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("document", sa.Text, nullable=False),
)
"""One row each time it was changed; the highest counts."""
