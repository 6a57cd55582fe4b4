"""The command `tomma basemap`: makes the map from an OpenStreetMap extract, and looks into one."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.basemap.build import Built, build_basemap
from api.basemap.tiles import TileArchive
from tomma.settings import load_settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The map under everything: make it from OpenStreetMap, look into it.",
)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON line on standard output, nothing else.")]


@app.command()
def build(
    extract: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, help="An .osm.pbf, .osm or .osm.bz2 of the area. [default: roads.osm_extract]"
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The PMTiles file. [default: the one in the data directory]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the map of an OpenStreetMap extract; a running server takes it up at once."""
    settings = load_settings()
    target, source = output or settings.built_basemap_path, settings.roads.extract(extract)
    started_s = time.monotonic()
    with Console(stderr=True, quiet=as_json).status("reading the extract") as status:
        built = build_basemap(source, target, lambda count: status.update(f"{count} tiles"))
    took_s = time.monotonic() - started_s
    typer.echo(
        json.dumps({**asdict(built), "took_s": round(took_s, 2)}) if as_json else _sentence(built, target, took_s)
    )


@app.command()
def show(
    archive: Annotated[
        Path | None, typer.Argument(help="The PMTiles file. [default: the one the server reads]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a map whole and tell what it holds."""
    with TileArchive(archive or load_settings().basemap_path) as opened:
        area, layers = opened.range, [layer["id"] for layer in opened.metadata.get("vector_layers", [])]
        name = opened.metadata.get("name", "")
    if as_json:
        typer.echo(json.dumps({"name": name, **asdict(area), "layers": layers}))
        return
    west, south, east, north = area.bounds
    typer.echo(f"{name}: zooms {area.min_zoom} to {area.max_zoom}, layers {', '.join(layers)}")
    typer.echo(f"from {south:.4f}, {west:.4f} to {north:.4f}, {east:.4f}")


def _sentence(built: Built, target: Path, took_s: float) -> str:
    left_out = f" {built.incomplete_areas} areas are not complete in the extract and left out." * bool(
        built.incomplete_areas
    )
    return (
        f"{target}: {built.tiles} tiles of {built.features} features, {built.size_bytes / 1e6:.2f} MB, "
        f"made in {took_s:.1f} s.{left_out}"
    )
