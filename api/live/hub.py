"""Carries news from the threads that make it to the pages that listen."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from api.problems.model import BusyError

QUEUE_MAX = 256
"""News one listener may be behind before it is dropped; its page comes back and reads afresh."""
LISTENERS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened: the name of the event and its body."""

    kind: str
    body: Any


@dataclass(eq=False, slots=True)
class Listener:
    """One open page. Filled from its event loop only."""

    topic: str
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[News | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    dropped: bool = False

    def offer(self, news: News | None) -> None:
        """Take the news, or drop this listener when it is too far behind; None ends it."""
        if self.dropped:
            return
        try:
            self.queue.put_nowait(news)
        except asyncio.QueueFull:
            self.dropped = True
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)

    async def news(self, heartbeat_s: float) -> AsyncIterator[News | None]:
        """Yield news as it comes, and None after each `heartbeat_s` of silence; ends when the hub says so."""
        while True:
            try:
                item = await asyncio.wait_for(self.queue.get(), heartbeat_s)
            except TimeoutError:
                yield None
                continue
            if item is None:
                return
            yield item


class Hub:
    """Many listeners, many tellers, no waiting: a slow listener never holds a teller up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: set[Listener] = set()
        self._closed = False

    def tell(self, topic: str, kind: str, body: Any) -> None:
        """Hand news to everybody who listens to `topic`; callable from any thread."""
        news = News(kind, body)
        with self._lock:
            listeners = [each for each in self._listeners if each.topic == topic]
        for listener in listeners:
            self._offer(listener, news)

    @contextmanager
    def listen(self, topic: str) -> Iterator[Listener]:
        """Listen to `topic` from the running event loop."""
        listener = Listener(topic, asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
            closed = self._closed
        if closed:
            listener.offer(None)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def check_room(self) -> None:
        """Raise BusyError when as many pages listen as this server serves."""
        with self._lock:
            if len(self._listeners) >= LISTENERS_MAX:
                raise BusyError(f"{LISTENERS_MAX} pages listen already; try again soon")

    def close(self) -> None:
        """End every listener, also those still to come: the server is leaving."""
        with self._lock:
            self._closed = True
            listeners = list(self._listeners)
        for listener in listeners:
            self._offer(listener, None)

    def _offer(self, listener: Listener, news: News | None) -> None:
        try:
            listener.loop.call_soon_threadsafe(listener.offer, news)
        except RuntimeError:  # its event loop has ended: nobody is there
            with self._lock:
                self._listeners.discard(listener)
