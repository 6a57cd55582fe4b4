"""The mapping file: refused with the key and the value when wrong, and doing what it says when right."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.mapping import CodecMapping, MappingError, read_mapping
from ingest.codecs.meaning import interpret
from ingest.decode.values import Values
from ingest.refusal import RefusedError
from tests.ingest.codecs.conftest import SENT_UTC
from tomma.model import Alarm, RejectReason


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("fields = [", "acme.toml: not TOML", id="no TOML"),
        pytest.param("[felds]", "felds: is not a known key", id="a key misspelt"),
        pytest.param(
            '[fields]\ndistanse = { from = "d", unit = "mm" }',
            "fields.distanse: is not a known key",
            id="a quantity misspelt",
        ),
        pytest.param('[fields]\ndistance = { from = "d" }', "unit of distance must be one of mm", id="no unit"),
        pytest.param(
            '[fields]\ndistance = { from = "d", unit = "%" }',
            "unit of distance must be one of mm",
            id="a unit of something else",
        ),
        pytest.param(
            '[fields]\nfill = { from = "d", unit = "cm" }', "unit of fill must be one of %", id="fill in centimetres"
        ),
        pytest.param(
            '[fields]\ntime = { from = "d", unit = "days" }', "unit of time must be one of iso", id="a unit of time"
        ),
        pytest.param('[fields]\ndistance = { unit = "mm" }', "fields.distance.0.from: Field required", id="no source"),
        pytest.param('[fields]\ndistance = { from = [], unit = "mm" }', "fields.distance.0.from", id="an empty source"),
        pytest.param(
            '[fields]\ndistance = { from = "d", unit = "mm", scale = "x" }', "scale", id="a scale that is no number"
        ),
        pytest.param(
            '[fields]\nfill = { from = "d", unit = "%", pattern = "(" }', "regular expression", id="a broken pattern"
        ),
        pytest.param(
            '[fields]\nfill = { from = "d", unit = "%", pattern = "a" }', "one group", id="a pattern without a group"
        ),
        pytest.param(
            '[fields]\nfill = { from = "d", unit = "%", combine = "sum" }', "combine", id="an unknown combination"
        ),
        pytest.param(
            "port = 300", "port: Input should be less than or equal to 255, got 300", id="a port that is none"
        ),
        pytest.param(
            "[[frame]]\nport = 1", "one of values, channels and repeat must be given", id="a frame of nothing"
        ),
        pytest.param("[[frame]]\nvalues = { d = { bytes = 9 } }", "bytes", id="nine bytes"),
        pytest.param(
            '[[frame]]\nvalues = { d = { bytes = 3, type = "float" } }',
            "bytes of a float must be 2, 4 or 8, got 3",
            id="a float of three bytes",
        ),
        pytest.param(
            '[[frame]]\nvalues = { d = { bytes = 4, type = "float", bit = 1 } }',
            "need a whole number",
            id="a bit of a float",
        ),
        pytest.param('[[frame]]\nstarts_with = "0x1"\nvalues = { d = {} }', "bytes in hex", id="half a byte"),
        pytest.param(
            '[[frame]]\nchannels = { "01" = {}, "0102" = {} }', "same number of bytes", id="channels of two widths"
        ),
    ],
)
def test_a_wrong_file_is_refused_by_file_key_and_value(text: str, told: str) -> None:
    """The installer reads one line and knows where to look."""
    with pytest.raises(MappingError) as refused:
        read_mapping("acme.toml", text)
    assert str(refused.value).startswith("acme.toml: ")
    assert told in str(refused.value)


def _told(text: str, data: Any) -> list[Values]:
    return list(interpret(data, read_mapping("acme.toml", text), SENT_UTC))


@pytest.mark.parametrize(
    ("rules", "data", "expected"),
    [
        pytest.param('distance = { from = "d", unit = "cm" }', {"d": 81}, {"distance_mm": 810}, id="a unit"),
        pytest.param(
            'distance = { from = "d", unit = "cm" }', {"d": "81.5 cm"}, {"distance_mm": 815}, id="a text with a unit"
        ),
        pytest.param('distance = { from = "d", unit = "in" }', {"d": "10"}, {"distance_mm": 254}, id="inches as text"),
        pytest.param(
            'distance = { from = "d", unit = "mm" }', {"d": "81.2 cm"}, {"distance_mm": 812}, id="a text's own unit"
        ),
        pytest.param(
            'distance = { from = "d", unit = "mm", scale = -1, offset = 2000 }',
            {"d": {"value": 1.2, "unit": "m"}},
            {"distance_mm": 800},
            id="the unit beside a value, before it is scaled",
        ),
        pytest.param(
            'fill = { from = "d", unit = "fraction" }', {"d": "45 %"}, {"fill_fraction": 0.45}, id="a share's own unit"
        ),
        pytest.param(
            'temperature = { from = "t", unit = "F" }', {"t": "20 °C"}, {"temperature_c": 20}, id="degrees of its own"
        ),
        pytest.param(
            'distance = { from = "d", unit = "mm", scale = -1, offset = 2000 }',
            {"d": 800},
            {"distance_mm": 1200},
            id="a height of waste",
        ),
        pytest.param(
            'distance = { from = ["a", "b"], unit = "mm" }',
            {"b": 90},
            {"distance_mm": 90},
            id="the first that is there",
        ),
        pytest.param(
            'distance = { from = ["a", "b"], unit = "mm", combine = "min" }',
            {"a": 95, "b": 90},
            {"distance_mm": 90},
            id="the nearest of two",
        ),
        pytest.param(
            'distance = { from = ["a", "b"], unit = "mm", combine = "max" }',
            {"a": 95, "b": 90},
            {"distance_mm": 95},
            id="the farthest of two",
        ),
        pytest.param(
            'distance = { from = ["a", "b"], unit = "mm", combine = "mean" }',
            {"a": 95, "b": 85},
            {"distance_mm": 90},
            id="the mean of two",
        ),
        pytest.param(
            'distance = { from = ["a", "b"], unit = "mm", combine = "min", no_echo = 0 }',
            {"a": 0, "b": 90},
            {"distance_mm": 90},
            id="one probe silent",
        ),
        pytest.param(
            'distance = { from = "d", unit = "mm", no_echo = [0, 9999] }',
            {"d": 9999},
            {"no_echo": True},
            id="no echo, a number",
        ),
        pytest.param(
            'distance = { from = "d", unit = "mm", no_echo = "No Target" }',
            {"d": "no target "},
            {"no_echo": True},
            id="no echo, a text",
        ),
        pytest.param(
            'distance = { from = "d", unit = "mm", ignore = 255 }\nbattery = { from = "b", unit = "V" }',
            {"d": 255, "b": 3.6},
            {"battery_v": 3.6},
            id="an unknown value",
        ),
        pytest.param(
            'distance = { from = "a.b[1].c", unit = "mm" }',
            {"a": {"b": [{}, {"c": 90}]}},
            {"distance_mm": 90},
            id="a path",
        ),
        pytest.param(
            'distance = { from = "a[-1]", unit = "mm" }', {"a": [80, 90]}, {"distance_mm": 90}, id="the last of a list"
        ),
        pytest.param(
            'distance = { from = "a.b", unit = "mm" }', {"a.b": 90}, {"distance_mm": 90}, id="a name with a dot"
        ),
        pytest.param(
            'distance = { from = "d", unit = "mm" }',
            {"d": {"value": 90}},
            {"distance_mm": 90},
            id="a value in an object",
        ),
        pytest.param('fill = { from = "f", unit = "%" }', {"f": 45}, {"fill_fraction": 0.45}, id="per cent"),
        pytest.param('fill = { from = "f", unit = "fraction" }', {"f": 0.45}, {"fill_fraction": 0.45}, id="a fraction"),
        pytest.param(
            'fill = { from = "t", unit = "%", pattern = "fill: (\\\\d+)" }',
            {"t": "fill: 45 of 100"},
            {"fill_fraction": 0.45},
            id="a pattern",
        ),
        pytest.param(
            'fill = [{ from = "f", unit = "%", when = { kind = [1, 3] } }, { from = "g", unit = "%" }]',
            {"kind": 3, "f": 45, "g": 9},
            {"fill_fraction": 0.45},
            id="a condition that holds",
        ),
        pytest.param(
            'fill = [{ from = "f", unit = "%", when = { kind = [1, 3] } }, { from = "g", unit = "%" }]',
            {"kind": 2, "f": 45, "g": 9},
            {"fill_fraction": 0.09},
            id="a condition that does not",
        ),
        pytest.param('battery = { from = "v", unit = "mV" }', {"v": 3600}, {"battery_v": 3.6}, id="millivolts"),
        pytest.param(
            'battery = { from = "v", unit = "%" }', {"v": 80}, {"battery_fraction": 0.8}, id="a battery in per cent"
        ),
        pytest.param('temperature = { from = "t", unit = "F" }', {"t": 68}, {"temperature_c": 20}, id="Fahrenheit"),
        pytest.param('temperature = { from = "t", unit = "K" }', {"t": 293.15}, {"temperature_c": 20}, id="Kelvin"),
        pytest.param('temperature = { from = "t", scale = 0.1 }', {"t": 205}, {"temperature_c": 20.5}, id="tenths"),
        pytest.param(
            'fire = { from = "a", is = [1, "hot"] }', {"a": "HOT"}, {"alarms": {Alarm.FIRE}}, id="an alarm by its word"
        ),
        pytest.param(
            'fire = { from = "t", above = 70 }', {"t": "71 C"}, {"alarms": {Alarm.FIRE}}, id="an alarm above a limit"
        ),
        pytest.param(
            'battery_low = { from = "v", below = 3 }',
            {"v": 2.9},
            {"alarms": {Alarm.BATTERY_LOW}},
            id="an alarm below a limit",
        ),
        pytest.param('tamper = { from = "x" }', {"x": True}, {"alarms": {Alarm.TAMPER}}, id="an alarm as a flag"),
        pytest.param(
            'sensor_fault = { from = "e", is = [3], when = { k = "err" } }',
            {"e": 3, "k": "err"},
            {"alarms": {Alarm.SENSOR_FAULT}},
            id="an alarm under a condition",
        ),
        pytest.param(
            'distance = { from = "d", unit = "mm" }',
            {"d": 90, "battery_voltage": 3.6, "tilt": True},
            {"distance_mm": 90, "battery_v": 3.6, "alarms": {Alarm.TILT}},
            id="the rest by its names",
        ),
        pytest.param(
            'battery = { from = "v", unit = "V" }',
            {"v": 3.6, "distance_cm": 9},
            {"battery_v": 3.6, "distance_mm": 90},
            id="the level by its name",
        ),
    ],
)
def test_a_rule_does_what_it_says(rules: str, data: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Each line of the table in docs/codecs.md."""
    (values,) = _told(f"[fields]\n{rules}", data)
    kept = {name: getattr(values, name) for name in Values._fields if name != "measured_utc"}
    assert {name: value for name, value in kept.items() if value} == expected


def test_a_status_without_its_mapped_level_is_no_reading() -> None:
    """The names that were looked for stand in the refusal beside those that came."""
    with pytest.raises(RefusedError, match=r"fields must have a value of the mapping \(d\), got 'x'") as refused:
        _told('[fields]\ndistance = { from = "d", unit = "mm" }', {"x": 1})
    assert refused.value.reason is RejectReason.NO_READING


def test_a_level_that_is_no_number_is_a_wrong_field() -> None:
    """A rule that points at the wrong thing is told, not skipped."""
    with pytest.raises(RefusedError, match="d must be a number"):
        _told('[fields]\ndistance = { from = "d", unit = "mm" }', {"d": [1, 2]})


def test_nothing_is_guessed_when_the_file_says_so() -> None:
    """For makers whose names say one thing and mean another."""
    (values,) = _told('guess = false\n[fields]\ndistance = { from = "d", unit = "mm" }', {"d": 90, "battery": 80})
    assert values == Values(distance_mm=90)


@pytest.mark.parametrize(
    ("unit", "value", "ago"),
    [
        ("iso", "2026-06-01T11:30:00Z", timedelta(minutes=30)),
        ("s", 1_780_313_400, timedelta(minutes=30)),
        ("ms", 1_780_313_400_000, timedelta(minutes=30)),
        ("seconds_ago", 1800, timedelta(minutes=30)),
        ("minutes_ago", "30 min", timedelta(minutes=30)),
        ("hours_ago", 0.5, timedelta(minutes=30)),
    ],
)
def test_every_entry_of_a_list_has_its_own_time(unit: str, value: object, ago: timedelta) -> None:
    """A history of the device, however it counts time; what the entry lacks is looked for outside."""
    text = f'[fields]\neach = "log"\ndistance = {{ from = "d", unit = "mm" }}\ntime = {{ from = "t", unit = "{unit}" }}'
    first, second = _told(text, {"d": 70, "log": [{"d": 80, "t": value}, {"t": value}]})
    assert (first.distance_mm, first.measured_utc) == (80, SENT_UTC - ago)
    assert second.distance_mm == 70


def test_a_list_of_records_at_the_top_is_a_history() -> None:
    """Some codecs return nothing but the list."""
    told = _told('[fields]\ndistance = { from = "d", unit = "mm" }', [{"d": 80}, {"d": 90}])
    assert [values.distance_mm for values in told] == [80, 90]


NAMES = ["distance", "distance_mm", "d", "fill", "level", "value", "unit", "time", "battery", "temp", "valid", "log"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner, max_size=5)
    ),
    max_leaves=20,
)
RULES = """[fields]
each = "log"
distance = { from = ["d", "distance"], unit = "mm", no_echo = 0 }
time = { from = "time", unit = "s" }
fire = { from = "temp", above = 60 }
"""


@given(JSON, st.sampled_from(["", RULES]))
def test_no_output_of_a_codec_raises_anything_but_the_refusal(data: Any, text: str) -> None:
    """Scripts answer what they like; the stream goes on, and what is told fits a log line."""
    mapping: CodecMapping = read_mapping("x.toml", text)
    try:
        told = interpret(data, mapping, datetime(2026, 1, 1, tzinfo=UTC))
    except RefusedError as refused:
        fine = str(refused).isascii() and str(refused).isprintable()
    else:
        fine = bool(told)
    assert fine
