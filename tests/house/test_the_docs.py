"""What the documents tell somebody to type exists: commands, their options, and settings."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tomma.cli import build_app
from tomma.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "deploy" / "README.md"])
COMMAND = re.compile(r"(?:^ {4}|^\$ |`|\| |/)tomma ([a-z][^`\n]*)", re.MULTILINE)
SETTINGS = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""A block with a file's name behind `toml` is something else, such as a mapping of a codec."""


def faults(root: Any, line: str) -> Iterator[str]:
    """Follow the words of a line from command to command; tell what is not there."""
    words = re.split(r"  | #| \| ", line)[0].split()
    command, context = root, root.context_class(root)
    while words and hasattr(command, "list_commands") and re.fullmatch(r"[a-z][a-z|,-]*", words[0]):
        found = {name: command.get_command(context, name) for name in re.split(r"[|,]", words[0])}
        missing = [name for name, each in found.items() if each is None]
        if missing:
            yield f"no command {missing} in: tomma {line}"
        if missing or len(found) > 1:
            return
        command, words = next(iter(found.values())), words[1:]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)} | {"--help"}
    for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words)):
        if option not in known:
            yield f"no option {option} in: tomma {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_and_option_in_a_document_exists(page: Path) -> None:
    """Somebody types it on the day on which nothing works."""
    root: Any = typer.main.get_command(build_app())
    assert [fault for line in COMMAND.findall(page.read_text()) for fault in faults(root, line)] == []


def test_a_wrong_command_or_setting_would_be_found() -> None:
    """Else these tests are true of anything."""
    root: Any = typer.main.get_command(build_app())
    assert list(faults(root, "keys make prometheus"))
    assert list(faults(root, "keys add prometheus --rolle monitor"))
    assert not list(faults(root, "people add|list|roles  # all of them"))
    assert sum(len(COMMAND.findall(page.read_text())) for page in PAGES) > 150
    with pytest.raises(ValueError, match="hots"):
        Settings.model_validate(tomllib.loads('[broker]\nhots = "mqtt.city.example"'))
    assert sum(len(SETTINGS.findall(page.read_text())) for page in PAGES) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_setting_in_a_document_is_taken(page: Path) -> None:
    """A key that nobody knows keeps every command from starting."""
    for block in SETTINGS.findall(page.read_text()):
        Settings.model_validate(tomllib.loads(block))
