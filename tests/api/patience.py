"""How long a test waits for what is to come."""

import time
from collections.abc import Callable

PATIENCE_S = 30.0


def until[Answer](ask: Callable[[], Answer], good: Callable[[Answer], bool], patience_s: float = PATIENCE_S) -> Answer:
    """Ask again until the answer is good; fail when patience ends."""
    end_s = time.monotonic() + patience_s
    while True:
        answer = ask()
        if good(answer):
            return answer
        assert time.monotonic() < end_s, f"still {answer!r}"
        time.sleep(0.01)
