"""Two devices under one name: a copied identity, or a spare that was set up like the first.

One device counts its messages up. In the order of measurement its numbers rise, but for a restart (they begin anew
near 0), a roll-over, and a backlog sent in another order. Two devices under one name interleave two rows of numbers,
so numbers fall far again and again, or the same number comes with two levels. Either tells nothing alone: a fall may
be a roll-over, or a restart that lost its first messages. Three of them among the last readings have no other
explanation.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

SIGNS_MIN = 3
RESTARTS_BELOW = 4
"""A restarted counter is seen first at 0 or 1, or a little later when its first messages were lost."""
SHUFFLED_MAX = 8
"""A backlog may be sent after the newest reading, or backwards: a fall by less is no sign."""
BACKLOG = timedelta(seconds=10)
"""A gateway hands on what it kept at once; readings timed by receipt are then in any order."""


class Numbered(Protocol):
    """The part of a remembered reading that matters here; `ingest.memory.Seen` has it."""

    @property
    def counter(self) -> int | None:
        """The device's own number of the message."""

    @property
    def raw(self) -> float:
        """What it said."""

    @property
    def received_utc(self) -> datetime:
        """When it came."""

    @property
    def by_receipt(self) -> bool:
        """Whether its place among the others is that of its receipt."""


def conflicting_counter(recent: Sequence[Numbered]) -> int | None:
    """Return the newest number that cannot be of the same device as the ones around it; None: one device speaks."""
    if len({seen.counter for seen in recent} - {None}) < 2:
        return None  # a number that never changes counts nothing
    signs: list[int] = []
    since_restart: dict[int, Numbered] = {}
    before: Numbered | None = None
    for seen in recent:
        if seen.counter is None:
            continue
        if before is not None and seen.counter < min(before.counter or 0, RESTARTS_BELOW):
            since_restart.clear()
        elif before is not None and (_falls(before, seen) or _is_other(since_restart.get(seen.counter), seen)):
            signs.append(seen.counter)
        since_restart[seen.counter] = before = seen
    return signs[-1] if len(signs) >= SIGNS_MIN else None


def _falls(before: Numbered, seen: Numbered) -> bool:
    """Whether the number falls farther than a shuffled backlog explains, which comes all at once."""
    shuffled = seen.by_receipt and abs(seen.received_utc - before.received_utc) < BACKLOG
    return (seen.counter or 0) < (before.counter or 0) - SHUFFLED_MAX and not shuffled


def _is_other(twin: Numbered | None, seen: Numbered) -> bool:
    """Whether the same number came with another level."""
    return twin is not None and twin.raw != seen.raw
