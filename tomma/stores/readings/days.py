"""What stays of a day when its readings are deleted: four numbers, and what it takes to add later parts to them.

A reading is counted in exactly one place: among the readings, or, from the transaction in which it is deleted, in
its day's row here. `daily` adds up both, so it tells the same before and after a retention run.
"""

import sqlite3
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from tomma.model import BinId, Reading
from tomma.ports import DailyAggregate, KeptDay
from tomma.stores.readings.rows import EPOCH, from_ms, to_ms
from tomma.stores.readings.schema import FILL_SQL

DAY_MS = 24 * 3600 * 1000
_DAY_ZERO = EPOCH.date()

_FILL = f"min(max({FILL_SQL}, 0.0), 1.0)"
"""A fill that was clipped lies in the file as the device said it."""
_NUMBERS = "count(*), min(fill), max(fill), sum(fill), max(measured_ms), max(CASE newest WHEN 1 THEN fill END)"
_ROWS = f"""
SELECT p.bin, r.measured_ms, r.measured_ms / {DAY_MS} AS day, {_FILL} AS fill,
    row_number() OVER (PARTITION BY r.measured_ms / {DAY_MS} ORDER BY r.measured_ms DESC, p.sensor DESC) AS newest
FROM series p CROSS JOIN reading r ON r.series = p.id
"""  # noqa: S608  (only constants of this package are set in, here and below)

OF_READINGS = f"""
SELECT day, {_NUMBERS} FROM ({_ROWS} AND r.measured_ms >= ? AND r.measured_ms < ? WHERE p.bin = ?) GROUP BY day
"""  # noqa: S608
KEPT = """
SELECT day, readings, min_fill, max_fill, sum_fill, last_ms, last_fill FROM day
WHERE day >= ? AND day < ? AND bin = ?
"""
_DUE = """
r.series = ?1 AND r.measured_ms < ?2 AND r.measured_ms IS NOT (
    SELECT l.measured_ms FROM series s JOIN latest l ON l.bin = s.bin AND l.series = s.id WHERE s.id = ?1)
"""
"""Readings `r` of a series measured before a moment, without the newest of its bin."""
ALL_KEPT = "SELECT * FROM day WHERE day >= ? AND day < ? ORDER BY day, bin"
KEEP = "INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_ADD = """
ON CONFLICT (bin, day) DO UPDATE SET
    readings = readings + excluded.readings, sum_fill = sum_fill + excluded.sum_fill,
    min_fill = min(min_fill, excluded.min_fill), max_fill = max(max_fill, excluded.max_fill),
    last_fill = iif(excluded.last_ms >= last_ms, excluded.last_fill, last_fill),
    last_ms = max(last_ms, excluded.last_ms)
"""
FOLD = f"INSERT INTO day SELECT bin, day, {_NUMBERS} FROM ({_ROWS} WHERE p.id = ?1 AND {_DUE}) GROUP BY bin, day {_ADD}"  # noqa: S608
_ADD_ONE = f"INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?) {_ADD}"  # noqa: S608
DELETE = f"DELETE FROM reading AS r WHERE {_DUE}"  # noqa: S608
COUNT = f"SELECT count(*) FROM reading r WHERE {_DUE}"  # noqa: S608


class DayPart(NamedTuple):
    """Some readings of one bin's day; a day may come in several parts."""

    day: int
    """Days after 1970-01-01 (UTC)."""
    readings: int
    min_fill: float
    max_fill: float
    sum_fill: float
    last_ms: int
    last_fill: float


def parts_of(readings: Iterable[Reading]) -> dict[tuple[BinId, int], DayPart]:
    """Return the readings' parts by bin and day."""
    found: dict[tuple[BinId, int], DayPart] = {}
    for each in readings:
        fill, measured_ms = each.fill_fraction, to_ms(each.measured_utc)
        one = DayPart(measured_ms // DAY_MS, 1, fill, fill, fill, measured_ms, fill)
        key = each.bin_id, one.day
        found[key] = _sum(found[key], one) if key in found else one
    return found


def aggregates(bin_id: BinId, parts: Iterable[DayPart]) -> list[DailyAggregate]:
    """Return one bin's days, oldest first; of two parts that end at one moment the later in order tells the last."""
    days: dict[int, DayPart] = {}
    for part in parts:
        days[part.day] = _sum(days[part.day], part) if part.day in days else part
    return [
        DailyAggregate(
            bin_id,
            _DAY_ZERO + timedelta(days=day),
            part.readings,
            part.min_fill,
            part.max_fill,
            part.sum_fill / part.readings,
            part.last_fill,
        )
        for day, part in sorted(days.items())
    ]


def add(connection: sqlite3.Connection, parts: Iterable[tuple[BinId, DayPart]]) -> None:
    """Add parts to what is kept of their days."""
    connection.executemany(_ADD_ONE, [(bin_id, *part) for bin_id, part in parts])


def kept_day(row: tuple[Any, ...]) -> KeptDay:
    """Return what a row of table `day` says."""
    bin_id, day, readings, low, high, total, last_ms, last = row
    return KeptDay(bin_id, _DAY_ZERO + timedelta(days=day), readings, low, high, total, from_ms(last_ms), last)


def kept_values(kept: KeptDay) -> tuple[Any, ...]:
    """Return the row of table `day`."""
    numbers = kept.readings, kept.min_fill_fraction, kept.max_fill_fraction, kept.sum_fill_fraction
    return (kept.bin_id, (kept.day - _DAY_ZERO).days, *numbers, to_ms(kept.last_utc), kept.last_fill_fraction)


def _sum(one: DayPart, other: DayPart) -> DayPart:
    last = other if other.last_ms >= one.last_ms else one
    return DayPart(
        one.day,
        one.readings + other.readings,
        min(one.min_fill, other.min_fill),
        max(one.max_fill, other.max_fill),
        one.sum_fill + other.sum_fill,
        last.last_ms,
        last.last_fill,
    )
