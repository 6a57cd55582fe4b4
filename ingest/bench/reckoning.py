"""What became of the messages: each must be in the store exactly once, saying what was said."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ingest.bench.load import Load


class Kept(NamedTuple):
    """One reading as a store gives it back."""

    number: int | None
    """Which message it is; None when the store holds something nobody sent."""
    distance_mm: float | None


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What is wrong with a store after a run; all zero is right."""

    lost: int = 0
    """Acknowledged to the publisher, and not there."""
    doubled: int = 0
    """There more than once; every further copy counts."""
    wrong: int = 0
    """There with another value, or never sent."""

    @property
    def is_clean(self) -> bool:
        """Whether every message is there exactly once."""
        return not (self.lost or self.doubled or self.wrong)


def reckon(load: Load, sent: range, kept: Iterable[Kept]) -> Reckoning:
    """Compare the store's readings with the messages numbered `sent`."""
    copies = bytearray(len(sent))
    doubled = wrong = 0
    for number, distance_mm in kept:
        if number is None or number not in sent or distance_mm != load.distance_mm(number):
            wrong += 1
            continue
        place = number - sent.start
        doubled += bool(copies[place])
        copies[place] = 1
    return Reckoning(lost=copies.count(0), doubled=doubled, wrong=wrong)
