"""The first shape: master data, counters, plans, events.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, and the counters."""
    _make_plans_and_events()
    _make_places()
    _make_things_at_places()
    counter = sa.table("counter", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.bulk_insert(counter, [{"name": name, "value": 0} for name in ("revision", "event_position", "publications")])


def _make_plans_and_events() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "event",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tapped_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bin_id", sa.Text(), nullable=True),
        sa.Column("disposal_site_id", sa.Text(), nullable=True),
        sa.Column("skip_reason", sa.Text(), nullable=True),
        sa.Column("undoes_key", sa.Text(), nullable=True),
        sa.Column("lat_deg", sa.Double(), nullable=True),
        sa.Column("lon_deg", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_event"),
        sa.UniqueConstraint("key", name="uq_event_key"),
    )
    op.create_index("ix_event_plan_id", "event", ["plan_id"], unique=False)
    op.create_index("ix_event_received_utc", "event", ["received_utc"], unique=False)
    op.create_table(
        "plan",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
    )
    op.create_index("ix_plan_created_utc", "plan", ["created_utc"], unique=False)
    op.create_index("ix_plan_day", "plan", ["day"], unique=False)
    op.create_index(
        "uq_plan_published_day",
        "plan",
        ["day"],
        unique=True,
        sqlite_where=sa.text("status = 'published'"),
        postgresql_where=sa.text("status = 'published'"),
    )


def _make_places() -> None:
    op.create_table(
        "container_type",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("volume_l", sa.Double(), nullable=False),
        sa.Column("empty_mm", sa.Double(), nullable=False),
        sa.Column("full_mm", sa.Double(), nullable=False),
        sa.Column("max_kg", sa.Double(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_container_type"),
    )
    op.create_table(
        "depot",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat_deg", sa.Double(), nullable=False),
        sa.Column("lon_deg", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_depot"),
    )
    op.create_table(
        "disposal_site",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat_deg", sa.Double(), nullable=False),
        sa.Column("lon_deg", sa.Double(), nullable=False),
        sa.Column("opens_s", sa.BigInteger(), nullable=False),
        sa.Column("closes_s", sa.BigInteger(), nullable=False),
        sa.Column("unload_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_disposal_site"),
    )
    op.create_table(
        "fraction",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_sv", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("density_kg_per_l", sa.Double(), nullable=False),
        sa.Column("hygiene_interval_days", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("code", name="pk_fraction"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat_deg", sa.Double(), nullable=False),
        sa.Column("lon_deg", sa.Double(), nullable=False),
        sa.Column("access_note", sa.Text(), nullable=False),
        sa.Column("service_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
    )
    op.create_table(
        "bin",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Text(), nullable=False),
        sa.Column("container_type_id", sa.Text(), nullable=False),
        sa.Column("fraction_code", sa.Text(), nullable=False),
        sa.Column("service_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["container_type_id"], ["container_type.id"], name="fk_bin_container_type_id"),
        sa.ForeignKeyConstraint(["fraction_code"], ["fraction.code"], name="fk_bin_fraction_code"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_bin_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bin"),
    )
    op.create_index("ix_bin_site_id", "bin", ["site_id"], unique=False)
    op.create_table(
        "disposal_site_fraction",
        sa.Column("disposal_site_id", sa.Text(), nullable=False),
        sa.Column("fraction_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["disposal_site_id"], ["disposal_site.id"], name="fk_disposal_site_fraction_disposal_site_id"
        ),
        sa.ForeignKeyConstraint(["fraction_code"], ["fraction.code"], name="fk_disposal_site_fraction_fraction_code"),
        sa.PrimaryKeyConstraint("disposal_site_id", "fraction_code", name="pk_disposal_site_fraction"),
    )


def _make_things_at_places() -> None:
    op.create_table(
        "sensor",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("make", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sensor"),
    )
    op.create_table(
        "vehicle",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("depot_id", sa.Text(), nullable=False),
        sa.Column("capacity_l", sa.Double(), nullable=False),
        sa.Column("capacity_kg", sa.Double(), nullable=False),
        sa.Column("shift_start_s", sa.BigInteger(), nullable=False),
        sa.Column("shift_end_s", sa.BigInteger(), nullable=False),
        sa.Column("road_profile", sa.Text(), nullable=False),
        sa.Column("fixed_cost_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name="fk_vehicle_depot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_vehicle"),
    )
    op.create_table(
        "installation",
        sa.Column("sensor_id", sa.Text(), nullable=False),
        sa.Column("from_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bin_id", sa.Text(), nullable=False),
        sa.Column("to_utc", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name="fk_installation_bin_id"),
        sa.ForeignKeyConstraint(["sensor_id"], ["sensor.id"], name="fk_installation_sensor_id"),
        sa.PrimaryKeyConstraint("sensor_id", "from_utc", name="pk_installation"),
    )
    op.create_index("ix_installation_bin_id", "installation", ["bin_id"], unique=False)
    op.create_table(
        "vehicle_break",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("earliest_s", sa.BigInteger(), nullable=False),
        sa.Column("latest_s", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name="fk_vehicle_break_vehicle_id"),
        sa.PrimaryKeyConstraint("vehicle_id", "number", name="pk_vehicle_break"),
    )
    op.create_table(
        "vehicle_fraction",
        sa.Column("vehicle_id", sa.Text(), nullable=False),
        sa.Column("fraction_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["fraction_code"], ["fraction.code"], name="fk_vehicle_fraction_fraction_code"),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name="fk_vehicle_fraction_vehicle_id"),
        sa.PrimaryKeyConstraint("vehicle_id", "fraction_code", name="pk_vehicle_fraction"),
    )
