"""Forgetting the records beside the readings once they are old enough. All inside the caller's transaction."""

import sqlite3
from datetime import datetime

from tomma.ports import Aging
from tomma.stores.readings import letters
from tomma.stores.readings.days import DAY_MS
from tomma.stores.readings.rows import to_ms_up

_OLD = {
    Aging.DAYS: f"FROM day WHERE day < ? / {DAY_MS}",
    Aging.EMPTYINGS: "FROM emptying WHERE at_ms < ?",
    # An alert that still holds is not history, however long ago it was raised.
    Aging.ALERTS: """FROM alert AS old WHERE at_ms < ? AND NOT EXISTS (
        SELECT 1 FROM active_alert a WHERE a.subject = old.subject AND a.kind = old.kind AND a.at_ms = old.at_ms)""",
    Aging.DEAD_LETTERS: "FROM dead_letter WHERE received_ms < ?",
}


def count(connection: sqlite3.Connection, kind: Aging, moment: datetime) -> int:
    """Return how many records of the kind are from before `moment`."""
    return int(connection.execute(f"SELECT count(*) {_OLD[kind]}", (to_ms_up(moment),)).fetchone()[0])


def forget(connection: sqlite3.Connection, kind: Aging, moment: datetime) -> int:
    """Delete the kind's records from before `moment`; return how many went."""
    parameters = (to_ms_up(moment),)
    if kind is Aging.DEAD_LETTERS:
        ids = [number for (number,) in connection.execute(f"SELECT id {_OLD[kind]}", parameters)]
        return letters.drop(connection, ids)
    return connection.execute(f"DELETE {_OLD[kind]}", parameters).rowcount
