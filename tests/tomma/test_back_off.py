"""How long to wait before the next try."""

import random

from tomma.back_off import LONGEST_S, BackOff


def test_waits_between_attempts_grow_spread_and_end() -> None:
    """A city's ingest servers must not all return in the same second, nor give up (case M21)."""
    back_off = BackOff(random.Random(1))  # noqa: S311  (jitter)
    waits = [back_off.next_s() for _ in range(12)]
    assert waits[0] <= 0.2
    assert all(LONGEST_S / 2 <= wait <= LONGEST_S for wait in waits[9:])
    assert len(set(waits)) == 12
