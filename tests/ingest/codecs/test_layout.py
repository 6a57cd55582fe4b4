"""Binary layouts of a mapping file: numbers read back as they were written, and frames told apart."""

import struct
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.layout import read_number, unpack
from ingest.codecs.mapping import Number, read_mapping
from ingest.codecs.meaning import interpret
from ingest.refusal import RefusedError
from tests.ingest.codecs.conftest import SENT_UTC


@given(
    value=st.integers(0, 2**64 - 1),
    size=st.integers(1, 8),
    order=st.sampled_from(["big", "little"]),
    signed=st.booleans(),
    before=st.binary(max_size=4),
    after=st.binary(max_size=4),
)
def test_a_whole_number_is_read_back_wherever_and_however_it_was_written(
    value: int, size: int, order: str, signed: bool, before: bytes, after: bytes
) -> None:
    """Round trip against Python's own writing, counted from either end."""
    value %= 1 << (8 * size)
    if signed and value >= 1 << (8 * size - 1):
        value -= 1 << (8 * size)
    data = before + value.to_bytes(size, order, signed=signed) + after  # type: ignore[arg-type]
    kind = "int" if signed else "uint"
    for at in (len(before), -size - len(after)):
        number = Number.model_validate({"at": at, "bytes": size, "type": kind, "order": order})
        assert read_number(number, data, "x") == value


@given(
    fields=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 2**12 - 1)), min_size=1, max_size=5).filter(
        lambda parts: sum(width for width, _ in parts) <= 64
    ),
    signed=st.booleans(),
)
def test_numbers_packed_into_bits_are_read_back_by_mask_and_shift(fields: list[tuple[int, int]], signed: bool) -> None:
    """Makers save every bit of air time."""
    word, place, packed = 0, 0, []
    for width, number in fields:
        value = number & (1 << width) - 1
        word |= value << place
        packed.append((place, width, value))
        place += width
    for shift, width, value in packed:
        mask = ((1 << width) - 1) << shift
        layout = {"bytes": 8, "mask": mask, "shift": shift, "type": "int" if signed else "uint"}
        expected = value - (1 << width) if signed and value >= 1 << (width - 1) else value
        assert read_number(Number.model_validate(layout), word.to_bytes(8), "x") == expected
        bit = {"bytes": 8, "bit": shift}
        assert read_number(Number.model_validate(bit), word.to_bytes(8), "x") == value & 1


@given(st.floats(-1e6, 1e6, width=32), st.sampled_from([("big", ">f"), ("little", "<f")]))
def test_a_float_is_read_back(value: float, written: tuple[str, str]) -> None:
    """Radar makers send metres as IEEE 754."""
    order, code = written
    number = Number.model_validate({"bytes": 4, "type": "float", "order": order})
    assert read_number(number, struct.pack(code, value), "x") == pytest.approx(value, abs=1e-8)


@given(st.integers(0, 99_999_999))
def test_decimal_digits_are_read_back(value: int) -> None:
    """Metering makers send BCD."""
    number = Number.model_validate({"bytes": 4, "type": "bcd"})
    assert read_number(number, bytes.fromhex(f"{value:08d}"), "x") == value


LAYOUT = """
[[frame]]
port = [2, 3]
length = [4, 5]
match = [{ at = 0, mask = 0xC0, equals = 0x40 }]
values = { distance_mm = { at = -2, bytes = 2 } }

[[frame]]
starts_with = "FF"
channels_at = 1
[frame.channels]
"01" = { name = "battery", bytes = 1 }
"02" = { name = "distance_cm", bytes = 2 }
"03" = { bytes = 3 }

[[frame]]
port = 9
repeat = { at = 1, bytes = 2, every_s = 600, newest_first = false, values = { distance_mm = { bytes = 2 } } }
"""


@pytest.mark.parametrize(
    ("port", "frame", "fields"),
    [
        (2, "40000050", {"distance_mm": 80}),
        (3, "7f00000050", {"distance_mm": 80}),
        (None, "40000050", {"distance_mm": 80}),
        (1, "FF0163020050", {"battery": 99, "distance_cm": 80}),
        (1, "FF03000000020050", {"distance_cm": 80}),
        (1, "FF020050770000", {"distance_cm": 80}),
        (
            9,
            "0000500051",
            {
                "history": [
                    {"distance_mm": 80, "time": "2026-06-01T11:50:00+00:00"},
                    {"distance_mm": 81, "time": "2026-06-01T12:00:00+00:00"},
                ]
            },
        ),
    ],
)
def test_the_first_kind_of_frame_that_fits_is_read(port: int | None, frame: str, fields: Mapping[str, Any]) -> None:
    """By port, length, first bytes and bits; channels in any order, unnamed ones skipped."""
    layout = read_mapping("x.toml", LAYOUT).frame
    assert unpack(layout, bytes.fromhex(frame), port, SENT_UTC) == fields


def test_of_a_history_without_end_the_newest_entries_are_read_at_their_own_times() -> None:
    """Cut at the other end, the oldest were told as if they were of today."""
    frame = b"\x00" + b"".join(number.to_bytes(2, "big") for number in range(300))
    history: Any = unpack(read_mapping("x.toml", LAYOUT).frame, frame, 9, SENT_UTC)["history"]
    assert [each["distance_mm"] for each in history] == list(range(100, 300))
    assert history[-1]["time"] == SENT_UTC.isoformat()
    assert history[0]["time"] == (SENT_UTC - timedelta(minutes=10 * 199)).isoformat()


@pytest.mark.parametrize(
    ("port", "frame", "why"),
    [
        (2, "80000050", "must fit a frame of the mapping file by port 2 and 4 bytes, got 80 00 00 50"),
        (4, "40000050", "must fit a frame"),
        (2, "", "must fit a frame"),
        (1, "FF0400", "byte 0 must begin a channel"),
        (1, "FF0200", "channel 02 must have 2 bytes, got 1"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(port: int, frame: str, why: str) -> None:
    """It says what came, so that the layout can be corrected."""
    with pytest.raises(RefusedError, match=why):
        unpack(read_mapping("x.toml", LAYOUT).frame, bytes.fromhex(frame), port, None)


@given(st.binary(max_size=40), st.one_of(st.none(), st.integers(0, 255)))
def test_no_frame_whatever_raises_anything_but_the_refusal(frame: bytes, port: int | None) -> None:
    """The pipeline is total."""
    mapping = read_mapping("x.toml", LAYOUT)
    try:
        told = interpret(unpack(mapping.frame, frame, port, SENT_UTC), mapping, SENT_UTC)
    except RefusedError:
        return
    assert told
