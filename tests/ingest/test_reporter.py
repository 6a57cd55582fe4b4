"""The stream's own words reach the board, whatever the registry does."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from ingest.reporter import reporting
from tomma.errors import StoreUnavailableError
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
    facts: Callable[[], Mapping[str, Fact]] = lambda: {"received": next(count)}  # noqa: E731
    with reporting(board, "ingest-1", facts, every_s=0.01):
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
