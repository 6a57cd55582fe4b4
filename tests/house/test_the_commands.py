"""The command line as it is typed by somebody who has only read its help."""

from collections.abc import Iterator
from typing import Any

import typer

from tomma.cli import build_app


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
