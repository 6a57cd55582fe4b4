"""Workers report to one board; whoever falls silent is seen to be silent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tomma.stores.books.workers import SqlWorkerBoard
from tomma.workers import FORGOTTEN_AFTER, SILENT_AFTER, WorkerKind, WorkerReport

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
FACTS = {"received": 3, "lag_s": 0.25, "connected": True, "store_failure": "", "rejected_by_reason": {"too_large": 1}}


def _report(worker: str = "ingest-1", at_utc: datetime = T0, **facts: object) -> WorkerReport:
    return WorkerReport(worker, WorkerKind.INGEST, T0, at_utc, {**FACTS, **facts})  # type: ignore[dict-item]


def test_the_newest_report_of_each_worker_is_up(engine: sa.Engine) -> None:
    """With its facts as they were told; the report before is gone."""
    board = SqlWorkerBoard(engine)
    assert board.reports() == ()
    newest = _report(at_utc=T0 + timedelta(seconds=5), received=9)
    for report in (_report("ingest-2"), _report(), newest):
        board.report(report)

    assert board.reports() == (newest, _report("ingest-2"))


def test_a_worker_gone_for_long_is_taken_down_when_another_reports(engine: sa.Engine) -> None:
    """One that was moved to another machine must not keep the city's health at degraded for ever."""
    board = SqlWorkerBoard(engine)
    board.report(_report("old"))
    board.report(_report("new", T0 + FORGOTTEN_AFTER))
    assert [each.worker for each in board.reports()] == ["new", "old"]

    later = replace(_report("new"), reported_utc=T0 + FORGOTTEN_AFTER + timedelta(seconds=1))
    board.report(later)
    assert board.reports() == (later,)


def test_silence_begins_after_the_reports_that_may_be_late() -> None:
    """A busy machine may be late; a frozen worker may not hide behind what it said before."""
    report = _report()
    assert not report.silent(T0 + SILENT_AFTER)
    assert report.silent(T0 + SILENT_AFTER + timedelta(seconds=1))


def test_a_report_without_a_name_is_refused() -> None:
    """It would take the place of every other nameless one."""
    with pytest.raises(ValueError, match="worker must not be empty"):
        _report("")
