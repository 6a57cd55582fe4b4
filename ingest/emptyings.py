"""Emptying detection v1: when did a bin become emptier, told from its fill levels alone.

"Drops to zero" is no detector: after a true emptying Swedish glass containers still read 20-74 %, because the heap
leans, the bag stays or the truck leaves early. What tells an emptying is that waste does not leave a bin by itself:

* **Drop against noise.** The level falls by at least `DROP_MIN` and by `DROP_SIGMAS` times the sensor's own noise,
  measured on the same readings (distance of each reading from the median of three: blind to slopes and to steps).
* **Before, by majority.** The level before is the median of up to three readings, so one spike up is no "before".
* **After, by confirmation.** Two of the three readings from the drop on must stay down; a single false low echo, and
  a door opened for a moment, return. The emptying is told when the second one arrives.
* **A bump is no emptying.** A rise in one step followed within `BUMP_WITHIN` by a fall to the level before it is
  cardboard unfolding, or a hand in front of the sensor.
* **Time.** An emptying is dated to the first low reading: it happened between the last high one and then. The gap may
  be days; waste still does not vanish. Two emptyings of a bin lie `APART` at least, so one is not told twice.

Everything is a function of the remembered window, ordered by time of measurement: order of arrival does not matter
as long as the readings fall into the window. Precision and recall: tests/ingest/test_emptyings.py.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median

from ingest.memory import Seen, SensorMemory, seen_in
from tomma.model import BinId, Emptying, EmptyingSource, Reading

DROP_MIN = 0.12
"""Above settling and the drift of an uncompensated ultrasonic sensor (7 % between a cold night and a warm noon)."""
DROP_SIGMAS = 5.0
BEFORE_MAX = 3
AFTER_MAX = 3
CONFIRM_SHARE = 0.6
"""A confirming reading keeps at least this share of the drop: a bin refills while it waits for its next reading."""
BUMP_WITHIN = timedelta(hours=6)
BUMP_READINGS = 3
APART = timedelta(hours=3)
MEDIAN_OF_THREE_BIAS = 0.564
"""E|x - median of three| = 0.564 sigma for independent Gaussian noise."""


def detect(bin_id: BinId, memory: SensorMemory) -> tuple[Emptying, ...]:
    """Return the emptyings in the remembered window that were not told before, oldest first."""
    levels = [seen for seen in memory.recent if seen.trusted]
    told = list(memory.detected_utc)
    found: list[Emptying] = []
    if not _may_drop(levels):
        return ()
    threshold = max(DROP_MIN, DROP_SIGMAS * noise_fraction(levels))
    for place in range(2, len(levels) - 1):
        drop = _drop_at(levels, place, threshold)
        if drop is None or any(abs(levels[place].measured_utc - moment) < APART for moment in told):
            continue
        before, after = drop
        found.append(Emptying(bin_id, levels[place].measured_utc, EmptyingSource.DETECTED, before, after))
        told.append(levels[place].measured_utc)
    return tuple(found)


def detect_all(bin_id: BinId, readings: Iterable[Reading]) -> tuple[Emptying, ...]:
    """Return every emptying in a bin's history, as the stream would have told them one by one."""
    detector = EmptyingDetector(bin_id)
    return tuple(emptying for reading in readings for emptying in detector.add(reading))


class EmptyingDetector:
    """Follows one sensor of one bin; for histories. The pipeline uses `detect` with the memory it keeps anyway."""

    def __init__(self, bin_id: BinId) -> None:
        self._memory = SensorMemory(bin_id)

    def add(self, reading: Reading) -> tuple[Emptying, ...]:
        """Take one more reading, in any order; return the emptyings it confirms."""
        self._memory = self._memory.with_seen(seen_in(reading))
        found = detect(self._memory.bin_id, self._memory)
        if found:
            self._memory = self._memory.with_detected(each.at_utc for each in found)
        return found


def noise_fraction(levels: Sequence[Seen]) -> float:
    """Return the sensor's noise (one sigma, as a fill fraction), untouched by slopes, steps and two spikes."""
    if len(levels) < 5:
        return 0.0
    fills = [seen.fill_fraction for seen in levels]
    residuals = sorted(abs(fills[i] - median(fills[i - 1 : i + 2])) for i in range(1, len(fills) - 1))
    kept = residuals[: max(3, len(residuals) - 2)]
    return sum(kept) / len(kept) / MEDIAN_OF_THREE_BIAS


def _may_drop(levels: Sequence[Seen]) -> bool:
    """Cheap first look, since nearly no reading ends an emptying."""
    return (
        len(levels) >= 4
        and max(earlier.fill_fraction - later.fill_fraction for earlier, later in pairwise(levels)) >= DROP_MIN
    )


def _drop_at(levels: Sequence[Seen], place: int, threshold: float) -> tuple[float, float] | None:
    """Return (level before, level after) when the reading at `place` is the first one after an emptying."""
    before = median(seen.fill_fraction for seen in levels[max(0, place - BEFORE_MAX) : place])
    first = levels[place].fill_fraction
    if min(before, levels[place - 1].fill_fraction) - first < threshold:
        return None
    low_enough = before - CONFIRM_SHARE * (before - first)
    after = [seen.fill_fraction for seen in levels[place : place + AFTER_MAX] if seen.fill_fraction <= low_enough]
    if len(after) < 2 or _is_bump(levels, place, before, first):
        return None
    return before, after[0]


def _is_bump(levels: Sequence[Seen], place: int, before: float, first: float) -> bool:
    """A step up, at most BUMP_READINGS high, and back to where it came from within BUMP_WITHIN."""
    half = (before + first) / 2
    start = place
    while start > 0 and levels[start - 1].fill_fraction > half:
        start -= 1
    if start == 0 or place - start > BUMP_READINGS:
        return False
    brief = levels[place].measured_utc - levels[start].measured_utc <= BUMP_WITHIN
    returned = abs(levels[start - 1].fill_fraction - first) <= DROP_MIN / 2
    return brief and returned
