"""Decentlab DL-MBX (ultrasonic) and DL-LID (laser).

Protocol version 2, device number, flags; then big-endian words, for each flag that is set the words of one probe:
the distance probe on flag 0 (how many words tells which model), the battery in mV on flag 1.
Values checked against the maker's published examples.
"""

from collections.abc import Mapping, Sequence

from ingest.decode.values import Draft, Values
from ingest.message import Uplink
from ingest.refusal import unknown_format
from tomma.bounds import BoundError, Rule, outside

TOLD_AS = "Decentlab frame:"
VERSION = 2
HEADER_BYTES = 5
DISTANCE_FLAG, BATTERY_FLAG = 1, 2
SAMPLES_WORD: Mapping[int, int] = {2: 1, 11: 9}
"""Which word counts the valid samples, by how many words the distance probe has: DL-MBX 2, DL-LID 11."""


def decode(uplink: Uplink, model: str = "") -> Sequence[Values]:  # noqa: ARG001  (the words tell the model)
    """Return the mean distance and the battery; no valid sample at all is no echo.

    Raises:
        RefusedError: UNKNOWN_FORMAT unless version, flags and number of words fit.
    """
    frame = uplink.frame
    if len(frame) < HEADER_BYTES or frame[0] != VERSION:
        bound = f"must begin with version {VERSION}, device and flags"
        raise unknown_format(
            BoundError("frame", Rule.FRAME_OF, bound, frame[:5].hex(" "), told_as=TOLD_AS, make="Decentlab")
        )
    flags = int.from_bytes(frame[3:5], "big")
    if flags & ~(DISTANCE_FLAG | BATTERY_FLAG):
        raise unknown_format(outside("flags", flags, 0, 3, f"{TOLD_AS} flags"))
    words = [int.from_bytes(frame[place : place + 2], "big") for place in range(HEADER_BYTES, len(frame), 2)]
    probe, battery = len(words) - bool(flags & BATTERY_FLAG), bool(flags & BATTERY_FLAG)
    expected = SAMPLES_WORD if flags & DISTANCE_FLAG else {0: 0}
    if len(frame) % 2 != HEADER_BYTES % 2 or probe not in expected:
        bound, got = f"flags {flags} must be followed by the words of its probes", len(frame)
        raise unknown_format(BoundError("frame", Rule.FRAME_OF, bound, got, told_as=TOLD_AS, make="Decentlab"))
    draft = Draft()
    if battery:
        draft.supply(words[-1] / 1000.0)
    if probe:
        draft.hear(float(words[0]) if words[SAMPLES_WORD[probe]] else None)
    return (draft.values(),)
