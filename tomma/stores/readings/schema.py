"""How readings lie on the disk.

A series is one sensor in one bin. One tree holds the readings, clustered by (series, time), so a history is
one stretch of it and no second index is paid for; names are kept once, in `series`. A sensor that was moved
has several series, and an insert looks into the others: a reading's identity is (sensor, time), wherever the
sensor hung. Numbers that are whole in a fixed decimal unit (millionths of fill, millivolts ...) lie as small
integers, all others as doubles, so what comes out is what went in. Measured: docs/decisions/0001-embedded-stores.md.
"""

import sqlite3
from pathlib import Path

from tomma.errors import StoreUnavailableError
from tomma.stores.sqlite_file import GO_BACK, transaction

APPLICATION_ID = 0x746F6D61  # "toma"

FILL_STEPS = 1_000_000
DISTANCE_STEPS = 10
BATTERY_STEPS = 1_000
TEMPERATURE_STEPS = 100

_VALUES = """
    delay_ms INTEGER NOT NULL,  -- received minus measured
    fill ANY NOT NULL,          -- integer: millionths; real: the fraction itself
    quality INTEGER NOT NULL,
    distance ANY,               -- integer: tenths of a millimetre; real: millimetres
    battery ANY,                -- integer: millivolts; real: volts
    temperature ANY             -- integer: hundredths of a degree; real: degrees Celsius
"""

_FIRST = f"""
CREATE TABLE series (id INTEGER PRIMARY KEY, bin TEXT NOT NULL, sensor TEXT NOT NULL, UNIQUE (bin, sensor)) STRICT;
CREATE INDEX series_by_sensor ON series (sensor);
CREATE TABLE reading (
    series INTEGER NOT NULL, measured_ms INTEGER NOT NULL, {_VALUES},
    PRIMARY KEY (series, measured_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE latest (
    bin TEXT PRIMARY KEY, series INTEGER NOT NULL, measured_ms INTEGER NOT NULL, {_VALUES},
    change INTEGER NOT NULL     -- number of the append that brought it: a reader fetches only what is new
) STRICT, WITHOUT ROWID;
CREATE TABLE emptying (
    bin TEXT NOT NULL, at_ms INTEGER NOT NULL, source TEXT NOT NULL,
    fill_before_fraction REAL, fill_after_fraction REAL,
    PRIMARY KEY (bin, at_ms, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX emptying_by_time ON emptying (at_ms);
CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL, reason TEXT NOT NULL, topic TEXT NOT NULL,
    detail TEXT NOT NULL, sensor TEXT, payload BLOB NOT NULL
) STRICT;
CREATE TABLE dead_letter_total (reason TEXT PRIMARY KEY, total INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE append_count (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO append_count VALUES (1, 0);
"""  # noqa: S608  (only constants of this file are set in)

_ALERT_COLUMNS = """
    subject TEXT NOT NULL,      -- s: and a sensor, b: and a bin, or empty for the stream
    kind TEXT NOT NULL, at_ms INTEGER NOT NULL, active INTEGER NOT NULL,
    sensor TEXT, bin TEXT,
    numbers TEXT NOT NULL       -- JSON
"""
_ALERTS = f"""
CREATE TABLE alert ({_ALERT_COLUMNS}, PRIMARY KEY (subject, kind, at_ms, active)) STRICT, WITHOUT ROWID;
CREATE INDEX alert_by_time ON alert (at_ms);
CREATE TABLE active_alert ({_ALERT_COLUMNS}, PRIMARY KEY (subject, kind)) STRICT, WITHOUT ROWID;
"""

# Columns are only added: a file of thirty million readings is brought up in a moment.
_LETTERS = """
ALTER TABLE reading ADD COLUMN counter INTEGER;
ALTER TABLE latest ADD COLUMN counter INTEGER;
ALTER TABLE dead_letter ADD COLUMN envelope TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letter ADD COLUMN size_bytes INTEGER;
ALTER TABLE dead_letter ADD COLUMN device TEXT;
ALTER TABLE dead_letter ADD COLUMN digest INTEGER;
CREATE INDEX dead_letter_by_reason ON dead_letter (reason, id);
CREATE INDEX dead_letter_by_digest ON dead_letter (digest);
CREATE INDEX dead_letter_by_device ON dead_letter (device, id) WHERE device IS NOT NULL;
CREATE TABLE quarantine (
    device TEXT PRIMARY KEY,    -- the best of its names
    names TEXT NOT NULL,        -- all of them, JSON
    envelope TEXT NOT NULL, reason TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    seen INTEGER NOT NULL, kept INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

_DAYS = """
CREATE TABLE day (              -- of readings that are deleted: see days.py
    bin TEXT NOT NULL, day INTEGER NOT NULL, readings INTEGER NOT NULL,
    min_fill REAL NOT NULL, max_fill REAL NOT NULL, sum_fill REAL NOT NULL,
    last_ms INTEGER NOT NULL, last_fill REAL NOT NULL,
    PRIMARY KEY (bin, day)
) STRICT, WITHOUT ROWID;
"""

# The newest reading of ten thousand bins is asked for at once: a look into `series` for each was a fifth of the time.
_SENSOR_OF_LATEST = """
ALTER TABLE latest ADD COLUMN sensor TEXT NOT NULL DEFAULT '';
UPDATE latest SET sensor = (SELECT p.sensor FROM series p WHERE p.id = latest.series);
"""

_BREACH = "ALTER TABLE dead_letter ADD COLUMN breach TEXT;\n"  # JSON: the field that was refused

_STEPS = (_FIRST, _ALERTS, _LETTERS, _DAYS, _SENSOR_OF_LATEST, _BREACH)
"""One script per version of the file; `user_version` says how many have run. Append, never change."""


FILL_SQL = f"CASE typeof(r.fill) WHEN 'integer' THEN r.fill / {FILL_STEPS}.0 ELSE r.fill END"
READING_SQL = (
    "p.bin, p.sensor, r.measured_ms, r.delay_ms, r.fill, r.quality, r.distance, r.battery, r.temperature, r.counter"
)
"""The columns that `rows.reading` takes, of a row `r` with its series `p`."""


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to this version in one transaction; several processes may try at once.

    Raises:
        StoreUnavailableError: If a newer version wrote the file.
    """
    if _version(connection) == len(_STEPS):
        return
    with transaction(connection):
        version = _version(connection)  # again, under the lock: another process may have been first
        if version > len(_STEPS):
            written = f"written by a newer tomma (version {version} of the file, known up to {len(_STEPS)})"
            raise StoreUnavailableError(f"{path}: {written}; {GO_BACK}")
        for script in _STEPS[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(_STEPS)}")


def _version(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _statements(script: str) -> list[str]:
    """Split a script; `executescript` would commit the transaction around it."""
    return [statement for statement in script.split(";\n") if statement.strip()]
