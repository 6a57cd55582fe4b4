"""The tables of the registry database for the office's and the installers' work on sensors and bins."""

import sqlalchemy as sa

from tomma.stores.books.tables import UtcDateTime, metadata

METADATA = metadata
"""Of this file's tables and those of `tables`: what a database is brought to."""


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=True)


retired = sa.Table(
    "retired",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    _text("kind"),
    sa.Column("id", sa.Text, nullable=False, index=True),
    sa.Column("retired_utc", UtcDateTime, nullable=False),
    _text("document"),
)
"""Master data that went out of use, with the periods that ended then: the city no longer has it, the record does."""

fitting = sa.Table(
    "fitting",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("bin_id", sa.Text, nullable=False, index=True),
    sa.Column("sensor_id", sa.Text, nullable=False, index=True),
    sa.Column("done_utc", UtcDateTime, nullable=False),
    sa.Column("received_utc", UtcDateTime, nullable=False),
    _text("document"),
)
"""What an installer did at a bin, once for each key; named, not pointed to, as in `event`."""

photo = sa.Table(
    "photo",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("bin_id", sa.Text, nullable=False, index=True),
    sa.Column("taken_utc", UtcDateTime, nullable=False),
    sa.Column("received_utc", UtcDateTime, nullable=False, index=True),
    sa.Column("jpeg", sa.LargeBinary, nullable=False),
)

vital = sa.Table(
    "vital",
    metadata,
    sa.Column("sensor_id", sa.Text, primary_key=True),
    sa.Column("heard_utc", UtcDateTime, nullable=False),
    _number("battery_fraction"),
    _number("battery_v"),
    _number("rssi_dbm"),
    _number("snr_db"),
    _number("noise_fraction"),
)
"""How each sensor was when it was last heard of: written over."""

battery_day = sa.Table(
    "battery_day",
    metadata,
    sa.Column("sensor_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("battery_fraction", sa.Double, nullable=False),
)
"""The last thing a sensor said of its battery on each day (UTC): what the days it has left are estimated from."""
