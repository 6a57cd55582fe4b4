"""Milesight ultrasonic, laser and radar distance sensors (EM300, EM400, EM410, EM500 series, WS201).

A frame is a row of (channel, type, value), little-endian, without lengths: what follows an unknown pair cannot be
read. An alarm repeats the quantity on its own channel; the last one in the frame is the newest.
Values checked against the maker's published examples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ingest import fields
from ingest.decode.values import Values
from ingest.message import Uplink
from ingest.refusal import RefusedError
from tomma.model import RejectReason

type Note = Callable[[Values, bytes], Values]


class Channel(NamedTuple):
    """How many bytes follow a (channel, type) pair, and what they say."""

    length: int
    note: Note


def _battery(values: Values, data: bytes) -> Values:
    return replace(values, battery_fraction=data[0] / 100.0) if data[0] <= 100 else values


def _temperature(values: Values, data: bytes) -> Values:
    tenths_c = int.from_bytes(data[:2], "little", signed=True)
    low, high = fields.TEMPERATURE_C
    return replace(values, temperature_c=tenths_c / 10.0) if low <= tenths_c / 10.0 <= high else values


def _distance(values: Values, data: bytes) -> Values:
    return replace(values, distance_mm=float(int.from_bytes(data[:2], "little")))


def _nothing(values: Values, data: bytes) -> Values:  # noqa: ARG001  (a Note takes both)
    return values


CHANNELS: Mapping[tuple[int, int], Channel] = {
    (0x01, 0x75): Channel(1, _battery),
    (0x03, 0x67): Channel(2, _temperature),
    (0x83, 0x67): Channel(3, _temperature),  # with an alarm byte
    (0x03, 0x82): Channel(2, _distance),
    (0x04, 0x82): Channel(2, _distance),
    (0x84, 0x82): Channel(3, _distance),  # with an alarm byte
    (0x94, 0x82): Channel(5, _distance),  # with the jump and an alarm byte
    (0xB4, 0x82): Channel(3, _distance),  # with the cause of a doubtful echo
    (0x04, 0x00): Channel(1, _nothing),  # tilt
    (0x05, 0x00): Channel(1, _nothing),  # tilt
    (0x04, 0xD6): Channel(1, _nothing),  # share of tissue left in a dispenser
    (0xFF, 0x01): Channel(1, _nothing),  # protocol version
    (0xFF, 0x09): Channel(2, _nothing),  # hardware version
    (0xFF, 0x0A): Channel(2, _nothing),  # firmware version
    (0xFF, 0x0B): Channel(1, _nothing),  # switched on
    (0xFF, 0x0F): Channel(1, _nothing),  # radio class
    (0xFF, 0x16): Channel(8, _nothing),  # serial number
    (0xFF, 0xFE): Channel(1, _nothing),  # restarted
    (0xFF, 0xFF): Channel(2, _nothing),  # description version
}


def decode(uplink: Uplink, model: str = "") -> Sequence[Values]:  # noqa: ARG001  (all models speak alike)
    """Return what the frame says; see `read`."""
    return (read(uplink.frame),)


def read(frame: bytes) -> Values:
    """Return the last distance in the frame with battery and temperature.

    Raises:
        RefusedError: NO_READING for a frame of device information only, UNKNOWN_FORMAT for a frame that ends in the
            middle of a value or says nothing we can read, OUT_OF_BOUNDS for a distance no echo has.
    """
    values, position = Values(), 0
    while position < len(frame):
        pair = tuple(frame[position : position + 2])
        channel = CHANNELS.get((pair[0], pair[1])) if len(pair) == 2 else None
        if channel is None:
            if values.distance_mm is None:
                raise _unreadable(f"byte {position} must begin a known channel, got {frame[position:][:2].hex(' ')}")
            break  # newer firmware says more than we know; the distance before it is good
        data = frame[position + 2 : position + 2 + channel.length]
        if len(data) < channel.length:
            raise _unreadable(f"channel {bytes(pair).hex(' ')} must have {channel.length} bytes, got {len(data)}")
        values = channel.note(values, data)
        position += 2 + channel.length
    if values.distance_mm is None:
        raise RefusedError(RejectReason.NO_READING, "the frame has no distance: device information or a heartbeat")
    fields.check_bounds("distance", values.distance_mm, fields.DISTANCE_MM, "in millimetres")
    return values


def _unreadable(detail: str) -> RefusedError:
    return RefusedError(RejectReason.UNKNOWN_FORMAT, f"Milesight frame: {detail}")
