"""Every table has an age or a reason, and one run over a whole installation takes exactly what is due."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tomma.audit import Deed
from tomma.model import Alert, AlertKind, BinId, Emptying, EmptyingSource, Reading, Rejected, RejectReason, SensorId
from tomma.settings import Settings
from tomma.store_settings import RetentionSettings
from tomma.stores.books.tables.columns import JsonList, UtcDateTime
from tomma.stores.books.tables.schema import METADATA
from tomma.stores.sqlite_file import open_connection
from tomma.stores.upkeep import retention
from tomma.stores.upkeep.keeping import KEPT, OldRows
from tomma.stores.wiring import Stores, open_stores

NOW = datetime(2026, 11, 22, 13, 45, tzinfo=UTC)
BOUND = datetime(2026, 11, 12, tzinfo=UTC)
"""Ten whole days before."""
OLD, NEW = BOUND - timedelta(milliseconds=1), BOUND
TEN = RetentionSettings(**dict.fromkeys(RetentionSettings.model_fields, 10))
BY_THEIR_STORES = {"photo", "audit_record"}
EVERY_DAY_OF_READINGS = {
    "reading", "latest", "series", "emptying", "alert", "active_alert", "dead_letter", "dead_letter_total", "day",
    "append_count", "quarantine",
}  # fmt: skip


def test_every_table_says_how_long_it_keeps_its_rows(tmp_path: Path) -> None:
    """A new one that says nothing would keep what it has for ever, and nobody would have decided that."""
    assert {table.name for table in KEPT} == set(METADATA.tables)
    assert {kept.kind for kept in KEPT.values() if kept.kind} == set(OldRows)
    assert all(bool(kept.due) is bool(kept.kind) for kept in KEPT.values())
    assert all(f"{kind}_days" in RetentionSettings.model_fields for kind in OldRows)
    settings = Settings(data_dir=tmp_path)
    with open_stores(settings), closing(open_connection(settings.readings_path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        assert {name for (name,) in names} == EVERY_DAY_OF_READINGS, "give it a kind in tomma.ports.Aging, or a reason"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """An installation with an old row and a new one in every table."""
    with open_stores(Settings(data_dir=tmp_path)) as opened:
        with opened.engine.begin() as connection:
            for table in METADATA.sorted_tables:
                if table.name not in {"audit_record", "counter"}:
                    for name, moment in (("old", OLD), ("new", NEW)):
                        connection.execute(sa.insert(table).values(_row(table, name, moment)))
        opened.audit.append([Deed(OLD, "operator", "old"), Deed(NEW, "operator", "new")])
        for moment in (OLD, NEW):
            letter = Rejected("t", b"x", moment, RejectReason.NOT_UTF8, "x")
            alerts = [Alert(AlertKind.TILT, moment, active, SensorId("S1")) for active in (True, False)]
            reading = Reading(BinId("B1"), SensorId("S1"), moment, moment, 0.5)
            opened.readings.append(
                [reading], [Emptying(BinId("B1"), moment, EmptyingSource.DETECTED)], [letter], alerts
            )
        yield opened


def _row(table: sa.Table, name: str, moment: datetime) -> Mapping[str, Any]:
    return {column.name: _value(column, name, moment) for column in table.columns}


def _value(column: sa.Column[Any], name: str, moment: datetime) -> Any:
    if isinstance(column.type, JsonList | UtcDateTime):
        return [] if isinstance(column.type, JsonList) else moment
    kind = column.type.python_type
    values: Mapping[type, Any] = {
        str: "{}" if column.name in {"document", "facts", "figures"} else name,
        int: 1 if name == "old" else 2,
        float: 1.0,
        bool: False,
        bytes: name.encode(),
        date: moment.date(),
    }
    return values[kind]


def _rows(stores: Stores) -> dict[str, int]:
    with stores.engine.connect() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in METADATA.tables.items()
        }


def test_a_run_takes_exactly_what_is_due_from_every_table(stores: Stores, tmp_path: Path) -> None:
    """To the millisecond before midnight, of readings, taps, photos, sessions, work and records alike (case T4)."""
    before = _rows(stores)
    assert min(before.values()) >= 1, before
    aged = {table.name for table, kept in KEPT.items() if kept.kind}
    wanted = {name: rows - (name in aged | BY_THEIR_STORES) for name, rows in before.items()}
    per_kind = {kind.value: sum(kept.kind is kind for kept in KEPT.values()) for kind in OldRows}
    due = per_kind | {"readings": 1, "days": 0, "emptyings": 1, "alerts": 2, "dead_letters": 1, "photos": 1, "audit": 1}

    def run(*, dry_run: bool = False) -> dict[str, int]:
        journal = tmp_path / "retention.jsonl"
        told = retention.apply(
            stores.readings, TEN, NOW, journal,
            assets=stores.assets, audit=stores.audit, rows=stores.old_rows, dry_run=dry_run,
        )  # fmt: skip
        return {each.kind: each.deleted for each in told}

    assert run(dry_run=True) == due
    assert _rows(stores) == before
    assert run() == due | {"days": 1}
    assert _rows(stores) == wanted | {"audit_record": 2}, "one went, and the record that vouches for it came"
    for table in KEPT:
        if table.name in aged:
            with stores.engine.connect() as connection:
                assert "new" in str(connection.execute(sa.select(table)).one()) or table.name.endswith("try")
    assert stores.audit.verify().is_whole
    assert run() == dict.fromkeys(due, 0)


def test_work_that_is_not_over_stays_however_old(stores: Stores) -> None:
    """Somebody still has to go there."""
    with stores.engine.begin() as connection:
        connection.execute(sa.text("UPDATE work_order SET status = 'open'"))
    stores.old_rows.forget_before(OldRows.CARE, NOW)
    assert (_rows(stores)["work_order"], _rows(stores)["work_change"]) == (2, 2)
    assert _rows(stores)["alert_care"] == 0
