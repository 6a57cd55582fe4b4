"""What is read the quick way is what the careful way reads: there is one format, not two."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import strict_json
from ingest.decode import own_plain
from ingest.decode.own_fields import read as read_fields
from ingest.envelope import plain_json
from ingest.message import Message
from ingest.refusal import RefusedError
from ingest.strict_json import parse

T0 = datetime(2026, 11, 22, tzinfo=UTC)
GOOD = '{"measured_utc": "2026-11-22T05:30:00Z", "counter": 17, "distance_mm": 812, "battery_v": 3.58}'


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


NUMBERS = st.sampled_from(
    ["0", "-0", "-0.0", "1e5", "1E400", "1e-400", "18446744073709551616", "-9223372036854775809", "1" * 21, "1" * 22,
     "-" + "1" * 21, "999999999999999", "1000000000000000", "1e15", "0.1", "12.", ".5", "+1", "01", "NaN", "-Infinity",
     "812", "812.5", "0.30000000000000004", "1.7976931348623157e308", "5e-324", "20000", "20000.0000001", "17.0",
     "9007199254740992", "9007199254740993", "9007199254740993.0", "true", "null"]
)  # fmt: skip
MOMENTS = st.sampled_from(
    ["2026-11-22T05:30:00Z", "2026-11-22 05:30:00+01:00", "2026-11-22T05:30:00", "2026-11-22T05:30:00.9999999Z",
     "2026-11-22T053000.1Z", "2026-W47-7T05:30:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60Z", "",
     "yesterday", "2026-02-30T05:30:00z"]
)  # fmt: skip
TEXTS = st.text(max_size=6).map(json.dumps) | st.text("äå\ud800\u2028\x7f", max_size=3).map(
    lambda text: f'"{text}"'
)  # not escaped
VALUES = st.recursive(
    NUMBERS | TEXTS | MOMENTS.map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]")
        | st.lists(st.tuples(TEXTS, inner), max_size=3).map(_object)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["sensor_id", "measured_utc", "counter", "distance_mm", "fill_fraction", "fill_pct", "battery_v", "temperature_c",
     "alarms", "no_echo", "other", "counter\\u0020"]
)  # fmt: skip
OWN = st.lists(
    st.tuples(st.just("distance_mm"), st.just("812"))
    | st.tuples(st.just("measured_utc"), MOMENTS.map(json.dumps))
    | st.tuples(st.just("sensor_id"), st.sampled_from(['"H0001"', '"H0002"', '""']))
    | st.tuples(KEYS, NUMBERS | VALUES),
    min_size=1,
    max_size=6,
).map(lambda found: _object([(f'"{key}"', value) for key, value in found]))


def _changed(text: str, at: int, by: bytes) -> bytes:
    whole = text.encode("utf-8", "surrogatepass")
    place = at % (len(whole) + 1)
    return whole[:place] + by + whole[place + len(by) :]


def _told(read: Any, payload: bytes) -> object:
    """Return a value with the types in it, or how it was refused."""
    try:
        return repr(read(payload))
    except RefusedError as exc:
        return exc.reason, str(exc)


@given(VALUES | OWN, st.integers(0, 200), st.sampled_from([b"", b'"', b"\\", b"\xff", b" ", b"{", b"\x00", b","]))
@example('{"a": 1, "a": 1}', 0, b"")
@example('{"a": "1", "a": ""}', 0, b"")
@example("[" * 13 + "]" * 13, 0, b"")
@example("[" * 25 + "]" * 25, 0, b"")
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_parsed_as_the_careful_parser_parses_them(text: str, at: int, by: bytes) -> None:
    """Same value of the same types, or the same refusal in the same words."""
    payload = _changed(text, at, by)
    assert _told(parse, payload) == _told(strict_json._parse_carefully, payload)


@given(OWN, st.integers(0, 200), st.sampled_from([b"", b'"', b"\\", b"\xff", b" ", b"{", b"1", b"."]))
@example(GOOD, 0, b"")
@example(GOOD[:-1] + ', "counter": 18}', 0, b"")
@example('{"distance_mm": 812, "distance_mm": 812}', 0, b"")
@example('{"fill_pct": -0.0, "temperature_c": -0.0, "battery_v": -0.0}', 0, b"")
@settings(max_examples=400, deadline=None)
def test_our_format_read_at_once_says_what_it_says_field_by_field(text: str, at: int, by: bytes) -> None:
    """A reading must not depend on which of two ways happened to read it."""
    payload = _changed(text, at, by)
    quick = own_plain.read(payload, "H0001")
    if quick is None or quick.said is None:
        return
    message = Message("tomma/v1/H0001/reading", payload, T0, "json", len(payload))
    (careful,) = plain_json.read(message, strict_json.parse_object(payload))
    assert repr(quick._replace(said=None)) == repr(careful._replace(fields={}))
    assert repr(quick.said) == repr(read_fields(careful.fields))


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(GOOD, id="with a time"),
        pytest.param('{"fill_pct": 50}', id="per cent"),
        pytest.param('{"fill_fraction": 0.5, "sensor_id": "H0001", "temperature_c": -4.5}', id="with its name"),
    ],
)
def test_a_common_reading_is_read_at_once(payload: str) -> None:
    """Else the quick way would be right and of no use."""
    assert own_plain.read(payload.encode(), "H0001") is not None
    assert strict_json.parse_plain(payload.encode()) == json.loads(payload)
