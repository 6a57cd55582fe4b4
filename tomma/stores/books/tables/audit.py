"""The table of audit records.

All texts, times too: what a MAC is over is kept to the letter, and read back to the letter whatever was done to it.
"""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import metadata, text

audit_record = sa.Table(
    "audit_record",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    text("at_utc", index=True),
    text("actor", index=True),
    text("action", index=True),
    text("target"),
    text("outcome"),
    text("request_id"),
    text("facts"),
    text("key_id"),
    text("previous"),
    text("mac"),
)
