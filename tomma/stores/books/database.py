"""The registry database: opened by address, brought to the newest shape, its failures told in our words."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

from tomma.errors import ConfigurationError, StoreUnavailableError
from tomma.stores.books import one_sqlite
from tomma.stores.books.tables.schema import REVISION
from tomma.stores.sqlite_file import GO_BACK, ensure_file, open_connection, unavailable

APPLICATION_ID = 0x746F6D72  # "tomr"
_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_MIGRATION_LOCK = 0x746F6D72
_WRITES = "tomma_writes"
_TURN = "tomma_turn"
CONNECT_WITHIN_S = 5
"""A server of the city's own network answers in far less, and who stands at the machine wants to know."""
TURN_TIMEOUT_S = 60.0
"""How long a thread waits for its turn to write: many slow commits, but never for ever."""
_ALEMBIC = threading.Lock()
"""Alembic keeps what it works on in module state: one thread at a time."""


def open_database(address: str) -> sa.Engine:
    """Return the database at an SQLAlchemy address, migrated to the newest shape.

    Raises:
        ConfigurationError: If the address is none, or its driver is not installed.
        StoreUnavailableError: If the database cannot be used now, is damaged, or was written by a newer version.
    """
    engine = _engine(address)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_made(address: str) -> bool:
    """Return whether the database's file is there; a server is taken to have one, for only it can tell."""
    try:
        url = sa.make_url(address)
    except sa.exc.ArgumentError as exc:
        raise ConfigurationError(f"registry_url: {exc}") from exc
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def is_newest_shape(address: str) -> bool:
    """Return whether the database would be left as it is by `open_database`, which migrates."""
    engine = _engine(address)
    try:
        with reading(engine) as connection:
            return _version(connection) == REVISION
    finally:
        engine.dispose()


def _engine(address: str) -> sa.Engine:
    try:
        url = sa.make_url(address)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() == "sqlite":
            return _sqlite(url)
        return sa.create_engine(url, pool_pre_ping=True, connect_args=patience(url))
    except ImportError as exc:
        hint = "for PostgreSQL install psycopg[binary] beside tomma"
        raise ConfigurationError(f"registry_url: its driver is not installed ({exc}); {hint}") from exc
    except sa.exc.ArgumentError as exc:
        raise ConfigurationError(f"registry_url: {exc}") from exc


def patience(url: sa.URL) -> dict[str, int]:
    """Return what bounds the wait for a server that is cut off, two minutes by the driver; the address may name it."""
    return {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_WITHIN_S}


def _sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError("registry_url must name a file, such as sqlite:///registry.sqlite3")
    path = Path(url.database)
    ensure_file(path, APPLICATION_ID)

    def connect() -> object:
        connection = open_connection(path)
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    # SQLite lets writers poll for its lock, so on a slow disk the unlucky one of several threads waits past any
    # time-out. Threads of one process therefore take turns here, and poll only against other processes.
    options = {_TURN: threading.Lock(), "compiled_cache": one_sqlite.COMPILED}
    engine = sa.create_engine(url.set(drivername=one_sqlite.NAME), creator=connect, execution_options=options)
    event.listen(engine, "begin", _begin)
    _close_what_comes_back_late(engine)
    return engine


def _close_what_comes_back_late(engine: sa.Engine) -> None:
    """Close connections that were lent, or asked for, when the engine was disposed of: its pool forgets those open."""
    disposed = threading.Event()

    def at_checkin(_: object, record: ConnectionPoolEntry) -> None:
        if disposed.is_set():
            record.invalidate()

    event.listen(engine, "engine_disposed", lambda _: disposed.set())
    event.listen(engine, "checkin", at_checkin)


def _begin(connection: sa.Connection) -> None:
    # The driver is in autocommit mode. A writer takes its lock at once: upgrading a reader's lock can only fail.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Lend a connection that sees one snapshot, however many statements it runs."""
    # SQLite's transactions are snapshots anyway
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with _telling(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Lend a connection whose work is committed as one piece at the end, or not at all."""
    with (
        _turn(engine),
        _telling(engine),
        engine.connect().execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _turn(engine: sa.Engine) -> Iterator[None]:
    lock = engine.get_execution_options().get(_TURN)
    if lock is None:  # a server queues its writers itself
        yield
        return
    if not lock.acquire(timeout=TURN_TIMEOUT_S):
        raise StoreUnavailableError(f"{_name(engine)}: other writers took more than {TURN_TIMEOUT_S:g} s; try again")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _telling(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise  # means something to the store that ran the statement
    except sa.exc.DBAPIError as exc:
        raise _told(engine, exc) from exc
    except UnicodeDecodeError as exc:  # SQLite quotes the damaged text in its message
        raise StoreUnavailableError(f"{_name(engine)}: it is damaged; keep the file, and restore a backup") from exc
    except sa.exc.TimeoutError as exc:
        raise StoreUnavailableError(f"{_name(engine)}: every connection is in use; try again") from exc


def _told(engine: sa.Engine, exc: sa.exc.DBAPIError) -> StoreUnavailableError:
    if isinstance(exc.orig, sqlite3.Error):
        return unavailable(_name(engine), exc.orig)
    return StoreUnavailableError(f"{_name(engine)}: {exc.orig}; nothing was stored; check the server and try again")


def _name(engine: sa.Engine) -> str:
    if engine.dialect.name == "sqlite":
        return str(engine.url.database)
    return engine.url.render_as_string(hide_password=True)


def _migrate(engine: sa.Engine) -> None:
    """Run what is missing in one transaction; processes that start together wait for the first of them."""
    with reading(engine) as connection:
        if _version(connection) == REVISION:
            return
    # Imported here, since most starts find nothing to migrate, and before the lock, since others wait for it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with _ALEMBIC, writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        try:
            command.upgrade(config, "head")
        except CommandError as exc:  # the revision found there is none of ours
            raise StoreUnavailableError(f"{_name(engine)}: {exc}; written by a newer tomma? {GO_BACK}") from exc


def _version(connection: sa.Connection) -> str | None:
    table = sa.table("alembic_version", sa.column("version_num"))
    if not sa.inspect(connection).has_table(table.name):
        return None
    return connection.execute(sa.select(table.c.version_num)).scalar()
