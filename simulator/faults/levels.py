"""What the reading store promises to the broker: batches of readings, each with a message that nobody could read."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simulator.faults.numbers import bin_of, sensor_of
from tomma.model import Reading, Rejected, RejectReason
from tomma.stores.readings.sqlite import SqliteReadings

BATCH = 40
BINS = 4
START_UTC = datetime(2026, 1, 1, tzinfo=UTC)


class Levels:
    """Step n is one batch of the ingest."""

    database = "readings.sqlite3"
    rows = BATCH + 1

    @contextmanager
    def writing(self, folder: Path) -> Iterator[Callable[[int], None]]:
        """Append batch after batch."""
        with closing(SqliteReadings(folder / self.database)) as store:
            yield lambda number: _append(store, number)

    def kept(self, folder: Path, steps: int) -> list[float]:
        """Open the store as any start of the service does; of each batch all must be there, or nothing."""
        first = START_UTC.date()
        with closing(SqliteReadings(folder / self.database)) as store:
            days = [day for each in range(BINS) for day in store.daily(bin_of(each), first, first + timedelta(9))]
            letters = len(store.dead_letters(2 * steps))
        full, part = divmod(sum(day.readings for day in days), BATCH)
        kept = [1.0] * full + [part / BATCH] * bool(part)
        if letters != full:
            kept[min(letters, full) :] = [0.5] * abs(letters - full)
        return [*kept, *[0.0] * (steps - len(kept))]


def _append(store: SqliteReadings, number: int) -> None:
    letter = Rejected("t", f"{number}".encode(), START_UTC, RejectReason.NOT_UTF8, "x")
    store.append([_reading(each) for each in range(number * BATCH, (number + 1) * BATCH)], rejected=[letter])


def _reading(number: int) -> Reading:
    moment = START_UTC + timedelta(milliseconds=100 * number)
    where = number % BINS
    return Reading(bin_of(where), sensor_of(where), moment, moment, fill_fraction=number % 1000 / 1000)
