"""The stores with synchronous=NORMAL, which many take for enough: a commit is on the disk when the log is folded."""

import sqlite3
import sys
from pathlib import Path

from simulator.faults import writer
from tomma.stores import sqlite_file
from tomma.stores.books import database

_open = sqlite_file.open_connection


def open_connection(path: Path, busy_timeout_s: float = sqlite_file.BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Open it as the store does, and take half of the promise back."""
    connection = _open(path, busy_timeout_s)
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


sqlite_file.open_connection = open_connection
database.open_connection = open_connection  # type: ignore[attr-defined]
writer.main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
