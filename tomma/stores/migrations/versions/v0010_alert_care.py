"""What people do about alerts: acknowledgements, work orders, and the outbox of messages.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Make the three books; nobody has said anything yet."""
    op.create_table(
        "alert_care",
        _text("key"),
        _text("kind"),
        _text("sensor_id", nullable=True),
        _text("bin_id", nullable=True),
        _moment("raised_utc"),
        _text("action"),
        _moment("at_utc"),
        _text("by"),
        _text("note"),
        _moment("until_utc", nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_alert_care"),
    )
    op.create_index("ix_alert_care_at_utc", "alert_care", ["at_utc"])
    op.create_table(
        "work_order",
        _text("id"),
        _text("kind"),
        _text("priority"),
        _moment("created_utc"),
        _text("created_by"),
        _text("bin_id", nullable=True),
        _text("sensor_id", nullable=True),
        _text("note"),
        _text("alert_id"),
        _text("status"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _moment("changed_utc", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_work_order"),
    )
    for column in ("created_utc", "bin_id", "sensor_id", "status"):
        op.create_index(f"ix_work_order_{column}", "work_order", [column])
    op.create_table(
        "work_change",
        _text("order_id"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _moment("at_utc"),
        _text("by"),
        _text("status"),
        _text("priority"),
        _text("note"),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name="fk_work_change_order_id"),
        sa.PrimaryKeyConstraint("order_id", "revision", name="pk_work_change"),
    )
    op.create_table(
        "notice",
        _text("id"),
        _text("recipient"),
        _text("channel"),
        _text("body"),
        sa.Column("alerts", sa.BigInteger(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        _moment("created_utc"),
        _moment("due_utc"),
        _text("status"),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        _moment("settled_utc", nullable=True),
        _text("error"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index("ix_notice_created_utc", "notice", ["created_utc"])
    op.create_index("ix_notice_status_due_utc", "notice", ["status", "due_utc"])
    op.create_table(
        "notice_told",
        _text("recipient"),
        _text("kind"),
        _text("sensor_id"),
        _text("bin_id"),
        _moment("raised_utc"),
        _moment("told_utc"),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("recipient", "kind", "sensor_id", "bin_id", name="pk_notice_told"),
    )
