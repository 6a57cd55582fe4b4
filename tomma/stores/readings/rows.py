"""Between domain values and rows of the reading store: exact in both directions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tomma.model import (
    BinId,
    Emptying,
    EmptyingSource,
    Quality,
    Reading,
)
from tomma.stores.readings.schema import BATTERY_STEPS, DISTANCE_STEPS, FILL_STEPS, TEMPERATURE_STEPS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_DAY_MS = 24 * 3600 * 1000
_LARGEST_STEPS = 2**47  # six bytes: SQLite's widest integer below a double


def to_ms(moment: datetime) -> int:
    """Return the millisecond `moment` lies in. Times are kept to the millisecond."""
    since = moment - EPOCH
    return since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def to_ms_up(moment: datetime) -> int:
    """Return the first millisecond not before `moment`: the bound of a half-open range."""
    return -((EPOCH - moment) // _MS)


def from_ms(moment_ms: int) -> datetime:
    """Return the time `moment_ms` after 1970 in UTC."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC)


def steps(value: float | None, per_unit: int) -> float | int | None:
    """Return `value` as whole steps if dividing them gives it back exactly, else the value itself.

    >>> steps(3.58, 1000), steps(1 / 3, 1000), steps(None, 1000)
    (3580, 0.3333333333333333, None)
    """
    if value is None:
        return None
    try:
        whole = round(value * per_unit)
    except (OverflowError, ValueError):  # infinite, or no number
        return value
    return whole if -_LARGEST_STEPS < whole < _LARGEST_STEPS and whole / per_unit == value else float(value)


def in_unit(kept: Any, per_unit: int) -> Any:
    """Return what `steps` was given, from what it returned.

    >>> in_unit(3580, 1000), in_unit(0.3333333333333333, 1000), in_unit(None, 1000)
    (3.58, 0.3333333333333333, None)
    """
    return kept / per_unit if isinstance(kept, int) else kept


def reading_values(series: int, reading: Reading) -> tuple[Any, ...]:
    """Return the row of table `reading`."""
    measured_ms = to_ms(reading.measured_utc)
    return (
        series,
        measured_ms,
        to_ms(reading.received_utc) - measured_ms,
        # A raw fill lies beyond the end it was clipped to, so it says both and costs nothing.
        steps(reading.fill_fraction if reading.raw_fill_fraction is None else reading.raw_fill_fraction, FILL_STEPS),
        int(reading.quality),
        steps(reading.distance_mm, DISTANCE_STEPS),
        steps(reading.battery_v, BATTERY_STEPS),
        steps(reading.temperature_c, TEMPERATURE_STEPS),
        reading.counter,
    )


QUALITIES = {int(flags): flags for flags in map(Quality, range(2 * max(Quality)))}
"""Every combination of flags: a look-up costs a tenth of making one."""


def reading(row: tuple[Any, ...]) -> Reading:
    """Return the reading of a row that was selected with `READING_SQL`."""
    if not (isinstance(row[0], str) and isinstance(row[1], str)):  # only damage makes names anything else
        raise TypeError(f"names must be text, got {row[0]!r} and {row[1]!r}")
    bin_id, sensor_id, measured_ms, delay_ms, fill, quality, distance, battery, temperature, counter = row
    said = in_unit(fill, FILL_STEPS)
    clipped = said < 0.0 or said > 1.0
    return Reading(
        bin_id,
        sensor_id,
        from_ms(measured_ms),
        from_ms(measured_ms + delay_ms),
        float(said > 1.0) if clipped else said,
        QUALITIES.get(quality) or Quality(quality),
        in_unit(distance, DISTANCE_STEPS),
        in_unit(battery, BATTERY_STEPS),
        in_unit(temperature, TEMPERATURE_STEPS),
        counter,
        said if clipped else None,
    )


def emptying_values(emptying: Emptying) -> tuple[Any, ...]:
    """Return the row of table `emptying`."""
    at_ms = to_ms(emptying.at_utc)
    return (emptying.bin_id, at_ms, emptying.source.value, emptying.fill_before_fraction, emptying.fill_after_fraction)


def emptying(row: tuple[Any, ...]) -> Emptying:
    """Return the emptying of a row of table `emptying`."""
    name, at_ms, source, before, after = row
    return Emptying(BinId(name), from_ms(at_ms), EmptyingSource(source), before, after)


def storable(text: str) -> str:
    """Return `text` with what UTF-8 cannot carry written out: a dead letter must never block the stream."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
