"""What waits for the server: tables beside the readings, in the same file, so that one commit covers both.

A trigger puts every reading that is really new into `feed`, whoever inserts it. `feed` and `feed_refused` hold only
the keys of rows in `reading`; such rows are never dropped from this file before the server has them.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tomma.model import Reading
from tomma.stores.readings import rows
from tomma.stores.readings.schema import READING_SQL
from tomma.stores.sqlite_file import transaction

BYTES_PER_QUEUED_READING = 64
"""A row of `feed`, the row of `reading` it keeps here, and their share of half-empty pages: docs/stores.md."""

EVER_MS = -(2**62)
"""Before everything."""

type Key = tuple[int, int]
"""(series, measured_ms) of a row of `reading`."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS feed (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, measured_ms INTEGER NOT NULL,
        unchecked INTEGER NOT NULL  -- 1: so old that only the server knows whether it is a duplicate
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS feed_refused (
        series INTEGER NOT NULL, measured_ms INTEGER NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL,
        PRIMARY KEY (series, measured_ms)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS feed_state (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        here_from_ms INTEGER NOT NULL,  -- older readings may be on the server alone
        gone_before_ms INTEGER NOT NULL,  -- older readings on the server are deleted, or as good as
        adopted INTEGER NOT NULL,  -- 1: the server was asked what it had before this file was born
        fed INTEGER NOT NULL, trouble TEXT NOT NULL, since_ms INTEGER NOT NULL
    ) STRICT""",
    f"INSERT OR IGNORE INTO feed_state VALUES (1, {EVER_MS}, {EVER_MS}, 0, 0, '', 0)",  # noqa: S608  (a constant)
    """CREATE TRIGGER IF NOT EXISTS feed_reading AFTER INSERT ON reading BEGIN
        INSERT INTO feed (series, measured_ms, unchecked)
        SELECT new.series, new.measured_ms, new.measured_ms < here_from_ms OR NOT adopted FROM feed_state;
    END""",
)

_HEAD = f"""
SELECT f.series, f.unchecked, {READING_SQL}
FROM (SELECT * FROM feed ORDER BY seq LIMIT ?) f
CROSS JOIN reading r ON r.series = f.series AND r.measured_ms = f.measured_ms
CROSS JOIN series p ON p.id = f.series
ORDER BY f.seq
"""  # noqa: S608  (only constants of this package are set in, here and below)
_REFUSED = f"""
SELECT x.reason, x.at_ms, {READING_SQL}
FROM feed_refused x CROSS JOIN reading r ON r.series = x.series AND r.measured_ms = x.measured_ms
CROSS JOIN series p ON p.id = x.series ORDER BY x.at_ms DESC, r.measured_ms LIMIT ?
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Queued:
    """A reading that waits for the server."""

    series: int
    unchecked: bool
    reading: Reading

    @property
    def key(self) -> Key:
        """The row it waits in."""
        return self.series, rows.to_ms(self.reading.measured_utc)


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How the server's feeding goes."""

    waiting: int
    """Readings that are durable here and not yet on the server."""
    refused: int
    """Readings the server does not take; kept here, with its reason."""
    fed: int
    """Readings that the server has had from here, or had before."""
    trouble: str
    """Why it does not go on; empty when it does."""
    since_utc: datetime | None
    """When the trouble began."""


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """A reading that the server does not take."""

    reading: Reading
    reason: str
    at_utc: datetime


def install(connection: sqlite3.Connection) -> None:
    """Make the tables and the trigger if they are not there."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'feed_reading'").fetchone():
        return
    with transaction(connection):
        for statement in _TABLES:
            connection.execute(statement)


def waiting(connection: sqlite3.Connection) -> int:
    """Return how many readings wait, at most; exact, and quick at any length, as the queue leaves at its head."""
    first, last = connection.execute("SELECT (SELECT min(seq) FROM feed), (SELECT max(seq) FROM feed)").fetchone()
    return 0 if first is None else last - first + 1


def status(connection: sqlite3.Connection) -> FeedStatus:
    """Return how the feeding goes, as the process that feeds has told it."""
    fed, trouble, since_ms = connection.execute("SELECT fed, trouble, since_ms FROM feed_state").fetchone()
    refused = connection.execute("SELECT count(*) FROM feed_refused").fetchone()[0]
    return FeedStatus(waiting(connection), refused, fed, trouble, rows.from_ms(since_ms) if trouble else None)


def head(connection: sqlite3.Connection, limit: int) -> tuple[int, list[Queued]]:
    """Return the readings that have waited longest, and the number up to which they are told; 0 when none waits.

    A reading that retention has taken meanwhile is passed over.
    """
    last_seq = connection.execute("SELECT max(seq) FROM (SELECT seq FROM feed ORDER BY seq LIMIT ?)", (limit,))
    found = connection.execute(_HEAD, (limit,)).fetchall()
    queued = [Queued(series, bool(unchecked), rows.reading(tuple(row))) for series, unchecked, *row in found]
    return last_seq.fetchone()[0] or 0, queued


def leave(connection: sqlite3.Connection, last_seq: int, fed: int) -> None:
    """Let everything up to `last_seq` leave the queue; the server has `fed` of them."""
    connection.execute("DELETE FROM feed WHERE seq <= ?", (last_seq,))
    connection.execute("UPDATE feed_state SET fed = fed + ?", (fed,))


def refuse(connection: sqlite3.Connection, keys: Iterable[tuple[Key, str]], now: datetime) -> None:
    """Set readings aside with the server's reason."""
    at_ms = rows.to_ms(now)
    values = [(*key, reason, at_ms) for key, reason in keys]
    connection.executemany("INSERT OR REPLACE INTO feed_refused VALUES (?, ?, ?, ?)", values)


def refused(connection: sqlite3.Connection, limit: int) -> Sequence[RefusedReading]:
    """Return what was set aside, the newest first."""
    found = connection.execute(_REFUSED, (limit,)).fetchall()
    return [RefusedReading(rows.reading(tuple(row)), why, rows.from_ms(at_ms)) for why, at_ms, *row in found]


def replay(connection: sqlite3.Connection) -> int:
    """Put everything that was set aside back into the queue; return how many."""
    requeued = "INSERT INTO feed (series, measured_ms, unchecked) SELECT series, measured_ms, 1 FROM feed_refused"
    connection.execute(requeued)
    return connection.execute("DELETE FROM feed_refused").rowcount


def requeue(connection: sqlite3.Connection, keys: Iterable[Key]) -> None:
    """Let these readings wait once more."""
    connection.executemany("INSERT INTO feed (series, measured_ms, unchecked) VALUES (?, ?, 1)", keys)


def tell(connection: sqlite3.Connection, trouble: str, now: datetime) -> None:
    """Say why the feeding does not go on, or "" that it does; the first moment of a trouble stands."""
    connection.execute(
        "UPDATE feed_state SET since_ms = iif(trouble = '', ?2, since_ms), trouble = ?1 WHERE trouble <> ?1",
        (trouble, rows.to_ms(now)),
    )


def reach_ms(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the half-open time of which the server alone knows everything that is not deleted."""
    gone_before_ms, here_from_ms = connection.execute("SELECT gone_before_ms, here_from_ms FROM feed_state").fetchone()
    return gone_before_ms, here_from_ms


def is_adopted(connection: sqlite3.Connection) -> bool:
    """Return whether it is known what the server had before this file was born."""
    return bool(connection.execute("SELECT adopted FROM feed_state").fetchone()[0])


def set_adopted(connection: sqlite3.Connection) -> None:
    """Say that it is known from now on."""
    connection.execute("UPDATE feed_state SET adopted = 1")


def set_here_from(connection: sqlite3.Connection, moment_ms: int) -> None:
    """Say that older readings may be on the server alone; it never goes back."""
    connection.execute("UPDATE feed_state SET here_from_ms = max(here_from_ms, ?)", (moment_ms,))


def set_gone_before(connection: sqlite3.Connection, moment_ms: int) -> None:
    """Say that older readings on the server count for nothing; it never goes back."""
    connection.execute("UPDATE feed_state SET gone_before_ms = max(gone_before_ms, ?)", (moment_ms,))
