"""Looks after the embedded broker: a NATS store that could not write once refuses to, until it is started anew.

A full disk or a failed write makes its JetStream answer nothing more, also when there is room again: devices then get
no PUBACK for ever, which loses nothing and helps nobody. So its log is watched, and when the disk has room again, the
server is started anew. That takes a fifth of a second; what it holds is on the disk.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tomma.errors import TommaError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
ROOM_BYTES = 1024**2
"""So much must be free: a server that is started with less fails on its first block."""
PAUSE_MAX_S = 30.0
"""Between starts of a server that fails again and again."""
FAILED = (b"critical write error", b"failed to store a msg", b"JetStream out of")


@contextmanager
def cared_for(directory: Path, restart: Callable[[], None]) -> Iterator[None]:
    """Call `restart` when the server of `directory` can write no more although there is room; from a thread."""
    leaving, tail = threading.Event(), _Tail(directory / "nats.log")
    thread = threading.Thread(target=_care, args=(tail, restart, leaving), name="broker-care", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join()


def _care(tail: "_Tail", restart: Callable[[], None], leaving: threading.Event) -> None:
    pause_s, has_failed = LOOK_EVERY_S, False
    while not leaving.wait(pause_s):
        has_failed = tail.has_news_of_failure() or has_failed
        if not has_failed:
            pause_s = LOOK_EVERY_S
        elif _free_bytes(tail.path.parent) >= ROOM_BYTES:
            log.warning("broker can write no more although there is room: starting it anew")
            has_failed, pause_s = False, min(PAUSE_MAX_S, 2 * pause_s)
            try:
                restart()
            except TommaError as exc:
                log.error("broker does not start anew why=%s", exc)  # noqa: TRY400  (one line; the caller notices)
                return


class _Tail:
    """The end of a log that others write and rotate."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = self._size()

    def has_news_of_failure(self) -> bool:
        """Return whether a failed write was told since the last look."""
        size = self._size()
        if size <= self._read_to:
            self._read_to = size  # the same, or a new file
            return False
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                news = file.read(ROOM_BYTES)
        except OSError:
            return False
        self._read_to += len(news)
        return any(text in news for text in FAILED)

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError:
            return 0


def _free_bytes(directory: Path) -> int:
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize
