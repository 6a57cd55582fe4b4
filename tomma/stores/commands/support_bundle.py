"""`tomma support-bundle`: one file for whoever helps, without secrets and without people."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tomma.settings import load_settings
from tomma.stores.upkeep.support import LOG_BYTES_MAX, bundle, now

app = typer.Typer(add_completion=False, help="Write one file for whoever helps: no secrets, no people, no content.")


@app.command("support-bundle")
def support_bundle(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="A new file.")],
    log: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, allow_dash=True, help="Its end is taken along, blanked; - is stdin."),
    ] = None,
) -> None:
    """Collect versions, settings, sizes, counts and what the processes last said; nothing has to run, or to stop.

    Secrets, people and addresses are blanked: docs/support.md. Look through it before you hand it on.
    """
    for name in bundle(load_settings(), file, now(), _end_of(log)):
        typer.echo(f"{file}: {name}")


def _end_of(log: Path | None) -> bytes:
    if log is None:
        return b""
    if str(log) == "-":
        return sys.stdin.buffer.read()[-LOG_BYTES_MAX:]
    with log.open("rb") as lines:
        lines.seek(max(0, log.stat().st_size - LOG_BYTES_MAX))
        return lines.read()
