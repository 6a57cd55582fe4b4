"""The tables of the registry database, in SQLAlchemy Core; the same on SQLite and PostgreSQL.

Master data has a real column for every value, so that any tool can read it. A plan is one JSON document
beside the columns by which it is found. `migrations/` brings a database to this shape; a test holds the two
together.
"""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

REVISION = "0017"
"""The migration that ends at these tables."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC, to the microsecond; SQLite keeps it as sortable text without an offset."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Hand over what the database takes."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Give back a timezone-aware time, whatever the session's timezone is."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonList(TypeDecorator[list[Any]]):
    """A short list as JSON text: it belongs to its row, and no query ever looks inside."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: list[Any] | None, dialect: sa.Dialect) -> str:  # noqa: ARG002
        """Hand over the text."""
        return json.dumps(value or [])

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[Any]:  # noqa: ARG002
        """Give back the list."""
        found: list[Any] = json.loads(value or "[]")
        return found


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _list(name: str) -> sa.Column[list[Any]]:
    return sa.Column(name, JsonList, nullable=False)


def _points_to(column: str, target: str, *, key: bool = False, index: bool = False) -> sa.Column[str]:
    return sa.Column(column, sa.Text, sa.ForeignKey(target), primary_key=key, nullable=False, index=index)


organisation = sa.Table("organisation", metadata, _key(), _text("name"), _text("timezone"), _text("currency"))
fraction = sa.Table(
    "fraction",
    metadata,
    _key("code"),
    _text("name_sv"),
    _text("name_en"),
    _number("density_kg_per_l"),
    _number("hygiene_interval_days", nullable=True),
)
container_type = sa.Table(
    "container_type",
    metadata,
    _key(),
    _text("name"),
    _number("volume_l"),
    _number("empty_mm"),
    _number("full_mm"),
    _number("max_kg"),
    _text("shape"),
    _number("taper_ratio", nullable=True),
    _number("diameter_mm", nullable=True),
    _number("shaft_mm", nullable=True),
    _number("shaft_ratio", nullable=True),
    _list("volume_table"),
    _list("skills"),
)
site = sa.Table(
    "site",
    metadata,
    _key(),
    _text("name"),
    _number("lat_deg"),
    _number("lon_deg"),
    _text("access_note"),
    _whole("service_s"),
    _list("access"),
    sa.Column("kerb", sa.Boolean, nullable=False),
    _text("area"),
)
bin_ = sa.Table(
    "bin",
    metadata,
    _key(),
    _points_to("site_id", "site.id", index=True),
    _points_to("container_type_id", "container_type.id"),
    _points_to("fraction_code", "fraction.code"),
    _whole("service_s"),
    _list("skills"),
    _list("fixed_rounds"),
)
sensor = sa.Table(
    "sensor",
    metadata,
    _key(),
    _text("make"),
    _text("model"),
    _number("dead_zone_mm"),
    _number("sound_reference_c", nullable=True),
)
installation = sa.Table(
    "installation",
    metadata,
    _points_to("sensor_id", "sensor.id", key=True),
    sa.Column("from_utc", UtcDateTime, primary_key=True),
    _points_to("bin_id", "bin.id", index=True),
    sa.Column("to_utc", UtcDateTime),
    _number("offset_mm"),
    _number("tilt_deg"),
    _number("empty_mm", nullable=True),
    _number("full_mm", nullable=True),
)
depot = sa.Table("depot", metadata, _key(), _text("name"), _number("lat_deg"), _number("lon_deg"))
vehicle = sa.Table(
    "vehicle",
    metadata,
    _key(),
    _text("name"),
    _points_to("depot_id", "depot.id"),
    _number("capacity_l"),
    _number("capacity_kg"),
    _whole("shift_start_s"),
    _whole("shift_end_s"),
    _text("road_profile"),
    _whole("fixed_cost_minor"),
    sa.Column("end_depot_id", sa.Text, sa.ForeignKey("depot.id"), nullable=True),
    _list("compartments"),
    _list("skills"),
    _whole("overtime_s"),
    _whole("overtime_cost_per_h_minor"),
    _whole("cost_per_km_minor", nullable=True),
    _whole("cost_per_h_minor", nullable=True),
    _whole("max_unloads_per_day", nullable=True),
    _whole("max_bins_per_day", nullable=True),
    _number("max_l_per_day", nullable=True),
    _number("max_kg_per_day", nullable=True),
    _number("weight_kg", nullable=True),
    _number("height_m", nullable=True),
)
vehicle_fraction = sa.Table(
    "vehicle_fraction",
    metadata,
    _points_to("vehicle_id", "vehicle.id", key=True),
    _points_to("fraction_code", "fraction.code", key=True),
)
vehicle_break = sa.Table(
    "vehicle_break",
    metadata,
    _points_to("vehicle_id", "vehicle.id", key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _whole("earliest_s"),
    _whole("latest_s"),
    _whole("duration_s"),
)
disposal_site = sa.Table(
    "disposal_site",
    metadata,
    _key(),
    _text("name"),
    _number("lat_deg"),
    _number("lon_deg"),
    _whole("opens_s"),
    _whole("closes_s"),
    _whole("unload_s"),
    _list("hours"),
)
disposal_site_fraction = sa.Table(
    "disposal_site_fraction",
    metadata,
    _points_to("disposal_site_id", "disposal_site.id", key=True),
    _points_to("fraction_code", "fraction.code", key=True),
)
MASTER_DATA = (
    organisation,
    fraction,
    container_type,
    site,
    bin_,
    sensor,
    installation,
    depot,
    vehicle,
    vehicle_fraction,
    vehicle_break,
    disposal_site,
    disposal_site_fraction,
)
"""In order of dependency: what is pointed to comes first."""

counter = sa.Table("counter", metadata, _key("name"), _whole("value"))
"""Numbers that only grow. Raising one takes its row lock, so writers of one kind queue up and commit in order."""

plan = sa.Table(
    "plan",
    metadata,
    _key(),
    sa.Column("day", sa.Date, nullable=False, index=True),
    sa.Column("created_utc", UtcDateTime, nullable=False, index=True),
    sa.Column("status", sa.Text, nullable=False, index=True),
    _text("document"),
    sa.Column("based_on", sa.Text, nullable=True, index=True),
)
sa.Index(
    "uq_plan_published_day",
    plan.c.day,
    unique=True,
    sqlite_where=plan.c.status == "published",
    postgresql_where=plan.c.status == "published",
)
plan_basis = sa.Table(
    "plan_basis",
    metadata,
    _key("plan_id"),
    _whole("number"),
    sa.Column("basis", sa.LargeBinary, nullable=False),
)
"""What a plan was made from, packed; the newest few by `number`."""

morning_schedule = sa.Table("morning_schedule", metadata, _key(), _text("document"))
morning_run = sa.Table(
    "morning_run", metadata, sa.Column("day", sa.Date, primary_key=True, autoincrement=False), _text("document")
)
"""One row per local day: its key is what makes a morning's plan be ordered once, whoever looks."""

event = sa.Table(
    "event",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    _text("device_id"),
    _whole("sequence"),
    sa.Column("plan_id", sa.Text, nullable=False, index=True),
    _text("vehicle_id"),
    _text("kind"),
    sa.Column("tapped_utc", UtcDateTime, nullable=False),
    sa.Column("received_utc", UtcDateTime, nullable=False, index=True),
    sa.Column("bin_id", sa.Text),
    sa.Column("disposal_site_id", sa.Text),
    sa.Column("skip_reason", sa.Text),
    sa.Column("undoes_key", sa.Text),
    _number("lat_deg", nullable=True),
    _number("lon_deg", nullable=True),
    sa.Column("overflowing", sa.Boolean, nullable=False),
    _number("weight_kg", nullable=True),
    _text("ticket"),
    sa.Column("report", sa.Text),
    _text("note"),
    _number("clock_skew_s", nullable=True),
)
"""Bins, trucks and plans are named, not pointed to: what a driver did stays true when the master data moves on."""

bin_request = sa.Table(
    "bin_request",
    metadata,
    _key(),
    sa.Column("bin_id", sa.Text, nullable=False, index=True),
    _text("reason"),
    _text("note"),
    sa.Column("asked_utc", UtcDateTime, nullable=False, index=True),
    sa.Column("withdrawn_utc", UtcDateTime),
    _text("source"),
)
"""Bins are named, not pointed to, as in `event`."""

tablet = sa.Table(
    "tablet",
    metadata,
    _key(),
    _text("name"),
    _text("secret_sha256"),
    sa.Column("paired_utc", UtcDateTime, nullable=False),
    sa.Column("seen_utc", UtcDateTime, nullable=False),
    sa.Column("revoked_utc", UtcDateTime),
    sa.Column("vehicle_id", sa.Text),
)
"""Never deleted: a revoked tablet must be told so, whenever it comes back."""

pairing_code = sa.Table(
    "pairing_code",
    metadata,
    _key(),
    _text("salt"),
    _text("digest"),
    sa.Column("expires_utc", UtcDateTime, nullable=False),
    sa.Column("vehicle_id", sa.Text),
)
pairing_try = sa.Table(
    "pairing_try",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at_utc", UtcDateTime, nullable=False, index=True),
)
"""Codes that were tried and did not open; whoever is let in takes one back."""

worker = sa.Table(
    "worker",
    metadata,
    _key("name"),
    _text("kind"),
    sa.Column("started_utc", UtcDateTime, nullable=False),
    sa.Column("reported_utc", UtcDateTime, nullable=False),
    _text("facts"),
)
"""One row per process, written over at each report."""

saving_input = sa.Table("saving_input", metadata, _key("digest"), sa.Column("body", sa.LargeBinary, nullable=False))
"""What many days of the audited saving share, by the digest of its content: the city's master data, its drives."""

saving_day = sa.Table(
    "saving_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    _text("digest"),
    _text("figures"),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""One finished day: everything its figures are computed from, beside the figures that pages ask for. Never changed."""

alert_care = sa.Table(
    "alert_care",
    metadata,
    _key("key"),
    _text("kind"),
    sa.Column("sensor_id", sa.Text),
    sa.Column("bin_id", sa.Text),
    sa.Column("raised_utc", UtcDateTime, nullable=False),
    _text("action"),
    sa.Column("at_utc", UtcDateTime, nullable=False, index=True),
    _text("by"),
    _text("note"),
    sa.Column("until_utc", UtcDateTime),
)
"""What people did about alerts; appended, never changed. The alerts themselves are in the reading store."""

work_order = sa.Table(
    "work_order",
    metadata,
    _key(),
    _text("kind"),
    _text("priority"),
    sa.Column("created_utc", UtcDateTime, nullable=False, index=True),
    _text("created_by"),
    sa.Column("bin_id", sa.Text, index=True),
    sa.Column("sensor_id", sa.Text, index=True),
    _text("note"),
    _text("alert_id"),
    sa.Column("status", sa.Text, nullable=False, index=True),
    _whole("revision"),
    sa.Column("changed_utc", UtcDateTime),
)
"""Bins and sensors are named, not pointed to, as in `event`."""

work_change = sa.Table(
    "work_change",
    metadata,
    _points_to("order_id", "work_order.id", key=True),
    sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_utc", UtcDateTime, nullable=False),
    _text("by"),
    _text("status"),
    _text("priority"),
    _text("note"),
)

notice = sa.Table(
    "notice",
    metadata,
    _key(),
    _text("recipient"),
    _text("channel"),
    _text("body"),
    _whole("alerts"),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("created_utc", UtcDateTime, nullable=False, index=True),
    sa.Column("due_utc", UtcDateTime, nullable=False),
    _text("status"),
    _whole("attempts"),
    sa.Column("settled_utc", UtcDateTime),
    _text("error"),
    sa.Index("ix_notice_status_due_utc", "status", "due_utc"),
)
"""The outbox of messages about alerts."""

notice_told = sa.Table(
    "notice_told",
    metadata,
    _key("recipient"),
    _key("kind"),
    _key("sensor_id"),
    _key("bin_id"),
    sa.Column("raised_utc", UtcDateTime, nullable=False),
    sa.Column("told_utc", UtcDateTime, nullable=False),
    sa.Column("over", sa.Boolean, nullable=False),
)
"""Who was told of what; an absent sensor or bin is an empty text, since a key has no nulls."""
