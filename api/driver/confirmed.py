"""A reading store that also knows what the drivers confirmed.

The sensors' store keeps what was seen; what drivers say is derived from their events each time it is asked, so that
an undo leaves no trace behind. Whoever needs emptyings (history, forecast, planner) is handed this one.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from api.driver.ledger import DriverLedger
from tomma.model import BinId, Emptying, Reading, Rejected, RejectReason
from tomma.ports import Appended, DailyAggregate, ReadingStore


class ConfirmedReadings:
    """Keeps the promise of `ReadingStore`; `emptyings` adds the confirmed ones."""

    def __init__(self, store: ReadingStore, ledger: DriverLedger) -> None:
        self._store = store
        self._ledger = ledger

    def emptyings(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None = None) -> Sequence[Emptying]:
        """Return detected and confirmed emptyings with from_utc <= at_utc < to_utc, oldest first."""
        confirmed = self._ledger.confirmed(from_utc, to_utc)
        of_bin = [each for each in confirmed if bin_id is None or each.bin_id == bin_id]
        seen = self._store.emptyings(from_utc, to_utc, bin_id)
        return sorted([*seen, *of_bin], key=lambda each: (each.at_utc, each.bin_id))

    def append(
        self,
        readings: Sequence[Reading],
        emptyings: Sequence[Emptying] = (),
        rejected: Sequence[Rejected] = (),
    ) -> Appended:
        """Store in the sensors' store."""
        return self._store.append(readings, emptyings, rejected)

    def latest(self) -> Mapping[BinId, Reading]:
        """Return the newest reading of every bin."""
        return self._store.latest()

    def range(self, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Reading]:
        """Return one bin's readings."""
        return self._store.range(bin_id, from_utc, to_utc)

    def range_all(self, from_utc: datetime, to_utc: datetime) -> Mapping[BinId, Sequence[Reading]]:
        """Return every bin's readings."""
        return self._store.range_all(from_utc, to_utc)

    def daily(self, bin_id: BinId, from_day: date, to_day: date) -> Sequence[DailyAggregate]:
        """Return one bin's days."""
        return self._store.daily(bin_id, from_day, to_day)

    def dead_letters(self, limit: int) -> Sequence[Rejected]:
        """Return the newest rejected messages."""
        return self._store.dead_letters(limit)

    def dead_letter_counts(self) -> Mapping[RejectReason, int]:
        """Return how many messages were rejected, by reason."""
        return self._store.dead_letter_counts()

    def delete_before(self, moment: datetime) -> int:
        """Delete old readings from the sensors' store."""
        return self._store.delete_before(moment)

    def close(self) -> None:
        """Release the sensors' store."""
        self._store.close()
