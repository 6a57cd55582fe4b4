"""A command that changes something is noted before it does: whoever kills it in between hides nothing."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tomma.audit import Deed, Outcome, Record
from tomma.city import City
from tomma.errors import NotFoundError, StoreUnavailableError, TommaError
from tomma.settings import Settings
from tomma.stores.audit.begun import NAME, BegunFile
from tomma.stores.audit.intent import by_operator
from tomma.stores.audit.log import SqlAuditBook
from tomma.stores.audit.owed import owing
from tomma.stores.commands.import_export import import_app
from tomma.stores.files.city_file import write_city
from tomma.stores.wiring import open_stores

NOW = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
DIES_BEFORE_ITS_RECORD = """
import os, signal
from tomma.cli import main
from tomma.stores.audit.log import SqlAuditBook

SqlAuditBook.append = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main()
"""


def killed(home: Path, *words: str) -> None:
    """Run a command whose process is killed when all is changed and nothing is recorded."""
    environment = {**os.environ, "TOMMA_DATA_DIR": str(home), "TOMMA_CONFIG": os.devnull}
    command = [sys.executable, "-c", DIES_BEFORE_ITS_RECORD, *words]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def records(home: Path) -> list[Record]:
    """What is on record, oldest first."""
    with open_stores(Settings(data_dir=home)) as stores:
        assert stores.audit.verify().is_whole
        return list(stores.audit.walk())


def facts(record: Record) -> dict[str, object]:
    """What else tells."""
    found: dict[str, object] = json.loads(record.facts)
    return found


@pytest.mark.parametrize(
    ("words", "action", "target"),
    [
        pytest.param(("people", "add", "Berit", "--role", "admin"), "person-added", "person:berit", id="an account"),
        pytest.param(("import", "CITY"), "records-imported", "", id="a city"),
    ],
)
def test_a_command_that_is_killed_before_its_record_is_on_record_after_the_next_one(
    city: City, tmp_path: Path, words: tuple[str, ...], action: str, target: str
) -> None:
    """Who has the machine could otherwise let somebody in and leave no trace of it."""
    home, file = tmp_path / "home", tmp_path / "city.json"
    write_city(city, file)
    killed(home, *(str(file) if each == "CITY" else each for each in words))
    with open_stores(Settings(data_dir=home)) as stores:
        assert stores.people.all() or stores.registry.load() == city, "it was changed"
        assert not list(stores.audit.walk())
        with by_operator(stores.audit, "something-else"):
            pass
    cut_short, other = records(home)
    assert (cut_short.actor, cut_short.action, cut_short.target) == ("operator", action, target)
    assert cut_short.outcome == Outcome.FAILED
    assert facts(cut_short)["cut_short"] is True
    assert other.action == "something-else"
    assert not list(home.glob(f"{NAME}-*"))


def test_a_note_without_its_end_says_that_nobody_knows(tmp_path: Path) -> None:
    """A command without a log was killed half way: its note counts as what was begun, not as what was done."""
    with pytest.raises(KeyboardInterrupt), owing(tmp_path, Deed(NOW, "operator", "backup-restored")):
        raise KeyboardInterrupt
    with open_stores(Settings(data_dir=tmp_path)) as stores:
        assert stores.audit.recover() == 1
    (record,) = records(tmp_path)
    assert (record.outcome, facts(record)) == (Outcome.FAILED, {"cut_short": True})


def test_a_command_that_fails_half_way_is_on_record_as_failed(tmp_path: Path) -> None:
    """An import may have stored its first files by then."""
    with (
        open_stores(Settings(data_dir=tmp_path)) as stores,
        pytest.raises(TommaError),
        by_operator(stores.audit, "records-imported", kinds=["city"]),
    ):
        raise TommaError("the second file is torn")
    (record,) = records(tmp_path)
    assert (record.action, record.outcome) == ("records-imported", "failed")
    assert facts(record) == {"kinds": ["city"], "why": "TommaError"}
    assert not list(tmp_path.glob(f"{NAME}-*"))


def test_nothing_is_changed_that_cannot_be_noted_before(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: better no city than one that nobody is known to have brought in."""

    def full(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    file = tmp_path / "city.json"
    write_city(city, file)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setattr(SqlAuditBook, "begin", full)
    assert isinstance(CliRunner().invoke(import_app, [str(file)]).exception, StoreUnavailableError)
    with open_stores(Settings(data_dir=tmp_path / "home")) as stores, pytest.raises(NotFoundError, match="no city yet"):
        stores.registry.load()


def test_a_note_that_another_took_for_a_dead_ones_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands look for what the dead left while others begin, and a file is not locked yet when it is made."""
    lock = fcntl.flock
    taken: list[Path] = []

    def lock_late(handle: int, how: int) -> None:
        if not taken:
            (path,) = tmp_path.glob(f"{NAME}-*")
            path.unlink()  # as `recover` does with what is empty and not locked
            taken.append(path)
        lock(handle, how)

    begun, seen = BegunFile(tmp_path), BegunFile(tmp_path)
    deed = Deed(datetime(2026, 11, 22, tzinfo=UTC), "operator", "key-added", request_id="1")
    monkeypatch.setattr(fcntl, "flock", lock_late)
    begun.begin(deed)
    monkeypatch.undo()
    assert taken
    assert not list(seen.left()), "its process lives"
    begun.close()  # lets go of its lock, as its death would
    ((_, (left,)),) = seen.left()
    assert left == replace(deed, outcome=Outcome.FAILED, facts={"cut_short": True})


def test_what_another_account_left_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of root's that was killed must not keep the server of another account from starting."""

    def not_yours(*_: object) -> int:
        raise PermissionError("not yours")

    (tmp_path / f"{NAME}-1-x.jsonl").touch()
    monkeypatch.setattr("tomma.stores.audit.begun.os.open", not_yours)  # the tests may run as root
    assert not list(BegunFile(tmp_path).left())
