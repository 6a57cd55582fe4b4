"""What somebody who helps needs to know of an installation, with nothing in it that is secret or tells of a person.

Two nets: only counts, sizes, versions and settings that are no secret are taken at all; then every known secret, every
account's name, and whatever looks like an e-mail address, a network address or one of our tokens is blanked from what
was taken. It changes nothing, and a part that fails says so: bundles are made when something is broken.
"""

import json
import os
import platform
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import distributions, version
from io import BytesIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tomma.errors import ConfigurationError, TommaError
from tomma.secret_files import make_private
from tomma.settings import Settings
from tomma.stores.books.database import patience
from tomma.stores.books.tables.schema import REVISION
from tomma.stores.books.tables.workers import worker
from tomma.stores.sqlite_file import open_connection
from tomma.stores.upkeep.blanking import Blank, shown_settings, words_of
from tomma.stores.upkeep.retention import read_journal

LOG_BYTES_MAX = 4 * 1024 * 1024
RUNS_SHOWN = 50
WHAT = """What `tomma support-bundle` took from an installation of tomma, for whoever helps.

versions.json   of tomma, Python, SQLite and every installed package; the migration the registry is at
settings.json   with secrets, addresses of people and logins blanked
tables.json     rows of every table; sizes of the files in the data directory; room on the disk
workers.json    what each process last said of itself
counts.json     messages by state, dead letters by reason, the audit's newest number, the last retention runs
log.txt         the end of the log that was handed over, if one was

There is no content of any table in it. Look through it before you hand it on.
"""


def bundle(settings: Settings, target: Path, now_utc: datetime, log: bytes = b"") -> Sequence[str]:
    """Write the archive, for its owner's eyes only; return the names of what is in it.

    Raises:
        ConfigurationError: If `target` is there already.
    """
    if target.exists():
        raise ConfigurationError(f"{target} is there already: name a new file")
    with closing(_Sources(settings)) as sources:
        blank = Blank(words_of(settings, sources.people))
        parts: Mapping[str, Callable[[], Any]] = {
            "versions.json": lambda: _versions(sources, now_utc),
            "settings.json": lambda: shown_settings(settings),
            "tables.json": lambda: _tables(sources),
            "workers.json": sources.workers,
            "counts.json": lambda: _counts(sources),
        }
        files = {name: json.dumps(_tried(part), indent=1, default=str) for name, part in parts.items()}
    files |= {"log.txt": log[-LOG_BYTES_MAX:].decode(errors="replace")} if log else {}
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"README.txt": WHAT, **{name: blank(text) for name, text in files.items()}}.items():
            archive.writestr(zipfile.ZipInfo(f"tomma-support/{name}", now_utc.timetuple()[:6]), text)
    make_private(target, content.getvalue())
    return list(files)


def _tried(part: Callable[[], Any]) -> Any:
    try:
        return part()
    except (TommaError, sa.exc.SQLAlchemyError, sqlite3.Error, OSError, ValueError, ImportError) as exc:
        return {"cannot_be_told": f"{type(exc).__name__}: {exc}"}


class _Sources:
    """The databases as they are: opened without making, migrating or changing anything."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._engine: sa.Engine | None = None

    @property
    def engine(self) -> sa.Engine:
        """The registry's."""
        if self._engine is None:
            url = sa.make_url(self.settings.registry_address)
            if url.get_backend_name() == "sqlite":
                path = Path(str(url.database))
                self._engine = sa.create_engine(url, creator=lambda: open_connection(path))
            else:
                url = url.set(drivername="postgresql+psycopg")
                self._engine = sa.create_engine(url, connect_args=patience(url))
        return self._engine

    def people(self) -> Sequence[str]:
        """Return the logins and names that must not be shown."""
        columns = sa.table("person", sa.column("login"), sa.column("name"))
        with self.engine.connect() as connection:
            return [str(text) for row in connection.execute(sa.select(columns)) for text in row]

    def workers(self) -> Any:
        """Return what the processes last said."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(worker)).mappings().all()
        return [{**row, "facts": json.loads(row["facts"])} for row in rows]

    def close(self) -> None:
        """Release the connections."""
        if self._engine is not None:
            self._engine.dispose()


def _versions(sources: _Sources, now_utc: datetime) -> Any:
    packages = sorted(f"{each.metadata['Name']}=={each.version}" for each in distributions())
    return {
        "made_utc": now_utc.isoformat(),
        "tomma": version("tomma"),
        "python": sys.version,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "sqlite": sqlite3.sqlite_version,
        "migration_wanted": REVISION,
        "migration_found": _tried(lambda: _scalar(sources, "SELECT version_num FROM alembic_version")),
        "readings_version": _tried(lambda: _pragma(sources.settings.readings_path, "user_version")),
        "packages": packages,
    }


def _scalar(sources: _Sources, statement: str) -> Any:
    with sources.engine.connect() as connection:
        return connection.execute(sa.text(statement)).scalar()


def _pragma(path: Path, name: str) -> Any:
    with closing(open_connection(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _tables(sources: _Sources) -> Any:
    settings = sources.settings
    readings = {path.name: _tried(partial(_rows_of, path)) for path in _readings_files(settings)}
    usage = shutil.disk_usage(settings.data_dir)
    return {
        "registry_rows": _tried(lambda: _rows(sources.engine)),
        "readings_rows": readings,
        "files_bytes": {
            path.name: path.stat().st_size for path in sorted(settings.data_dir.iterdir()) if path.is_file()
        },
        "disk_bytes": {"total": usage.total, "free": usage.free},
    }


def _readings_files(settings: Settings) -> list[Path]:
    return [path for path in (settings.readings_path, settings.influx_path) if path.exists()]


def _rows(engine: sa.Engine) -> Mapping[str, int]:
    quoted = engine.dialect.identifier_preparer.quote
    with engine.connect() as connection:
        names = sorted(sa.inspect(connection).get_table_names())
        counts = (sa.text(f"SELECT count(*) FROM {quoted(name)}") for name in names)  # noqa: S608  (our own names)
        return {name: connection.execute(count).scalar_one() for name, count in zip(names, counts, strict=True)}


def _rows_of(path: Path) -> Mapping[str, int]:
    engine = sa.create_engine("sqlite://", creator=lambda: open_connection(path))
    try:
        return _rows(engine)
    finally:
        engine.dispose()


def _counts(sources: _Sources) -> Any:
    settings = sources.settings
    return {
        "messages_by_state": _tried(lambda: _grouped(sources.engine, "notice", "status")),
        "plans_by_state": _tried(lambda: _grouped(sources.engine, "plan", "status")),
        "dead_letters_by_reason": {path.name: _tried(partial(_letters, path)) for path in _readings_files(settings)},
        "audit_newest_number": _tried(lambda: _scalar(sources, "SELECT max(number) FROM audit_record")),
        "retention_runs": _tried(lambda: read_journal(settings.retention_journal)[-RUNS_SHOWN:]),
    }


def _grouped(engine: sa.Engine, name: str, by: str) -> Mapping[str, int]:
    column: sa.ColumnClause[str] = sa.column(by)
    counted = sa.select(column, sa.func.count()).select_from(sa.table(name, column)).group_by(column)
    with engine.connect() as connection:
        return {str(key): int(count) for key, count in connection.execute(counted)}


def _letters(path: Path) -> Mapping[str, int]:
    with closing(open_connection(path)) as connection:
        return dict(connection.execute("SELECT reason, total FROM dead_letter_total").fetchall())


def now() -> datetime:
    """Return the machine's time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
