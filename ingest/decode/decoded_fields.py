"""Fields that a network server decoded with the maker's own script: accepted when they carry a distance or a fill.

A unit must be certain: it is in the name (`distance_mm`), in the text ("2799 mm"), or known for the maker. A bare
`distance` of an unknown maker is left alone, since 81 may be millimetres, centimetres or per cent. Side values
(battery, temperature) that make no sense are dropped, never the level beside them: some sensors say 327.6 degrees
for "no probe".
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ingest import fields
from ingest.decode.values import Values
from ingest.strict_json import JsonValue


class Spelling(NamedTuple):
    """One name of a quantity and the factor that turns it into our unit."""

    name: str
    factor: float


DISTANCES = (Spelling("distance_mm", 1.0), Spelling("distance_cm", 10.0), Spelling("distance_m", 1000.0))
"""To millimetres."""
FILLS = (Spelling("fill_fraction", 1.0), Spelling("fill_pct", 0.01), Spelling("fill_percent", 0.01))
"""To a fraction."""
DISTANCES_OF_MAKER: Mapping[str, tuple[Spelling, ...]] = {"milesight": (Spelling("distance", 1.0),)}
"""Names without a unit, whose unit the maker's published decoder fixes."""
BATTERY_IS_PERCENT = frozenset({"milesight"})

UNIT_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_WITH_UNIT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?(mm|cm|m)", re.ASCII)


def read(body: Mapping[str, JsonValue], make: str) -> Values | None:
    """Return the values, or None when no field says a distance or fill in a certain unit."""
    distance_mm = _first(body, DISTANCES + DISTANCES_OF_MAKER.get(make, ()))
    if distance_mm is None:
        distance_mm = _with_unit(body.get("distance"))
    fill_fraction = _first(body, FILLS) if distance_mm is None else None
    if distance_mm is None and fill_fraction is None:
        return None
    if distance_mm is not None:
        fields.check_bounds("distance", distance_mm, fields.DISTANCE_MM, "in millimetres")
    if fill_fraction is not None:
        fields.check_bounds("fill", fill_fraction, fields.FILL_FRACTION, "as a fraction", slack=fields.FILL_TOLERANCE)
    return Values(
        distance_mm=distance_mm,
        fill_fraction=fill_fraction,
        battery_v=_plausible(body, "battery_v", fields.BATTERY_V),
        battery_fraction=_percent(body, "battery" if make in BATTERY_IS_PERCENT else "battery_pct"),
        temperature_c=_plausible(
            body, "temperature_c" if "temperature_c" in body else "temperature", fields.TEMPERATURE_C
        ),
    )


def _number(value: JsonValue) -> float | None:
    return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else None


def _first(body: Mapping[str, JsonValue], spellings: tuple[Spelling, ...]) -> float | None:
    for name, factor in spellings:
        value = _number(body.get(name))
        if value is not None:
            return value * factor
    return None


def _with_unit(value: JsonValue) -> float | None:
    """Return "2799 mm" in millimetres; "No Sensor" and the like are no distance."""
    match = _WITH_UNIT.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) * UNIT_MM[match[2]] if match else None


def _plausible(body: Mapping[str, JsonValue], name: str, bounds: tuple[float, float]) -> float | None:
    value = _number(body.get(name))
    return value if value is not None and bounds[0] <= value <= bounds[1] else None


def _percent(body: Mapping[str, JsonValue], name: str) -> float | None:
    value = _plausible(body, name, (0.0, 100.0))
    return None if value is None else value / 100.0
