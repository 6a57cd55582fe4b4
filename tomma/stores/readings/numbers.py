"""The numbers that stand for (bin, sensor) pairs inside the reading store."""

import sqlite3
from collections.abc import Set as AbstractSet

from tomma.model import Reading
from tomma.stores.readings import sql


class Numbers:
    """What one process knows of the table `series`.

    Throw it away when a transaction in which it learned is rolled back: its numbers are then nobody's.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], int] = {}
        self._moved: set[str] = set()
        self._looked_to = 0

    def series_of(self, connection: sqlite3.Connection, reading: Reading) -> int:
        """Return the number of the reading's series, giving it one if it has none."""
        names = reading.bin_id, reading.sensor_id
        number = self._known.get(names)
        if number is None:
            connection.execute(sql.INSERT_SERIES, names)
            number = int(connection.execute(sql.SERIES, names).fetchone()[0])
            self._known[names] = number
        return number

    def moved(self, connection: sqlite3.Connection) -> AbstractSet[str]:
        """Return the sensors that hung in several bins, whoever stored that; ask after `series_of` and under the lock.

        Series are only added: those that were looked at need no second look.
        """
        newest = connection.execute(sql.NEWEST_SERIES).fetchone()[0] or 0
        if newest != self._looked_to:
            self._moved.update(sensor for (sensor,) in connection.execute(sql.MOVED_SINCE, (self._looked_to,)))
            self._looked_to = newest
        return self._moved
