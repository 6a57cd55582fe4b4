"""What trucks, places and gates really demand: compartments, skills, overtime, limits of a day, hours by weekday.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; what stands there already has one body, no skill, no limit, and is open as it was."""
    for table, name in (
        ("container_type", "skills"),
        ("site", "access"),
        ("bin", "skills"),
        ("vehicle", "compartments"),
        ("vehicle", "skills"),
        ("disposal_site", "hours"),
    ):
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default="[]"))
    op.add_column("site", sa.Column("kerb", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Both databases take it in one statement; copying the table would trip over the rows that point to it.
    op.execute(
        "ALTER TABLE vehicle ADD COLUMN end_depot_id TEXT CONSTRAINT fk_vehicle_end_depot_id REFERENCES depot (id)"
    )
    for name in ("overtime_s", "overtime_cost_per_h_minor"):
        op.add_column("vehicle", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    for name in ("cost_per_km_minor", "cost_per_h_minor", "max_unloads_per_day", "max_bins_per_day"):
        op.add_column("vehicle", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in ("max_l_per_day", "max_kg_per_day", "weight_kg", "height_m"):
        op.add_column("vehicle", sa.Column(name, sa.Double(), nullable=True))
