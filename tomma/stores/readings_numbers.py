"""The numbers that stand for bin and sensor names inside the reading store."""

import sqlite3
from collections.abc import Iterable

from tomma.model import Reading


class Numbers:
    """What one process knows of the tables `bin`, `sensor` and `bin_sensor`.

    Throw it away when a transaction in which it learned is rolled back: its numbers are then nobody's.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, int]] = {"bin": {}, "sensor": {}}
        self._pairs: set[tuple[int, int]] = set()

    def bin(self, connection: sqlite3.Connection, name: str) -> int:
        """Return the bin's number, giving it one if it has none."""
        return self._number(connection, "bin", name)

    def sensor(self, connection: sqlite3.Connection, name: str) -> int:
        """Return the sensor's number, giving it one if it has none."""
        return self._number(connection, "sensor", name)

    def of_readings(self, connection: sqlite3.Connection, readings: Iterable[Reading]) -> list[tuple[int, int]]:
        """Return (sensor, bin) of every reading, and note which sensors each bin has had."""
        pairs = [(self.sensor(connection, each.sensor_id), self.bin(connection, each.bin_id)) for each in readings]
        for pair in pairs:
            if pair not in self._pairs:
                connection.execute("INSERT INTO bin_sensor (sensor, bin) VALUES (?, ?) ON CONFLICT DO NOTHING", pair)
                self._pairs.add(pair)
        return pairs

    def _number(self, connection: sqlite3.Connection, table: str, name: str) -> int:
        number = self._known[table].get(name)
        if number is None:
            connection.execute(f"INSERT INTO {table} (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))  # noqa: S608
            number = connection.execute(f"SELECT id FROM {table} WHERE name = ?", (name,)).fetchone()[0]  # noqa: S608
            self._known[table][name] = number
        return int(number)
