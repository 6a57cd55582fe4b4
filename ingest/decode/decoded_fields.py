"""Fields that a network server decoded with the maker's own script: accepted when they carry a distance or a fill.

A unit must be certain: it is in the name (`distance_mm`), in the text ("2799 mm"), beside the value
(`{"value": 1234, "unit": "mm"}`), or known for the maker. A bare `distance` of an unknown maker is left alone, since
81 may be millimetres, centimetres or per cent. Names are compared without case, dashes and underscores, since
`fillPct`, `fill_pct` and `FILL-PCT` are one. Side values (battery, temperature) that make no sense are dropped, never
the level beside them: some sensors say 327.6 degrees for "no probe".
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ingest.decode.values import Draft, Values
from ingest.strict_json import JsonValue
from tomma.model import Alarm

type Facts = Mapping[str, JsonValue]


class Spelling(NamedTuple):
    """One name of a quantity, without case and punctuation, and the factor that turns it into our unit."""

    name: str
    factor: float


DISTANCES = (
    Spelling("distancemm", 1.0),
    Spelling("distanceinmm", 1.0),
    Spelling("levelmm", 1.0),
    Spelling("distancecm", 10.0),
    Spelling("distanceincm", 10.0),
    Spelling("distancem", 1000.0),
)
"""To millimetres."""
FILLS = (
    Spelling("fillfraction", 1.0),
    Spelling("fillpct", 0.01),
    Spelling("fillpercent", 0.01),
    Spelling("filllevelpct", 0.01),
    Spelling("filllevelpercent", 0.01),
    Spelling("fillinglevelpct", 0.01),
)
"""To a fraction."""
WITH_UNIT = ("distance", "distanceaverage", "lidardistance", "level", "filllevel", "fillinglevel", "filling", "fill")
"""Names that count only when the text or the object says the unit."""
_BARE_MM = (Spelling("distance", 1.0),)
DISTANCES_OF_MAKER: Mapping[str, tuple[Spelling, ...]] = {
    "milesight": _BARE_MM,
    "dragino": (*_BARE_MM, Spelling("lidardistance", 10.0)),
    "decentlab": (*_BARE_MM, Spelling("distanceaverage", 1.0)),
    "elsys": _BARE_MM,
    "netvox": _BARE_MM,
}
"""Names without a unit, whose unit the maker's published decoder fixes."""
FILLS_OF_MAKER: Mapping[str, tuple[Spelling, ...]] = {"netvox": (Spelling("filllevel", 0.01),)}
PROBES_CM = tuple(f"distance{number}cm" for number in (1, 2, 3, 4))
"""Four probes in one bin: the nearest echo is the highest heap."""
BATTERY_V = (
    Spelling("batteryv", 1.0),
    Spelling("batteryvoltage", 1.0),
    Spelling("batv", 1.0),
    Spelling("batterymv", 0.001),
)
BATTERY_V_OF_MAKER: Mapping[str, tuple[Spelling, ...]] = {
    "dragino": (Spelling("bat", 1.0),),
    "elsys": (Spelling("vdd", 0.001),),
    "netvox": (Spelling("volt", 1.0),),
}
BATTERY_PCT = (Spelling("batterypct", 1.0), Spelling("batterypercent", 1.0), Spelling("batterylevel", 1.0))
BATTERY_PCT_OF_MAKER: Mapping[str, tuple[Spelling, ...]] = {"milesight": (Spelling("battery", 1.0),)}
TEMPERATURES = (
    Spelling("temperaturec", 1.0),
    Spelling("temperature", 1.0),
    Spelling("tempcds18b20", 1.0),
    Spelling("temp", 1.0),
)
ALARMS: Mapping[str, Alarm] = {
    "fire": Alarm.FIRE,
    "firealarm": Alarm.FIRE,
    "tilt": Alarm.TILT,
    "tilted": Alarm.TILT,
    "tiltalarm": Alarm.TILT,
    "position": Alarm.TILT,
    "lowbattery": Alarm.BATTERY_LOW,
    "batterylow": Alarm.BATTERY_LOW,
    "tamper": Alarm.TAMPER,
    "tamperalarm": Alarm.TAMPER,
    "sensorfault": Alarm.SENSOR_FAULT,
}
TEMPERATURE_ALARMS = ("temperaturealarm", "temperatureabnormal")
ALARM_WORDS = frozenset({"tilt", "tilted", "alarm", "threshold alarm", "threshold_alarm", "on", "yes", "true"})
NO_ECHO_WORDS = frozenset({"invalid reading", "no echo", "no target", "out of range"})
NO_SENSOR_WORDS = frozenset({"no sensor"})

UNITS_MM: Mapping[str, float] = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
UNITS_FILL: Mapping[str, float] = {"%": 0.01, "percent": 0.01, "p1": 0.01}
_QUANTITY = re.compile(r"(-?\d{1,6}(?:\.\d{1,6})?) ?(mm|cm|m|%)", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?", re.ASCII)
_PUNCTUATION = re.compile(r"[^a-z0-9]")


def read(body: Mapping[str, JsonValue], make: str) -> Values | None:
    """Return the values, or None when no field says anything we keep.

    Raises:
        RefusedError: OUT_OF_BOUNDS for a level no sensor sees.
    """
    if not body:
        return None
    facts = {_PUNCTUATION.sub("", name.lower()): value for name, value in reversed(list(body.items()))}
    draft = Draft()
    _read_level(facts, make, draft)
    _read_side_values(facts, make, draft)
    _read_alarms(facts, draft)
    return None if draft.empty else draft.values()


def _read_level(facts: Facts, make: str, draft: Draft) -> None:
    distance_mm = _first(facts, DISTANCES + DISTANCES_OF_MAKER.get(make, ()))
    fill = _first(facts, FILLS + FILLS_OF_MAKER.get(make, ()))
    for name in WITH_UNIT:
        size, unit = _with_unit(facts.get(name))
        if distance_mm is None and unit in UNITS_MM:
            distance_mm = size * UNITS_MM[unit]
        elif fill is None and unit in UNITS_FILL:
            fill = size * UNITS_FILL[unit]
    probes = [heard for heard in (_number(facts.get(name)) for name in PROBES_CM) if heard]
    if distance_mm is None and probes:
        distance_mm = 10.0 * min(probes)
    if facts.get("valid") is False or facts.get("distancevalid") is False or _words(facts, NO_ECHO_WORDS):
        draft.hear(None)
        return
    if distance_mm is not None:
        draft.hear(distance_mm)
    if fill is not None and not draft.no_echo:
        draft.fill_fraction = fill


def _read_side_values(facts: Facts, make: str, draft: Draft) -> None:
    for spellings, note in (
        (BATTERY_V + BATTERY_V_OF_MAKER.get(make, ()), draft.supply),
        (BATTERY_PCT + BATTERY_PCT_OF_MAKER.get(make, ()), draft.charge),
        (TEMPERATURES, draft.feel),
    ):
        value = _first(facts, spellings, as_text=True)
        if value is not None:
            note(value)


def _read_alarms(facts: Facts, draft: Draft) -> None:
    for name, alarm in ALARMS.items():
        if _raised(facts.get(name)):
            draft.alarms.add(alarm)
    draft.temperature_alarm = any(_raised(facts.get(name)) for name in TEMPERATURE_ALARMS)
    probe_seen = facts.get("sensorflag")
    if _words(facts, NO_SENSOR_WORDS) or (isinstance(probe_seen, int) and probe_seen == 0):
        draft.alarms.add(Alarm.SENSOR_FAULT)


def _raised(value: JsonValue) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in ALARM_WORDS)


def _words(facts: Facts, words: frozenset[str]) -> bool:
    """Return whether the distance is told in words instead of a number."""
    value = facts.get("distance")
    return isinstance(value, str) and value.lower() in words


def _first(facts: Facts, spellings: tuple[Spelling, ...], *, as_text: bool = False) -> float | None:
    """Return the first of these that is a number; `as_text`: or one written as text, as some write side values."""
    for name, factor in spellings:
        said = facts.get(name)
        if as_text and isinstance(said, str) and _PLAIN_NUMBER.fullmatch(said):
            said = float(said) + 0.0
        value = _number(said)
        if value is not None:
            return value * factor
    return None


def _number(value: JsonValue) -> float | None:
    """Return a number, or that in a {"value": ...} object; a level written as text is a number only with its unit."""
    if isinstance(value, dict):
        value = value.get("value", value.get("record"))
    return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else None


def _with_unit(value: JsonValue) -> tuple[float, str]:
    """Return "2799 mm" or {"value": 2799, "unit": "mm"} as size and unit; an empty unit for anything else."""
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        return (float(match[1]), match[2]) if match else (0.0, "")
    if isinstance(value, dict):
        unit, size = value.get("unit", value.get("unitId")), _number(value)
        if isinstance(unit, str) and size is not None:
            return size, unit.lower()
    return 0.0, ""
