"""Typed, bounded access to the fields of a parsed message: what every envelope and decoder checks with."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ingest.refusal import RefusedError, shown
from ingest.strict_json import JsonValue
from tomma.bounds import Advice, BoundError, Rule
from tomma.model import RejectReason

DISTANCE_MM = (1.0, 20_000.0)
"""Nearest and farthest echo any fill-level sensor reports; 0 is how many say "no echo"."""
FILL_FRACTION = (0.0, 1.0)
FILL_TOLERANCE = 0.1
"""A sensor that computes fill from a slightly wrong geometry says -5 % or 105 %: clipped and flagged, not refused."""
BATTERY_V = (0.0, 60.0)
TEMPERATURE_C = (-60.0, 150.0)
"""Colder than any inhabited place to hotter than a bin on fire."""

NO_SUCH_TIME = datetime.max.replace(tzinfo=UTC)
"""What a clock says that is out of its mind; the pipeline takes a better one (`ingest.times`)."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def wrong(told: BoundError) -> RefusedError:
    """Return the error for a field of the wrong type or name."""
    return RefusedError(RejectReason.WRONG_FIELD, told)


def missing(name: str, bound: str = "must be given", got: object = None) -> RefusedError:
    """Return the error for a field without which nothing can be said."""
    return wrong(BoundError(name, Rule.GIVEN, bound, got))


def foreign(name: str, device: str, claimed: str) -> RefusedError:
    """Return the error for a message that names another device than its topic does."""
    bound = f"must be the topic's ({shown(device)})"
    told = BoundError(name, Rule.TOPICS_DEVICE, bound, shown(claimed), device=shown(device))
    return RefusedError(RejectReason.FOREIGN_TOPIC, told)


def number(source: Mapping[str, JsonValue], name: str) -> float | None:
    """Return the field as a number, -0.0 as 0.0, None when absent; text, true and null are no numbers."""
    value = source.get(name, _ABSENT)
    if value is _ABSENT:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(BoundError(name, Rule.NUMBER, "must be a number", shown(value)))
    return float(value) + 0.0  # -0.0 + 0.0 is 0.0


def bounded(
    source: Mapping[str, JsonValue],
    name: str,
    bounds: tuple[float, float],
    advice: Advice | None = None,
    slack: float = 0.0,
) -> float | None:
    """Return the number if it lies within `bounds`, as `check_bounds` has it; None when absent."""
    value = number(source, name)
    if value is not None:
        check_bounds(name, value, bounds, advice, slack)
    return value


def check_bounds(
    name: str, value: float, bounds: tuple[float, float], advice: Advice | None = None, slack: float = 0.0
) -> None:
    """Raise RefusedError naming field, bound and value unless the value lies within `bounds` widened by `slack`.

    `advice` goes with it, but of nothing below zero, which is wrong in any unit.
    """
    low, high = bounds
    if not low - slack <= value <= high + slack:
        bound = BoundError(name, Rule.WITHIN, f"must be within [{low:g}, {high:g}]", f"{value:g}", low=low, high=high)
        raise RefusedError(RejectReason.OUT_OF_BOUNDS, bound, advice if value > 0.0 else None)


def whole(source: Mapping[str, JsonValue], name: str, high: int) -> int | None:
    """Return the field as a whole number from 0 to `high`, None when absent."""
    value = number(source, name)
    if value is None:
        return None
    if not value.is_integer():
        raise wrong(BoundError(name, Rule.WHOLE, "must be a whole number", f"{value:g}"))
    check_bounds(name, value, (0, high))
    return int(value)


def text(source: Mapping[str, JsonValue], name: str) -> str | None:
    """Return the field as a text, None when absent or empty."""
    value = source.get(name, _ABSENT)
    if value is _ABSENT:
        return None
    if not isinstance(value, str):
        raise wrong(BoundError(name, Rule.TEXT, "must be a text", shown(value)))
    return value or None


def section(source: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    """Return the object under `name`, empty when absent: network servers omit what is zero or empty."""
    value = source.get(name, _ABSENT)
    if value is _ABSENT or value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong(BoundError(name, Rule.OBJECT, "must be an object", shown(value)))
    return value


def moment(source: Mapping[str, JsonValue], name: str) -> datetime | None:
    """Return the field as a UTC time, None when absent: RFC 3339 with a zone, or seconds since 1970.

    A time that no calendar has comes back as NO_SUCH_TIME: the clock is wrong, the level beside it need not be.
    A text without a zone is refused: nobody can say which hour it means.
    """
    value = source.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return epoch(value, name)
    said = text(source, name)
    if said is None:
        return None
    found = written(said)
    if found is None:
        raise wrong(BoundError(name, Rule.MOMENT, "must be a time such as 2026-11-22T05:30:00Z", shown(said)))
    return found


def written(said: str) -> datetime | None:
    """Return the time that a text says in RFC 3339 with a zone, None when it is none; see `moment`."""
    if not _RFC3339.fullmatch(said):
        return None
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except (ValueError, OverflowError):
        return NO_SUCH_TIME


def epoch(value: float, name: str, *, per_s: float = 1.0) -> datetime:  # noqa: ARG001  (told when it was refused)
    """Return a time given in seconds since 1970 (`per_s` 1000: milliseconds), NO_SUCH_TIME beyond the calendar."""
    try:
        return datetime.fromtimestamp(value / per_s, UTC)
    except (ValueError, OverflowError, OSError):
        return NO_SUCH_TIME


def count(source: Mapping[str, JsonValue], name: str, high: int) -> int | None:
    """Return the field as a whole number, which older network servers write as text; None when absent."""
    value = source.get(name)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return whole({name: int(value)}, name, high)
    return whole(source, name, high)


def base64_bytes(source: Mapping[str, JsonValue], name: str) -> bytes:
    """Return the bytes in a base64 text, empty when absent."""
    encoded = text(source, name)
    if encoded is None:
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise wrong(BoundError(name, Rule.BASE64, "must be base64", shown(encoded))) from exc


def hex_bytes(source: Mapping[str, JsonValue], name: str) -> bytes:
    """Return the bytes in a text of hex digits, empty when absent."""
    encoded = text(source, name)
    if encoded is None:
        return b""
    if not _HEX.fullmatch(encoded):
        raise wrong(BoundError(name, Rule.HEX, "must be pairs of hex digits", shown(encoded)))
    return bytes.fromhex(encoded)


_DIGITS = re.compile(r"\d{1,10}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)
_ABSENT = object()
