"""The command `tomma`: finds its sub-commands by entry points, so that the ground floor imports nobody.

Each entry in the group `tomma.commands` names a `typer.Typer`; one with a single command appears under the
entry's name, one with several as a group. Entries in `tomma.benches` appear under `tomma bench`.
Exit codes: 0 done, 1 the work failed (one plain line says why), 2 the command line was wrong.
"""

import logging
import sys
from importlib.metadata import entry_points

import typer

from tomma.errors import TommaError

EXIT_FAILED = 1


def build_app() -> typer.Typer:
    """Return the command line with every sub-command that is installed."""
    app = typer.Typer(
        name="tomma",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Waste bins that tell when they need emptying.",
    )
    app.callback()(_log_to_stderr)
    _add(app, "tomma.commands")
    bench = typer.Typer(no_args_is_help=True, help="Measure this machine; one JSON line with --json.")
    _add(bench, "tomma.benches")
    app.add_typer(bench, name="bench")
    return app


def _add(app: typer.Typer, group: str) -> None:
    for entry in sorted(entry_points(group=group), key=lambda each: each.name):
        sub: typer.Typer = entry.load()
        if len(sub.registered_commands) == 1 and not sub.registered_groups:
            app.command(name=entry.name, help=sub.info.help if isinstance(sub.info.help, str) else None)(
                sub.registered_commands[0].callback  # type: ignore[type-var]
            )
        else:
            app.add_typer(sub, name=entry.name)


def _log_to_stderr(verbose: bool = typer.Option(False, "--verbose", "-v", help="Log decisions too.")) -> None:
    """Waste bins that tell when they need emptying."""
    logging.basicConfig(
        stream=sys.stderr,
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
