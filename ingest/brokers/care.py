"""Looks after the embedded broker: starts it anew when its store has failed, and tells when it has ended.

A full disk or a failed write makes NATS' JetStream answer nothing more, also when there is room again: devices then get
no PUBACK for ever, which loses nothing and helps nobody. So its log is watched, and when the disk has room again, the
server is started anew. That takes a fifth of a second; what it holds is on the disk.

A server that has ended by itself is told at once, also before ingest was ever ready: a door that looks open and has no
broker behind it would be restarted by nobody.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tomma.errors import TommaError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
ROOM_BYTES = 1024**2
"""So much must be free: a server that is started with less fails on its first block."""
PAUSE_MAX_S = 30.0
"""Between starts of a server that fails again and again."""
FAILED = (b"critical write error", b"failed to store a msg", b"JetStream out of")


class Broker(Protocol):
    """The broker, as it is cared for; `ingest.brokers.embedded.EmbeddedBroker` is one."""

    directory: Path

    @property
    def running(self) -> bool:
        """Whether the server has not ended by itself."""

    def restart(self) -> None:
        """Start the server anew, or raise TommaError."""


@contextmanager
def cared_for(broker: Broker, on_end: Callable[[], None]) -> Iterator[None]:
    """Restart a broker that can write no more although there is room, and call `on_end` when it has ended."""
    leaving, tail = threading.Event(), _Tail(broker.directory / "nats.log")
    thread = threading.Thread(target=_care, args=(broker, tail, on_end, leaving), name="broker-care", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join()


def _care(broker: Broker, tail: "_Tail", on_end: Callable[[], None], leaving: threading.Event) -> None:
    pause_s, has_failed = LOOK_EVERY_S, False
    while not leaving.wait(pause_s):
        if not broker.running:
            on_end()
            return
        has_failed = tail.has_news_of_failure() or has_failed
        if not has_failed:
            pause_s = LOOK_EVERY_S
        elif _free_bytes(broker.directory) >= ROOM_BYTES:
            log.warning("broker can write no more although there is room: starting it anew")
            has_failed, pause_s = False, min(PAUSE_MAX_S, 2 * pause_s)
            try:
                broker.restart()
            except TommaError as exc:
                log.error("broker does not start anew why=%s", exc)  # noqa: TRY400  (one line)


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
