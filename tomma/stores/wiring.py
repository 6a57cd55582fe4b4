"""Opens every store that the settings name: what each front door calls once."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from tomma.asset_ports import AssetBook, VitalsBook
from tomma.audit import AuditBook
from tomma.care_ports import CareBook, Outbox, WorkOrderBook
from tomma.errors import ConfigurationError
from tomma.mornings import MorningBook
from tomma.opendata import OpenDataBook
from tomma.people_ports import PeopleBook, SessionBook
from tomma.ports import EventLog, PlanStore, ReadingStore, Registry, RequestBook, TabletBook, WorkerBoard
from tomma.saving import SavingBook
from tomma.settings import Settings
from tomma.stores.audit.log import AuditFiles, SqlAuditBook
from tomma.stores.books.assets import SqlAssetBook
from tomma.stores.books.care import SqlCareBook
from tomma.stores.books.database import open_database
from tomma.stores.books.events import SqlEventLog
from tomma.stores.books.mornings import SqlMorningBook
from tomma.stores.books.opendata import SqlOpenDataBook
from tomma.stores.books.outbox import SqlOutbox
from tomma.stores.books.people import SqlPeopleBook
from tomma.stores.books.plans import SqlPlanStore
from tomma.stores.books.registry import SqlRegistry
from tomma.stores.books.requests import SqlRequestBook
from tomma.stores.books.saving import SqlSavingBook
from tomma.stores.books.sessions import SqlSessionBook
from tomma.stores.books.tablets import SqlTabletBook
from tomma.stores.books.vitals import SqlVitalsBook
from tomma.stores.books.work_orders import SqlWorkOrderBook
from tomma.stores.books.workers import SqlWorkerBoard
from tomma.stores.readings.sqlite import SqliteReadings
from tomma.stores.upkeep.keeping import SqlOldRows


@dataclass(frozen=True, slots=True)
class Stores:
    """Every store of one city; leaving the context closes them."""

    readings: ReadingStore
    registry: Registry
    plans: PlanStore
    events: EventLog
    requests: RequestBook
    tablets: TabletBook
    workers: WorkerBoard
    care: CareBook
    work_orders: WorkOrderBook
    outbox: Outbox
    people: PeopleBook
    sessions: SessionBook
    assets: AssetBook
    vitals: VitalsBook
    saving: SavingBook
    mornings: MorningBook
    audit: AuditBook
    old_rows: SqlOldRows
    open_data: OpenDataBook
    engine: sa.Engine
    """The database under registry, plans and events."""

    def close(self) -> None:
        """Release files and connections."""
        self.readings.close()
        self.audit.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_stores(settings: Settings) -> Stores:
    """Open, and on first use make, what `settings` names; StoreUnavailableError says why not and what now."""
    engine = open_database(settings.registry_address)
    try:
        readings = _open_readings(settings)
    except BaseException:
        engine.dispose()
        raise
    registry = SqlRegistry(engine)
    return Stores(
        readings=readings,
        registry=registry,
        plans=SqlPlanStore(engine),
        events=SqlEventLog(engine),
        requests=SqlRequestBook(engine),
        tablets=SqlTabletBook(engine),
        workers=SqlWorkerBoard(engine),
        care=SqlCareBook(engine),
        work_orders=SqlWorkOrderBook(engine),
        outbox=SqlOutbox(engine),
        people=SqlPeopleBook(engine),
        sessions=SqlSessionBook(engine),
        assets=SqlAssetBook(engine, registry),
        vitals=SqlVitalsBook(engine),
        saving=SqlSavingBook(engine),
        mornings=SqlMorningBook(engine),
        audit=SqlAuditBook(engine, audit_files(settings)),
        open_data=SqlOpenDataBook(engine),
        old_rows=SqlOldRows(engine),
        engine=engine,
    )


def audit_files(settings: Settings) -> AuditFiles:
    """Return where the audit log's key and head are."""
    return AuditFiles(settings.audit_key_path, settings.audit_head_path, is_own_key=settings.audit.key_file is None)


def _open_readings(settings: Settings) -> ReadingStore:
    if settings.readings.kind == "sqlite":
        return SqliteReadings(settings.readings_path)
    try:  # here and not above: a city without an InfluxDB needs no client of it
        from tomma.stores.influx.readings import InfluxReadings
    except ImportError as exc:
        raise ConfigurationError(f'readings.kind is "influx", which needs a part that is not installed: {exc}') from exc
    return InfluxReadings(settings.influx_path, settings.readings, settings.clock.clock())
