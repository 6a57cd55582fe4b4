"""The publisher's own books: what it sent, what the broker acknowledged, and how the store compares."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.faults.numbers import number_of
from tomma.model import Reading

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a store holds, beside what was acknowledged."""

    acknowledged: int
    lost: tuple[int, ...] = ()
    """Acknowledged to the device, and not in the store."""
    stored_twice: tuple[int, ...] = ()
    foreign: int = 0
    """Readings in the store that nobody sent: damaged on the way."""

    @property
    def is_clean(self) -> bool:
        """Whether every acknowledged reading is there, once, as it was sent."""
        return not (self.lost or self.stored_twice or self.foreign)

    def __str__(self) -> str:
        """Say the counts, with the first numbers of what is wrong."""
        said = [f"acknowledged={self.acknowledged}"]
        for name, numbers in (("lost", self.lost), ("stored_twice", self.stored_twice)):
            said.append(f"{name}={len(numbers)}" + (f" (first: {numbers[:SHOWN]})" if numbers else ""))
        return " ".join([*said, f"foreign={self.foreign}"])


@dataclass(slots=True)
class Ledger:
    """Numbers are handed out in order; one counts as acknowledged when its PUBACK has come."""

    sent: int = 0
    acknowledged: set[int] = field(default_factory=set)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> int:
        """Return the next number, which counts as sent from now on; any thread may ask."""
        with self._turn:
            self.sent += 1
            return self.sent - 1

    def audit(self, stored: Iterable[Reading]) -> Verdict:
        """Return the verdict on a store's readings; what was sent and never acknowledged may or may not be there."""
        found = Counter(number_of(reading) for reading in stored)
        foreign = found.pop(None, 0) + sum(count for number, count in found.items() if not self._was_sent(number))
        return Verdict(
            acknowledged=len(self.acknowledged),
            lost=tuple(sorted(self.acknowledged - found.keys())),
            stored_twice=tuple(sorted(number for number, count in found.items() if number is not None and count > 1)),
            foreign=foreign,
        )

    def _was_sent(self, number: int | None) -> bool:
        return number is not None and 0 <= number < self.sent
