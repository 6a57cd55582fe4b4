"""NB-IoT devices that send a bare frame, as bytes or as hex digits: the frame itself says whose it is."""

import re

from ingest import fields
from ingest.message import Message
from ingest.refusal import no_reading
from tomma.bounds import BoundError, Rule

_HEX = re.compile(rb"(?:[0-9a-fA-F]{2})+")


def frame_in(message: Message) -> bytes:
    """Return the frame, out of its hex digits if it is written in them.

    Raises:
        RefusedError: If there is nothing at all.
    """
    text = message.payload.strip()
    if not text:
        raise no_reading(BoundError("frame", Rule.GIVEN, "must be a frame, got nothing", told_as="the payload"))
    return bytes.fromhex(text.decode("ascii")) if _HEX.fullmatch(text) else message.payload


def check_frame(frame: bytes, *, fits: bool, whose: str) -> None:
    """Refuse a frame that is none of this maker's."""
    if not fits:
        bound, got = f"must be a {whose} frame", frame[:8].hex(" ")
        raise fields.wrong(BoundError("frame", Rule.FRAME_OF, bound, got, told_as="the payload", make=whose))
