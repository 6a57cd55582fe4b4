"""What an operator changes at the machine is on record; what is only looked at is not."""

import getpass
import json
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ingest.brokers.config_cli import app as broker_app
from ingest.codecs.cli import app as codec_app
from ingest.letters_cli import dead_letters_app, quarantine_app
from routing.saving.cli import app as saving_app
from tomma.city import City
from tomma.errors import ConflictError, StoreUnavailableError
from tomma.model import Rejected, RejectReason
from tomma.settings import Settings
from tomma.stores.audit.log import SqlAuditBook
from tomma.stores.audit.owed import OWED
from tomma.stores.commands.backup import backup_app, restore_app
from tomma.stores.wiring import open_stores

NOW = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
LETTERS = (
    Rejected("t/1", b"\xff", NOW, RejectReason.NOT_UTF8, "no text"),
    Rejected("t/2", b"\xff", NOW, RejectReason.NOT_UTF8, "no text"),
    Rejected("t/3", b"{}", NOW, RejectReason.UNKNOWN_DEVICE, "hangs nowhere", device_ids=("d1",)),
)
type Told = tuple[str, str, str, dict[str, object]]


@pytest.fixture
def home(tmp_path: Path, city: City, monkeypatch: pytest.MonkeyPatch, made_stores: Path) -> Path:
    """A data directory with a city and three letters, named to every command."""
    home = shutil.copytree(made_stores, tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(home))
    with open_stores(Settings(data_dir=home)) as stores:
        stores.registry.save(city)
        stores.readings.append([], [], LETTERS)
    return home


def records(home: Path) -> list[Told]:
    """The newest records of a chain that holds, all of the operator: action, target, outcome and facts."""
    with open_stores(Settings(data_dir=home)) as stores:
        assert stores.audit.verify().is_whole
        found = stores.audit.page(100)
    assert {each.actor for each in found} <= {"operator"}
    return [(each.action, each.target, str(each.outcome), json.loads(each.facts)) for each in found]


def newest(home: Path) -> Told | None:
    """The newest of them."""
    return next(iter(records(home)), None)


def run(app: typer.Typer, *words: str) -> BaseException | None:
    """Run a command; what it ended with."""
    return CliRunner().invoke(app, words).exception


@pytest.mark.parametrize(
    ("app", "words", "told"),
    [
        pytest.param(
            dead_letters_app,
            ("drop", "--reason", "not_utf8"),
            ("dead-letters-dropped", "", "done", {"reason": "not_utf8", "dropped": 2}),
            id="letters by reason",
        ),
        pytest.param(
            dead_letters_app,
            ("drop", "2", "1"),
            ("dead-letters-dropped", "", "done", {"ids": ["2", "1"], "dropped": 2}),
            id="letters by number",
        ),
        pytest.param(
            dead_letters_app,
            ("replay", "--sensor", "d1"),
            ("dead-letters-replayed", "", "done", {"sensor": "d1", "tried": 1, "mended": 0, "stored": 0}),
            id="a replay",
        ),
        pytest.param(
            quarantine_app,
            ("drop", "d1"),
            ("quarantine-dropped", "device:d1", "done", {"dropped": 1}),
            id="a device",
        ),
        pytest.param(
            quarantine_app,
            ("replay",),
            ("quarantine-replayed", "", "done", {"tried": 0, "mended": 0, "stored": 0}),
            id="the quarantine",
        ),
        pytest.param(
            saving_app,
            ("compute", "--limit", "1"),
            ("saving-computed", "", "done", {"days": [], "records": 0}),
            id="the saving",
        ),
    ],
)
def test_what_a_command_changes_is_on_record(home: Path, app: typer.Typer, words: tuple[str, ...], told: Told) -> None:
    """Who throws letters away throws away what a sensor said: that must be asked after later."""
    assert run(app, *words) is None
    assert newest(home) == told


@pytest.mark.parametrize(
    ("app", "words"),
    [
        pytest.param(dead_letters_app, ("list",), id="letters"),
        pytest.param(dead_letters_app, ("show", "1"), id="a letter"),
        pytest.param(dead_letters_app, ("drop", "99"), id="a letter that is none"),
        pytest.param(quarantine_app, ("list",), id="the quarantine"),
        pytest.param(saving_app, ("export", "none.json"), id="no day to export"),
    ],
)
def test_who_only_looks_or_is_refused_leaves_no_record(home: Path, app: typer.Typer, words: tuple[str, ...]) -> None:
    """A log that is full of nothing is read by nobody."""
    run(app, *words)
    assert newest(home) is None


def test_a_device_s_logins_are_on_record_and_their_passwords_are_not(home: Path, tmp_path: Path) -> None:
    """Who may speak for a sensor decides what the city believes."""
    out = ("--out", str(tmp_path / "broker"))
    assert run(broker_app, *out, "--run-as", getpass.getuser()) is None
    assert newest(home) == ("broker-configured", "", "done", {"workers": 1})
    given = CliRunner().invoke(broker_app, ["add-device", "H1", *out, "--json"])
    assert newest(home) == ("device-logins-added", "device:H1", "done", {"logins": 1})
    assert isinstance(run(broker_app, "add-device", "H1", *out), ConflictError)
    assert newest(home) == ("device-logins-added", "device:H1", "failed", {"logins": 1, "why": "ConflictError"})
    (tmp_path / "names").write_text("H2\nH3\n")
    assert run(broker_app, "add-devices", str(tmp_path / "names"), "--to", str(tmp_path / "given.csv"), *out) is None
    assert newest(home) == ("device-logins-added", "", "done", {"logins": 2})
    assert run(broker_app, "rotate-device", "H1", "--overlap-h", "24", *out) is None
    assert newest(home) == ("device-login-rotated", "device:H1", "done", {"hours": 24})
    assert run(broker_app, "disable-device", "H1", *out) is None
    assert newest(home) == ("device-logins-disabled", "device:H1", "done", {})
    run(broker_app, "list-devices", *out)
    run(broker_app, "tidy", *out)
    assert newest(home) == ("device-logins-disabled", "device:H1", "done", {})
    password = json.loads(given.output)["password"].encode()
    assert not [path for path in home.iterdir() if password in path.read_bytes()]


def test_a_login_that_cannot_be_noted_is_not_given(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must not be a way in that nobody sees."""
    out = ("--out", str(tmp_path / "broker"))
    assert run(broker_app, *out, "--run-as", getpass.getuser()) is None
    before = (tmp_path / "broker" / "logins.json").read_bytes()
    monkeypatch.setattr(SqlAuditBook, "begin", _full)
    assert isinstance(run(broker_app, "add-device", "H1", *out), StoreUnavailableError)
    assert (tmp_path / "broker" / "logins.json").read_bytes() == before


def test_a_codec_that_is_put_in_is_on_record_and_one_that_is_refused_is_not(home: Path, tmp_path: Path) -> None:
    """A script decides what every sensor of a make is believed to say."""
    (tmp_path / "flux.toml").write_text('[fields]\nfill = [{ from = "level", unit = "%" }]\n')
    assert run(codec_app, "add", str(tmp_path / "flux.toml"), "--make", "Flux") is None
    assert newest(home) == ("codec-added", "codec:flux.toml", "done", {})
    (tmp_path / "odd.toml").write_text("[fields]\nfill = 7\n")
    assert run(codec_app, "add", str(tmp_path / "odd.toml"), "--make", "Odd") is not None
    assert len(records(home)) == 1


def test_a_login_that_has_ended_is_on_record(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer cuts a device off; who asks why it fell silent finds the minute. A turn without any tells nothing."""
    out = ("--out", str(tmp_path / "broker"))
    assert run(broker_app, *out, "--run-as", getpass.getuser()) is None
    assert run(broker_app, "add-device", "H1", *out) is None
    assert run(broker_app, "rotate-device", "H1", "--overlap-h", "0.00001", *out) is None
    time.sleep(0.1)
    assert run(broker_app, "tidy", *out) is None
    assert newest(home) == ("device-logins-ended", "", "done", {"logins": 1})
    assert run(broker_app, "tidy", *out) is None
    assert len(records(home)) == 4


def test_what_was_done_before_there_were_books_is_on_record_once_they_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker is made ready first, and the books are made by the server's first start: both ways were forgotten."""
    home, out = tmp_path / "home", ("--out", str(tmp_path / "broker"))
    monkeypatch.setenv("TOMMA_DATA_DIR", str(home))
    assert run(broker_app, *out, "--run-as", getpass.getuser()) is None
    assert run(broker_app, "add-device", "H1", *out) is None
    assert isinstance(run(broker_app, "add-device", "H1", *out), ConflictError)
    assert not home.exists(), "a broker's own machine gets no books that nobody reads"
    assert records(home) == []
    assert run(broker_app, "disable-device", "H1", *out) is None
    assert [each[:3] for each in records(home)] == [
        ("device-logins-disabled", "device:H1", "done"),
        ("device-logins-added", "device:H1", "failed"),
        ("device-logins-added", "device:H1", "done"),
        ("broker-configured", "", "done"),
    ]
    assert list((tmp_path / "broker").glob("audit-*")) == [], "noted once"


def test_a_backup_that_was_put_back_is_on_record_at_the_next_start(home: Path, tmp_path: Path) -> None:
    """The key comes after the files: until it is there, a record would be made with another one."""
    key = (home / "audit.key") if run(backup_app, str(tmp_path / "backup")) is None else None
    assert key is not None
    settings = Settings(data_dir=tmp_path / "new")
    told = CliRunner().invoke(restore_app, [str(tmp_path / "backup")], env={"TOMMA_DATA_DIR": str(settings.data_dir)})
    assert (told.exit_code, "audit.key is not in a backup" in told.stderr) == (0, True)
    shutil.copy(key, settings.audit_key_path)
    with open_stores(settings) as stores:
        assert (stores.audit.recover(), stores.audit.verify().is_whole) == (1, True)
    assert newest(settings.data_dir) == ("backup-restored", "", "done", {"files": 2})
    again = CliRunner().invoke(restore_app, [str(tmp_path / "backup")], env={"TOMMA_DATA_DIR": str(settings.data_dir)})
    assert (again.exit_code, len(records(settings.data_dir))) == (1, 1), "refused before anything was changed"


def test_to_put_a_backup_back_makes_no_books_where_the_settings_will_have_them(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made for the record, they lay open under the city's own, and their log of writes would have gone over it."""
    assert run(backup_app, str(tmp_path / "backup")) is None
    new = tmp_path / "new"
    monkeypatch.setenv("TOMMA_DATA_DIR", str(new))
    monkeypatch.setenv("TOMMA_REGISTRY_URL", f"sqlite:///{new / 'registry.sqlite3'}")
    assert run(restore_app, str(tmp_path / "backup")) is None
    assert sorted(path.name for path in new.iterdir()) == [OWED, "readings.sqlite3", "registry.sqlite3"]
    shutil.copy(home / "audit.key", new)
    with open_stores(Settings(data_dir=new)) as stores:
        assert (len(stores.registry.load().bins) > 0, stores.audit.recover()) == (True, 1)


def test_a_backup_is_on_record_once_it_is_made(home: Path, tmp_path: Path) -> None:
    """Nobody takes more out than who takes everything; one that was not made took nothing."""
    assert run(backup_app, str(tmp_path / "backup")) is None
    told = newest(home)
    assert told is not None
    assert told[:3] == ("backup-made", "", "done")
    assert told[3]["files"] == 2
    assert run(backup_app, str(tmp_path / "backup")) is not None
    assert newest(home) == told


def test_a_backup_is_made_although_nothing_can_be_recorded(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full is a reason to make one; that it is not on record is said."""
    monkeypatch.setattr(SqlAuditBook, "begin", _full)
    done = CliRunner().invoke(backup_app, [str(tmp_path / "backup")])
    assert (done.exit_code, "not in the audit log: the disk is full" in done.stderr) == (0, True)
    assert (tmp_path / "backup" / "manifest.json").exists()
    assert newest(home) is None


def test_a_backup_before_an_upgrade_leaves_the_books_in_their_shape(home: Path, tmp_path: Path) -> None:
    """The server of the version before still uses them, and must find them as they were."""
    with closing(sqlite3.connect(home / "registry.sqlite3", isolation_level=None)) as registry:
        registry.execute("UPDATE alembic_version SET version_num = '0012'")
        done = CliRunner().invoke(backup_app, [str(tmp_path / "backup")])
        (version,) = registry.execute("SELECT version_num FROM alembic_version").fetchone()
    assert (done.exit_code, version) == (0, "0012")
    assert "to this version's shape" in done.stderr


def _full(*_: object) -> None:
    raise StoreUnavailableError("the disk is full")
