"""What residents and the office asked for.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the book of requests; nobody has asked for anything yet."""
    op.create_table(
        "bin_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("bin_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_utc", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_bin_request"),
    )
    op.create_index("ix_bin_request_bin_id", "bin_request", ["bin_id"])
    op.create_index("ix_bin_request_asked_utc", "bin_request", ["asked_utc"])
