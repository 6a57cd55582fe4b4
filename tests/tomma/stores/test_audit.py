"""The chain in the registry database: several writers, sudden ends, and hands in the tables."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from tests.tomma.stores.conftest import T0
from tomma.audit import CHECKPOINT, Deed, Head, Search, Span, head_of
from tomma.errors import ConfigurationError, StoreUnavailableError
from tomma.store_settings import RetentionSettings
from tomma.stores.audit.log import AuditFiles, SqlAuditBook
from tomma.stores.books.database import writing
from tomma.stores.commands import audit as audit_cli
from tomma.stores.readings.sqlite import SqliteReadings
from tomma.stores.upkeep import retention

type Books = Callable[[], SqlAuditBook]


@pytest.fixture
def open_book(open_engine: Callable[[], sa.Engine], tmp_path: Path) -> Books:
    """Opens one and the same chain, once more at every call, as another process would."""
    return lambda: SqlAuditBook(open_engine(), AuditFiles(tmp_path / "audit.key", tmp_path / "audit.head"))


@pytest.fixture
def book(open_book: Books) -> SqlAuditBook:
    """A chain without a record."""
    return open_book()


def did(number: int, actor: str = "person:anna", days: float = 0) -> Deed:
    """A deed that differs from the next."""
    return Deed(T0 + timedelta(days=days, seconds=number), actor, f"did-{number}", facts={"bins": ["B1", "B2"]})


def touch(engine: sa.Engine, statement: str) -> None:
    """Change the tables as somebody would who has the database and not the key."""
    with writing(engine) as connection:
        connection.exec_driver_sql(statement)


def test_records_are_read_back_newest_first_and_page_by_page(book: SqlAuditBook) -> None:
    """What an auditor asks."""
    assert book.head() is None
    assert book.verify().is_whole
    book.append([did(n, "person:berit" if n % 3 else "person:anna") for n in range(9)])
    assert [each.number for each in book.page(4)] == [9, 8, 7, 6]
    assert [each.number for each in book.page(4, before=6)] == [5, 4, 3, 2]
    assert [each.number for each in book.page(9, search=Search(actor="person:anna"))] == [7, 4, 1]
    span = Span(T0 + timedelta(seconds=2), T0 + timedelta(seconds=4))
    assert [each.action for each in book.walk(span=span)] == ["did-2", "did-3"]


def test_the_key_is_for_its_owner_only_and_stays(open_book: Books, tmp_path: Path) -> None:
    """It is made once; who can read it can write another past."""
    open_book().append([did(1)])
    key = (tmp_path / "audit.key").read_bytes()
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
    open_book().append([did(2)])
    assert (tmp_path / "audit.key").read_bytes() == key
    assert open_book().verify().is_whole
    (tmp_path / "audit.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="read by everybody"):
        open_book().append([did(3)])


def test_a_key_of_ones_own_is_used_and_never_made(engine: sa.Engine, tmp_path: Path) -> None:
    """A service manager hands it over; a wrong path must not quietly become a new key."""
    path = tmp_path / "credentials" / "audit"
    book = SqlAuditBook(engine, AuditFiles(path, tmp_path / "audit.head", is_own_key=False))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        book.append([did(1)])
    path.parent.mkdir()
    path.write_text("short\n")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="at least 32"):
        book.append([did(1)])
    path.write_text("k" * 40 + "\n")
    assert book.append([did(1)]).number == 1


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        pytest.param("UPDATE audit_record SET actor = 'person:eve' WHERE number = 3", 3, id="a name changed"),
        pytest.param("UPDATE audit_record SET mac = previous WHERE number = 3", 3, id="a MAC changed"),
        pytest.param("DELETE FROM audit_record WHERE number = 3", 4, id="one deleted"),
        pytest.param("DELETE FROM audit_record WHERE number <= 3", 4, id="the beginning deleted"),
        pytest.param("DELETE FROM audit_record WHERE number > 3", 4, id="the tail deleted"),
        pytest.param("DELETE FROM audit_record", 1, id="all deleted"),
        pytest.param("UPDATE audit_record SET number = 13 - number", 1, id="turned around"),
        pytest.param(
            "INSERT INTO audit_record SELECT 7, at_utc, actor, action, target, outcome, request_id, facts, key_id,"
            " previous, mac FROM audit_record WHERE number = 6",
            7,
            id="one added",
        ),
    ],
)
def test_hands_in_the_table_are_found(book: SqlAuditBook, engine: sa.Engine, statement: str, broken: int) -> None:
    """Whoever has the database has not the key."""
    book.append([did(n) for n in range(6)])
    touch(engine, statement)
    fault = book.verify().fault
    assert fault is not None
    assert fault.number in {broken, 7}


def test_a_cut_tail_leaves_a_gap_for_ever(book: SqlAuditBook, engine: sa.Engine) -> None:
    """Also when the counter was set back, and whatever is recorded after: numbers are never given twice."""
    book.append([did(n) for n in range(6)])
    touch(engine, "DELETE FROM audit_record WHERE number > 3")
    touch(engine, "UPDATE counter SET value = 3 WHERE name = 'audit'")
    assert book.append([did(9)]).number == 7
    fault = book.verify().fault
    assert fault is not None
    assert fault.number == 7
    assert book.verify(first=7).is_whole


def test_a_head_noted_elsewhere_proves_what_the_files_here_cannot(
    book: SqlAuditBook, engine: sa.Engine, tmp_path: Path
) -> None:
    """Whoever owns the machine can set back the database and the files beside it, together."""
    book.append([did(n) for n in range(6)])
    noted = book.head()
    assert noted is not None
    touch(engine, "DELETE FROM audit_record WHERE number > 3")
    touch(engine, "UPDATE counter SET value = 3 WHERE name = 'audit'")
    (tmp_path / "audit.head").write_text(f"3:{book.page(1)[0].mac}\n")
    assert book.verify().is_whole
    assert not book.verify([noted]).is_whole


def test_threads_of_several_processes_keep_one_chain(open_book: Books) -> None:
    """Each with an engine of its own, as servers and commands have."""
    books = [open_book() for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: books[n % 4].append([did(n), did(n + 100)]), range(40)))
    verdict = books[0].verify()
    assert verdict.is_whole
    assert verdict.records == 80
    assert sorted(each.action for each in books[0].walk()) == sorted(
        f"did-{n + m}" for n in range(40) for m in (0, 100)
    )


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tomma.audit import Deed
from tomma.stores.audit.log import AuditFiles, SqlAuditBook
from tomma.stores.books.database import open_database

place = Path(sys.argv[1])
book = SqlAuditBook(open_database(sys.argv[2]), AuditFiles(place / "audit.key", place / "audit.head"))
while True:
    print(book.append([Deed(datetime.now(UTC), "person:anna", "did")]), flush=True)
"""


def test_writers_that_are_killed_lose_nothing_they_told_and_leave_a_whole_chain(
    open_book: Books, registry_address: str, tmp_path: Path
) -> None:
    """Between any two of their steps: a false alarm after a power cut would cost the chain its credit."""
    told: list[Head] = []
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), registry_address], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for each in writers:  # one after the other, while those that are left go on
        assert each.stdout is not None
        lines = [each.stdout.readline() for _ in range(8)]
        os.kill(each.pid, signal.SIGKILL)
        lines += each.stdout.read().split("\n")[:-1]
        told += [head_of(line) for line in lines]
        each.stdout.close()
        each.wait()
    verdict = open_book().verify(told)
    assert verdict.is_whole
    assert verdict.records >= len(told) == len({each.number for each in told})
    assert open_book().append([did(1)]).number == verdict.records + 1
    assert open_book().verify(told).is_whole


def test_a_head_that_was_not_noted_any_more_is_no_alarm(book: SqlAuditBook, tmp_path: Path) -> None:
    """Killed between the commit and the note, or the note lost with the disk's last second."""
    book.append([did(1)])
    older = (tmp_path / "audit.head").read_text()
    book.append([did(2)])
    for left in (older, "", "7:7"):
        (tmp_path / "audit.head").write_text(left)
        assert book.verify().is_whole
    book.append([did(3)])
    assert book.noted() == book.head()


def test_what_is_old_enough_goes_and_the_rest_stays_provable(book: SqlAuditBook) -> None:
    """The beginning is vouched for by a record that only the key can make, again and again."""
    book.append([did(n, days=n) for n in range(10)])
    assert book.forget_before(T0 + timedelta(days=4), T0, dry_run=True) == 5 - 1
    assert book.forget_before(T0 + timedelta(days=4), T0) == 4
    assert [each.number for each in book.walk()] == [5, 6, 7, 8, 9, 10, 11]
    assert book.page(1)[0].action == CHECKPOINT
    assert book.verify().is_whole
    assert book.forget_before(T0 + timedelta(days=4), T0) == 0
    assert book.forget_before(T0 + timedelta(days=40), T0 + timedelta(days=50)) == 7
    assert [each.action for each in book.walk()] == [CHECKPOINT]
    assert book.verify().is_whole


def test_a_checkpoint_vouches_for_nothing_but_its_own_beginning(book: SqlAuditBook, engine: sa.Engine) -> None:
    """Retention must not be a cloak for one record more."""
    book.append([did(n, days=n) for n in range(10)])
    book.forget_before(T0 + timedelta(days=4), T0)
    touch(engine, "DELETE FROM audit_record WHERE number = 5")
    fault = book.verify().fault
    assert fault is not None
    assert fault.number == 6


def test_a_record_with_a_wrong_clock_keeps_what_stands_behind_it(book: SqlAuditBook) -> None:
    """Only a beginning is ever cut: a clock that was set back makes no hole."""
    book.append([did(0), did(1, days=9), did(2)])
    assert book.forget_before(T0 + timedelta(days=4), T0) == 1
    assert [each.number for each in book.walk()] == [2, 3, 4]


def test_retention_of_audit_records_is_a_class_of_its_own(book: SqlAuditBook, tmp_path: Path) -> None:
    """Set in days as the others are, and written down with them; 0 keeps for ever."""
    readings, journal = SqliteReadings(tmp_path / "readings.sqlite3"), tmp_path / "retention.jsonl"
    now_utc = T0 + timedelta(days=20)
    book.append([did(n, days=n) for n in range(10)])
    with contextlib.closing(readings):
        retention.apply(readings, RetentionSettings(audit_days=0), now_utc, journal, audit=book)
        assert len(book.page(99)) == 10
        told = retention.apply(readings, RetentionSettings(audit_days=15), now_utc, journal, audit=book)
    assert [(each.kind, each.deleted) for each in told][-1] == ("audit", 5)
    assert book.verify().is_whole


def test_a_store_that_cannot_be_written_is_told(book: SqlAuditBook, engine: sa.Engine) -> None:
    """Whoever asked must learn that nothing was recorded."""
    touch(engine, "DROP TABLE audit_record")
    with pytest.raises(StoreUnavailableError):
        book.append([did(1)])


@pytest.fixture
def at_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs `tomma audit …` on the chain of the other fixtures."""
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOMMA_CONFIG", os.devnull)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(audit_cli.app, list(words))
        return done.exit_code, done.output

    return run


def test_the_command_verifies_exports_and_names_the_first_broken_record(
    book: SqlAuditBook, engine: sa.Engine, tmp_path: Path, at_the_machine: Callable[..., tuple[int, str]]
) -> None:
    """An auditor's ten minutes at the machine."""
    book.append([did(n, days=n) for n in range(6)])
    head = at_the_machine("head")[1].strip()
    assert at_the_machine("verify", "--head", head)[0] == 0
    file = tmp_path / "audit.jsonl"
    assert at_the_machine("export", "2026-11-03", "2026-11-05", str(file)) == (0, f"{file}: 3 records\n")
    assert book.page(1)[0].action == "audit-exported"
    assert at_the_machine("verify", str(file))[0] == 0
    file.write_text(file.read_text().replace("did-3", "did-4"))
    code, told = at_the_machine("verify", str(file))
    assert (code, told.startswith("record 4: its content")) == (1, True)
    touch(engine, "UPDATE audit_record SET target = 'bin:B1' WHERE number = 2")
    code, told = at_the_machine("verify")
    assert (code, told.startswith("record 2: its content")) == (1, True)
