"""Shapes of containers, how a sensor is mounted, and what it cannot see.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; what stands there already is straight, hangs plumb in its place, and has no dead zone."""
    for name in ("taper_ratio", "diameter_mm", "shaft_mm", "shaft_ratio"):
        op.add_column("container_type", sa.Column(name, sa.Double(), nullable=True))
    op.add_column("container_type", sa.Column("volume_table", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("sensor", sa.Column("dead_zone_mm", sa.Double(), nullable=False, server_default="0"))
    op.add_column("sensor", sa.Column("sound_reference_c", sa.Double(), nullable=True))
    for name in ("offset_mm", "tilt_deg"):
        op.add_column("installation", sa.Column(name, sa.Double(), nullable=False, server_default="0"))
