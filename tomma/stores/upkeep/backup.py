"""A copy of everything that is kept here, taken while it is in use; and the way back.

SQLite's own backup copies one moment of each database without stopping its writers. A backup is checked when it is
made and again before it is put back; and nothing is ever put back over something that is there.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tomma.durable import sync
from tomma.errors import ConfigurationError, StoreUnavailableError
from tomma.settings import Settings
from tomma.stores.sqlite_file import open_connection, telling

MANIFEST = "manifest.json"
REGISTRY = "registry.sqlite3"
"""Its name in a backup, whatever `registry_url` calls it."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One file of a backup."""

    bytes: int
    sha256: str
    rows: Mapping[str, int]
    """Of each table of a database."""


def back_up(settings: Settings, target: Path, now_utc: datetime) -> Mapping[str, Copied]:
    """Copy every database (and the makers' scripts) into `target`, which must not be there yet.

    Raises:
        ConfigurationError: If the registry is no SQLite file, or `target` is there.
        StoreUnavailableError: If a file cannot be read or written.
    """
    databases = _databases(settings)
    if target.exists():
        raise ConfigurationError(f"{target} is there already: a backup never overwrites another")
    if not databases:
        raise ConfigurationError(f"there is nothing to back up in {settings.data_dir.absolute()}: is it data_dir?")
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    with telling(target):
        draft.mkdir(parents=True, mode=0o700)  # every bin, tap and digest of a password, whatever the umask is
        try:
            found = {name: _copy_database(path, draft / name) for name, path in databases.items()}
            found |= _copy_others(settings, draft)
            document = {"format": "tomma-backup", "version": 1, "at_utc": now_utc.isoformat()}
            files = {name: asdict(copied) for name, copied in found.items()}
            (draft / MANIFEST).write_text(json.dumps(document | {"files": files}, indent=1), encoding="utf-8")
            for path in (*draft.rglob("*"), draft):
                sync(path)
            draft.rename(target)
            sync(target.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return found


def restorable(settings: Settings, source: Path) -> Mapping[str, Copied]:
    """Return what can be put back, after every byte of it was checked.

    Raises:
        ConfigurationError: If there is something where it belongs, `source` is no whole backup, or the registry is no
            SQLite file.
    """
    files = _checked(source)
    places = [place_of(settings, name) for name in files]
    there = [place for place in places if place.exists() or place.with_name(f"{place.name}-wal").exists()]
    if there:
        raise ConfigurationError(
            f"{there[0]} is there: a backup is only put into an empty data directory; move it away"
        )
    return files


def put_back(settings: Settings, source: Path, files: Mapping[str, Copied]) -> None:
    """Put what was checked where it belongs; StoreUnavailableError if a file cannot be read or written."""
    places = {name: place_of(settings, name) for name in files}
    drafts = {name: place.with_name(f"{place.name}.new") for name, place in places.items()}
    with telling(settings.data_dir):
        for name, draft in drafts.items():
            draft.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, draft)
            sync(draft)
        for name, draft in drafts.items():  # all are complete: now give them their names
            draft.rename(places[name])
        for folder in {place.parent for place in places.values()} | {settings.data_dir}:
            sync(folder)


def place_of(settings: Settings, name: str) -> Path:
    """Return where a file of a backup lives."""
    if name != REGISTRY or not settings.registry_url:
        return settings.data_dir / name
    if not settings.registry_url.startswith("sqlite"):
        raise ConfigurationError(
            "the registry is on a server of its own: its own tools copy it and put it back (pg_dump)"
        )
    return Path(settings.registry_url.removeprefix("sqlite:///"))


def _databases(settings: Settings) -> dict[str, Path]:
    paths = {REGISTRY: place_of(settings, REGISTRY)}
    paths |= {path.name: path for path in (settings.readings_path, settings.influx_path)}
    return {name: path for name, path in paths.items() if path.exists()}


def _copy_database(source: Path, target: Path) -> Copied:
    with (
        telling(source),
        closing(open_connection(source)) as reading,
        _telling_full(target.parent.parent),
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing, pages=-1)  # in one step: in several, every write between them would begin it anew
        writing.execute("PRAGMA journal_mode=WAL")
        fault = writing.execute("PRAGMA quick_check(1)").fetchone()[0]
        if fault != "ok":
            raise StoreUnavailableError(f"{source}: it is damaged ({fault}); keep it, and restore an older backup")
        names = writing.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        tables = [name for (name,) in names.fetchall()]
        rows = {name: writing.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608
    sync(target)
    return Copied(target.stat().st_size, _digest(target), rows)


@contextmanager
def _telling_full(folder: Path) -> Iterator[None]:
    """Say that the disk which takes the copy is full: SQLite tells no path, and the store's own disk may be well."""
    try:
        yield
    except sqlite3.Error as exc:
        if getattr(exc, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise StoreUnavailableError(f"{folder.absolute()}: the disk is full; no backup was made") from exc
        raise


def _copy_others(settings: Settings, draft: Path) -> dict[str, Copied]:
    home = settings.data_dir
    paths = [*home.glob("codecs/**/*"), settings.retention_journal]
    found = {}
    for path in (path for path in paths if path.is_file()):
        name = path.relative_to(home).as_posix()
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, draft / name)
        found[name] = Copied(path.stat().st_size, _digest(draft / name), {})
    return found


def _checked(source: Path) -> Mapping[str, Copied]:
    try:
        document = json.loads((source / MANIFEST).read_bytes())
        files = {name: Copied(**row) for name, row in document["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ConfigurationError(f"{source}: no whole backup: {MANIFEST}: {exc}") from exc
    if document.get("format") != "tomma-backup" or document.get("version") != 1:
        raise ConfigurationError(f"{source}: not a backup that this version knows")
    for name, expected in files.items():
        path = source / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ConfigurationError(f"{source}: {name!r} leads out of the backup")
        if not path.is_file() or path.stat().st_size != expected.bytes or _digest(path) != expected.sha256:
            raise ConfigurationError(f"{path}: missing or changed since the backup was made; take another one")
    return files


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
