"""Elsys sensors (ELT-2 with an ultrasonic or radar probe, ERS and others): a row of type and big-endian value.

The type fixes the length, so a frame of any Elsys device can be read as far as its types are known.
Values checked against published examples.
"""

from collections.abc import Callable, Mapping, Sequence

from ingest.decode.values import Draft, Values
from ingest.message import Uplink
from ingest.refusal import no_reading, unknown_format
from tomma.bounds import BoundError, Rule

LENGTHS: Mapping[int, int] = {
    0x01: 2,  # temperature
    0x02: 1,  # humidity
    0x03: 3,  # acceleration
    0x04: 2,  # light
    0x05: 1,  # motion
    0x06: 2,  # CO2
    0x07: 2,  # battery
    0x08: 2,  # analogue input
    0x09: 6,  # position
    0x0A: 2,  # pulses
    0x0B: 4,  # pulses since ever
    0x0C: 2,  # temperature of an outside probe
    0x0D: 1,  # digital input
    0x0E: 2,  # distance
    0x0F: 1,  # moved
    0x10: 4,  # infrared temperatures
    0x11: 1,  # occupied
    0x12: 1,  # water
    0x13: 65,  # heat picture
    0x14: 4,  # air pressure
    0x15: 2,  # sound
    0x16: 2,  # pulses, second input
    0x17: 4,  # pulses since ever, second input
    0x18: 2,  # analogue input, second
    0x1A: 1,  # digital input, second
    0x1B: 4,  # analogue input in microvolts
    0x1C: 2,  # organic compounds
    0x3D: 4,  # debug
}
SETTINGS = 0x3E
READ: Mapping[int, Callable[[Draft, bytes], None]] = {
    0x01: lambda draft, data: draft.feel(int.from_bytes(data, "big", signed=True) / 10.0),
    0x07: lambda draft, data: draft.supply(int.from_bytes(data, "big") / 1000.0),
    0x0E: lambda draft, data: draft.hear(float(int.from_bytes(data, "big"))),
}
"""The three we keep; the temperature is the air's, not the outside probe's."""


def decode(uplink: Uplink, model: str = "") -> Sequence[Values]:  # noqa: ARG001  (all models speak alike)
    """Return distance, battery and temperature.

    Raises:
        RefusedError: NO_READING for settings and for frames of other quantities only, UNKNOWN_FORMAT for a frame that
            ends in the middle of a value or starts with a type that is none.
    """
    frame, draft, position = uplink.frame, Draft(), 0
    if frame[:1] == bytes([SETTINGS]):
        bound = "must carry a distance, but the device tells its settings"
        raise no_reading(BoundError("frame", Rule.DEVICE_FACTS, bound, told_as="the frame"))
    while position < len(frame):
        kind = frame[position]
        length = LENGTHS.get(kind)
        if length is None:
            if position == 0:
                bound, told_as = "byte 0 must be a known type", "Elsys frame:"
                raise unknown_format(
                    BoundError("frame", Rule.BYTE_KNOWN, bound, f"{kind:#04x}", told_as=told_as, at=position)
                )
            break  # a newer type; what came before it is good
        data = frame[position + 1 : position + 1 + length]
        if len(data) < length:
            bound, told_as = f"must have {length} bytes", f"Elsys frame: type {kind:#04x}"
            raise unknown_format(
                BoundError(f"{kind:#04x}", Rule.BYTES_EXACT, bound, len(data), told_as=told_as, count=length)
            )
        if kind in READ:
            READ[kind](draft, data)
        position += 1 + length
    return (draft.values(),)
