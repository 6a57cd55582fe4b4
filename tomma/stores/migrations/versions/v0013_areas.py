"""The part of the city a site lies in.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; what stands there already lies in no named area."""
    op.add_column("site", sa.Column("area", sa.Text(), nullable=False, server_default=""))
