"""The tables of tablets and of the codes that pair them; what opens a door is kept as a digest only."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, moment, text

tablet = sa.Table(
    "tablet",
    metadata,
    key(),
    text("name"),
    text("secret_sha256"),
    moment("paired_utc"),
    moment("seen_utc"),
    moment("revoked_utc", nullable=True),
    text("vehicle_id", nullable=True),
)
"""Never deleted: a revoked tablet must be told so, whenever it comes back."""

pairing_code = sa.Table(
    "pairing_code",
    metadata,
    key(),
    text("salt"),
    text("digest"),
    moment("expires_utc"),
    text("vehicle_id", nullable=True),
)
pairing_try = sa.Table(
    "pairing_try",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    moment("at_utc", index=True),
)
"""Codes that were tried and did not open; whoever is let in takes one back."""
