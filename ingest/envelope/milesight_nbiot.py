"""Milesight NB-IoT devices (EM400 and others), over MQTT, TCP or UDP bridges: a binary frame, or its hex digits.

The frame's header names the device by serial number and IMEI; the installer may register either. It has no time of
its own, so the time of receipt counts.
"""

from ingest.decode import milesight_nbiot
from ingest.envelope.nbiot_frame import check_frame, frame_in
from ingest.identity import spellings
from ingest.message import Message, Uplink


def unwrap(message: Message) -> tuple[Uplink]:
    """Return the uplink in a frame of a Milesight NB-IoT device."""
    frame = frame_in(message)
    check_frame(frame, fits=milesight_nbiot.begins(frame), whose="Milesight NB-IoT")
    parsed = milesight_nbiot.parse(frame)
    return (Uplink(spellings(parsed.serial_number, parsed.imei), None, frame=frame),)


def recognises(frame: bytes) -> bool:
    """Return whether the frame is one of these."""
    return milesight_nbiot.begins(frame)
