"""The fixed rounds of a municipality, and what the audited saving keeps of every day.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0013"


def upgrade() -> None:
    """Add the rounds, none yet, and the two tables: the days, and the inputs that many days share."""
    op.add_column("bin", sa.Column("fixed_rounds", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "saving_input",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_saving_input"),
    )
    op.create_table(
        "saving_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_saving_day"),
    )
