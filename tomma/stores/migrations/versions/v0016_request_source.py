"""Who asked for a bin to be emptied: the office, or a resident.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Only the office could ask before."""
    op.add_column("bin_request", sa.Column("source", sa.Text(), nullable=False, server_default="office"))
