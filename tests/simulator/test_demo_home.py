"""The demo touches its own folder only, and finds a port."""

import socket
from pathlib import Path

import pytest

from simulator.demo.home import MARK, ZONE, is_prepared, move_in, note_prepared, open_folder
from simulator.demo.ports import first_free_port
from tomma.errors import ConfigurationError
from tomma.settings import Settings, load_settings

PLAN_TAKES_S = 42.0
"""On the wall, from the plan's being due until the trucks have it, as seen on a busy machine."""


def test_a_folder_with_other_things_in_it_is_refused_untouched(tmp_path: Path) -> None:
    """`--data-dir ~` must not cost anybody anything."""
    (tmp_path / "registry.sqlite3").write_text("a city's master data")
    with pytest.raises(ConfigurationError, match="must be empty or a former demo's"):
        open_folder(tmp_path, fresh=True)
    assert (tmp_path / "registry.sqlite3").read_text() == "a city's master data"


def test_a_new_run_forgets_readings_and_keeps_map_and_streets(tmp_path: Path) -> None:
    """The second start takes seconds."""
    folder = open_folder(tmp_path / "demo", fresh=False)
    for name in ("readings.sqlite3", "readings.sqlite3-wal", "registry.sqlite3", "serve.log", "basemap.pmtiles"):
        (folder / name).write_text("x")
    for name in ("roads", "broker"):
        (folder / name).mkdir()
    note_prepared(folder)
    open_folder(folder, fresh=False)
    assert {path.name for path in folder.iterdir()} == {MARK, "basemap.pmtiles", "roads", "prepared-from"}
    assert is_prepared(folder)


def test_fresh_forgets_the_map_too(tmp_path: Path) -> None:
    """For when the map itself is in doubt."""
    folder = open_folder(tmp_path / "demo", fresh=False)
    (folder / "basemap.pmtiles").write_text("x")
    (folder / "roads").mkdir()
    note_prepared(folder)
    open_folder(folder, fresh=True)
    assert {path.name for path in folder.iterdir()} == {MARK}
    assert not is_prepared(folder)


def test_a_map_made_from_another_extract_is_made_again(tmp_path: Path) -> None:
    """After an update the old streets would not fit the new town."""
    folder = open_folder(tmp_path / "demo", fresh=False)
    (folder / "basemap.pmtiles").write_text("x")
    (folder / "roads").mkdir()
    (folder / "prepared-from").write_text("an older one")
    assert not is_prepared(folder)


def test_the_settings_every_part_reads_are_valid_and_leave_time_for_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file, also for another terminal."""
    home = move_in(open_folder(tmp_path / "demo", fresh=False), 8765, 1884, 120.0, 15.0)
    monkeypatch.setenv("TOMMA_CONFIG", str(home.settings_path))
    settings: Settings = load_settings()
    assert (settings.server.port, settings.broker.port) == (8765, 1884)
    assert settings.server.host == "127.0.0.1"
    assert settings.clock.factor == 120.0
    assert settings.clock.start_utc is not None
    begins = settings.clock.start_utc.astimezone(ZONE)
    until_six = begins.replace(hour=6, minute=0) - begins
    assert until_six.total_seconds() / settings.clock.factor >= PLAN_TAKES_S
    assert settings.data_dir == home.data_dir


def test_a_taken_port_gives_the_next_free_one() -> None:
    """Two demos, or an old server, on one machine."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        assert first_free_port(taken) > taken
