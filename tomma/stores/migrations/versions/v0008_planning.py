"""What a plan was made from and the drafts that began as it, and the plans of every morning.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0011"


def upgrade() -> None:
    """Make room; plans that are there already have no basis, and nobody has set a schedule yet."""
    op.add_column("plan", sa.Column("based_on", sa.Text(), nullable=True))
    op.create_index("ix_plan_based_on", "plan", ["based_on"])
    counter = sa.table("counter", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.bulk_insert(counter, [{"name": "bases", "value": 0}])
    op.create_table(
        "plan_basis",
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plan_basis"),
    )
    op.create_table(
        "morning_schedule",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_morning_schedule"),
    )
    op.create_table(
        "morning_run",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_morning_run"),
    )
