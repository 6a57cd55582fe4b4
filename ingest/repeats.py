"""Which readings are the same: what is sent again must be stored once, also when it says no time of its own.

A reading's identity is (sensor, measured time). With a time by the device or the network that is all there is to it.
One without (or with a clock that nobody can believe) would get another time at every receipt, so its first receipt is
looked up, and the store then sees a duplicate like any other:

* **By its counter.** The same counter with the same level within `REPEATED_WITHIN` is the same reading, from whoever
  and in whatever order it comes again: redelivered, resent by a gateway after an outage, or replayed. The same counter
  with another level is not: counters restart with a new battery and roll over at 2^16. A counter that goes on where
  the last one stopped is new without a look; any other is looked up, in memory and if need be in the store.
* **Without a counter** only the broker's word tells (DUP). Then an equal level that we received in the last minute
  before the newest durable message is the same reading: what is older was acknowledged long ago, and what came in the
  same batch is another message. A replayed dead letter brings the time of its first receipt along.

Two readings received in the same millisecond are a burst, not a repetition: the second is moved on by one.

A clock may also stand, at a time that can be believed. What says another level at a time that was told minutes ago is
no repetition: it is known by its receipt then, as if it had no time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from ingest.memory import RECENT_MAX, Seen, SensorMemory
from ingest.times import AHEAD_TOLERATED, When
from tomma.model import BinId, SensorId

REPEATED_WITHIN = timedelta(hours=72)
"""How long after its first receipt a reading is recognised by its counter; a restarted counter is older than that."""
NEXT_MAX = 16
"""A counter ahead of the newest by at most this is the next one, some messages lost; more may be another's."""
UNACKNOWLEDGED_FOR = timedelta(minutes=1)
"""How long a durable message may wait for its acknowledgement: a batch, and a store that was tried again."""
BURST = timedelta(seconds=10)
STANDS_AFTER = timedelta(minutes=2)
"""Two readings of one moment that come so far apart and differ were not measured at one moment."""
LAST_UTC = datetime.max.replace(tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
SAME_RAW = 1e-9


class Receipts(Protocol):
    """What was stored, beyond what is remembered."""

    def between(self, sensor_id: SensorId, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Seen]:
        """Return the sensor's stored readings with from_utc <= measured_utc < to_utc."""

    def newest_utc(self) -> datetime | None:
        """Return when the newest durable message of all was received, None before the first."""


class NoReceipts:
    """Nothing beyond what is remembered."""

    def between(self, sensor_id: SensorId, bin_id: BinId, from_utc: datetime, to_utc: datetime) -> Sequence[Seen]:  # noqa: ARG002  (the protocol names them)
        """Know of none."""
        return ()

    def newest_utc(self) -> datetime | None:
        """Know of none."""
        return None


NO_RECEIPTS: Receipts = NoReceipts()


class Arrival(NamedTuple):
    """What tells a reading without a time of its own from the others of its sensor."""

    sensor_id: SensorId
    received_utc: datetime
    raw: float
    counter: int | None
    redelivered: bool
    """The broker sent it before; when that was received, nobody knows."""
    replayed: bool = False
    """It was a dead letter, and `received_utc` is when it came first."""
    is_lone: bool = True
    """Its message says nothing else: it tells no history, and no two levels of one moment."""


def first_receipt(arrival: Arrival, memory: SensorMemory, receipts: Receipts) -> datetime:
    """Return the time by which a reading that has none of its own is known: that of its first receipt."""
    for seen in _candidates(arrival, memory, receipts):
        if _is_same(seen, arrival):
            return seen.measured_utc
    return _free(arrival.received_utc, memory)


def stands(clock: When, arrival: Arrival, memory: SensorMemory, receipts: Receipts) -> bool:
    """Return whether the clock stands: it said this time before, and the level was another one.

    The counter is not asked: a device that hears no acknowledgement sends the same reading under a new number.
    """
    recent, said_utc = memory.recent, clock.measured_utc
    if not recent or said_utc > recent[-1].measured_utc or clock.is_repaired or clock.by_receipt:
        return False  # nearly always
    twin = memory.at(said_utc)
    if twin is None and recent[-1].is_repaired and len(recent) == RECENT_MAX and said_utc < recent[0].measured_utc:
        stored = receipts.between(arrival.sensor_id, memory.bin_id, said_utc, said_utc + MILLISECOND)
        twin = stored[0] if stored else None
    if twin is None or twin.by_receipt or not arrival.is_lone:
        return False
    return abs(twin.raw - arrival.raw) >= SAME_RAW and arrival.received_utc - twin.received_utc > STANDS_AFTER


def repaired_before(arrival: Arrival, said_utc: datetime, memory: SensorMemory) -> datetime:
    """Return the time of a reading whose own can be believed, unless it could not when it first came.

    A clock some minutes fast is repaired at the first receipt; sent again later, the same time lies in the past.
    """
    newest = memory.newest
    if newest is None or not newest.is_repaired:
        return said_utc
    if not arrival.redelivered and (arrival.counter is None or not _counts(memory)):
        return said_utc
    for seen in reversed(memory.recent):
        if seen.is_repaired and _is_same(seen, arrival) and seen.received_utc + AHEAD_TOLERATED < said_utc:
            return seen.measured_utc
    return said_utc


def _is_same(seen: Seen, arrival: Arrival) -> bool:
    return seen.by_receipt and seen.counter == arrival.counter and abs(seen.raw - arrival.raw) < SAME_RAW


def free_utc(measured_utc: datetime, raw: float, memory: SensorMemory) -> datetime:
    """Return the network's time, or the next free millisecond after it when another level of one frame has it."""
    taken = {seen.measured_utc: seen.raw for seen in memory.recent if seen.measured_utc >= measured_utc}
    while measured_utc in taken and abs(taken[measured_utc] - raw) >= SAME_RAW:
        measured_utc += MILLISECOND
    return measured_utc


def _candidates(arrival: Arrival, memory: SensorMemory, receipts: Receipts) -> Sequence[Seen]:
    """Return the readings that this one may repeat, the newest first; nearly always none."""
    newest = memory.newest
    if newest is None:
        return ()
    if arrival.counter is not None and _counts(memory):
        # Not the newest one's counter: late ones may just have come, and what came before them may come again.
        highest = max((seen.counter for seen in memory.recent if seen.counter is not None), default=None)
        if highest is not None and highest < arrival.counter <= highest + NEXT_MAX:
            return ()
        return _between(arrival.received_utc - REPEATED_WITHIN, LAST_UTC, arrival.sensor_id, memory, receipts)
    if arrival.replayed:
        first_utc = arrival.received_utc
        return _between(first_utc, first_utc + BURST, arrival.sensor_id, memory, receipts)
    durable_utc = receipts.newest_utc()
    if arrival.redelivered and durable_utc is not None:
        from_utc, to_utc = durable_utc - UNACKNOWLEDGED_FOR, durable_utc + MILLISECOND
        return _between(from_utc, to_utc, arrival.sensor_id, memory, receipts)
    return ()


def _counts(memory: SensorMemory) -> bool:
    """Whether the counter counts: some devices and networks send the same number again and again."""
    counters = [seen.counter for seen in memory.recent if seen.counter is not None]
    return len(counters) < 2 or len(set(counters)) > 1


def _between(
    from_utc: datetime, to_utc: datetime, sensor_id: SensorId, memory: SensorMemory, receipts: Receipts
) -> Sequence[Seen]:
    """Return what was seen of the sensor in the period, the newest first, from the store where memory ends."""
    recent = memory.recent
    found = [seen for seen in recent if from_utc <= seen.measured_utc < to_utc]
    begins_utc = recent[0].measured_utc
    if len(recent) == RECENT_MAX and from_utc < begins_utc:  # older ones have fallen out
        found[:0] = receipts.between(sensor_id, memory.bin_id, from_utc, min(begins_utc, to_utc))
    return found[::-1]


def _free(received_utc: datetime, memory: SensorMemory) -> datetime:
    """Return the time of receipt, or the first free millisecond after it: others of the same burst have it."""
    newest = memory.newest
    if newest is None or newest.measured_utc < received_utc:
        return received_utc
    oldest, free = memory.recent[0], received_utc
    if len(memory.recent) == RECENT_MAX and oldest.by_receipt and free < oldest.measured_utc <= free + BURST:
        free = oldest.measured_utc  # a long burst: those before it have fallen out of memory
    taken = {seen.measured_utc for seen in memory.recent if seen.by_receipt}
    while free in taken:
        free += MILLISECOND
    return free
