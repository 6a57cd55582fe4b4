"""Netvox level sensors: R718PE (ultrasonic), R718X (ultrasonic with tilt), R718PA22 (depth of a liquid).

Frames of 11 bytes on port 6: version 01, device type, report type (01 is data, 00 says who the device is), values.
Port 7 answers commands. Values checked against the maker's published examples.
"""

from collections.abc import Callable, Mapping, Sequence

from ingest.decode.values import Draft, Values
from ingest.message import Uplink
from ingest.refusal import no_reading, unknown_format
from tomma.bounds import BoundError, Rule
from tomma.model import Alarm

FRAME_BYTES = 11
DATA_PORT, COMMAND_PORT = 6, 7
DATA_REPORT = 1
LOW_BATTERY = 0x80


def decode(uplink: Uplink, model: str = "") -> Sequence[Values]:  # noqa: ARG001  (byte 1 tells the model)
    """Return distance, the fill the device computed, temperature and battery.

    Raises:
        RefusedError: NO_READING for answers to commands and device information, UNKNOWN_FORMAT for any other device.
    """
    frame = uplink.frame
    if uplink.port == COMMAND_PORT:
        bound = f"must carry a distance, but answers a command (port {COMMAND_PORT})"
        raise no_reading(BoundError("frame", Rule.DEVICE_FACTS, bound, told_as="the frame"))
    if uplink.port not in (None, DATA_PORT) or len(frame) != FRAME_BYTES or frame[0] != 1:
        bound = f"must be {FRAME_BYTES} bytes of version 1 on port {DATA_PORT}"
        raise unknown_format(
            BoundError("frame", Rule.FRAME_OF, bound, frame[:4].hex(" "), told_as="Netvox frame:", make="Netvox")
        )
    device = DEVICES.get(frame[1])
    if device is None:
        names, told_as = bytes(DEVICES).hex(" "), "Netvox frame: device type"
        raise unknown_format(
            BoundError("type", Rule.ONE_OF, f"must be one of {names}", f"{frame[1]:02x}", told_as=told_as, names=names)
        )
    if frame[2] != DATA_REPORT:
        bound = "must carry a distance, but the device says who it is"
        raise no_reading(BoundError("frame", Rule.DEVICE_FACTS, bound, told_as="the frame"))
    draft = Draft()
    draft.supply((frame[3] & ~LOW_BATTERY) / 10.0)
    draft.raise_if(Alarm.BATTERY_LOW, on=bool(frame[3] & LOW_BATTERY))
    device(draft, frame)
    return (draft.values(),)


def _ultrasonic(draft: Draft, frame: bytes) -> None:
    draft.hear(float(int.from_bytes(frame[5:7], "big")))
    _fill(draft, frame[7])


def _ultrasonic_with_tilt(draft: Draft, frame: bytes) -> None:
    draft.hear(float(int.from_bytes(frame[5:7], "big")))
    draft.feel(int.from_bytes(frame[7:9], "big", signed=True) / 10.0)
    _fill(draft, frame[9])


def _fill(draft: Draft, fill_pct: int) -> None:
    """Keep the device's own fill only beside an echo: without one it is no fill but what was left in its memory."""
    if draft.distance_mm is not None and fill_pct <= 100:
        draft.fill_fraction = fill_pct / 100.0


def _depth(draft: Draft, frame: bytes) -> None:
    """Keep no level: the depth of a liquid over the sensor is no distance from a lid."""
    draft.feel(float(int.from_bytes(frame[6:8], "big", signed=True)))
    draft.raise_if(Alarm.SENSOR_FAULT, on=frame[8] != 0)


DEVICES: Mapping[int, Callable[[Draft, bytes], None]] = {
    0x34: _ultrasonic_with_tilt,
    0x9B: _depth,
    0xB1: _ultrasonic,
}
