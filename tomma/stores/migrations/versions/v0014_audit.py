"""Audit records, and the counter that numbers them.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0008"


def upgrade() -> None:
    """Make room; nothing was recorded before."""
    names = ("at_utc", "actor", "action", "target", "outcome", "request_id", "facts", "key_id", "previous", "mac")
    op.create_table(
        "audit_record",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in names),
        sa.PrimaryKeyConstraint("number", name="pk_audit_record"),
    )
    for name in ("at_utc", "actor", "action"):
        op.create_index(f"ix_audit_record_{name}", "audit_record", [name])
    counter = sa.table("counter", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.bulk_insert(counter, [{"name": "audit", "value": 0}])
