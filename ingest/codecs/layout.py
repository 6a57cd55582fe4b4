"""Binary frames by the mapping file's description: offsets, masks, channel tables, histories. Pure."""

import struct
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ingest.codecs.mapping import Channel, Frame, Match, Number, Repeat
from ingest.refusal import unknown_format
from ingest.strict_json import JsonValue
from tomma.bounds import BoundError, Rule

HISTORY = "history"
"""The list under which a repeating part appears, each entry with its `time`."""
HISTORY_MAX = 200
"""The newest entries of a frame that are read."""
DECIMALS = 9
"""Beyond any sensor's, short of what binary fractions add: -41 tenths are -4.1."""
_FLOATS = {2: "e", 4: "f", 8: "d"}


def unpack(
    frames: Sequence[Frame], payload: bytes, port: int | None, sent_utc: datetime | None
) -> dict[str, JsonValue]:
    """Return the fields of the first kind of frame that fits.

    Raises:
        RefusedError: UNKNOWN_FORMAT when none fits, or a value lies beyond the frame's end.
    """
    for frame in frames:
        if _fits(frame, payload, port):
            return _fields(frame, payload, sent_utc)
    bound = f"must fit a frame of the mapping file by port {port} and {len(payload)} bytes"
    raise unknown_format(BoundError("frame", Rule.FITS_MAPPING, bound, payload[:8].hex(" ")))


def _fits(frame: Frame, payload: bytes, port: int | None) -> bool:
    return (
        (not frame.port or port is None or port in frame.port)
        and (not frame.length or len(payload) in frame.length)
        and len(payload) >= frame.min_length
        and payload.startswith(bytes.fromhex(frame.starts_with))
        and all(_matches(match, payload) for match in frame.match)
    )


def _matches(match: Match, payload: bytes) -> bool:
    at = match.at if match.at >= 0 else len(payload) + match.at
    return 0 <= at < len(payload) and payload[at] & match.mask == match.equals


def _fields(frame: Frame, payload: bytes, sent_utc: datetime | None) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {name: read_number(number, payload, name) for name, number in frame.values.items()}
    if frame.channels:
        found.update(_channels(frame.channels, payload[frame.channels_at :]))
    if frame.repeat is not None:
        found[HISTORY] = _history(frame.repeat, payload, sent_utc)
    return found


def _channels(channels: Mapping[str, Channel], payload: bytes) -> dict[str, JsonValue]:
    """Read channel after channel; what follows an unknown one cannot be read, what came before it is good."""
    width = len(next(iter(channels))) // 2
    found: dict[str, JsonValue] = {}
    at = 0
    while at < len(payload):
        key = payload[at : at + width].hex()
        channel = channels.get(key)
        if channel is None:
            if not found:
                bound, told_as = "must begin a channel of the mapping file", f"byte {at}"
                raise unknown_format(BoundError("frame", Rule.BYTE_KNOWN, bound, key, told_as=told_as, at=at))
            break
        end = at + width + channel.size
        if end > len(payload):
            bound, got, told_as = f"must have {channel.size} bytes", len(payload) - at - width, f"channel {key}"
            raise unknown_format(BoundError(key, Rule.BYTES_EXACT, bound, got, told_as=told_as, count=channel.size))
        if channel.name:
            found[channel.name] = read_number(channel, payload[at + width : end], channel.name)
        at = end
    return found


def _history(repeat: Repeat, payload: bytes, sent_utc: datetime | None) -> list[JsonValue]:
    body = payload[repeat.at :]
    pieces = [body[at : at + repeat.size] for at in range(0, len(body) - repeat.size + 1, repeat.size)]
    entries: list[JsonValue] = []
    for number, piece in enumerate(pieces):
        age = number if repeat.newest_first else len(pieces) - 1 - number
        if age >= HISTORY_MAX:
            continue
        entry: dict[str, JsonValue] = {name: read_number(each, piece, name) for name, each in repeat.values.items()}
        if sent_utc is not None:
            entry["time"] = (sent_utc - timedelta(seconds=age * repeat.every_s)).isoformat()
        entries.append(entry)
    return entries


def read_number(number: Number, payload: bytes, name: str) -> JsonValue:
    """Return one number of a frame.

    Raises:
        RefusedError: UNKNOWN_FORMAT when it lies beyond the frame's end, or is no number (NaN, bad BCD).
    """
    at = number.at if number.at >= 0 else len(payload) + number.at
    data = payload[at : at + number.size] if at >= 0 else b""
    if len(data) < number.size:
        low, high = number.at, number.at + number.size - 1
        bound = f"must lie in bytes {low} to {high}"
        raise unknown_format(BoundError(name, Rule.BYTES_REACH, bound, len(payload), low=low, high=high))
    if number.type == "text":
        return data.split(b"\0")[0].decode("latin-1").strip()
    if number.type == "float":
        raw = float(struct.unpack((">" if number.order == "big" else "<") + _FLOATS[number.size], data)[0])
        if raw != raw or raw in (float("inf"), float("-inf")):
            raise unknown_format(BoundError(name, Rule.FINITE, "must be a finite number", raw))
        return _scaled(raw, number)
    whole = _whole(number, data, name)
    return whole if number.scale == 1.0 and number.offset == 0.0 else _scaled(whole, number)


def _scaled(raw: float, number: Number) -> float:
    return round(raw * number.scale + number.offset, DECIMALS)


def _whole(number: Number, data: bytes, name: str) -> int:
    if number.type == "bcd":
        digits = (data if number.order == "big" else data[::-1]).hex()
        if not digits.isdecimal():
            raise unknown_format(BoundError(name, Rule.DIGITS, "must be decimal digits", digits))
        whole = int(digits)
    else:
        whole = int.from_bytes(data, number.order, signed=False)
    if number.bit is not None:
        return whole >> number.bit & 1
    width = 8 * number.size
    if number.mask is not None:
        whole &= number.mask
        width = number.mask.bit_length()
    whole >>= number.shift
    width -= number.shift
    if number.type == "int" and width > 0 and whole >= 1 << (width - 1):
        whole -= 1 << width
    return whole
