"""The office's and the installers' work on sensors and bins: what was measured on the spot, what was retired, photos.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns and the books; nothing has been measured, fitted or retired yet."""
    for name in ("empty_mm", "full_mm"):
        op.add_column("installation", sa.Column(name, sa.Double(), nullable=True))
    op.create_table(
        "retired",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("retired_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_retired"),
    )
    op.create_index("ix_retired_id", "retired", ["id"])
    op.create_table(
        "fitting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bin_id", sa.Text(), nullable=False),
        sa.Column("sensor_id", sa.Text(), nullable=False),
        sa.Column("done_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_fitting"),
    )
    op.create_index("ix_fitting_bin_id", "fitting", ["bin_id"])
    op.create_index("ix_fitting_sensor_id", "fitting", ["sensor_id"])
    op.create_table(
        "photo",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("bin_id", sa.Text(), nullable=False),
        sa.Column("taken_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_photo"),
    )
    op.create_index("ix_photo_bin_id", "photo", ["bin_id"])
    op.create_index("ix_photo_received_utc", "photo", ["received_utc"])
    op.create_table(
        "vital",
        sa.Column("sensor_id", sa.Text(), nullable=False),
        sa.Column("heard_utc", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.Double(), nullable=True)
            for name in ("battery_fraction", "battery_v", "rssi_dbm", "snr_db", "noise_fraction")
        ),
        sa.PrimaryKeyConstraint("sensor_id", name="pk_vital"),
    )
    op.create_table(
        "battery_day",
        sa.Column("sensor_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("battery_fraction", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sensor_id", "day", name="pk_battery_day"),
    )
