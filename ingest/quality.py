"""Which readings to doubt. Flags never delete: the value is kept as measured, the plan decides what to trust."""

from datetime import datetime, timedelta

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


def judge(level: Level, measured_utc: datetime, raw: float, *, has_distance: bool, memory: SensorMemory) -> Quality:
    """Return the flags of a reading, given what its sensor said before."""
    flags = Quality.OUT_OF_RANGE if level.clipped else Quality.GOOD
    newest = memory.newest
    if newest is None:
        return flags
    if measured_utc < newest.measured_utc:
        return flags | Quality.LATE
    if _is_spike(level.fill_fraction, measured_utc, memory.recent):
        flags |= Quality.SPIKE
    if _is_stuck(level.fill_fraction, measured_utc, raw, has_distance=has_distance, memory=memory):
        flags |= Quality.STUCK
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
