"""What was begun and is not on record yet, in a file of this process: what a dead one leaves, the next one records."""

import fcntl
import json
import logging
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tomma.audit import Deed, Outcome
from tomma.durable import sync
from tomma.errors import StoreUnavailableError
from tomma.new_files import new_file

log = logging.getLogger(__name__)

NAME = "audit-begun"
CUT_SHORT = "cut_short"
"""The fact that tells such a record: nobody knows how far the change came."""


class BegunFile:
    """Lines about changes under way; safe to call from many threads. Its lock says that its process lives."""

    def __init__(self, folder: Path) -> None:
        """Make nothing yet: most commands change nothing here."""
        self._folder = folder
        self._turn = threading.Lock()
        self._handle: int | None = None
        self._path = folder / f"{NAME}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        self._open: set[str] = set()

    def begin(self, deed: Deed) -> None:
        """Return once it is on the disk that this is begun; StoreUnavailableError if it cannot be."""
        with self._turn:
            try:
                self._handle = self._made() if self._handle is None else self._handle
                os.write(self._handle, line_of(begun_row(deed)))
                os.fsync(self._handle)
            except OSError as exc:
                raise StoreUnavailableError(f"{self._folder}: what begins cannot be noted: {exc}") from exc
            self._open.add(deed.request_id)

    def end(self, request_id: str) -> None:
        """Take note that it is on record; that need not outlive a power cut, for the record says it, too."""
        with self._turn:
            self._open.discard(request_id)
            if self._handle is not None and not self._open:
                with suppress(OSError):  # then its lines are found on record, one by one
                    os.ftruncate(self._handle, 0)

    def close(self) -> None:
        """Take the file away, unless something in it is not on record: then the next start finds it."""
        with self._turn:
            if self._handle is not None:
                if not self._open:
                    self._path.unlink(missing_ok=True)
                os.close(self._handle)
                self._handle = None

    def left(self) -> Iterator[tuple[Path, list[Deed]]]:
        """Yield what processes that are gone had begun, with the file to remove once it is on record."""
        return left_in(self._folder)

    def _made(self) -> int:
        while True:
            handle = new_file(self._path, 0o600, os.O_APPEND)
            fcntl.flock(handle, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), self._path.stat()):
                    break
            os.close(handle)  # taken away before it was locked, by another who took us for dead
        sync(self._folder)
        return handle


def left_in(folder: Path) -> Iterator[tuple[Path, list[Deed]]]:
    """Yield what is noted in a folder and held by nobody, with the file to remove once it is on record."""
    for path in sorted(folder.glob(f"{NAME}-*.jsonl")):
        with suppress(BlockingIOError, FileNotFoundError):  # its process lives, or has just taken it away
            handle = _opened(path)
            if handle is None:
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield path, _deeds(path.read_bytes())
            finally:
                os.close(handle)


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError:  # another account's; whoever may read it records it
        log.warning("what was begun by another account is not readable here path=%s", path)
        return None


def begun_row(deed: Deed) -> dict[str, object]:
    """Return what is noted before: nobody knows yet how it ends."""
    row = {"at_utc": deed.at_utc.isoformat(), "actor": deed.actor, "action": deed.action, "target": deed.target}
    return {**row, "request_id": deed.request_id}


def line_of(row: Mapping[str, object]) -> bytes:
    """Return one line of such a file."""
    return json.dumps(row).encode() + b"\n"


def _deeds(content: bytes) -> list[Deed]:
    """Return what the lines tell; of two about one deed the later one knows how it ended."""
    found: dict[str, Deed] = {}
    for line in content.splitlines():
        with suppress(ValueError, TypeError, KeyError):  # a line that a power cut left in part: it was never begun
            row = json.loads(line)
            moment, outcome = datetime.fromisoformat(row.pop("at_utc")), Outcome(row.pop("outcome", Outcome.FAILED))
            facts = row.pop("facts", {CUT_SHORT: True})
            found[row["request_id"]] = Deed(moment, outcome=outcome, facts=facts, **row)
    return list(found.values())
