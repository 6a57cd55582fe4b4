"""What a command does where no log can take it yet: noted in a file beside what it changes, until a log takes it.

A broker is made ready before the city's books are, or on a machine without them; a backup is put back before the key
is. The note has the form of `begun`, with a second line that tells how it ended.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from tomma.audit import Deed, Fact, Outcome
from tomma.clock import SystemClock
from tomma.durable import sync
from tomma.errors import StoreUnavailableError
from tomma.new_files import new_file
from tomma.stores.audit.begun import NAME, begun_row, line_of
from tomma.stores.audit.intent import Doing

OWED = f"{NAME}-owed.jsonl"


@contextmanager
def owing(folder: Path, deed: Deed) -> Iterator[Doing]:
    """Note in the folder what a command is about to do, and how it ended.

    Raises:
        StoreUnavailableError: If it cannot be noted; then nothing has been changed.
    """
    numbered = replace(deed, request_id=secrets.token_hex(8))
    _note(folder, begun_row(numbered))
    doing = Doing(dict(deed.facts))
    try:
        yield doing
    except Exception as exc:
        _note(folder, _ended_row(replace(numbered, outcome=Outcome.FAILED, facts=_with_reason(doing, exc))))
        raise
    _note(folder, _ended_row(replace(numbered, outcome=doing.outcome, facts=doing.facts)))


def _with_reason(doing: Doing, exc: Exception) -> dict[str, Fact]:
    return {**doing.facts, "why": type(exc).__name__}


def _ended_row(deed: Deed) -> Mapping[str, object]:
    now_utc = SystemClock().now_utc()
    return {**begun_row(replace(deed, at_utc=now_utc)), "outcome": deed.outcome, "facts": dict(deed.facts)}


def _note(folder: Path, row: Mapping[str, object]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        handle = _held(folder / OWED)
        try:
            os.write(handle, line_of(row))
            os.fsync(handle)
        finally:
            os.close(handle)
        sync(folder)
    except OSError as exc:
        raise StoreUnavailableError(f"{folder}: what begins cannot be noted: {exc}") from exc


def _held(path: Path) -> int:
    """Open the file to append and lock it; one that a log has just taken away is made anew."""
    while True:
        with suppress(FileExistsError):
            os.close(new_file(path, 0o600))
        with suppress(FileNotFoundError):
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
            fcntl.flock(handle, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), path.stat()):
                    return handle
            os.close(handle)
