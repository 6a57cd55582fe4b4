"""The header that Milesight's NB-IoT models (EM400 and others) put before their frame.

| bytes | what |
|---|---|
| 1 + 2 + 2 | start 02, product 00 01, how many bytes follow |
| 1 + 2 + 1 | flag, frame counter, protocol version 01 |
| 4 + 4 | firmware and hardware version, as digits |
| 16 + 15 + 15 + 20 | serial number, IMEI, IMSI, ICCID, as digits |
| 1 + 2 | signal, how many bytes of data follow |
| n | the same row of channels as over LoRaWAN |
"""

from typing import NamedTuple

from ingest.refusal import RefusedError, unknown_format
from tomma.bounds import BoundError, Rule

START = bytes.fromhex("020001")
HEADER_BYTES = 86
_SERIAL = slice(17, 33)
_IMEI = slice(33, 48)
_TO_LENGTH_BYTES = 5


class NbFrame(NamedTuple):
    """A frame out of its header."""

    serial_number: str
    imei: str
    data: bytes


def begins(frame: bytes) -> bool:
    """Return whether the frame starts like one of these; no channel of the plain row does."""
    return frame.startswith(START)


def parse(frame: bytes) -> NbFrame:
    """Return the frame without its header, and whose it is.

    Raises:
        RefusedError: If a length does not fit, or the serial number is no text of digits and letters.
    """
    if len(frame) < HEADER_BYTES or not begins(frame):
        bound = f"must have {HEADER_BYTES} bytes and start with {START.hex(' ')}"
        told_as = "Milesight NB-IoT frame: a header"
        raise unknown_format(
            BoundError("frame", Rule.FRAME_OF, bound, frame[:8].hex(" "), told_as=told_as, make="Milesight")
        )
    told = int.from_bytes(frame[3:5], "big")
    if told != len(frame) - _TO_LENGTH_BYTES:
        raise _of_another_length("frame", told, len(frame) - _TO_LENGTH_BYTES)
    data = frame[HEADER_BYTES:]
    length = int.from_bytes(frame[HEADER_BYTES - 2 : HEADER_BYTES], "big")
    if length != len(data):
        raise _of_another_length("data", length, len(data))
    names = [frame[where].decode("ascii", "replace") for where in (_SERIAL, _IMEI)]
    if not all(name.isalnum() and name.isascii() for name in names):
        bound, told_as = "must be digits and letters", "Milesight NB-IoT frame: serial number and IMEI"
        raise unknown_format(BoundError("frame", Rule.FRAME_OF, bound, told_as=told_as, make="Milesight"))
    return NbFrame(names[0], names[1], data)


def _of_another_length(what: str, told: int, got: int) -> RefusedError:
    bound, told_as = f"must have the {told} bytes it tells", f"Milesight NB-IoT frame: the {what}"
    return unknown_format(BoundError(what, Rule.BYTES_EXACT, bound, got, told_as=told_as, count=told))
