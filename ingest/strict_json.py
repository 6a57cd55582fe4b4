"""JSON as RFC 8259 means it, and nothing looser.

The standard parser takes NaN and Infinity, keeps the last of two equal keys, turns 1e400 into infinity, spends
seconds on a number of a million digits and ends in RecursionError on deep nesting. None of it may pass here.

What msgspec reads in a fifth of the time is taken where it can be nothing else than what the careful way would read;
that way decides about everything else, and words every refusal. A test holds the two side by side.
"""

import json
import math
import re
from typing import Any, Final, NoReturn

import msgspec

from ingest.refusal import RefusedError, shown
from tomma.bounds import BoundError, Rule
from tomma.model import RejectReason

type JsonValue = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None

PAYLOAD, THE_PAYLOAD = "payload", "the payload"
DEPTH_MAX = 24
"""The deepest real envelope (The Things Stack, decoded payload with warnings) has 7 levels."""
DIGITS_MAX = 20
"""2^64 has 20 digits; no field of any sensor needs more."""

PLAIN_MAX = 10**15
"""Numbers below are the same to everybody: no more digits than a double has."""
PLAIN_DEPTH = 12
BACKSLASH = 0x5C
_UNSURE: Final = object()
_NEVER = -(10**9)
_decode_plain = msgspec.json.Decoder().decode

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


def parse_object(payload: bytes) -> dict[str, JsonValue]:
    """Return the JSON object in `payload`, every number finite, every key once, every text storable.

    Raises:
        RefusedError: If the bytes are not UTF-8 or not exactly one such object.
    """
    value = parse(payload)
    if not isinstance(value, dict):
        raise _malformed(BoundError(PAYLOAD, Rule.OBJECT, "must be a JSON object", shown(value), told_as=THE_PAYLOAD))
    return value


def parse(payload: bytes) -> JsonValue:
    """Return the JSON value in `payload`; see `parse_object`."""
    value = parse_plain(payload)
    return _parse_carefully(payload) if value is _UNSURE else value


def parse_plain(payload: bytes) -> Any:
    """Return the value where nothing about the JSON is odd, else a mark that is no value."""
    if BACKSLASH in payload:
        return _UNSURE
    try:
        value = _decode_plain(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _UNSURE
    return value if has_texts(payload, _texts_in(value, PLAIN_DEPTH)) else _UNSURE


def has_texts(payload: bytes, texts: int) -> bool:
    """Return whether a payload without `BACKSLASH` has just so many texts, keys included: then no key stands twice.

    msgspec keeps the last of two equal keys and says nothing. But each text begins and ends with a quotation mark, and
    without a backslash has none inside.
    """
    return payload.count(b'"') == 2 * texts


def _texts_in(value: Any, depth: int) -> int:
    """Return how many texts stand in the value, negative for one that the careful way had better see."""
    kind = type(value)
    if kind is str:
        return 1
    if kind is int or kind is float:
        return 0 if -PLAIN_MAX < value < PLAIN_MAX else _NEVER
    if kind is dict:
        return len(value) + sum([_texts_in(each, depth - 1) for each in value.values()]) if depth else _NEVER
    if kind is list:
        return sum([_texts_in(each, depth - 1) for each in value]) if depth else _NEVER
    return 0  # true, false, null


def _parse_carefully(payload: bytes) -> JsonValue:
    text = _text(payload)
    _check_depth(text)
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        bound = f"is not JSON: {exc.msg} at character {exc.pos}"
        raise _malformed(BoundError(PAYLOAD, Rule.JSON, bound, told_as=THE_PAYLOAD, at=exc.pos)) from exc
    if _HALF_CHARACTER.search(text):
        _check_characters(value)
    return value


def _text(payload: bytes) -> str:
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise not_utf8(payload, exc) from exc
    if text.startswith("\ufeff"):
        bound = "must not begin with a byte order mark"
        raise _malformed(BoundError(PAYLOAD, Rule.NO_MARK, bound, told_as=THE_PAYLOAD))
    return text


def not_utf8(payload: bytes, exc: UnicodeDecodeError) -> RefusedError:
    """Return the error for bytes that are no text, naming the first of them."""
    bound, got = f"must be UTF-8 at byte {exc.start}", f"0x{payload[exc.start]:02x}"
    told = BoundError(PAYLOAD, Rule.UTF8, bound, got, told_as=THE_PAYLOAD, at=exc.start)
    return RefusedError(RejectReason.NOT_UTF8, told)


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the recursive parser sees it; cheap when there are few brackets at all."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        piece = match.group()
        if piece in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                bound = f"must not nest deeper than {DEPTH_MAX} levels"
                raise _malformed(BoundError(PAYLOAD, Rule.NESTS_MAX, bound, told_as=THE_PAYLOAD, most=DEPTH_MAX))
        elif piece in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _malformed(BoundError(shown(twice), Rule.TWICE, "must appear once, and stands there again"))
    return found


def _check_characters(value: JsonValue) -> None:
    """Refuse a lone surrogate, which no store and no page can hold; a pair of them is one character and fine."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as exc:
        bound = "must be whole characters, got a lone surrogate"
        raise _malformed(BoundError("text", Rule.CHARACTERS, bound)) from exc


def _integer(digits: str) -> int:
    if len(digits) > DIGITS_MAX + 1:
        bound, got = f"must have at most {DIGITS_MAX} digits", len(digits.lstrip("-"))
        raise _malformed(BoundError("number", Rule.DIGITS_MAX, bound, got, told_as="a whole number", most=DIGITS_MAX))
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _infinite(shown(digits))
    return value


def _constant(name: str) -> NoReturn:
    raise _infinite(name)


def _infinite(got: str) -> RefusedError:
    return _malformed(BoundError("number", Rule.FINITE, "must be finite", got, told_as="a number"))


def _malformed(told: BoundError) -> RefusedError:
    return RefusedError(RejectReason.MALFORMED_JSON, told)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_constant, parse_int=_integer, parse_float=_real, strict=True
)
