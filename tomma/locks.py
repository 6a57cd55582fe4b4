"""One at a time: a lock that the operating system lets go of when its holder dies, however it dies."""

import fcntl
import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tomma.errors import ConflictError, StoreUnavailableError
from tomma.new_files import new_file

_POLL_S = 0.02


@contextmanager
def holding(path: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold the lock file at `path` inside; yield whether it was got within `wait_s`.

    Raises:
        StoreUnavailableError: If this account may not open the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _opened(path)
    try:
        yield _got(handle, wait_s)
    finally:
        os.close(handle)  # lets go of it


def _opened(path: Path) -> int:
    try:
        with suppress(FileExistsError):
            return new_file(path, 0o644)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except PermissionError as exc:
        return _opened_to_read(path, exc)


def _opened_to_read(path: Path, refused: PermissionError) -> int:
    """Open another account's lock file: reading is enough to hold it, but on NFS."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as exc:
        where = path if path.exists() else path.parent
        raise StoreUnavailableError(
            f"{where} belongs to {_account(where.stat().st_uid)} and is not open to {_account(os.geteuid())}, "
            "who must lock it: give it to that account (chown)"
        ) from (refused if isinstance(exc, FileNotFoundError) else exc)


def _account(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def _got(handle: int, wait_s: float) -> bool:
    deadline_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline_s:
                return False
            time.sleep(_POLL_S)
        else:
            return True


@contextmanager
def the_only(what: str, path: Path, wait_s: float = 5.0) -> Iterator[None]:
    """Be the only `what` inside, and write our process id to `path` for the next one to name.

    Waits a moment: of a predecessor that was killed, a child may still hold the lock until it notices.

    Raises:
        ConflictError: If another process is that already.
    """
    with holding(path, wait_s) as got:
        if not got:
            owner = path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
            raise ConflictError(f"{what} runs already (process {owner} holds {path}); stop that one first")
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
