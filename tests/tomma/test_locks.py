"""One at a time: what a lock must do when its holder lives, ends, or is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tomma.errors import ConflictError, StoreUnavailableError
from tomma.locks import holding, the_only

HOLDER = """
import sys, time
from pathlib import Path
from tomma.locks import the_only
with the_only("holder", Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    """Two ingests with one client id would take the broker's session from each other without end."""
    path = tmp_path / "new" / "a.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match=rf"ingest runs already \(process {process.pid} holds .*a.lock\)"):
            the_only("ingest", path, wait_s=0.05).__enter__()
        process.kill()
        process.wait(30)
        with the_only("ingest", path):
            pass  # whoever is killed holds nothing any more


def test_a_lock_is_one_for_all_handles_of_a_process_too(tmp_path: Path) -> None:
    """Two stores opened by one process must not both feed the server."""
    path = tmp_path / "a.lock"
    with holding(path) as first, holding(path) as second:
        assert (first, second) == (True, False)
    with holding(path) as third:
        assert third


def shut_out(monkeypatch: pytest.MonkeyPatch, *, of_reading: bool) -> None:
    """Answer as the file system does to an account that may not write, or not even read, a file; root always may."""
    real = os.open

    def refusing(path: Path, flags: int, mode: int = 0o777) -> int:
        if of_reading or flags & (os.O_RDWR | os.O_WRONLY):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", refusing)


def test_another_accounts_lock_is_held_by_who_may_only_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that root ran first made the file; the server must still wait its turn, and have it."""
    path = tmp_path / "logins.lock"
    with holding(path) as first:
        shut_out(monkeypatch, of_reading=False)
        with holding(path) as second:
            assert (first, second) == (True, False)
    with holding(path) as alone:
        assert alone


@pytest.mark.parametrize("made", [True, False], ids=["the file", "the folder"])
def test_who_may_not_open_a_lock_is_told_whose_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:
    """'Permission denied' alone would leave an operator looking through every folder."""
    path = tmp_path / "logins.lock"
    if made:
        path.touch()
    shut_out(monkeypatch, of_reading=True)
    expected = rf"{path if made else tmp_path} belongs to \S+ and is not open to \S+, .*chown"
    with pytest.raises(StoreUnavailableError, match=expected):
        holding(path).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file in another account's folder")
def test_a_lock_that_root_makes_in_a_servers_folder_is_the_servers(tmp_path: Path) -> None:
    """A timer of root's with a strict umask is often the first."""
    os.chown(tmp_path, 65_534, 65_534)
    path, before = tmp_path / "logins.lock", os.umask(0o077)
    try:
        with holding(path) as got:
            assert got
    finally:
        os.umask(before)
    assert (path.stat().st_uid, path.stat().st_gid) == (65_534, 65_534)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_gives_nothing_away_that_it_did_not_make(tmp_path: Path) -> None:
    """Whoever owns the folder could otherwise put a link there, and be given any file of the machine."""
    home, precious = tmp_path / "home", tmp_path / "shadow"
    home.mkdir()
    precious.touch()
    os.chown(home, 65_534, 65_534)
    (home / "logins.lock").symlink_to(precious)
    with holding(home / "logins.lock") as got:
        assert got
    assert precious.stat().st_uid == 0
