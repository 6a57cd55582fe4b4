"""What is built is what was written: every floor and every data file is in the wheel, and the commands answer."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).parents[2]
FLOORS = ("tomma", "ingest", "routing", "api", "simulator")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The built wheel, opened."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_every_tracked_file_of_every_floor(wheel: zipfile.ZipFile) -> None:
    """One build backend silently ships only the folder named like the project."""
    tracked = subprocess.run(
        ["git", "ls-files", *FLOORS], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    missing = {name for name in tracked if name} - set(wheel.namelist())
    assert not missing


def test_the_wheel_carries_licence_and_map_notice(wheel: zipfile.ZipFile) -> None:
    """The demo city is OpenStreetMap data: its notice travels with it."""
    licences = {name.rpartition("/")[2]: name for name in wheel.namelist() if ".dist-info/licenses/" in name}
    assert set(licences) == {"LICENSE", "NOTICE"}
    notice = licences["NOTICE"]
    assert "OpenStreetMap contributors" in wheel.read(notice).decode()


def test_the_wheel_carries_its_bill_of_materials_where_tools_look_for_it(wheel: zipfile.ZipFile) -> None:
    """Whoever gets the wheel alone can tell what is in it (PEP 770)."""
    bill = next(name for name in wheel.namelist() if ".dist-info/sboms/" in name)
    assert wheel.read(bill) == (ROOT / "api/about/sbom.cdx.json").read_bytes()


@pytest.mark.parametrize("group", ["tomma.commands", "tomma.benches"])
def test_every_command_that_is_declared_is_there(group: str) -> None:
    """A moved module would otherwise break `tomma --help` for everybody."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][group]
    installed = {entry.name: entry for entry in entry_points(group=group)}
    assert set(declared) == set(installed), "run `make test` once more after editing entry points"
    for entry in installed.values():
        assert isinstance(entry.load(), typer.Typer)
