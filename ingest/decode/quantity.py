"""Quantities with their units, as makers write them: 81 with "cm" beside it, "2799 mm", "12,5 %", "3.6V"."""

import re
from collections.abc import Mapping

from ingest.strict_json import JsonValue

LENGTH_MM: Mapping[str, float] = {
    "mm": 1.0,
    "millimeter": 1.0,
    "millimeters": 1.0,
    "millimetre": 1.0,
    "millimetres": 1.0,
    "cm": 10.0,
    "centimeter": 10.0,
    "centimeters": 10.0,
    "centimetre": 10.0,
    "centimetres": 10.0,
    "dm": 100.0,
    "m": 1000.0,
    "meter": 1000.0,
    "meters": 1000.0,
    "metre": 1000.0,
    "metres": 1000.0,
    "in": 25.4,
    "inch": 25.4,
    "inches": 25.4,
    "ft": 304.8,
    "feet": 304.8,
    "foot": 304.8,
}
"""To millimetres."""
SHARE: Mapping[str, float] = {
    "%": 0.01,
    "pct": 0.01,
    "percent": 0.01,
    "percentage": 0.01,
    "perc": 0.01,
    "prozent": 0.01,
    "procent": 0.01,
    "p1": 0.01,
    "fraction": 1.0,
    "ratio": 1.0,
}
"""To a fraction."""
VOLTS: Mapping[str, float] = {"v": 1.0, "volt": 1.0, "volts": 1.0, "mv": 0.001, "millivolt": 0.001, "millivolts": 0.001}
CELSIUS: Mapping[str, tuple[float, float]] = {
    "c": (1.0, 0.0),
    "°c": (1.0, 0.0),
    "cel": (1.0, 0.0),
    "celsius": (1.0, 0.0),
    "℃": (1.0, 0.0),
    "degc": (1.0, 0.0),
    "f": (5.0 / 9.0, -160.0 / 9.0),
    "°f": (5.0 / 9.0, -160.0 / 9.0),
    "fahrenheit": (5.0 / 9.0, -160.0 / 9.0),
    "k": (1.0, -273.15),
    "kelvin": (1.0, -273.15),
}
"""Factor and summand to degrees Celsius."""

_TEXT = re.compile(r"\s*([+-]?\d{1,9}(?:[.,]\d{1,9})?(?:[eE][+-]?\d{1,2})?)\s*(%|°\s?[CF]|[A-Za-zµ℃]{0,12})\s*")


def number_and_unit(value: JsonValue) -> tuple[float, str] | None:
    """Return 2799 as (2799, ""), "2799 mm" as (2799, "mm"); None for true, null, words and structures."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) + 0.0, ""
    match = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return float(match[1].replace(",", ".")) + 0.0, clean_unit(match[2])


def clean_unit(unit: JsonValue) -> str:
    """Return a unit as our tables spell it: "[mm]", " Cm" and "℃" as "mm", "cm" and "℃"; empty when it is no text."""
    return re.sub(r"[\s\[\](){}]", "", unit).lower() if isinstance(unit, str) else ""


def in_unit(value: float, told: str, wanted: str) -> float:
    """Return 81.2 told in "cm" as 812 where "mm" is wanted; the value itself when either unit is unknown."""
    for table in (LENGTH_MM, SHARE, VOLTS):
        if told in table and wanted in table:
            return value * table[told] / table[wanted] if told != wanted else value
    if told in CELSIUS and wanted in CELSIUS and told != wanted:
        (factor, summand), (wanted_factor, wanted_summand) = CELSIUS[told], CELSIUS[wanted]
        return (value * factor + summand - wanted_summand) / wanted_factor
    return value
