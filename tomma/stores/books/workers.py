"""`WorkerBoard` in the registry database: one row per worker, written over at each report."""

import msgspec
import sqlalchemy as sa

from tomma.stores.books.database import reading, writing
from tomma.stores.books.tables import workers as tables
from tomma.workers import FORGOTTEN_AFTER, WorkerKind, WorkerReport


class SqlWorkerBoard:
    """What every worker of the city last said of itself."""

    def __init__(self, engine: sa.Engine) -> None:
        """Keep the board in an opened database; see `tomma.stores.books.database.open_database`."""
        self._engine = engine

    def report(self, report: WorkerReport) -> None:
        """Put up this worker's newest report, and take down workers long gone; see `WorkerBoard.report`."""
        worker = tables.worker
        gone = worker.c.reported_utc < report.reported_utc - FORGOTTEN_AFTER
        with writing(self._engine) as connection:
            connection.execute(sa.delete(worker).where((worker.c.name == report.worker) | gone))
            connection.execute(sa.insert(worker).values(_row(report)))

    def reports(self) -> tuple[WorkerReport, ...]:
        """Return the newest report of every worker, by name."""
        with reading(self._engine) as connection:
            return tuple(_report(row) for row in connection.execute(sa.select(tables.worker).order_by("name")))


def _row(report: WorkerReport) -> dict[str, object]:
    return {
        "name": report.worker,
        "kind": report.kind.value,
        "started_utc": report.started_utc,
        "reported_utc": report.reported_utc,
        "facts": msgspec.json.encode(report.facts).decode(),
    }


def _report(row: sa.Row[tuple[object, ...]]) -> WorkerReport:
    return WorkerReport(
        worker=row.name,
        kind=WorkerKind(row.kind),
        started_utc=row.started_utc,
        reported_utc=row.reported_utc,
        facts=msgspec.json.decode(row.facts),
    )
