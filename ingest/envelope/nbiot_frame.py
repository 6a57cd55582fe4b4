"""NB-IoT devices that send a bare frame, as bytes or as hex digits: the frame itself says whose it is."""

import re

from ingest import fields
from ingest.message import Message
from ingest.refusal import RefusedError
from tomma.model import RejectReason

_HEX = re.compile(rb"(?:[0-9a-fA-F]{2})+")


def frame_in(message: Message) -> bytes:
    """Return the frame, out of its hex digits if it is written in them.

    Raises:
        RefusedError: If there is nothing at all.
    """
    text = message.payload.strip()
    if not text:
        raise RefusedError(RejectReason.NO_READING, "the payload must be a frame, got nothing")
    return bytes.fromhex(text.decode("ascii")) if _HEX.fullmatch(text) else message.payload


def check_frame(frame: bytes, *, fits: bool, whose: str) -> None:
    """Refuse a frame that is none of this maker's."""
    if not fits:
        raise fields.wrong(f"the payload must be a {whose} frame, got bytes {frame[:8].hex(' ')}")
