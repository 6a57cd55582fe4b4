"""The command `tomma`: finds its sub-commands by entry points, so that the ground floor imports nobody.

Each entry in the group `tomma.commands` names a `typer.Typer`; one with a single command is that command, one
with several a group. Entries in `tomma.benches` appear under `tomma bench`. Only what is called is imported.
Exit codes: 0 done, 1 the work failed (one plain line says why), 2 the command line was wrong.
"""

import errno
import gc
import logging
import sys
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any, ClassVar, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from tomma.errors import ConfigurationError, TommaError
from tomma.logs import LogThrottle

EXIT_FAILED = 1
DISK_FAULTS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO}
MARKUP: Literal["markdown"] = "markdown"
"""What help texts are written in: paragraphs flow, and `[residents]` is a word; Typer's own markup would swallow it."""


class _EntryPoints(TyperGroup):
    """Commands that are imported when they are called, or when help lists them all."""

    group: ClassVar[str] = "tomma.commands"

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  (click names it)
        """Return every installed command's name."""
        return sorted({entry.name for entry in entry_points(group=self.group)} | set(self.commands))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return one command; None lets the caller report an unknown name."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        for entry in entry_points(group=self.group, name=cmd_name):
            try:
                app = _imported(entry)
                app.rich_markup_mode = MARKUP
                command = typer.main.get_command(app)
            except ImportError as exc:
                return _unavailable(cmd_name, exc)
            command.name = cmd_name
            return command
        return None


def _imported(entry: EntryPoint) -> Any:
    """Import a command while the garbage collector rests.

    A module is never garbage: to walk what is imported so far, again and again, took an eighth of a server's start.
    """
    gc.disable()
    try:
        return entry.load()
    finally:
        gc.enable()


class _Benches(_EntryPoints):
    """The commands under `tomma bench`."""

    group: ClassVar[str] = "tomma.benches"


def _unavailable(name: str, cause: ImportError) -> TyperCommand:
    """A command whose optional part is not installed: the others go on working."""

    def refuse() -> None:
        raise ConfigurationError(f"`tomma {name}` needs a part that is not installed: {cause}")

    return TyperCommand(name, callback=refuse, help=f"(unavailable: {cause})")


def build_app() -> typer.Typer:
    """Return the command line with every sub-command that is installed."""
    app = typer.Typer(
        name="tomma",
        cls=_EntryPoints,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=MARKUP,
    )
    app.callback()(_log_to_stderr)
    bench = typer.Typer(cls=_Benches, no_args_is_help=True, rich_markup_mode=MARKUP)
    bench.callback()(_bench)
    app.add_typer(bench, name="bench")
    return app


def _bench() -> None:
    """Measure this machine; `--json` prints one line."""


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"tomma {version('tomma')}")
        raise typer.Exit


def _log_to_stderr(
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log decisions too."),
    _version: bool = typer.Option(
        False, "--version", callback=_tell_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Waste bins that tell when they need emptying."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(LogThrottle())
    logging.basicConfig(
        handlers=[handler],
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )


def main() -> None:
    """Run the command; a failure of ours is one plain line, not a traceback."""
    try:
        build_app()()
    except TommaError as exc:
        print(f"tomma: {exc}", file=sys.stderr)  # noqa: T201  (a front door)
        sys.exit(EXIT_FAILED)
    except OSError as exc:  # a file named on the command line, or a folder of the settings
        logging.getLogger(__name__).info("failed", exc_info=exc)
        print(f"tomma: {_told(exc)}", file=sys.stderr)  # noqa: T201
        sys.exit(EXIT_FAILED)


def _told(exc: OSError) -> str:
    where = f"{exc.filename}: " if exc.filename else ""
    what_now = "; check owner, mode and space" if exc.errno in DISK_FAULTS else ""
    return f"{where}{exc.strerror or str(exc) or type(exc).__name__}{what_now}"
