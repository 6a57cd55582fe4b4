"""A photo without what it tells beside the picture: place, time, phone, names.

The picture itself is not decoded: nothing of a stranger's file runs here, and no quality is lost. A JPEG (ITU-T T.81,
annex B) is a row of segments, each with its marker and length; those of applications and comments are left out.
"""

from collections.abc import Iterator

from tomma.bounds import BoundError, Rule

START, END, SCAN = 0xD8, 0xD9, 0xDA
RESTARTS = frozenset(range(0xD0, 0xD8))
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start of a frame: height and width stand in it."""
KEPT_APPLICATION = 0xEE
"""Adobe's APP14 says how colours are coded; without it some pictures turn green."""
COMMENT = 0xFE
SIDE_MAX = 4_000
"""Pixels; a picture that claims more is made to exhaust whoever looks at it."""


def bare_jpeg(data: bytes) -> bytes:
    """Return the picture alone.

    Raises:
        BoundError: If it is no JPEG, is cut off, or claims more than 4,000 pixels on a side.
    """
    kept = [b"\xff\xd8"]
    framed = False
    for marker, segment in _segments(data):
        if marker in FRAMES:
            _check_size(segment)
            framed = True
        if marker == COMMENT or (0xE0 <= marker <= 0xEF and marker != KEPT_APPLICATION):
            continue
        kept.append(segment)
    if not framed:
        raise _no_jpeg("must be a JPEG picture with a frame")
    return b"".join(kept)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each marker with its whole segment; a scan's coded picture belongs to its segment."""
    if data[:2] != b"\xff\xd8":
        raise _no_jpeg()
    at = 2
    while True:
        if at + 4 > len(data) and data[at : at + 2] != b"\xff\xd9":
            raise _cut_off()
        if data[at] != 0xFF:
            raise _no_jpeg(f"must be a JPEG picture with a marker at byte {at}")
        marker = data[at + 1]
        if marker == END:
            yield marker, b"\xff\xd9"  # what phones append behind it (a film, a second picture) goes
            return
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise _cut_off()
        if marker == SCAN:
            end = _after_scan(data, end)
        yield marker, data[at:end]
        at = end


def _after_scan(data: bytes, at: int) -> int:
    """Return where the coded picture ends: at the first marker that is no stuffed zero and no restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _cut_off()
        following = data[at + 1]
        if following != 0x00 and following not in RESTARTS and following != 0xFF:
            return at
        at += 1 if following == 0xFF else 2


def _check_size(frame: bytes) -> None:
    height_px, width_px = int.from_bytes(frame[5:7], "big"), int.from_bytes(frame[7:9], "big")
    if not (0 < height_px <= SIDE_MAX and 0 < width_px <= SIDE_MAX):
        bound, got = f"must have at most {SIDE_MAX} pixels on a side", f"{width_px} x {height_px}"
        raise BoundError("body", Rule.PHOTO_SIDE, bound, got, told_as="a photo", most=SIDE_MAX)


def _no_jpeg(bound: str = "must be a JPEG picture and not another file") -> BoundError:
    return BoundError("body", Rule.PHOTO, bound, told_as="a photo")


def _cut_off() -> BoundError:
    return BoundError("body", Rule.PHOTO_WHOLE, "must be whole and not cut off", told_as="a photo")
