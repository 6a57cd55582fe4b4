"""Dead letters and the quarantine in the reading store. All inside the caller's transaction.

Bounded by class: each reason for itself, and the messages of devices that nobody has hung in a bin yet by devices, by
messages of a device, and in all. Names heard only once go first, so a flood of made-up names pushes out neither a
device that an installer is about to register nor anything else.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from tomma.bounds import Breach
from tomma.codec import from_json, to_json
from tomma.model import DeadLetter, Quarantined, Rejected, RejectReason, SensorId
from tomma.stores.readings.rows import from_ms, storable, to_ms

PAYLOAD_KEPT_BYTES = 16_384
"""Of a dead letter's payload; a sender of megabytes must not fill the disk."""
TEXT_KEPT = 1_000
"""Characters of a dead letter's topic, detail and names."""
NAMES_KEPT = 8


@dataclass(frozen=True, slots=True)
class LettersKept:
    """How much is kept; what is older goes, the counts by reason go on."""

    per_reason: int = 5_000
    devices: int = 500
    per_device: int = 1_000
    """Ten days of a sensor that speaks every quarter of an hour."""
    quarantined: int = 50_000
    """Messages of all devices together."""


_COLUMNS = "received_ms, reason, topic, detail, sensor, payload, envelope, size_bytes, device, breach"
_INSERT = f"INSERT INTO dead_letter ({_COLUMNS}, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  (only constants of this file are set in, here and below)
_TWIN = "SELECT 1 FROM dead_letter WHERE digest = ?"
_COUNT = "INSERT INTO dead_letter_total VALUES (?, ?) ON CONFLICT (reason) DO UPDATE SET total = total + excluded.total"
_TRIM_REASON = """
DELETE FROM dead_letter WHERE device IS NULL AND reason = ?1 AND id <= (
    SELECT id FROM dead_letter WHERE device IS NULL AND reason = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""
_SIGHT = """
INSERT INTO quarantine VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, 0) ON CONFLICT (device) DO UPDATE SET
    names = excluded.names, envelope = excluded.envelope, reason = excluded.reason, seen = seen + 1,
    first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)
"""
_TRIM_DEVICE = """
DELETE FROM dead_letter WHERE device = ?1 AND id <= (
    SELECT id FROM dead_letter WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""
_RECOUNT = (
    "UPDATE quarantine SET kept = (SELECT count(*) FROM dead_letter WHERE device = quarantine.device) WHERE device = ?"
)
_LEAST_HEARD = "SELECT device FROM quarantine ORDER BY seen DESC, last_ms DESC LIMIT -1 OFFSET ?"
_MOST_KEPT = "SELECT device, kept, (SELECT sum(kept) FROM quarantine) FROM quarantine ORDER BY kept DESC LIMIT 1"
_FORGET_LETTERS = "DELETE FROM dead_letter WHERE device = ?"
_FORGET_DEVICE = "DELETE FROM quarantine WHERE device = ?"

_CHOSEN = "(?1 IS NULL OR reason = ?1) AND (?2 IS NULL OR sensor = ?2 OR device = ?2)"
_LETTER = f"id, {_COLUMNS}, (SELECT names FROM quarantine q WHERE q.device = dead_letter.device)"  # noqa: S608
NEWEST = f"SELECT {_LETTER} FROM dead_letter WHERE {_CHOSEN} ORDER BY id DESC LIMIT max(?3, 0)"  # noqa: S608
AFTER = f"SELECT {_LETTER} FROM dead_letter WHERE {_CHOSEN} AND id > ?3 ORDER BY id LIMIT max(?4, 0)"  # noqa: S608
COUNTS = "SELECT reason, total FROM dead_letter_total"
QUARANTINE = """
SELECT names, envelope, reason, first_ms, last_ms, seen, kept,
    (SELECT payload FROM dead_letter d WHERE d.device = q.device ORDER BY d.id DESC LIMIT 1)
FROM quarantine q ORDER BY last_ms DESC, device
"""


def add(connection: sqlite3.Connection, rejected: Sequence[Rejected], kept: LettersKept) -> None:
    """Keep and count each message, but one that was sent again and is kept already; then trim to the bounds."""
    new = [each for each in rejected if not (each.redelivered and _is_kept(connection, each))]
    connection.executemany(_INSERT, [_values(each) for each in new])
    totals = Counter(each.reason.value for each in new)
    connection.executemany(_COUNT, totals.items())
    connection.executemany(_TRIM_REASON, [(reason, kept.per_reason) for reason in totals])
    quarantined = [each for each in new if each.device_ids]
    if quarantined:
        connection.executemany(_SIGHT, [_sighting(each) for each in quarantined])
        _trim_quarantine(connection, {_device(each) for each in quarantined}, kept)


def _is_kept(connection: sqlite3.Connection, rejected: Rejected) -> bool:
    return connection.execute(_TWIN, (_digest(rejected),)).fetchone() is not None


def _trim_quarantine(connection: sqlite3.Connection, heard: set[str | None], kept: LettersKept) -> None:
    for device in heard:
        connection.execute(_TRIM_DEVICE, (device, kept.per_device))
        connection.execute(_RECOUNT, (device,))
    for (device,) in connection.execute(_LEAST_HEARD, (kept.devices,)).fetchall():
        connection.execute(_FORGET_LETTERS, (device,))
        connection.execute(_FORGET_DEVICE, (device,))
    while True:
        device, most, total = connection.execute(_MOST_KEPT).fetchone()
        if total <= kept.quarantined:
            return
        connection.execute(_TRIM_DEVICE, (device, most - min(total - kept.quarantined, (most + 1) // 2)))
        connection.execute(_RECOUNT, (device,))


def drop(connection: sqlite3.Connection, ids: Sequence[int]) -> int:
    """Forget these messages, and the devices of which none is left; return how many messages there were."""
    gone = 0
    for number in ids:
        found = connection.execute("DELETE FROM dead_letter WHERE id = ? RETURNING device", (number,)).fetchall()
        gone += len(found)
        for (device,) in found:
            connection.execute(_RECOUNT, (device,))
    connection.execute("DELETE FROM quarantine WHERE kept = 0")
    return gone


def choice(reason: RejectReason | None, device_id: str | None) -> tuple[str | None, str | None]:
    """Return the first two parameters of NEWEST and AFTER."""
    return None if reason is None else reason.value, device_id


def _device(rejected: Rejected) -> str | None:
    return storable(rejected.device_ids[0][:TEXT_KEPT]) if rejected.device_ids else None


def _digest(rejected: Rejected) -> int:
    said = b"\0".join((storable(rejected.topic).encode(), rejected.reason.value.encode(), rejected.payload))
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)


def _values(rejected: Rejected) -> tuple[Any, ...]:
    """Return the row of table `dead_letter`, cut to a bounded size."""
    detail, size_bytes = rejected.detail, rejected.size_bytes
    if len(rejected.payload) > PAYLOAD_KEPT_BYTES:
        size_bytes = size_bytes or len(rejected.payload)
        detail = f"{detail[:TEXT_KEPT]} (kept {PAYLOAD_KEPT_BYTES} of {size_bytes} bytes)"
    return (
        to_ms(rejected.received_utc),
        rejected.reason.value,
        storable(rejected.topic[:TEXT_KEPT]),
        storable(detail[: TEXT_KEPT + 64]),
        None if rejected.sensor_id is None else storable(rejected.sensor_id[:TEXT_KEPT]),
        rejected.payload[:PAYLOAD_KEPT_BYTES],
        rejected.envelope,
        size_bytes,
        _device(rejected),
        _kept_breach(rejected.breach),
        _digest(rejected),
    )


def _kept_breach(breach: Breach | None) -> str | None:
    """Return it as JSON; None for one that is too long or holds what no text carries: the detail tells it, too."""
    try:
        told = "" if breach is None else to_json(breach).decode()
    except UnicodeEncodeError:
        return None
    return told if 0 < len(told) <= TEXT_KEPT else None


def _breach(told: str | None) -> Breach | None:
    """Return what was kept; None for a rule that this version does not know."""
    try:
        return from_json(told, Breach) if told else None
    except ValueError:
        return None


def _sighting(rejected: Rejected) -> tuple[Any, ...]:
    names = json.dumps([storable(name[:TEXT_KEPT]) for name in rejected.device_ids[:NAMES_KEPT]])
    return _device(rejected), names, rejected.envelope, rejected.reason.value, to_ms(rejected.received_utc)


def letter(row: tuple[Any, ...]) -> DeadLetter:
    """Return the dead letter of a selected row."""
    number, received_ms, reason, topic, detail, sensor, payload, envelope, size_bytes, device, breach, names = row
    return DeadLetter(
        number,
        Rejected(
            topic,
            payload,
            from_ms(received_ms),
            RejectReason(reason),
            detail,
            None if sensor is None else SensorId(sensor),
            envelope,
            size_bytes,
            tuple(json.loads(names)) if names else (device,) if device else (),
            breach=_breach(breach),
        ),
    )


def quarantined(row: tuple[Any, ...]) -> Quarantined:
    """Return the device of a selected row."""
    names, envelope, reason, first_ms, last_ms, seen, kept, payload = row
    return Quarantined(
        tuple(json.loads(names)),
        envelope,
        RejectReason(reason),
        from_ms(first_ms),
        from_ms(last_ms),
        seen,
        kept,
        payload or b"",
    )
