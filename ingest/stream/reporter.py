"""Tells the other processes how the stream is, from a thread of its own: a slow registry must never slow a reading."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from ingest.stream.counters import Status
from tomma.errors import TommaError
from tomma.ports import Feeding, ReadingStore, WorkerBoard
from tomma.workers import REPORT_EVERY_S, Fact, WorkerKind, WorkerReport

log = logging.getLogger(__name__)

LEAVE_S = 2.0
"""How long the last report may take when the worker stops; what it leaves undone shows as silence."""


def facts(status: Status, store: ReadingStore) -> Mapping[str, Fact]:
    """Return what a worker says of itself; a store that feeds a server says how that goes."""
    told = dict(status.as_json())
    if isinstance(store, Feeding):
        try:
            feed = store.feed_status()
        except TommaError as exc:
            return told | {"feed_trouble": str(exc)}
        told |= {"feed_waiting": feed.waiting, "feed_refused": feed.refused, "feed_trouble": feed.trouble}
    return told


@contextmanager
def reporting(
    board: WorkerBoard, worker: str, facts: Callable[[], Mapping[str, Fact]], every_s: float = REPORT_EVERY_S
) -> Iterator[None]:
    """Put up a report at once, every few seconds, and at the end one that says that the end was meant."""
    leaving, started_utc = threading.Event(), datetime.now(UTC)

    def put_up(**more: Fact) -> None:
        report = WorkerReport(worker, WorkerKind.INGEST, started_utc, datetime.now(UTC), {**facts(), **more})
        try:
            board.report(report)
        except TommaError as exc:
            log.warning("report not put up worker=%s why=%s", worker, exc)

    def run() -> None:
        put_up()
        while not leaving.wait(every_s):
            put_up()
        put_up(ended=True)

    thread = threading.Thread(target=run, name="reporter", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join(LEAVE_S)
