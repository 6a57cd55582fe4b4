"""The README is a promise: its commands exist and its links lead somewhere."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    """A dead link sends the newcomer away."""
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_make_target_that_is_named_exists() -> None:
    """Two commands do everything: they must be there."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join(page.read_text() for page in PAGES)
    named = re.findall(r"(?:`|^ {4})make ([\w-]+)", text, re.MULTILINE)
    assert set(named) <= targets


def test_every_tomma_command_that_is_named_exists() -> None:
    """The README names commands that a user will type."""
    text = "\n".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"`(?:\.venv/bin/)?tomma ([a-z-]+)\b", text))
    assert {"demo", "serve"} <= named
    assert named <= {entry.name for entry in entry_points(group="tomma.commands")} | {"bench"}


def test_ci_calls_the_test_command_and_nothing_else() -> None:
    """What CI proves is what everybody can prove."""
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make test"]


def test_help_is_there_for_every_command() -> None:
    """`tomma --help` is the map of the product."""
    done = subprocess.run([sys.executable, "-m", "tomma", "--help"], capture_output=True, text=True, check=True)
    for entry in entry_points(group="tomma.commands"):
        assert entry.name in done.stdout
