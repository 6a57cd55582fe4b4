"""Appends numbered readings to a store, batch by batch, and notes each one that is promised: run as a script.

    python -m simulator.faults.writer FOLDER BATCHES

Its files lie in FOLDER. That batch n is durable is noted as byte n of FOLDER/promised, once `append` has returned.
"""

import os
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.faults.numbers import bin_of, sensor_of
from tomma.model import BinId, Reading
from tomma.stores.sqlite_readings import SqliteReadings

STORE, PROMISED = "readings.sqlite3", "promised"
BATCH = 40
BINS = 4
START_UTC = datetime(2026, 1, 1, tzinfo=UTC)


def batch(number: int) -> list[Reading]:
    """Return the readings of a batch."""
    return [_reading(each) for each in range(number * BATCH, (number + 1) * BATCH)]


def bins() -> list[BinId]:
    """Return every bin of the readings."""
    return [bin_of(number) for number in range(BINS)]


def _reading(number: int) -> Reading:
    moment = START_UTC + timedelta(milliseconds=100 * number)
    where = number % BINS
    return Reading(bin_of(where), sensor_of(where), moment, moment, fill_fraction=number % 1000 / 1000)


def main(folder: Path, batches: int) -> None:
    """Append them all."""
    promised = os.open(folder / PROMISED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with closing(SqliteReadings(folder / STORE)) as store:
        for number in range(batches):
            store.append(batch(number))
            os.write(promised, b"!")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
