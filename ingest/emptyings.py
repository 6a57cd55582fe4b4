"""Emptying detection: when did a bin become emptier, told from its fill levels alone.

"Drops to zero" is no detector: after a true emptying Swedish glass containers still read 20-74 %, because the heap
leans, the bag stays or the truck leaves early. What tells an emptying is that waste does not leave a bin by itself:

* **Drop against noise.** The level falls by at least `DROP_MIN`, and by `DROP_SIGMAS` times the sensor's own noise
  (distance of each reading from the median of three: blind to slopes and to steps).
* **Before, by plausibility.** One high reading is a "before" only as far as the bin can have filled since the ones
  before it, at the rate it fills: an echo from the lid is none.
* **After, by confirmation.** Within hours the next reading must stay down too (or, when an echo of the old level comes
  between, the two after it). After a gap of `SPARSE` an emptying is likelier than an echo: it is told at once, and
  withdrawn when the next reading is back at the old level faster than the bin ever fills.
* **A bump is no emptying.** A rise in one step, followed within `BUMP_WITHIN` by a fall to about the level it came
  from, is cardboard unfolding, or a bag held before the sensor; so is one that `ingest.quality` flagged in between.
* **Time.** An emptying is dated to the first low reading: it happened between the last high one and then. The gap may
  be days; waste still does not vanish. Two emptyings of a bin lie `APART` at least, so one is not told twice.

What was emptied is a function of the remembered levels in order of time. When a late reading changes it, what was told
before is withdrawn and told anew: the order of arrival does not matter as long as readings fall into the window.
Constants were set on other seeds than those that `tomma bench emptyings` measures; docs/decisions/0010 has the figures.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.bump import BUMP_WITHIN, ends_bump
from ingest.memory import RECENT_MAX, Seen, SensorMemory
from tomma.model import BinId, Emptying, EmptyingSource

DROP_MIN = 0.08
"""Above settling and a day's drift of an uncompensated ultrasonic sensor (7 % between a cold night and a warm noon)."""
DROP_SIGMAS = 4.5
DROP_MAX = 0.35
"""No more is ever asked for: beyond 8 % noise a sensor tells nothing anyway."""
DROP_UNKNOWN = 0.12
"""Asked of a sensor whose noise is not known yet."""
DAILY = timedelta(hours=12)
DROP_DAILY = 0.06
"""Asked of a sensor that speaks once or twice a day: by then much of the drop is full again, and echoes are rare."""
BEFORE_MAX = 3
AFTER_MAX = 4
SPARSE = timedelta(hours=5)
DENSE = timedelta(hours=3)
"""Between readings so near, what jumps is noise and what lasts is waste."""
RISE_FREE = 0.06
BUSY_FACTOR = 3.0
"""A busy hour brings three times the mean: Groningen's peak (arXiv 2409.13386)."""
RATE_FACTOR = 2.0
"""A busy day twice: Edinburgh's bins vary by 43 % from day to day."""
LEAP = 0.4
"""A rise no filling explains within `BUMP_WITHIN`."""
APART = timedelta(hours=3)
NOISE_READINGS = 10
RESIDUAL_SIGMAS = 0.43
"""Mean of the smaller three quarters of |x - median of three|, for 24 Gaussian values of sigma 1 (simulated)."""
HOUR_S = 3600.0


class Revision(NamedTuple):
    """What a reading changed in what is known of a bin's emptyings."""

    told: tuple[Emptying, ...] = ()
    withdrawn: tuple[Emptying, ...] = ()


NOTHING = Revision()


def detect(bin_id: BinId, memory: SensorMemory, new_utc: datetime) -> Revision:
    """Return the emptyings that the remembered reading of `new_utc` reveals, and those told before that it refutes.

    Only the places that this reading bears on are judged: older ones have lost, out of the window's far end, what
    came before them.
    """
    recent = memory.recent
    in_order = bool(recent) and recent[-1].measured_utc == new_utc
    if not _may_drop(recent[-AFTER_MAX - 1 :] if in_order else recent) and (in_order or not memory.detected_utc):
        return NOTHING
    levels = [seen for seen in recent if not seen.is_held]
    first = 2 * BEFORE_MAX if len(recent) >= RECENT_MAX else 2
    if in_order:
        first = max(first, len(levels) - AFTER_MAX)  # the newest is at most the third after it
    if first >= len(levels):
        return NOTHING
    return _revised(bin_id, memory, levels, first)


def _revised(bin_id: BinId, memory: SensorMemory, levels: Sequence[Seen], first: int) -> Revision:
    begins_utc = levels[first].measured_utc
    settled = [moment for moment in memory.detected_utc if moment < begins_utc]
    found = {each.at_utc: each for each in _emptyings(bin_id, levels, first, settled, _held_utc(memory))}
    open_utc = {moment for moment in memory.detected_utc if moment >= begins_utc}
    if found.keys() == open_utc:
        return NOTHING
    return Revision(
        tuple(each for moment, each in found.items() if moment not in open_utc),
        tuple(Emptying(bin_id, moment, EmptyingSource.DETECTED) for moment in sorted(open_utc - found.keys())),
    )


def _held_utc(memory: SensorMemory) -> list[datetime]:
    return [seen.measured_utc for seen in memory.recent if seen.is_held]


def _emptyings(
    bin_id: BinId, levels: Sequence[Seen], first: int, settled: Sequence[datetime], held_utc: Sequence[datetime]
) -> Iterator[Emptying]:
    """Yield the emptyings from place `first` on, oldest first."""
    sensor: _Habits | None = None
    last_utc = max(settled, default=None)
    for place in range(first, len(levels)):
        at_utc = levels[place].measured_utc
        if last_utc is not None and at_utc - last_utc < APART:
            continue
        if not _falls(levels[place - 1], levels[place]):
            continue
        sensor = sensor or _Habits(levels)
        before = _before(levels, place, sensor, held_utc)
        if before is not None:
            last_utc = at_utc
            yield Emptying(bin_id, at_utc, EmptyingSource.DETECTED, before, levels[place].fill_fraction)


def noise_fraction(levels: Sequence[Seen]) -> float | None:
    """Return the sensor's noise (one sigma, as a fill fraction), untouched by slopes, steps and some spikes.

    Only readings within `DENSE` of each other tell noise from filling; None when they are too few.
    """
    residuals = sorted(
        _from_median(before.fill_fraction, here.fill_fraction, after.fill_fraction)
        for before, here, after in zip(levels, levels[1:], levels[2:], strict=False)
        if after.measured_utc - before.measured_utc <= 2 * DENSE
    )
    if len(residuals) < NOISE_READINGS - 2:
        return None
    kept = residuals[: max(3, len(residuals) - 2)]
    return sum(kept) / len(kept) / RESIDUAL_SIGMAS


def _from_median(before: float, here: float, after: float) -> float:
    """Return how far `here` lies outside its two neighbours: its distance from the median of the three."""
    if before > after:
        before, after = after, before
    return max(before - here, here - after, 0.0)


class _Habits:
    """What this sensor and this bin usually do, learned from the window."""

    def __init__(self, levels: Sequence[Seen]) -> None:
        noise = noise_fraction(levels)
        self._threshold = DROP_UNKNOWN if noise is None else min(max(DROP_MIN, DROP_SIGMAS * noise), DROP_MAX)
        self._rate_per_h = _rate_per_h(levels, self._threshold)

    def threshold(self, gap: timedelta) -> float:
        """Return the least drop within `gap` that is an emptying."""
        return min(self._threshold, DROP_DAILY) if gap >= DAILY else self._threshold

    def rise(self, gap: timedelta) -> float:
        """Return how far the level may well rise within `gap`; next to nothing within `DENSE`."""
        return RISE_FREE + (self.refill(gap) if gap >= DENSE else 0.0)

    def refill(self, gap: timedelta) -> float:
        """Return how much may well be thrown in within `gap`."""
        factor = BUSY_FACTOR if gap < SPARSE else RATE_FACTOR
        return factor * self._rate_per_h * gap.total_seconds() / HOUR_S


def _rate_per_h(levels: Sequence[Seen], threshold: float) -> float:
    """Return the mean rise, leaving out leaps and emptyings; what noise adds here it takes there."""
    risen, hours = 0.0, 0.0
    for earlier, later in pairwise(levels):
        gap = later.measured_utc - earlier.measured_utc
        rise = later.fill_fraction - earlier.fill_fraction
        if -threshold < rise and (rise < LEAP or gap > BUMP_WITHIN):
            risen += rise
            hours += gap.total_seconds() / HOUR_S
    return max(0.0, risen) / hours if hours else 0.0


def _may_drop(near: Sequence[Seen]) -> bool:
    """Cheap first look, since nearly no reading ends an emptying."""
    if not near:
        return False
    before = near[0]
    for seen in near:
        if before.fill_fraction - seen.fill_fraction >= DROP_DAILY and _falls(before, seen):
            return True
        before = seen
    return False


def _falls(last: Seen, here: Seen) -> bool:
    """Return whether the level falls by the least that any sensor is asked for."""
    fall = last.fill_fraction - here.fill_fraction
    return fall >= DROP_DAILY and (fall >= DROP_MIN or here.measured_utc - last.measured_utc >= DAILY)


def _before(levels: Sequence[Seen], place: int, sensor: _Habits, held_utc: Sequence[datetime]) -> float | None:
    """Return the level before when the reading at `place` is the first one after an emptying, else None."""
    last, here = levels[place - 1], levels[place]
    threshold = sensor.threshold(here.measured_utc - last.measured_utc)
    if last.fill_fraction - here.fill_fraction < threshold:
        return None
    if place + 1 < len(levels) and _goes_on_falling(here, levels[place + 1], sensor):
        return None  # the next one is the first low reading
    before = _plausible(levels, place, sensor)
    if before - here.fill_fraction < threshold:
        return None
    if not _stays_low(levels, place, before, threshold, sensor):
        return None
    return None if ends_bump(levels[:place], here, before, sensor.rise, held_utc) else before


def _goes_on_falling(here: Seen, later: Seen, sensor: _Habits) -> bool:
    soon = later.measured_utc - here.measured_utc < DENSE
    return soon and here.fill_fraction - later.fill_fraction >= sensor.threshold(DENSE)


def _plausible(levels: Sequence[Seen], place: int, sensor: _Habits) -> float:
    """Return the level before the drop: the last one, as far as the bin can have risen to it."""
    last, former = levels[place - 1], levels[max(0, place - BEFORE_MAX) : place - 1]
    gap = last.measured_utc - former[-1].measured_utc
    if gap < DENSE:
        return min(last.fill_fraction, median(seen.fill_fraction for seen in (*former, last)))
    return min(last.fill_fraction, max(seen.fill_fraction for seen in former) + sensor.rise(gap))


def _stays_low(levels: Sequence[Seen], place: int, before: float, threshold: float, sensor: _Habits) -> bool:
    here = levels[place]
    low_enough = min((levels[place - 1].fill_fraction + here.fill_fraction) / 2, before - threshold / 2)
    after = levels[place + 1 : place + AFTER_MAX]
    gap = here.measured_utc - levels[place - 1].measured_utc
    if gap >= DAILY:
        return True
    if gap >= SPARSE:
        return not after or _is_refill(here, after[0], before, sensor) or after[0].fill_fraction <= low_enough
    low = [seen.fill_fraction <= low_enough for seen in after]
    if after and after[0].measured_utc - here.measured_utc >= DENSE:
        low[0] = after[0].fill_fraction <= low_enough + sensor.refill(after[0].measured_utc - here.measured_utc)
    same_day = [seen for seen in after[1:] if seen.measured_utc - here.measured_utc <= DAILY]  # later it is full again
    returned = [seen.fill_fraction > before - threshold / 2 for seen in same_day]
    return (low[:1] == [True] and returned != [True, True]) or low == [False, True, True]


def _is_refill(here: Seen, later: Seen, before: float, sensor: _Habits) -> bool:
    """Return whether the level after a sparse drop rose as bins fill, not as an echo goes away."""
    risen = later.fill_fraction - here.fill_fraction
    return risen <= sensor.rise(later.measured_utc - here.measured_utc) or later.fill_fraction < before - LEAP / 2
