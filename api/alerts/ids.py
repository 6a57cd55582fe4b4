"""The public id of an alert: opaque to clients, and readable by us without asking a store."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tomma.alerts import About
from tomma.model import Alert, AlertKind, BinId, SensorId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
ID_MAX = 512


@dataclass(frozen=True, slots=True)
class AlertKey:
    """What an id says."""

    about: About
    raised_utc: datetime


def alert_id(alert: Alert) -> str:
    """Return the id of a raised alert.

    >>> alert_id(Alert(AlertKind.TILT, datetime(2026, 1, 1, tzinfo=UTC), True, SensorId("S")))
    'dGlsdAoxNzY3MjI1NjAwMDAwCnM6Uw'
    """
    sensor_id, bin_id = alert.subject
    subject = f"s:{sensor_id}" if sensor_id is not None else f"b:{bin_id}" if bin_id is not None else ""
    text = f"{alert.kind.value}\n{(alert.at_utc - _EPOCH) // _MS}\n{subject}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_alert_id(text: str) -> AlertKey | None:
    """Return what the id says; None when it is none of ours."""
    try:
        decoded = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode()
        kind, raised_ms, subject = decoded.split("\n", 2)
        raised_utc = _EPOCH + int(raised_ms) * _MS
        known = AlertKind(kind)
    except (ValueError, binascii.Error, OverflowError):
        return None
    whose, _, name = subject.partition(":")
    sensor_id = SensorId(name) if whose == "s" else None
    return AlertKey((known, sensor_id, BinId(name) if whose == "b" else None), raised_utc)
