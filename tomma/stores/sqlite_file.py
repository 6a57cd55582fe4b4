"""One SQLite file on disk: how it is born, opened, and how its failures are told.

A store must never come up empty in place of the one a city has filled. So a file is born complete, under
another name, and linked into place; what is found at the path afterwards is ours, or it is refused.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tomma.durable import sync
from tomma.errors import StoreUnavailableError

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for another process before it says that the store is busy."""
IDLE_MAX = 8
"""Each keeps up to 32 MB of pages that it has read. A server answers forty at once now and then, and few all day."""
_MAGIC = b"SQLite format 3\x00"
_WHAT_NOW = {
    sqlite3.SQLITE_FULL: "the disk is full; nothing of this was stored; free space and it goes on",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written; nothing of this was stored; check disk and space",
    sqlite3.SQLITE_BUSY: "another process has been writing for too long; try again",
    sqlite3.SQLITE_LOCKED: "another statement holds it; try again",
    sqlite3.SQLITE_READONLY: "it may not be written; check owner, mode and file system",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the directory exists and may be written",
    sqlite3.SQLITE_PERM: "it may not be opened; check owner and mode",
    sqlite3.SQLITE_CORRUPT: "it is damaged; stop, keep the file, and restore a backup",
    sqlite3.SQLITE_NOTADB: "it is not a database; stop, keep the file, and restore a backup",
}


GO_BACK = "nothing was changed; use that version, or go back as docs/stores.md says"
"""What now, where a newer version wrote the store."""


def unavailable(path: Path | str, exc: sqlite3.Error) -> StoreUnavailableError:
    """Return what `exc` means for the person who must act, with path and what now."""
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, the rest its detail
    return StoreUnavailableError(f"{path}: {exc}: {_WHAT_NOW.get(code, 'the store cannot be used; see the log')}")


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn SQLite's errors and the operating system's into StoreUnavailableError."""
    try:
        yield
    except sqlite3.Error as exc:
        raise unavailable(path, exc) from exc
    except UnicodeDecodeError as exc:  # SQLite quotes the damaged text in its message
        raise StoreUnavailableError(f"{path}: {_WHAT_NOW[sqlite3.SQLITE_CORRUPT]}") from exc
    except OSError as exc:
        raise StoreUnavailableError(f"{path}: {exc.strerror or exc}; check owner, mode and space") from exc


def ensure_file(path: Path, application_id: int) -> None:
    """Make sure that a database of ours lies at `path`: the one that is there, or a new one if nothing ever was.

    Raises:
        StoreUnavailableError: If what is there is no database, is another program's, or has lost its main file.
    """
    with telling(path):
        if not path.exists():
            _create(path, application_id)
        _refuse_foreign(path, application_id)


def _create(path: Path, application_id: int) -> None:
    if _beside(path, "-wal").exists():
        raise StoreUnavailableError(f"{path}: the file is gone but its -wal is there; restore both, or move it away")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _beside(path, f".{os.getpid()}-{threading.get_ident()}.new")
    try:
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA application_id={application_id}")
        finally:
            connection.close()
        with suppress(FileExistsError):  # another process was first: its file is as good
            os.link(draft, path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _refuse_foreign(path: Path, application_id: int) -> None:
    with path.open("rb") as file:
        head = file.read(100)
    if head[:16] != _MAGIC or len(head) < 100:
        raise StoreUnavailableError(
            f"{path}: it is not a database ({path.stat().st_size} bytes); keep the file and restore a backup"
        )
    found = int.from_bytes(head[68:72], "big")  # application_id: sqlite.org/fileformat.html, section 1.3
    if found != application_id:
        raise StoreUnavailableError(
            f"{path}: it belongs to another program (application id {found:#x}, expected {application_id:#x})"
        )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def open_connection(path: Path, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Return a connection in autocommit mode whose commits are on the disk when they return.

    WAL with synchronous=FULL loses nothing at a power cut; NORMAL does. `fullfsync` says the same to macOS,
    where a plain fsync only reaches the drive's cache.
    """
    connection = sqlite3.connect(
        f"file:{_quoted(path)}?mode=rw",  # never creates: see the top of this file
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    try:
        for pragma in ("synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON", "cache_size=-32768"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA schema_version").fetchone()  # the first read: a damaged file is told here
    except BaseException:
        connection.close()
        raise
    return connection


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside as one piece, or nothing of it. Takes the write lock at once."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all statements inside see the same state, whoever writes meanwhile."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


class ConnectionPool:
    """Lends each caller a connection of its own, from any thread; keeps some of what comes back."""

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection, with SQLite's errors turned into StoreUnavailableError."""
        with telling(self._path):
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreUnavailableError(f"{self._path}: the store was closed; open it again")
            if self._idle:
                return self._idle.pop()
        return open_connection(self._path, self._busy_timeout_s)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_MAX:
                self._idle.append(connection)
                return
        connection.close()
