"""`tomma stickers`: stickers for bins, as PDF."""

from pathlib import Path
from typing import Annotated

import typer

from api.residents.choice import chosen
from tomma.errors import ConfigurationError
from tomma.settings import load_settings
from tomma.stores.files.drafts import replacing
from tomma.stores.wiring import open_stores

app = typer.Typer(add_completion=False, help="Print stickers that lead residents to the page of their bin.")


@app.command()
def stickers(
    file: Annotated[Path, typer.Argument(help="The PDF to write: A4, eight labels of 99.1 x 67.7 mm a sheet.")],
    bin_id: Annotated[
        list[str] | None, typer.Option("--bin", help="May be given several times. [default: all]")
    ] = None,
    area: Annotated[str, typer.Option(help="Only of this area.")] = "",
    fraction: Annotated[str, typer.Option(help="Only of this waste stream, by its code.")] = "",
) -> None:
    """Write the sheets, by area, place and id; each code leads to [server] public_url."""
    from api.residents.stickers import as_stickers  # ReportLab is nothing that every command should wait for

    settings = load_settings()
    if not settings.server.public_url:
        raise ConfigurationError("server.public_url must be set: it is printed on every sticker, for years")
    with open_stores(settings) as stores:
        city = stores.registry.load()
    chosen_ids = chosen(city, bin_id or [], area, fraction)
    content = as_stickers(city, chosen_ids, settings.server.public_url)
    with replacing(file) as draft:
        draft.write_bytes(content)
    typer.echo(f"{len(chosen_ids)} stickers written to {file}")
    if not settings.residents.open:
        typer.echo("the page that they lead to is closed: [residents] open = true opens it")
