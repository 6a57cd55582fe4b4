"""The units of systemd: what they start exists, and none of them may do more than it must."""

import configparser
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tomma.cli import build_app

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
SERVICES = [path for path in UNITS if path.suffix == ".service"]
TIMERS = [path for path in UNITS if path.suffix == ".timer"]
TOMMA = "/opt/tomma/.venv/bin/tomma"
CONFINED = {"NoNewPrivileges": "true", "ProtectSystem": "strict", "ProtectHome": "true", "PrivateTmp": "true"}


def unit(path: Path) -> configparser.ConfigParser:
    """One unit's sections; a key that stands twice in one of them is refused."""
    found = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    found.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells big from small letters
    found.read_string(path.read_text())
    return found


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_every_service_runs_confined(path: Path) -> None:
    """Whoever takes one over may write its own directory, and nothing of the machine."""
    service = unit(path)["Service"]
    assert {name: service.get(name) for name in CONFINED} == CONFINED
    assert "StateDirectory" in service or "ReadWritePaths" in service


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_every_service_starts_a_command_that_there_is(path: Path) -> None:
    """A command or an option that was renamed would be found out at the next restart of a city's server."""
    program, *words = shlex.split(unit(path)["Service"]["ExecStart"])
    if program != TOMMA:
        assert program == "/usr/sbin/mosquitto"
        return
    done = CliRunner().invoke(build_app(), [*words, "--help"])  # asked for help, it does nothing
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("path", TIMERS, ids=lambda path: path.name)
def test_every_timer_has_the_service_that_it_starts(path: Path) -> None:
    """And catches up with what fell into a time when the machine was off."""
    timer = unit(path)
    assert unit(path.with_suffix(".service"))["Service"]["Type"] == "oneshot"
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_whoever_installs_reads_of_every_unit() -> None:
    """One that is not told of is never enabled."""
    told = (DEPLOY / "README.md").read_text()
    assert TIMERS
    assert [path.name for path in UNITS if f"`{path.name}`" not in told] == []
    assert all(f"cp deploy/*{path.suffix}" in told or f" deploy/*{path.suffix}" in told for path in UNITS)
