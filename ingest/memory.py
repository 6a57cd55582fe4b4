"""What ingest remembers of one sensor: a day's readings at most, so that a city fits into a few megabytes.

Memory is a value. The pipeline returns the new one with the batch; whoever commits the batch keeps it. After a
restart it is folded again from the store, by the same function that built it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from ingest.two_senders import conflicting_counter
from tomma.model import UNTRUSTED, BinId, Emptying, Quality, Reading

RECENT_MAX = 24
"""A day of hourly readings: what an outage of the network delivers late and out of order is still seen whole."""
DETECTED_MAX = 8


class Seen(NamedTuple):
    """The part of a reading that later readings are judged by."""

    measured_utc: datetime
    fill_fraction: float
    distance_mm: float | None
    received_utc: datetime
    trusted: bool
    """Whether the level may be reasoned with."""
    is_spike: bool
    is_held: bool = False
    """Flagged as stuck or blocked: the sensor looks at something else than waste."""
    counter: int | None = None
    is_repaired: bool = False
    """The device said a time that nobody could believe."""
    temperature_c: float | None = None

    @property
    def raw(self) -> float:
        """What the device itself said, for "the same value again"."""
        return self.fill_fraction if self.distance_mm is None else self.distance_mm

    @property
    def by_receipt(self) -> bool:
        """Whether it is known by the time of its first receipt, for want of a better one."""
        return self.measured_utc == self.received_utc


class SensorMemory(NamedTuple):
    """The newest readings of one sensor in one bin, oldest first, and the emptyings already told."""

    bin_id: BinId
    recent: tuple[Seen, ...] = ()
    same_since_utc: datetime | None = None
    """Since when the raw value has not changed at all."""
    detected_utc: tuple[datetime, ...] = ()
    conflicting_counter: int | None = None
    """Set while the counters of `recent` tell of two senders: the newest that does not fit."""

    @property
    def newest(self) -> Seen | None:
        """The newest reading by time of measurement."""
        return self.recent[-1] if self.recent else None

    def at(self, measured_utc: datetime) -> Seen | None:
        """Return the remembered reading of exactly that time."""
        place = bisect_left(self.recent, measured_utc, key=_time)
        found = self.recent[place] if place < len(self.recent) else None
        return found if found is not None and found.measured_utc == measured_utc else None

    def knows(self, measured_utc: datetime) -> bool:
        """Return whether a reading of exactly that time is remembered."""
        return self.at(measured_utc) is not None

    def with_seen(self, seen: Seen) -> "SensorMemory":
        """Return the memory with one more reading in its place in time; the oldest ones fall out."""
        bin_id, recent, same_since_utc, detected_utc, conflicting = self
        if not recent:
            return SensorMemory(bin_id, (seen,), seen.measured_utc, detected_utc)
        newest = recent[-1]
        if seen.measured_utc <= newest.measured_utc:
            return self if self.knows(seen.measured_utc) else self._checked(self._replace(recent=self._inserted(seen)))
        if seen.raw != newest.raw:
            same_since_utc = seen.measured_utc
        recent = recent[-RECENT_MAX + 1 :] + (seen,)  # noqa: RUF005  (each message: unpacking makes a list on the way)
        grown = SensorMemory(bin_id, recent, same_since_utc, detected_utc)
        if conflicting is None and _counts_up(newest.counter, seen.counter):
            return grown
        return self._checked(grown)

    @staticmethod
    def _checked(grown: "SensorMemory") -> "SensorMemory":
        return grown._replace(conflicting_counter=conflicting_counter(grown.recent))

    def with_revision(self, told: Sequence[Emptying], withdrawn: Sequence[Emptying] = ()) -> "SensorMemory":
        """Return the memory that knows these emptyings as told and those as withdrawn."""
        if not told and not withdrawn:
            return self
        known = {*self.detected_utc, *(each.at_utc for each in told)} - {each.at_utc for each in withdrawn}
        return self._replace(detected_utc=tuple(sorted(known))[-DETECTED_MAX:])

    def _inserted(self, seen: Seen) -> tuple[Seen, ...]:
        place = bisect_left(self.recent, seen.measured_utc, key=_time)
        return (*self.recent[:place], seen, *self.recent[place:])[-RECENT_MAX:]


def _counts_up(before: int | None, counter: int | None) -> bool:
    """Return whether nothing about these two can be odd; nearly always so."""
    return before is None or counter is None or counter > before


def _time(seen: Seen) -> datetime:
    return seen.measured_utc


def seen_in(reading: Reading) -> Seen:
    """Return what is remembered of a reading."""
    flags = int(reading.quality)  # plain numbers: flag arithmetic would be a third of the pipeline's time
    return Seen(
        reading.measured_utc,
        reading.fill_fraction,
        reading.distance_mm,
        reading.received_utc,
        trusted=not flags & _UNTRUSTED,
        is_spike=bool(flags & _SPIKE),
        is_held=bool(flags & _HELD),
        counter=reading.counter,
        is_repaired=bool(flags & _REPAIRED),
        temperature_c=reading.temperature_c,
    )


_UNTRUSTED, _SPIKE, _HELD = int(UNTRUSTED), int(Quality.SPIKE), int(Quality.STUCK | Quality.BLOCKED)
_REPAIRED = int(Quality.CLOCK_REPAIRED)


def recall(bin_id: BinId, readings: Iterable[Reading], detected_utc: Iterable[datetime]) -> SensorMemory:
    """Return the memory that these stored readings of one sensor, oldest first, left behind."""
    memory = SensorMemory(bin_id)
    for reading in readings:
        memory = memory.with_seen(seen_in(reading))
    return memory._replace(detected_utc=tuple(sorted(detected_utc))[-DETECTED_MAX:])
