"""Unfinished plans are looked for every few seconds: among ten years of plans by an index.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Only the status is asked for."""
    op.create_index("ix_plan_status", "plan", ["status"])
