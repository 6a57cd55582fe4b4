"""How long a test waits for what is to come."""

import time
from collections.abc import Callable
from itertools import chain, repeat

PATIENCE_S = 90.0
FIRST_PAUSES_S, PAUSE_S = (0.005, 0.01, 0.01, 0.02, 0.02), 0.05
"""A question costs the server some milliseconds: asked at every hundredth of a second, it took a third of its time."""


def until[Answer](ask: Callable[[], Answer], good: Callable[[Answer], bool], patience_s: float = PATIENCE_S) -> Answer:
    """Ask again until the answer is good, more and more seldom; fail when patience ends."""
    end_s, pauses_s = time.monotonic() + patience_s, chain(FIRST_PAUSES_S, repeat(PAUSE_S))
    while True:
        answer = ask()
        if good(answer):
            return answer
        assert time.monotonic() < end_s, f"still {answer!r}"
        time.sleep(next(pauses_s))
