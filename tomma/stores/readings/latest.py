"""Every bin's newest reading at once: SQLite hands over columns as JSON, which msgspec takes apart.

A row at a time, Python makes ten thousand tuples of ten values first, which took as long as all the rest. Numbers that
lie as doubles stay out of the columns, since SQLite's JSON rounds them, and so does a fill that was clipped: such rows
are few and come one by one. Measured: docs/decisions/0013-ingest-speed.md.
"""

import sqlite3
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import msgspec

from tomma.model import Reading
from tomma.stores.readings import sql
from tomma.stores.readings.columns import made_of, times
from tomma.stores.readings.rows import QUALITIES
from tomma.stores.readings.schema import BATTERY_STEPS, DISTANCE_STEPS, FILL_STEPS, TEMPERATURE_STEPS

_texts = msgspec.json.Decoder(list[str])
_whole = msgspec.json.Decoder(list[int])
_maybe_whole = msgspec.json.Decoder(list[int | None])


def changed_since(connection: sqlite3.Connection, change: int) -> tuple[list[Reading], Sequence[tuple[Any, ...]]]:
    """Return the newest readings of the bins that changed, and the rows of those that must be read one by one.

    Call it in a transaction: it asks more than once.
    """
    plain = _plain(connection, change)
    if plain is None:
        return [], connection.execute(sql.LATEST, (change,)).fetchall()
    if len(plain) == _how_many(connection, change):
        return plain, ()
    return plain, connection.execute(sql.LATEST_ODD, (change,)).fetchall()


def _how_many(connection: sqlite3.Connection, change: int) -> int:
    if change == 0:  # nothing is known yet: all rows, which SQLite counts without looking into them
        return int(connection.execute(sql.LATEST_COUNT_ALL).fetchone()[0])
    return int(connection.execute(sql.LATEST_COUNT, (change,)).fetchone()[0])


def _plain(connection: sqlite3.Connection, change: int) -> list[Reading] | None:
    try:
        columns = connection.execute(sql.LATEST_COLUMNS, (change,)).fetchone()
        bins, sensors = (_texts.decode(each) for each in columns[:2])
        measured_ms, received_ms, fills, flags = (_whole.decode(each) for each in columns[2:6])
        distances, batteries, temperatures, counters = (_maybe_whole.decode(each) for each in columns[6:])
        return made_of(
            len(bins),
            (
                bins,
                sensors,
                times(measured_ms),
                times(received_ms),
                [each / FILL_STEPS for each in fills],
                list(map(QUALITIES.__getitem__, flags)),
                _in_units(distances, DISTANCE_STEPS),
                _in_units(batteries, BATTERY_STEPS),
                _in_units(temperatures, TEMPERATURE_STEPS),
                counters,
                repeat(None),  # nothing was clipped
            ),
        )
    except (sqlite3.OperationalError, msgspec.MsgspecError, UnicodeDecodeError, KeyError, OverflowError):
        return None  # damage, which the other way finds words for


def _in_units(column: list[int | None], per_unit: int) -> list[float | None]:
    return [None if each is None else each / per_unit for each in column]
