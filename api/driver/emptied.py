"""When drivers emptied which bin on one day, in sixteen bytes each: what is kept of the days that are over."""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tomma.model import BinId, Emptying, EmptyingSource

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Emptied:
    """A day's confirmed emptyings, by bin and time."""

    bin_ids: tuple[BinId, ...]
    at_us: array[int]
    """Microseconds since 1970, beside the bins."""

    @classmethod
    def of(cls, confirmed: Iterable[Emptying]) -> "Emptied":
        """Keep bin and time; a bin's name is the same object on all days."""
        rows = sorted((each.bin_id, (each.at_utc - _EPOCH) // _TICK) for each in confirmed)
        return cls(tuple(BinId(sys.intern(bin_id)) for bin_id, _ in rows), array("q", [at_us for _, at_us in rows]))

    def within(self, from_utc: datetime, to_utc: datetime, bin_id: BinId | None) -> Iterator[Emptying]:
        """Yield those with from_utc <= at_utc < to_utc, of one bin or of all."""
        from_us, to_us = ((each - _EPOCH) // _TICK for each in (from_utc, to_utc))
        for number in self._rows(bin_id):
            if from_us <= self.at_us[number] < to_us:
                yield Emptying(self.bin_ids[number], _EPOCH + self.at_us[number] * _TICK, EmptyingSource.CONFIRMED)

    def _rows(self, bin_id: BinId | None) -> range:
        if bin_id is None:
            return range(len(self.bin_ids))
        return range(bisect_left(self.bin_ids, bin_id), bisect_right(self.bin_ids, bin_id))
