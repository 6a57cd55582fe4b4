"""Milesight ultrasonic, laser and radar distance sensors (EM300, EM400, EM410, EM500 series, WS201).

A frame is a row of (channel, type, value), little-endian, without lengths: what follows an unknown pair cannot be
read. An alarm repeats the quantity on its own channel; the last one in the frame is the newest. Radars keep a history
and send it with its own times. NB-IoT models put a header before the same row.
Values checked against the maker's published examples.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ingest import fields
from ingest.decode import milesight_nbiot
from ingest.decode.values import Draft, Values
from ingest.message import Uplink
from ingest.refusal import unknown_format
from tomma.bounds import BoundError, Rule
from tomma.model import Alarm

type Note = Callable[[Draft, bytes], None]

HISTORY = (0x20, 0xCE)
HISTORY_BYTES: Mapping[str, int] = {"EM410": 11, "EM500": 6}
"""Length of a history record by the beginning of the model: time and distance, on radars more."""


class Channel(NamedTuple):
    """How many bytes follow a (channel, type) pair, and what they say."""

    length: int
    note: Note


def _battery(draft: Draft, data: bytes) -> None:
    draft.charge(data[0])


def _temperature(draft: Draft, data: bytes) -> None:
    draft.feel(int.from_bytes(data[:2], "little", signed=True) / 10.0)
    draft.temperature_alarm = len(data) > 2 and data[2] == 1


def _distance(draft: Draft, data: bytes) -> None:
    draft.hear(float(int.from_bytes(data[:2], "little")))


def _doubtful_distance(draft: Draft, data: bytes) -> None:
    """Distance with its cause: 0 and 1 the blind zone left and entered, 2 no target, 3 the sensor itself."""
    cause = data[2]
    draft.hear(None if cause >= 2 else float(int.from_bytes(data[:2], "little")))
    draft.raise_if(Alarm.SENSOR_FAULT, on=cause == 3)


def _tilt(draft: Draft, data: bytes) -> None:
    draft.raise_if(Alarm.TILT, on=data[0] == 1)


def _nothing(draft: Draft, data: bytes) -> None:
    """Skip what we keep nothing of."""


CHANNELS: Mapping[tuple[int, int], Channel] = {
    (0x01, 0x75): Channel(1, _battery),
    (0x03, 0x67): Channel(2, _temperature),
    (0x83, 0x67): Channel(3, _temperature),  # with an alarm byte
    (0x03, 0x82): Channel(2, _distance),
    (0x04, 0x82): Channel(2, _distance),
    (0x83, 0x82): Channel(3, _distance),  # with an alarm byte
    (0x84, 0x82): Channel(3, _distance),  # with an alarm byte
    (0x94, 0x82): Channel(5, _distance),  # with the jump and an alarm byte
    (0xB4, 0x82): Channel(3, _doubtful_distance),
    (0x04, 0x00): Channel(1, _tilt),
    (0x05, 0x00): Channel(1, _tilt),
    (0x06, 0x88): Channel(9, _nothing),  # position and motion
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


def decode(uplink: Uplink, model: str = "") -> Sequence[Values]:
    """Return the last distance in the frame with battery, temperature and alarms, then the history in it.

    Raises:
        RefusedError: NO_READING for a frame of device information only, UNKNOWN_FORMAT for a frame that ends in the
            middle of a value or says nothing we can read, OUT_OF_BOUNDS for a distance no echo has.
    """
    frame = uplink.frame
    if milesight_nbiot.begins(frame):
        frame = milesight_nbiot.parse(frame).data
    draft, past = Draft(), list[Values]()
    position = 0
    while position < len(frame):
        pair = (frame[position], frame[position + 1]) if position + 1 < len(frame) else (frame[position], -1)
        channel = CHANNELS.get(pair) or (_history_channel(model, past) if pair == HISTORY else None)
        if channel is None:
            if draft.empty and not past:
                bound, got = f"byte {position} must begin a known channel", frame[position:][:2].hex(" ")
                raise unknown_format(
                    BoundError("frame", Rule.BYTE_KNOWN, bound, got, told_as="Milesight frame:", at=position)
                )
            break  # newer firmware says more than we know; what came before it is good
        data = frame[position + 2 : position + 2 + channel.length]
        if len(data) < channel.length:
            name, count = bytes(pair).hex(" "), channel.length
            bound, told_as = f"must have {count} bytes", f"Milesight frame: channel {name}"
            raise unknown_format(BoundError(name, Rule.BYTES_EXACT, bound, len(data), told_as=told_as, count=count))
        channel.note(draft, data)
        position += 2 + channel.length
    return past if draft.empty and past else (draft.values(), *past)


def _history_channel(model: str, past: list[Values]) -> Channel | None:
    """Return the channel that collects history of this model; other models' records have lengths we do not know."""
    known = (length for begins, length in HISTORY_BYTES.items() if model.upper().startswith(begins))
    length = next(known, None)
    return None if length is None else Channel(length, lambda _, data: past.append(_remembered(data)))


def _remembered(data: bytes) -> Values:
    """Return one history record: time in seconds, distance, and on radars temperature, jump and events."""
    draft = Draft(measured_utc=fields.epoch(int.from_bytes(data[:4], "little"), "history time"))
    draft.hear(float(int.from_bytes(data[4:6], "little")))
    if len(data) > 6:
        draft.feel(int.from_bytes(data[6:8], "little", signed=True) / 10.0)
        draft.raise_if(Alarm.TILT, on=bool(data[10] & 0x40))
    return draft.values()
