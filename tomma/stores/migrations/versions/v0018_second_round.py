"""What became of each second round, beside the mornings.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make room; no day had a second round by itself before."""
    op.create_table(
        "second_round_run",
        sa.Column("day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_second_round_run"),
    )
