"""Dragino NB-IoT devices (NDDS20, NDDS75), over MQTT, TCP or UDP bridges: a binary frame, or its hex digits.

The frame names the device by IMEI and brings its own times.
"""

from ingest.decode import dragino_nbiot
from ingest.envelope.nbiot_frame import check_frame, frame_in
from ingest.identity import spellings
from ingest.message import Message, Uplink


def unwrap(message: Message) -> tuple[Uplink]:
    """Return the uplink in a frame of a Dragino NB-IoT device."""
    frame = frame_in(message)
    check_frame(frame, fits=dragino_nbiot.begins(frame), whose="Dragino NB-IoT")
    return (Uplink(spellings(dragino_nbiot.device_of(frame)), None, frame=frame),)


def recognises(frame: bytes) -> bool:
    """Return whether the frame is one of these."""
    return dragino_nbiot.begins(frame)
