"""The command `tomma roads`: prepares a street network and asks it."""

import json
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from routing.roads.opening import open_roads
from routing.roads.port import Matrix
from routing.roads.prepare import OnStage, PreparedRoads, prepare
from tomma.city import Position
from tomma.plan import RoadsSource
from tomma.settings import load_settings

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The street network: prepare it from OpenStreetMap, and ask it."
)

STAGES = {
    "reading": "reading the extract",
    "streets": "finding the streets a truck may drive",
    "shortcuts": "preparing fast answers",
    "hub": "checking what connects with what",
}

AsJson = Annotated[bool, typer.Option("--json", help="One JSON line on standard output, nothing else.")]


@app.command()
def build(
    extract: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="An .osm.pbf, .osm or .osm.bz2 of the area.")
    ],
    as_json: AsJson = False,
) -> None:
    """Prepare the streets of an OpenStreetMap extract; a second time costs only a look."""
    started_s = time.monotonic()
    with _progress(as_json) as status:
        prepared = prepare(extract, load_settings().roads_dir, _teller(status))
    took_s = time.monotonic() - started_s
    typer.echo(json.dumps(_summary(prepared, took_s)) if as_json else _sentence(prepared, took_s))


@app.command()
def drive(
    places: Annotated[list[str], typer.Argument(metavar="LAT,LON...", help="Two places or more, in order.")],
    as_json: AsJson = False,
) -> None:
    """Tell how long and how far it is from each place to the next, with the network that planning uses."""
    points = [_position(place) for place in places]
    if len(points) < 2:
        raise typer.BadParameter("two places at least: where from and where to")
    settings = load_settings()
    matrix = open_roads(settings.roads, settings.roads_dir).matrix(points)
    if as_json:
        legs = [_leg(matrix, number) for number in range(len(points) - 1)]
        typer.echo(json.dumps({"source": str(matrix.source), "legs": legs}))
        return
    if matrix.source is RoadsSource.STRAIGHT_LINE:
        typer.echo("No street network: straight lines.")
    for number in range(len(points) - 1):
        typer.echo(f"{places[number]} -> {places[number + 1]}: {_in_words(matrix, number)}")


def _leg(matrix: Matrix, number: int) -> dict[str, int | None]:
    if not matrix.reachable[number, number + 1]:
        return {"driving_s": None, "distance_m": None}
    return {
        "driving_s": int(matrix.duration_s[number, number + 1]),
        "distance_m": int(matrix.distance_m[number, number + 1]),
    }


def _in_words(matrix: Matrix, number: int) -> str:
    for index in (number, number + 1):
        if index in matrix.off_road:
            return f"place {index + 1} lies on no street"
    if not matrix.reachable[number, number + 1]:
        return "no way there"
    minutes, seconds = divmod(int(matrix.duration_s[number, number + 1]), 60)
    return f"{matrix.distance_m[number, number + 1] / 1000:.2f} km, {minutes} min {seconds:02d} s"


def _position(text: str) -> Position:
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
        return Position(lat_deg, lon_deg)
    except ValueError as exc:
        raise typer.BadParameter(f"a place is LAT,LON in degrees, got {text!r} ({exc})") from exc


def _progress(as_json: bool) -> AbstractContextManager[Status | None]:
    return nullcontext() if as_json else Console(stderr=True).status("")


def _teller(status: Status | None) -> OnStage | None:
    return None if status is None else lambda stage: status.update(STAGES[stage])


def _summary(prepared: PreparedRoads, took_s: float) -> dict[str, object]:
    return {
        "extract": prepared.extract_name,
        "reused": prepared.reused,
        "connected_share": prepared.connected_share,
        "size_bytes": prepared.size_bytes,
        "took_s": round(took_s, 2),
    }


def _sentence(prepared: PreparedRoads, took_s: float) -> str:
    how = "were prepared already" if prepared.reused else f"are ready after {took_s:.1f} s"
    return (
        f"The streets of {prepared.extract_name} {how}: {prepared.connected_share:.0%} connected, "
        f"{prepared.size_bytes / 1e6:.1f} MB."
    )
