"""Many rows of the reading store at once: column by column, where a row at a time would take three times as long.

A forecast reads millions of readings and a page ten thousand, and nearly all of that time went into making objects
one by one. Here every step runs over a whole column inside the interpreter. The objects' own check of themselves is
left out, so its questions are asked of the columns; where one is not answered plainly, nothing is returned and
`rows.reading` decides row by row. What comes out is the same: its tests hold that.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import repeat
from typing import Any

import msgspec

from tomma.model import Reading
from tomma.stores.readings.rows import QUALITIES
from tomma.stores.readings.schema import BATTERY_STEPS, DISTANCE_STEPS, FILL_STEPS, TEMPERATURE_STEPS

CHUNK = 1_000
"""Rows judged together: one odd row sends so many the slow way."""
_SET_FIELDS = [getattr(Reading, field.name).__set__ for field in fields(Reading)]
_TEXT: set[type] = {str}
_WHOLE: set[type] = {int}
_NUMBER = _WHOLE | {float}
_MAYBE_WHOLE, _MAYBE_NUMBER = _WHOLE | {type(None)}, _NUMBER | {type(None)}


def plain_readings(rows: Sequence[tuple[Any, ...]]) -> list[Reading] | None:
    """Return the readings of rows selected with `READING_SQL`; None when any of them is clipped, odd or damaged."""
    bins, sensors, measured_ms, delays_ms, fills, flags, distances, batteries, temperatures, counters = zip(
        *rows, strict=True
    )
    try:
        columns: tuple[Iterable[Any], ...] = (
            _typed(bins, _TEXT),
            _typed(sensors, _TEXT),
            times(_typed(measured_ms, _WHOLE)),
            times(map(int.__add__, measured_ms, delays_ms)),
            _fractions(fills),
            [QUALITIES[each] for each in flags],
            _in_units(distances, DISTANCE_STEPS),
            _in_units(batteries, BATTERY_STEPS),
            _in_units(temperatures, TEMPERATURE_STEPS),
            _typed(counters, _MAYBE_WHOLE),
            repeat(None),  # nothing was clipped
        )
    except (ValueError, TypeError, KeyError, OverflowError, msgspec.ValidationError):
        return None
    return made_of(len(rows), columns)


def made_of(count: int, columns: Iterable[Iterable[Any]]) -> list[Reading]:
    """Return so many readings from the columns of all their fields in order; what is in them was judged before."""
    made = list(map(Reading.__new__, repeat(Reading, count)))
    for set_field, column in zip(_SET_FIELDS, columns, strict=True):
        deque(map(set_field, made, column), maxlen=0)
    return made


def _typed(column: Iterable[Any], allowed: set[type]) -> Iterable[Any]:
    if not set(map(type, column)) <= allowed:
        raise TypeError("a column must hold what an append writes")
    return column


def times(moments_ms: Iterable[int]) -> list[datetime]:
    """Return the times in UTC; msgspec makes them in half the time, and the same ones."""
    return msgspec.convert([each / 1000 for each in moments_ms], list[datetime], strict=False)


def _fractions(column: Iterable[Any]) -> list[float]:
    fractions = [each / FILL_STEPS if type(each) is int else each for each in _typed(column, _NUMBER)]
    if not (min(fractions) >= 0.0 and max(fractions) <= 1.0):
        raise ValueError("a fill beyond [0, 1] was clipped: its row says so")
    return fractions


def _in_units(column: Iterable[Any], per_unit: int) -> list[float | None]:
    return [each / per_unit if type(each) is int else each for each in _typed(column, _MAYBE_NUMBER)]
