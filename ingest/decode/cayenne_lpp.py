"""Cayenne LPP, the small common format that many makers and home-made devices speak.

A row of channel, type and big-endian value; the type fixes length and unit. A distance (type 0x82, millimetres), a
temperature (0x67, tenths), a voltage (0x74, hundredths) and a percentage (0x78) are kept; which channel a device uses
for what is its own affair, so a percentage counts as fill only on a device that sends no distance, and a voltage as
the battery's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ingest.decode.values import Draft, Values
from ingest.message import Uplink
from ingest.refusal import unknown_format
from tomma.bounds import BoundError, Rule

DISTANCE, TEMPERATURE, VOLTAGE, PERCENTAGE = 0x82, 0x67, 0x74, 0x78
LENGTHS: Mapping[int, int] = {
    0x00: 1,  # digital input
    0x01: 1,  # digital output
    0x02: 2,  # analogue input
    0x03: 2,  # analogue output
    0x64: 4,  # generic
    0x65: 2,  # light
    0x66: 1,  # presence
    TEMPERATURE: 2,
    0x68: 1,  # humidity
    0x71: 6,  # acceleration
    0x73: 2,  # air pressure
    VOLTAGE: 2,
    0x75: 2,  # current
    0x76: 4,  # frequency
    PERCENTAGE: 1,
    0x79: 2,  # altitude
    0x7D: 2,  # concentration
    0x80: 2,  # power
    DISTANCE: 4,
    0x83: 4,  # energy
    0x84: 2,  # direction
    0x85: 4,  # time
    0x86: 6,  # rotation
    0x87: 3,  # colour
    0x88: 9,  # position
    0x8E: 1,  # switch
}


class _Sent(NamedTuple):
    """Numbers in a frame, by type, in the order they were sent."""

    kind: int
    number: int


READ: Mapping[int, Callable[[Draft, int], None]] = {
    DISTANCE: lambda draft, number: draft.hear(float(number)),
    TEMPERATURE: lambda draft, number: draft.feel(number / 10.0),
    VOLTAGE: lambda draft, number: draft.supply(number / 100.0),
}


def decode(uplink: Uplink, model: str = "") -> Sequence[Values]:  # noqa: ARG001  (the format knows no models)
    """Return distance or fill, temperature and battery.

    Raises:
        RefusedError: UNKNOWN_FORMAT for a type that is none or a frame that ends in the middle of a value.
    """
    sent = _read(uplink.frame)
    draft = Draft()
    for kind, number in sent:
        if kind in READ:
            READ[kind](draft, number)
    percentages = [number for kind, number in sent if kind == PERCENTAGE]
    if percentages and not any(kind == DISTANCE for kind, _ in sent):
        draft.fill_fraction = percentages[-1] / 100.0
    return (draft.values(),)


def _read(frame: bytes) -> list[_Sent]:
    found: list[_Sent] = []
    position = 0
    while position < len(frame):
        kind = frame[position + 1] if position + 1 < len(frame) else -1
        length = LENGTHS.get(kind)
        data = frame[position + 2 : position + 2 + (length or 0)]
        if length is None or len(data) < length:
            bound = f"byte {position} must begin a channel, a known type and its value"
            got, told_as = frame[position:][:4].hex(" "), "Cayenne LPP frame:"
            raise unknown_format(BoundError("frame", Rule.BYTE_KNOWN, bound, got, told_as=told_as, at=position))
        found.append(_Sent(kind, int.from_bytes(data, "big", signed=kind == TEMPERATURE)))
        position += 2 + length
    return found
