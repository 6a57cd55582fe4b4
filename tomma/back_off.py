"""Waits between attempts: growing, so that nobody is stormed; spread, so that not all return at once; and bounded."""

import random
from dataclasses import dataclass

FIRST_S = 0.2
LONGEST_S = 4.0
"""Whatever comes back is used again within 5 s."""


@dataclass(slots=True)
class BackOff:
    """Waits between attempts: doubling, with jitter so that a city's workers do not return all at once."""

    rng: random.Random
    span_max_s: float = LONGEST_S
    _span_s: float = FIRST_S

    def next_s(self) -> float:
        """Return the next wait: between half and all of a span that doubles up to `span_max_s`."""
        span_s, self._span_s = self._span_s, min(self.span_max_s, self._span_s * 2)
        return span_s * self.rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._span_s = FIRST_S
