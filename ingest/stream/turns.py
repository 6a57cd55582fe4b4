"""Who may work on which topics now, where several workers on one machine share a stream and a store.

A broker that splits a stream hands one sensor's readings now to this worker, now to that one. Whether a bin was
emptied is told from a sensor's readings together, so two workers must not judge the same sensor at once, and each
must know what the other stored. With a share group a worker therefore takes its batch's topics (a device publishes on
its own), recalls their sensors from the store, judges, stores, and lets go. Two workers with different sensors in
hand do not wait for each other. The operating system lets go of what a killed worker held.
"""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tomma.errors import StoreUnavailableError

OFFSET_BYTES = 7
"""A lock is on one byte of a file that is never written; its place is the topic's fingerprint."""

WAIT_S = 1.0
"""Short enough to keep the connection alive; whoever waits in vain tries again."""
POLL_S = 0.002


class FileTurns:
    """Turns by locks on single bytes of one file.

    Args:
        path: The file; made when there is none.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextlib.contextmanager
    def on(self, topics: Iterable[str]) -> Iterator[None]:
        """Have these topics to ourselves inside; waits for whoever has one of them now.

        Raises:
            StoreUnavailableError: If another worker keeps one for longer than any batch takes; try again later.
        """
        places = sorted({_place(topic) for topic in topics})  # in one order everywhere: no two wait for each other
        taken = 0
        try:
            for place in places:
                self._take(place)
                taken += 1
            yield
        finally:
            for place in places[:taken]:
                fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, place)

    def _take(self, place: int) -> None:
        deadline_s = time.monotonic() + WAIT_S
        while True:
            try:
                fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except OSError as exc:
                if time.monotonic() >= deadline_s:
                    raise StoreUnavailableError("another worker has kept a sensor's turn for too long") from exc
                time.sleep(POLL_S)
            else:
                return

    def close(self) -> None:
        """Let go of everything."""
        os.close(self._handle)


def _place(topic: str) -> int:
    digest = hashlib.blake2b(topic.encode("utf-8", "surrogatepass"), digest_size=OFFSET_BYTES).digest()
    return int.from_bytes(digest, "big")
