"""What a driver tells beside emptying: waste beside a bin, weighings, reports; and how far off the tablet's clock was.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; what was stored before told none of it."""
    op.add_column("event", sa.Column("overflowing", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("event", sa.Column("weight_kg", sa.Double(), nullable=True))
    op.add_column("event", sa.Column("ticket", sa.Text(), nullable=False, server_default=""))
    op.add_column("event", sa.Column("report", sa.Text(), nullable=True))
    op.add_column("event", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.add_column("event", sa.Column("clock_skew_s", sa.Double(), nullable=True))
