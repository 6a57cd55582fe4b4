"""Alerts in the reading store: the changes, and what follows from them now. All inside the caller's transaction."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from tomma.model import Alert, AlertKind, BinId, Emptying, SensorId
from tomma.stores.readings.rows import from_ms, to_ms

_COLUMNS = "kind, at_ms, active, sensor, bin, numbers"
_INSERT = f"INSERT INTO alert (subject, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608  (only constants of this file are set in, here and below)
_DELETE = "DELETE FROM alert WHERE subject = ? AND kind = ? AND at_ms = ? AND active = ?"
_DELETE_EMPTYING = "DELETE FROM emptying WHERE bin = ? AND at_ms = ? AND source = ?"
_FORGET = "DELETE FROM active_alert WHERE subject = ? AND kind = ?"
_RENEW = f"""
INSERT INTO active_alert SELECT * FROM (
    SELECT subject, {_COLUMNS} FROM alert WHERE subject = ? AND kind = ? ORDER BY at_ms DESC, active LIMIT 1
) WHERE active = 1
"""  # noqa: S608
ALERTS = f"SELECT {_COLUMNS} FROM alert WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms, active DESC, kind, subject"  # noqa: S608
ALERTS_OF_BIN = f"""
SELECT {_COLUMNS} FROM alert WHERE at_ms >= ? AND at_ms < ? AND bin = ? ORDER BY at_ms, active DESC, kind, subject
"""  # noqa: S608
ACTIVE_ALERTS = f"SELECT {_COLUMNS} FROM active_alert ORDER BY at_ms, kind, subject"  # noqa: S608


def add(connection: sqlite3.Connection, alerts: Sequence[Alert]) -> None:
    """Store each change once and bring `active_alert` up to date."""
    connection.executemany(_INSERT, [alert_values(each) for each in alerts])
    _renew(connection, alerts)


def withdraw(connection: sqlite3.Connection, withdrawn: Sequence[Emptying | Alert]) -> None:
    """Remove what was told in error."""
    for each in withdrawn:
        if isinstance(each, Alert):
            connection.execute(_DELETE, alert_values(each)[:4])
        else:
            connection.execute(_DELETE_EMPTYING, (each.bin_id, to_ms(each.at_utc), each.source.value))
    _renew(connection, [each for each in withdrawn if isinstance(each, Alert)])


def _renew(connection: sqlite3.Connection, changed: Sequence[Alert]) -> None:
    touched = sorted({(subject_of(each), each.kind.value) for each in changed})
    connection.executemany(_FORGET, touched)
    connection.executemany(_RENEW, touched)


def subject_of(alert: Alert) -> str:
    """Return one text for (sensor, bin): a sensor and a bin may bear the same name.

    >>> from datetime import UTC, datetime
    >>> subject_of(Alert(AlertKind.TILT, datetime(2026, 1, 1, tzinfo=UTC), True, SensorId("S"), BinId("B")))
    's:S'
    """
    sensor_id, bin_id = alert.subject
    return f"s:{sensor_id}" if sensor_id is not None else f"b:{bin_id}" if bin_id is not None else ""


def alert_values(alert: Alert) -> tuple[Any, ...]:
    """Return the row of table `alert`; the first four values are its key."""
    return (
        subject_of(alert),
        alert.kind.value,
        to_ms(alert.at_utc),
        int(alert.active),
        alert.sensor_id,
        alert.bin_id,
        json.dumps(dict(alert.values), sort_keys=True),
    )


def alert(row: tuple[Any, ...]) -> Alert:
    """Return the alert of a selected row."""
    kind, at_ms, active, sensor, bin_id, numbers = row
    return Alert(
        AlertKind(kind),
        from_ms(at_ms),
        bool(active),
        None if sensor is None else SensorId(sensor),
        None if bin_id is None else BinId(bin_id),
        json.loads(numbers),
    )
