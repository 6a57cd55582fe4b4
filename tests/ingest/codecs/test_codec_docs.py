"""docs/codecs.md is what an installer follows: every example on it is run here."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.codecs.cli import app

PAGE = Path(__file__).parents[3] / "docs" / "codecs.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _commands(block: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield each command with the lines the page shows under it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        yield shlex.split(command), shown


def test_every_example_on_the_page_does_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that shows what is not so costs an installer the afternoon."""
    monkeypatch.chdir(tmp_path)
    commands = 0
    for language, name, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if name:
            (tmp_path / name).write_text(body, encoding="utf-8")
            continue
        assert language == "console"
        for words, shown in _commands(body):
            assert words[:2] == ["tomma", "codec"]
            result = CliRunner().invoke(app, _joined_hex(words[2:]))
            said = result.output + (str(result.exception) if result.exception else "")
            for line in shown:
                assert line in said, f"{' '.join(words)}\nsaid: {said}"
            commands += 1
    assert commands > 15


def _joined_hex(words: list[str]) -> list[str]:
    """Return the words as a shell would give them: hex with spaces is one argument."""
    if "--hex" not in words:
        return words
    at = words.index("--hex") + 1
    return [*words[:at], "".join(words[at:])]
