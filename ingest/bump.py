"""A bump: a step up that came and went without an emptying. Cardboard unfolds and is pressed down, a bag hangs."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

BUMP_WITHIN = timedelta(hours=8)
"""People press cardboard down, or the next bag does, within a working day; assumed."""
STEP_SHARE = 0.7
"""Share of the rise that must come in one step: filling comes in many."""
RETURN = (-0.06, 0.2)
"""How near to its foot a bump ends; rather above it, since the bin goes on filling unseen."""


class Levelled(Protocol):
    """The part of a remembered reading that matters here; `ingest.memory.Seen` has it."""

    @property
    def measured_utc(self) -> datetime:
        """When."""

    @property
    def fill_fraction(self) -> float:
        """How full."""


def ends_bump(
    levels: Sequence[Levelled],
    here: Levelled,
    before: float,
    rise: Callable[[timedelta], float] = lambda _: 0.0,
    held_utc: Sequence[datetime] = (),
) -> bool:
    """Return whether the level `here`, coming after `levels`, only ends a step up from about the same level.

    Args:
        levels: What was seen before, oldest first.
        here: The first low level.
        before: How high it stood.
        rise: How far this bin may fill within some time. [fraction]
        held_utc: When the sensor was flagged as blocked or stuck: then it may have stood for any time.
    """
    middle, start = (before + here.fill_fraction) / 2, len(levels)
    while start > 0 and levels[start - 1].fill_fraction > middle:
        start -= 1
    if start == len(levels):
        return False
    was_held = any(levels[start].measured_utc < moment < here.measured_utc for moment in held_utc)
    if start == 0:
        return was_held  # it was blocked for longer than we remember
    foot = levels[start - 1]
    stood, unseen = here.measured_utc - levels[start].measured_utc, here.measured_utc - foot.measured_utc
    if not was_held and (stood > BUMP_WITHIN or unseen > 2 * BUMP_WITHIN):
        return False
    steep = levels[start].fill_fraction - foot.fill_fraction >= (before - foot.fill_fraction) * STEP_SHARE
    return steep and RETURN[0] <= here.fill_fraction - foot.fill_fraction <= max(RETURN[1], rise(unseen))
