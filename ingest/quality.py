"""Which readings to doubt. Flags never delete: the value is kept as measured, the plan decides what to trust.

Each rule with its constants and where they come from; how often each is right: docs/decisions/0010. There is no flag
for a lone fall: when it comes it looks like an emptying. The next reading decides, in `ingest.emptyings` whether it was
one, and in the forecast whether the low level counts.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from ingest.bump import ends_bump
from ingest.calibrate import Level
from ingest.memory import Seen, SensorMemory
from tomma.model import Quality

SPIKE_FRACTION = 0.4
"""A rise no single bag makes in a street bin; less is an ordinary deposit (33 l of 140 l is 24 %)."""
SPIKE_WITHIN = timedelta(hours=6)
"""After a longer pause a great rise is what filling looks like."""
CONFIRM_FRACTION = 0.2
"""How near to the first high reading the next one must lie to confirm it."""
STUCK_AFTER = timedelta(hours=72)
"""A bin in use changes by a millimetre within three days; a sensor behind ice or a cobweb does not."""
STUCK_READINGS = 12
FILL_ONLY_ENDS = (0.02, 0.98)
"""A device that sends whole percents rests honestly at empty and at full."""
BLOCKED_FROM_FRACTION = 0.97
"""What hangs before the lens is as near as a full bin's waste, or nearer; only how it came tells them apart."""
BLOCKED_READINGS = 6
BLOCKED_STEADY = 0.02
"""Waste that reaches the lid goes on moving; a bag or a cobweb hardly does. [fraction, about 15 mm]"""
UNSEEN_GAPS, UNSEEN_MIN = 2.5, timedelta(hours=2)
"""In so much more than the usual gap, and so long, a bin may fill by 40 points and nobody sees it; assumed."""
PACE_TIMES = 3.0
"""How much faster than since it was emptied a bin may fill for one gap: rush hours; assumed."""
UNFOLDED_FRACTION = 0.15
DRIFT_FRACTION = (0.03, 0.12)
"""Less is noise, more no temperature does."""
DRIFT_C = 8.0
SOUND_PER_C = 0.0018
"""Sound is 0.6 m/s faster per degree, of 340 m/s: a distance seems shorter by as much. [1/degree]"""
DRIFT_MARGIN = 1.5


class _Here(NamedTuple):
    measured_utc: datetime
    fill_fraction: float


def judge(
    level: Level,
    measured_utc: datetime,
    raw: float,
    *,
    has_distance: bool,
    memory: SensorMemory,
    temperature_c: float | None = None,
) -> Quality:
    """Return the flags of a reading, given what its sensor said before."""
    flags = Quality.OUT_OF_RANGE if level.clipped else Quality.GOOD
    newest = memory.newest
    if newest is None:
        return flags
    if measured_utc < newest.measured_utc:
        return flags | Quality.LATE
    fill_fraction, recent = level.fill_fraction, memory.recent
    rise = fill_fraction - newest.fill_fraction
    # From a newest level that can be trusted, less of a rise is no jump.
    may_jump = rise >= SPIKE_FRACTION or not newest.trusted
    if may_jump and fill_fraction >= SPIKE_FRACTION and _is_spike(fill_fraction, measured_utc, recent):
        flags |= Quality.SPIKE
    if raw == newest.raw and _is_stuck(fill_fraction, measured_utc, raw, has_distance=has_distance, memory=memory):
        flags |= Quality.STUCK
    if (fill_fraction >= BLOCKED_FROM_FRACTION or level.in_dead_zone) and _is_blocked(fill_fraction, recent):
        flags |= Quality.BLOCKED
    if rise < 0:
        flags |= _fallen(_Here(measured_utc, fill_fraction), raw if has_distance else None, temperature_c, recent)
    return flags


def _is_spike(fill_fraction: float, measured_utc: datetime, recent: tuple[Seen, ...]) -> bool:
    """A jump up, not yet confirmed: the flag stays on the first high reading, the next one decides about itself."""
    newest = recent[-1]
    if newest.is_spike and fill_fraction > newest.fill_fraction - CONFIRM_FRACTION:
        return False
    trusted = [seen for seen in recent[-4:] if seen.trusted][-2:]
    if not trusted or measured_utc - trusted[-1].measured_utc > SPIKE_WITHIN:
        return False
    # The higher of two: after a single false low echo the return to the old level is no jump.
    return fill_fraction - max(seen.fill_fraction for seen in trusted) >= SPIKE_FRACTION


def _is_stuck(
    fill_fraction: float, measured_utc: datetime, raw: float, *, has_distance: bool, memory: SensorMemory
) -> bool:
    same = memory.recent[-STUCK_READINGS + 1 :]
    if memory.same_since_utc is None or len(same) < STUCK_READINGS - 1:
        return False
    low, high = FILL_ONLY_ENDS
    if not has_distance and not low < fill_fraction < high:
        return False
    return measured_utc - memory.same_since_utc >= STUCK_AFTER and all(seen.raw == raw for seen in same)


def _is_blocked(fill_fraction: float, recent: tuple[Seen, ...]) -> bool:
    """A step up to the lid that then hardly moves. A bin that filled up in steps is full, and its readings count.

    So do those of one that may have filled while the radio lost its messages: a visit too many costs less than a bin
    that overflows while it is taken for a bag.
    """
    if recent[-1].is_held:
        return abs(recent[-1].fill_fraction - fill_fraction) <= BLOCKED_STEADY
    start = len(recent)
    while start > 0 and abs(recent[start - 1].fill_fraction - fill_fraction) <= BLOCKED_STEADY:
        start -= 1
    if start == 0 or len(recent) - start + 1 < BLOCKED_READINGS:
        return False
    first = recent[start]
    if first.measured_utc - recent[start - 1].measured_utc > SPIKE_WITHIN:
        return False
    # The highest of three: a lone false low echo out of a full bin is no foot.
    foot = max(seen.fill_fraction for seen in recent[max(0, start - 3) : start])
    rise = first.fill_fraction - foot
    return rise >= SPIKE_FRACTION and not _may_have_filled(recent, start, rise)


def _may_have_filled(recent: tuple[Seen, ...], start: int, rise: float) -> bool:
    """Return whether waste explains the step up to `recent[start]`: messages were lost, or the bin is that quick."""
    gap = recent[start].measured_utc - recent[start - 1].measured_utc
    usual_s = median((later.measured_utc - each.measured_utc).total_seconds() for each, later in pairwise(recent))
    if gap >= UNSEEN_MIN and gap.total_seconds() > UNSEEN_GAPS * usual_s:
        return True
    since = start - 1
    while since > 0 and recent[since - 1].fill_fraction < recent[since].fill_fraction + UNFOLDED_FRACTION:
        since -= 1
    filled = recent[start - 1].fill_fraction - recent[since].fill_fraction
    over = recent[start - 1].measured_utc - recent[since].measured_utc
    return filled > 0 and rise <= PACE_TIMES * filled * (gap / over)


def _fallen(here: _Here, distance_mm: float | None, temperature_c: float | None, recent: tuple[Seen, ...]) -> Quality:
    """Return why a level that waste cannot have lowered is lower: what stood there went, or the air cooled."""
    newest = recent[-1]
    fall = newest.fill_fraction - here.fill_fraction
    if fall >= UNFOLDED_FRACTION:
        if newest.is_spike:  # told already, and it was alone
            return Quality.GOOD
        levels = [seen for seen in recent if not seen.is_held]
        held_utc = [seen.measured_utc for seen in recent if seen.is_held]
        return Quality.UNFOLDED if ends_bump(levels, here, newest.fill_fraction, held_utc=held_utc) else Quality.GOOD
    if temperature_c is None or distance_mm is None or newest.temperature_c is None:
        return Quality.GOOD
    return Quality.DRIFT if _is_drift(here.fill_fraction, distance_mm, temperature_c, recent) else Quality.GOOD


def _is_drift(fill_fraction: float, distance_mm: float, temperature_c: float, recent: tuple[Seen, ...]) -> bool:
    if not any(_cooled(seen, temperature_c) for seen in (recent[0], recent[len(recent) // 2])):
        return False  # nearly always
    warm = [seen for seen in recent if _cooled(seen, temperature_c)]
    highest = max(warm, key=lambda seen: seen.fill_fraction)
    low, high = DRIFT_FRACTION
    if highest.temperature_c is None or highest.distance_mm is None:
        return False
    cooled_c = highest.temperature_c - temperature_c
    if not low <= highest.fill_fraction - fill_fraction <= high:
        return False
    return distance_mm - highest.distance_mm <= DRIFT_MARGIN * SOUND_PER_C * cooled_c * distance_mm


def _cooled(seen: Seen, temperature_c: float) -> bool:
    return seen.temperature_c is not None and seen.temperature_c - temperature_c >= DRIFT_C
