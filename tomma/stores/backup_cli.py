"""`tomma backup` and `tomma restore`."""

from pathlib import Path
from typing import Annotated

import typer

from tomma.settings import load_settings
from tomma.stores.backup import back_up, restore

backup_app = typer.Typer(add_completion=False, help="Copy everything that is kept here, while it is in use.")
restore_app = typer.Typer(add_completion=False, help="Put a backup into an empty data directory.")

Place = Annotated[Path, typer.Argument(metavar="DIR")]


@backup_app.command("backup")
def backup_command(target: Place) -> None:
    """Copy readings, registry, scripts and journals into the new directory DIR; nothing has to stop for it."""
    settings = load_settings()
    for name, copied in back_up(settings, target, settings.clock.clock().now_utc()).items():
        typer.echo(f"{target / name}: {copied.bytes} bytes, {sum(copied.rows.values())} rows")


@restore_app.command("restore")
def restore_command(source: Place) -> None:
    """Put the backup in DIR into an empty data directory, after checking every byte; stop all else before."""
    settings = load_settings()
    for name, copied in restore(settings, source).items():
        typer.echo(f"{settings.data_dir / name}: {copied.bytes} bytes, {sum(copied.rows.values())} rows")
