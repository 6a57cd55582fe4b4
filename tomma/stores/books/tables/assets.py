"""The tables of the office's and the installers' work on sensors and bins, and of how sensors are."""

import sqlalchemy as sa

from tomma.stores.books.tables.columns import key, metadata, moment, number, text

retired = sa.Table(
    "retired",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    text("kind"),
    text("id", index=True),
    moment("retired_utc"),
    text("document"),
)
"""Master data that went out of use, with the periods that ended then: the city no longer has it, the record does."""

fitting = sa.Table(
    "fitting",
    metadata,
    key("key"),
    text("bin_id", index=True),
    text("sensor_id", index=True),
    moment("done_utc"),
    moment("received_utc"),
    text("document"),
)
"""What an installer did at a bin, once for each key; named, not pointed to, as in `event`."""

photo = sa.Table(
    "photo",
    metadata,
    key("key"),
    text("bin_id", index=True),
    moment("taken_utc"),
    moment("received_utc", index=True),
    sa.Column("jpeg", sa.LargeBinary, nullable=False),
)
vital = sa.Table(
    "vital",
    metadata,
    key("sensor_id"),
    moment("heard_utc"),
    number("battery_fraction", nullable=True),
    number("battery_v", nullable=True),
    number("rssi_dbm", nullable=True),
    number("snr_db", nullable=True),
    number("noise_fraction", nullable=True),
)
"""How each sensor was when it was last heard of: written over."""

battery_day = sa.Table(
    "battery_day",
    metadata,
    key("sensor_id"),
    sa.Column("day", sa.Date, primary_key=True),
    number("battery_fraction"),
)
"""The last thing a sensor said of its battery on each day (UTC): what the days it has left are estimated from."""
