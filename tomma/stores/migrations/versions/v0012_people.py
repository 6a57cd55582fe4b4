"""People, their sessions and proofs, the keys of programs, and the truck a tablet belongs to.

A step is frozen once released: it spells out what it makes and imports nothing of the house.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"


def upgrade() -> None:
    """Make the books; nobody has an account yet, and every tablet may drive any truck, as before."""
    when = sa.DateTime(timezone=True)
    op.create_table(
        "person",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("areas", sa.Text(), nullable=False),
        sa.Column("vehicle_ids", sa.Text(), nullable=False),
        sa.Column("created_utc", when, nullable=False),
        sa.Column("disabled_utc", when, nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_sealed", sa.Text(), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("login", name="uq_person_login"),
    )
    op.create_index("ix_person_subject", "person", ["subject"])
    op.create_table(
        "session",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("created_utc", when, nullable=False),
        sa.Column("seen_utc", when, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_session_person_id"),
        sa.PrimaryKeyConstraint("sha256", name="pk_session"),
    )
    op.create_index("ix_session_person_id", "session", ["person_id"])
    op.create_table(
        "known_device",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("seen_utc", when, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_known_device_person_id"),
        sa.PrimaryKeyConstraint("person_id", "sha256", name="pk_known_device"),
    )
    op.create_table(
        "one_time_link",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("expires_utc", when, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_one_time_link"),
    )
    op.create_index("ix_one_time_link_person_id", "one_time_link", ["person_id"])
    op.create_table(
        "recovery_code",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_recovery_code_person_id"),
        sa.PrimaryKeyConstraint("person_id", "sha256", name="pk_recovery_code"),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("whose", sa.Text(), nullable=False),
        sa.Column("at_utc", when, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_sign_in_try"),
    )
    op.create_index("ix_sign_in_try_whose", "sign_in_try", ["whose"])
    op.create_index("ix_sign_in_try_at_utc", "sign_in_try", ["at_utc"])
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("created_utc", when, nullable=False),
        sa.Column("expires_utc", when, nullable=False),
        sa.Column("revoked_utc", when, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
    )
    op.add_column("tablet", sa.Column("vehicle_id", sa.Text(), nullable=True))
    op.add_column("pairing_code", sa.Column("vehicle_id", sa.Text(), nullable=True))
