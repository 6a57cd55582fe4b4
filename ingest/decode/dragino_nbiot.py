"""Dragino's NB-IoT distance sensors (NDDS20, NDDS75): one frame with the device's id, the newest value and older ones.

f + IMEI (8 bytes), version (2), battery in mV (2), signal (1), mode (1), interrupt (1), then distance in mm (2) and
seconds since 1970 (4), and the last two again for every older value.
"""

import re
from collections.abc import Sequence

from ingest import fields
from ingest.decode.values import Draft, Values
from ingest.refusal import unknown_format
from tomma.bounds import BoundError, Rule

HEADER_BYTES = 15
RECORD_BYTES = 6
_DEVICE = re.compile(r"f\d{15}", re.ASCII)


def begins(frame: bytes) -> bool:
    """Return whether the frame starts with f and an IMEI, and has whole records."""
    whole = len(frame) > HEADER_BYTES and (len(frame) - HEADER_BYTES) % RECORD_BYTES == 0
    return whole and _DEVICE.fullmatch(frame[:8].hex()) is not None


def device_of(frame: bytes) -> str:
    """Return the IMEI.

    Raises:
        RefusedError: If the frame is none of these.
    """
    if not begins(frame):
        bound = f"must be f, an IMEI and whole records of {RECORD_BYTES} bytes"
        told_as = "Dragino NB-IoT frame:"
        raise unknown_format(
            BoundError("frame", Rule.BYTES_RECORDS, bound, len(frame), told_as=told_as, count=RECORD_BYTES)
        )
    return frame[:8].hex()[1:]


def decode(frame: bytes) -> Sequence[Values]:
    """Return the newest value with the battery, then the older ones; a record without a time ends the list."""
    return [
        _record(frame, place)
        for place in range(HEADER_BYTES, len(frame), RECORD_BYTES)
        if place == HEADER_BYTES or any(frame[place + 2 : place + RECORD_BYTES])
    ]


def _record(frame: bytes, place: int) -> Values:
    seconds = int.from_bytes(frame[place + 2 : place + RECORD_BYTES], "big")
    draft = Draft(measured_utc=fields.epoch(seconds, "the record's time") if seconds else None)
    if place == HEADER_BYTES:
        draft.supply(int.from_bytes(frame[10:12], "big") / 1000.0)
    draft.hear(float(int.from_bytes(frame[place : place + 2], "big")))
    return draft.values()
