"""The stream's own words reach the board, whatever the registry does."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from ingest.stream.counters import Status
from ingest.stream.reporter import facts, reporting
from tomma.errors import StoreUnavailableError
from tomma.ports import ReadingStore
from tomma.stores.influx.queue import FeedStatus
from tomma.workers import Fact, WorkerReport

PATIENCE_S = 30.0


class _Board:
    """Keeps every report; fails or hangs when told to."""

    def __init__(self) -> None:
        self.heard: list[WorkerReport] = []
        self.failures = 0
        self.gate = threading.Event()
        self.gate.set()

    def report(self, report: WorkerReport) -> None:
        assert self.gate.wait(PATIENCE_S)
        if self.failures:
            self.failures -= 1
            raise StoreUnavailableError("the disk is full")
        self.heard.append(report)

    def reports(self) -> Sequence[WorkerReport]:
        return self.heard


def _until(good: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not good():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_a_worker_reports_from_its_first_moment_to_its_last() -> None:
    """Before the broker is reached, again and again, and at the end that it was stopped on purpose."""
    board, count = _Board(), iter(range(1_000_000))
    counted: Callable[[], Mapping[str, Fact]] = lambda: {"received": next(count)}  # noqa: E731
    with reporting(board, "ingest-1", counted, every_s=0.01):
        _until(lambda: len(board.heard) >= 3)
        assert not any(report.facts.get("ended") for report in board.heard)

    assert [report.facts["received"] for report in board.heard] == list(range(len(board.heard)))
    assert board.heard[-1].facts["ended"] is True
    assert {report.worker for report in board.heard} == {"ingest-1"}
    assert {report.started_utc for report in board.heard} == {board.heard[0].started_utc}


def test_a_registry_that_fails_is_asked_again() -> None:
    """The stream goes on without it, and is seen again when it is back."""
    board = _Board()
    board.failures = 2
    with reporting(board, "ingest-1", dict, every_s=0.01):
        _until(lambda: bool(board.heard))


def test_a_registry_that_hangs_holds_nobody_up() -> None:
    """Neither the stream, nor the end of the process for longer than promised."""
    board = _Board()
    board.gate.clear()
    with reporting(board, "ingest-1", dict, every_s=0.01):
        pass  # the stream is here: entered and left while the report hangs
    assert board.heard == []
    board.gate.set()


class _FedStore:
    """Has a server behind it."""

    def __init__(self, feed: FeedStatus | None) -> None:
        self.feed = feed

    def feed_status(self) -> FeedStatus:
        if self.feed is None:
            raise StoreUnavailableError("the file is away")
        return self.feed


def test_a_store_that_feeds_a_server_says_how_that_goes() -> None:
    """A server that is away for a day shows nowhere else: everything goes on without it."""
    waiting = FeedStatus(waiting=7, refused=1, fed=3, trouble="503", since_utc=None)
    told = facts(Status(received=2), cast("ReadingStore", _FedStore(waiting)))
    assert (told["received"], told["feed_waiting"], told["feed_refused"], told["feed_trouble"]) == (2, 7, 1, "503")
    assert facts(Status(), cast("ReadingStore", _FedStore(None)))["feed_trouble"] == "the file is away"
    assert "feed_waiting" not in facts(Status(), cast("ReadingStore", object()))
