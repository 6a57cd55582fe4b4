"""`tomma backup` and `tomma restore`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from tomma.errors import TommaError
from tomma.settings import Settings, load_settings
from tomma.stores.commands.audit_here import by_operator_here, has_registry, is_registry_current
from tomma.stores.upkeep.backup import Copied, back_up, place_of, put_back, restorable

backup_app = typer.Typer(add_completion=False, help="Copy everything that is kept here, while it is in use.")
restore_app = typer.Typer(add_completion=False, help="Put a backup into an empty data directory.")

Place = Annotated[Path, typer.Argument(metavar="DIR")]


@backup_app.command("backup")
def backup_command(target: Place) -> None:
    """Copy readings, registry, scripts and journals into the new directory DIR; nothing has to stop for it."""
    settings = load_settings()
    found = back_up(settings, target, settings.clock.clock().now_utc())
    for name, copied in found.items():
        typer.echo(f"{target / name}: {copied.bytes} bytes, {sum(copied.rows.values())} rows")
    _record(settings, found)


def _record(settings: Settings, found: Mapping[str, Copied]) -> None:
    """Record that a copy was taken; after it, for a disk that is full or failing is the reason for many a backup."""
    if not has_registry(settings):
        return
    try:
        if not is_registry_current(settings):
            typer.echo("not in the audit log: that would bring the books to this version's shape", err=True)
            return
        rows = sum(sum(each.rows.values()) for each in found.values())
        with by_operator_here(settings, "backup-made", files=len(found), records=rows):
            pass
    except TommaError as exc:
        typer.echo(f"not in the audit log: {exc}", err=True)


@restore_app.command("restore")
def restore_command(source: Place) -> None:
    """Put the backup in DIR into an empty data directory, after checking every byte; stop all else before."""
    settings = load_settings()
    found = restorable(settings, source)  # who is refused here has changed nothing
    with by_operator_here(settings, "backup-restored", beside=settings.data_dir, files=len(found)):
        put_back(settings, source, found)
    for name, copied in found.items():
        typer.echo(f"{place_of(settings, name)}: {copied.bytes} bytes, {sum(copied.rows.values())} rows")
    for key in (settings.audit_key_path, settings.sealing_key_path):
        if not key.exists():
            typer.echo(f"{key} is not in a backup: put yours there before anything is started", err=True)
