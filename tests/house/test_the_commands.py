"""The command line as it is typed by somebody who has only read its help."""

import logging
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tomma.cli import build_app, main


def commands(group: Any, context: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it."""
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if hasattr(found, "list_commands"):
            yield from commands(found, context, (*path, name))
        else:
            yield " ".join((*path, name)), found


def test_every_command_takes_its_own_defaults() -> None:
    """`tomma serve` without `--port` was once refused: the default lay outside its own bounds."""
    root: Any = typer.main.get_command(build_app())
    context = root.context_class(root)
    taken = 0
    for _, command in commands(root, context):
        inner = command.context_class(command, parent=context)
        for each in command.params:
            default = each.get_default(inner)
            if default is not None:
                each.process_value(inner, default)
                taken += 1
    assert taken > 100


def test_the_version_is_told() -> None:
    """It is the first thing that whoever helps asks for."""
    done = CliRunner().invoke(build_app(), ["--version"])
    assert (done.exit_code, done.output.strip()) == (0, f"tomma {version('tomma')}")


def test_help_shows_what_stands_in_square_brackets() -> None:
    """A section of the settings is written that way: `[server]` was once taken for a colour, and left out."""
    done = CliRunner().invoke(build_app(), ["stickers", "--help"], env={"COLUMNS": "200"})
    assert "[server] public_url" in done.output


def test_a_file_that_cannot_be_written_is_one_plain_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Twenty lines of our code tell an operator nothing; whoever asks for them by --verbose finds them in the log."""
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "bundle.zip"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tomma", "support-bundle", str(target)])
    caplog.set_level(logging.INFO, "tomma.cli")
    with pytest.raises(SystemExit) as ended:
        main()
    complaint = capsys.readouterr().err
    assert ended.value.code == 1
    assert complaint.startswith(f"tomma: {target}")
    assert "Not a directory" in complaint
    assert len(complaint.splitlines()) == 1
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [NotADirectoryError]
