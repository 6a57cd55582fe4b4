"""The table of audit records, beside those in `tomma.stores.books.tables`.

All texts, times too: what a MAC is over is kept to the letter, and read back to the letter whatever was done to it.
"""

import sqlalchemy as sa

from tomma.stores.books.tables import metadata


def _text(name: str, *, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, index=index)


audit_record = sa.Table(
    "audit_record",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("at_utc", index=True),
    _text("actor", index=True),
    _text("action", index=True),
    _text("target"),
    _text("outcome"),
    _text("request_id"),
    _text("facts"),
    _text("key_id"),
    _text("previous"),
    _text("mac"),
)
