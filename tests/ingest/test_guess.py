"""What decoded fields say without a mapping file: names of real makes, and what stays in doubt."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.decode.facts import DEPTH_MAX
from ingest.decode.guess import understand
from ingest.decode.levels import no_hint
from ingest.decode.names import Kind, meaning_of
from ingest.decode.quantity import LENGTH_MM
from ingest.decode.values import NO_ECHO_MM, Values
from ingest.refusal import RefusedError
from ingest.strict_json import JsonValue
from tomma.model import Alarm, RejectReason


def _kept(values: Values) -> dict[str, Any]:
    kept = {name: getattr(values, name) for name in Values._fields}
    return {name: value for name, value in kept.items() if value}


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("distance_mm", Kind.DISTANCE, "mm"),
        ("distanceInCm", Kind.DISTANCE, "cm"),
        ("DISTANCE", Kind.DISTANCE, ""),
        ("lidar_distance", Kind.DISTANCE, ""),
        ("ullage_cm", Kind.DISTANCE, "cm"),
        ("sensorDistanceMeters", Kind.DISTANCE, "meters"),
        ("distance1_cm", Kind.DISTANCE, "cm"),
        ("fillLevel", Kind.FILL, ""),
        ("filllevel", Kind.FILL, ""),
        ("fillinglvl", Kind.FILL, ""),
        ("fill_percentage", Kind.FILL, "percentage"),
        ("wasteFillingLevelPct", Kind.FILL, "pct"),
        ("fillRatio", Kind.FILL, "ratio"),
        ("level", Kind.LEVEL, ""),
        ("level_percent", Kind.LEVEL, "percent"),
        ("batteryLevel", Kind.BATTERY, ""),
        ("BatV", Kind.BATTERY, "v"),
        ("battery_mV", Kind.BATTERY, "mv"),
        ("vdd", Kind.BATTERY, ""),
        ("TempC_DS18B20", Kind.TEMPERATURE, "c"),
        ("air_temperature", Kind.TEMPERATURE, ""),
        ("distance_alarm", Kind.NOTHING, ""),
        ("distanceThreshold", Kind.NOTHING, ""),
        ("distance_minimum", Kind.NOTHING, ""),
        ("us_empty_distance", Kind.NOTHING, ""),
        ("sound_level", Kind.NOTHING, ""),
        ("fill_level_alarm", Kind.NOTHING, ""),
        ("temperature_max", Kind.NOTHING, ""),
        ("soil_moisture", Kind.NOTHING, ""),
        ("template", Kind.NOTHING, ""),
        ("batch", Kind.NOTHING, ""),
        ("", Kind.NOTHING, ""),
    ],
)
def test_a_name_tells_what_a_field_is_and_in_which_unit(name: str, kind: Kind, unit: str) -> None:
    """One word too many (alarm, threshold, maximum) and it is something else."""
    meaning = meaning_of(name)
    assert (meaning.kind, meaning.unit) == (kind, unit)


@pytest.mark.parametrize(
    ("name", "alarm"),
    [
        ("fire", Alarm.FIRE),
        ("fireAlarm", Alarm.FIRE),
        ("tilt", Alarm.TILT),
        ("tilt_status", Alarm.TILT),
        ("position", Alarm.TILT),
        ("lowBattery", Alarm.BATTERY_LOW),
        ("battery_low_alarm", Alarm.BATTERY_LOW),
        ("alarmBattery", Alarm.BATTERY_LOW),
        ("battery_alarm_threshold", None),
        ("tamper_detected", Alarm.TAMPER),
        ("ultrasonicSensorFailure", Alarm.SENSOR_FAULT),
        ("fire_alarm_threshold", None),
        ("tilt_enable", None),
    ],
)
def test_a_name_tells_which_alarm_it_is(name: str, alarm: Alarm | None) -> None:
    """A threshold for an alarm is none."""
    assert meaning_of(name).alarm is alarm


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param({"distance_mm": 812}, {"distance_mm": 812}, id="the unit in the name"),
        pytest.param({"distance": "812 mm"}, {"distance_mm": 812}, id="the unit in the text"),
        pytest.param({"distance": "81,2cm"}, {"distance_mm": 812}, id="a decimal comma"),
        pytest.param({"distance": 81.2, "distance_unit": "cm"}, {"distance_mm": 812}, id="the unit beside it"),
        pytest.param({"distance": 0.812, "unit": "m"}, {"distance_mm": 812}, id="a lone unit"),
        pytest.param(
            {"distance": {"value": 812, "unit": "mm", "displayName": "D"}}, {"distance_mm": 812}, id="an object"
        ),
        pytest.param(
            {"a": [{"variable": "distance", "value": 812, "unit": "mm"}]}, {"distance_mm": 812}, id="named values"
        ),
        pytest.param(
            {"us": {"distance_mm": 812}, "sys": {"battery_mV": 3600}},
            {"distance_mm": 812, "battery_v": 3.6},
            id="nested",
        ),
        pytest.param(
            {"distance_average_mm": 820, "distance_median_mm": 812}, {"distance_mm": 812}, id="the median first"
        ),
        pytest.param(
            {"distance1_cm": 90, "distance2_cm": 81.2, "distance3_cm": 0}, {"distance_mm": 812}, id="the nearest probe"
        ),
        pytest.param(
            {"level": "2000 mm", "full": False, "fire": True},
            {"distance_mm": 2000, "alarms": {Alarm.FIRE}},
            id="a level in millimetres",
        ),
        pytest.param({"fill_level": 45}, {"fill_fraction": 0.45}, id="a bare fill beyond 1"),
        pytest.param({"fillLevel": "45 %"}, {"fill_fraction": 0.45}, id="a fill with its sign"),
        pytest.param({"fillRatio": 0.45}, {"fill_fraction": 0.45}, id="a ratio"),
        pytest.param({"level": 45, "level_unit": "%"}, {"fill_fraction": 0.45}, id="a level in per cent"),
        pytest.param({"distance_mm": 812, "fill_level": 45}, {"distance_mm": 812}, id="the distance before the fill"),
        pytest.param(
            {"distance": 81, "fill_pct": 45}, {"fill_fraction": 0.45}, id="the fill before a doubtful distance"
        ),
        pytest.param({"distance_mm": 0}, {"no_echo": True}, id="zero is no echo"),
        pytest.param({"distance_cm": 9999}, {"no_echo": True}, id="four nines are no echo"),
        pytest.param({"distance": -1}, {"no_echo": True}, id="below nothing is no echo"),
        pytest.param({"distance": "No Target"}, {"no_echo": True}, id="no echo in words"),
        pytest.param({"distance": "INVALID_READING"}, {"no_echo": True}, id="no echo in a maker's capitals"),
        pytest.param({"distance_mm": 812, "valid": False}, {"no_echo": True}, id="not valid"),
        pytest.param({"distance_mm": None, "battery": 80}, {"battery_fraction": 0.8}, id="null"),
        pytest.param(
            {"battery": 3.6, "temp": "20.5", "humidity": 40}, {"battery_v": 3.6, "temperature_c": 20.5}, id="a status"
        ),
        pytest.param({"battery": 3, "temperature": 21}, {"temperature_c": 21}, id="a battery in doubt"),
        pytest.param({"temperature_f": 68, "vbat": 3612}, {"temperature_c": 20, "battery_v": 3.612}, id="other units"),
        pytest.param({"temperature": 327.6, "tilt": "tilt"}, {"alarms": {Alarm.TILT}}, id="a probe not there"),
        pytest.param({"tilt": 45, "battery": 80}, {"battery_fraction": 0.8}, id="an angle is no alarm"),
    ],
)
def test_certain_fields_are_understood(data: dict[str, Any], expected: Mapping[str, Any]) -> None:
    """Spellings of makes in service, each once."""
    (values,) = understand(data)
    assert _kept(values) == expected


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param({"distance": 81}, 'distance = { from = "distance", unit = "mm" }', id="a bare distance"),
        pytest.param({"a": {"dist": "81"}}, 'distance = { from = "a.dist", unit = "mm" }', id="a nested one"),
        pytest.param({"level": 14}, 'fill = { from = "level", unit = "%" }', id="a bare level"),
        pytest.param({"level": 214}, 'distance = { from = "level", unit = "mm" }', id="more than any per cent"),
        pytest.param({"fill": 0.5}, 'fill = { from = "fill", unit = "%" }', id="half, or half a per cent"),
        pytest.param({"fill": 1}, 'fill = { from = "fill", unit = "%" }', id="full, or one per cent"),
        pytest.param(
            {"fill_level_cm": 54},
            'distance = { from = "fill_level_cm", unit = "cm", scale = -1',
            id="a height of waste",
        ),
    ],
)
def test_a_level_in_doubt_is_refused_with_the_line_that_settles_it(data: dict[str, Any], line: str) -> None:
    """A wrong guess empties half a city's bins for nothing; nobody notices for weeks."""
    with pytest.raises(RefusedError) as refused:
        understand(data, no_hint, "acme.toml")
    assert refused.value.reason is RejectReason.UNKNOWN_UNIT
    assert line in str(refused.value)
    assert "acme.toml" in str(refused.value)


def test_what_lies_deeper_than_any_makers_fields_is_not_read() -> None:
    """So deep down lie a network's own notes, of gateways and neighbours: a distance there is no level."""
    told: dict[str, JsonValue] = {"distance_mm": 800}
    for _ in range(DEPTH_MAX):
        told = {"within": told, "and": "more", "beside": "it"}
    assert understand(dict(told))[0].distance_mm == 800
    with pytest.raises(RefusedError) as refused:
        understand({"within": told})
    assert refused.value.reason is RejectReason.NO_READING


def test_entries_with_times_are_readings_of_their_own_and_entries_without_count_once() -> None:
    """A history has times; an alarm that repeats its quantity has none, and the last one told counts."""
    old, new = understand(
        {"log": [{"distance_mm": 80, "ts": 1_780_000_000}, {"distance_mm": 90, "ts": 1_780_003_600_000}]}
    )
    assert (old.measured_utc, old.distance_mm) == (datetime.fromtimestamp(1_780_000_000, UTC), 80)
    assert (new.measured_utc, new.distance_mm) == (datetime.fromtimestamp(1_780_003_600, UTC), 90)
    (last,) = understand({"event": [{"distance_mm": 80}, {"distance_mm": 90}]})
    assert last.distance_mm == 90
    (once,) = understand({"distance_mm": 90, "log": [{"distance_mm": 90, "time": "2026-06-01T12:00:00Z"}]})
    assert once.measured_utc is not None


def test_a_history_that_tells_ages_is_refused_with_the_lines_that_settle_it() -> None:
    """The last of a list that begins with the newest is the oldest: hours old, it was taken for the level of now."""
    history: list[JsonValue] = [{"distance_mm": 812, "minutes_ago": 0}, {"distance_mm": 870, "minutes_ago": 60}]
    with pytest.raises(RefusedError, match=r"each = .history. and time = ") as refused:
        understand({"battery_mv": 3600, "history": history}, no_hint, "acme.toml")
    assert refused.value.reason is RejectReason.UNKNOWN_UNIT
    assert understand({"distance_mm": 800, "history": history})[0].distance_mm == 800


@pytest.mark.parametrize("times", [("2026-06-01T12:00:00Z", "2026-06-01T11:00:00Z"), (None, None)])
def test_what_stands_beside_a_list_of_levels_is_of_the_newest(times: tuple[str | None, str | None]) -> None:
    """A fire told beside a history was lost with the battery, because the history alone had levels."""
    log: list[JsonValue] = [
        {"distance_mm": size, **({"time": time} if time else {})} for size, time in zip((80, 90), times, strict=True)
    ]
    told = understand({"fire_alarm": True, "battery_voltage": 3.5, "log": log})
    newest = max(told, key=lambda values: values.measured_utc or datetime.max.replace(tzinfo=UTC))
    assert (newest.alarms, newest.battery_v) == (frozenset({Alarm.FIRE}), 3.5)
    assert all(not values.alarms for values in told if values is not newest)


@given(st.floats(0.2, 15_000), st.sampled_from(sorted(LENGTH_MM)))
def test_a_distance_means_the_same_however_its_unit_is_written(distance: float, unit: str) -> None:
    """In the name, in the text, beside the value."""
    size = round(distance, 3)
    expected = size * LENGTH_MM[unit]
    assume(not {size, expected} & NO_ECHO_MM)  # four nines are no echo in whatever unit
    spellings: list[dict[str, Any]] = [
        {"distance": f"{size} {unit}"},
        {"distance": size, "distance_unit": unit},
        {"distance": {"value": size, "unit": f"[{unit}]"}},
        {f"distance_{unit}": size},
    ]
    possible = 1.0 <= expected <= 20_000.0
    for fields in spellings:
        try:
            (values,) = understand(fields)
        except RefusedError as refused:
            same = not possible and refused.reason is RejectReason.OUT_OF_BOUNDS
        else:
            same = possible and values.distance_mm == pytest.approx(expected)
        assert same
