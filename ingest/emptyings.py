"""Emptying detection v1: when did a bin become emptier, told from its fill levels alone.

"Drops to zero" is no detector: after a true emptying Swedish glass containers still read 20-74 %, because the heap
leans, the bag stays or the truck leaves early. What tells an emptying is that waste does not leave a bin by itself:

* **Drop against noise.** The level falls by at least `DROP_MIN` and by `DROP_SIGMAS` times the sensor's own noise,
  measured on the same readings (distance of each reading from the median of three: blind to slopes and to steps).
* **Before, by majority.** The level before is the median of up to three readings, so one spike up is no "before".
* **After, by confirmation.** The next reading must stay down too (or, when an echo of the old level comes between,
  the two after it): a single false low echo returns. The emptying is told when the confirmation arrives.
* **A bump is no emptying.** A rise in one step, followed within `BUMP_WITHIN` by a fall to about the level it came
  from, is cardboard unfolding, or a bag held before the sensor.
* **Time.** An emptying is dated to the first low reading: it happened between the last high one and then. The gap may
  be days; waste still does not vanish. Two emptyings of a bin lie `APART` at least, so one is not told twice.

Everything is a function of the remembered window, ordered by time of measurement: order of arrival does not matter
as long as the readings fall into the window. Precision and recall: tests/ingest/test_emptyings.py.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from ingest.memory import RECENT_MAX, Seen, SensorMemory, seen_in
from tomma.model import BinId, Emptying, EmptyingSource, Reading

DROP_MIN = 0.12
"""Above settling and the drift of an uncompensated ultrasonic sensor (7 % between a cold night and a warm noon)."""
DROP_SIGMAS = 4.0
BEFORE_MAX = 3
AFTER_MAX = 4
NEAR = 2 * AFTER_MAX
"""Where the newest reading can reveal a drop, with room for some untrusted readings between."""
BUMP_WITHIN = timedelta(hours=6)
BUMP_STEP_SHARE = 0.7
BUMP_RETURN = (-0.06, 0.2)
"""How near to its foot a bump ends; rather above it, since the bin goes on filling unseen."""
APART = timedelta(hours=3)
NOISE_READINGS = 10
RESIDUAL_SIGMAS = 0.43
"""Mean of |x - median of three| without its two largest, for 24 Gaussian values of sigma 1 (simulated)."""


def detect(bin_id: BinId, memory: SensorMemory, new_utc: datetime) -> tuple[Emptying, ...]:
    """Return the emptyings that the remembered reading of `new_utc` reveals and that were not told before.

    Only the places that this reading bears on are judged: older ones have lost, out of the window's far end, what
    came before them.
    """
    newest = memory.newest
    if newest is None or not _may_drop(memory.recent[-NEAR:] if newest.measured_utc == new_utc else memory.recent):
        return ()
    levels = [seen for seen in memory.recent if seen.trusted]
    threshold = max(DROP_MIN, DROP_SIGMAS * noise_fraction(levels))
    told = list(memory.detected_utc)
    found: list[Emptying] = []
    for place in _places(levels, new_utc, full=len(memory.recent) == RECENT_MAX):
        at_utc = levels[place].measured_utc
        before = _before(levels, place, threshold)
        if before is None or any(_is_same(levels, place, before, moment) for moment in told):
            continue
        after = levels[place].fill_fraction
        found.append(Emptying(bin_id, at_utc, EmptyingSource.DETECTED, before, after))
        told.append(at_utc)
    return tuple(found)


def _places(levels: Sequence[Seen], new_utc: datetime, *, full: bool) -> range:
    """Return where the new reading may be the first low one, a confirming one, or part of the level before."""
    new = bisect_left(levels, new_utc, key=lambda seen: seen.measured_utc)
    first = 2 * BEFORE_MAX if full else 2
    return range(max(first, new - AFTER_MAX + 1), min(len(levels) - 1, new + BEFORE_MAX + 1))


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
        found = detect(self._memory.bin_id, self._memory, reading.measured_utc)
        if found:
            self._memory = self._memory.with_detected(each.at_utc for each in found)
        return found


def noise_fraction(levels: Sequence[Seen]) -> float:
    """Return the sensor's noise (one sigma, as a fill fraction), untouched by slopes, steps and two spikes.

    With less than NOISE_READINGS there is nothing to tell noise from filling by: 0, and DROP_MIN alone decides.
    """
    if len(levels) < NOISE_READINGS:
        return 0.0
    fills = [seen.fill_fraction for seen in levels]
    residuals = sorted(abs(fills[i] - median(fills[i - 1 : i + 2])) for i in range(1, len(fills) - 1))
    kept = residuals[: max(3, len(residuals) - 2)]
    return sum(kept) / len(kept) / RESIDUAL_SIGMAS


def _may_drop(near: Sequence[Seen]) -> bool:
    """Cheap first look, since nearly no reading ends an emptying."""
    before = 0.0
    for seen in near:
        if seen.trusted:
            if before - seen.fill_fraction >= DROP_MIN:
                return True
            before = seen.fill_fraction
    return False


def _before(levels: Sequence[Seen], place: int, threshold: float) -> float | None:
    """Return the level before when the reading at `place` is the first one after an emptying, else None."""
    before = median(seen.fill_fraction for seen in levels[max(0, place - BEFORE_MAX) : place])
    last, first = levels[place - 1].fill_fraction, levels[place].fill_fraction
    if min(before, last) - first < threshold:
        return None
    low_enough = min((last + first) / 2, before - threshold / 2)
    stays_low = [seen.fill_fraction <= low_enough for seen in levels[place + 1 : place + AFTER_MAX]]
    confirmed = stays_low[:1] == [True] or stays_low == [False, True, True]
    return before if confirmed and not _is_bump(levels, place, before) else None


def _is_same(levels: Sequence[Seen], place: int, before: float, told_utc: datetime) -> bool:
    """Return whether the drop is the one already told: near it, or with nothing but low readings up to it.

    The second happens when the readings between come late: the told date was the first low reading known then.
    """
    at_utc = levels[place].measured_utc
    if abs(at_utc - told_utc) < APART:
        return True
    middle = (before + levels[place].fill_fraction) / 2
    between = [seen for seen in levels[place:] if seen.measured_utc <= told_utc]
    return bool(between) and all(seen.fill_fraction <= middle for seen in between)


def _is_bump(levels: Sequence[Seen], place: int, before: float) -> bool:
    """Return whether the drop only ends a brief step up that came from the same level, or a little below."""
    first = levels[place].fill_fraction
    start = place
    while start > 0 and levels[start - 1].fill_fraction > (before + first) / 2:
        start -= 1
    if start == 0:
        return False
    foot = levels[start - 1].fill_fraction
    brief = levels[place].measured_utc - levels[start - 1].measured_utc <= BUMP_WITHIN
    steep = levels[start].fill_fraction - foot >= (before - foot) * BUMP_STEP_SHARE
    return brief and steep and BUMP_RETURN[0] <= first - foot <= BUMP_RETURN[1]
