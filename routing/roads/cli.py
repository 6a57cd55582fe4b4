"""The command `tomma roads`: prepares a street network and asks it."""

import json
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from routing.roads.checking import FaultyPlace, PlaceFault, faulty_places, sizes_of
from routing.roads.opening import open_roads, street_roads
from routing.roads.port import Matrix
from routing.roads.prepare import OnStage, PreparedRoads, prepare, siblings
from routing.roads.status import status_of
from routing.roads.truck_size import TruckSize, size_named
from routing.roads.valhalla_tiles import prepare_tiles
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
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
    "words": "preparing turn texts",
}
FAULTS = {
    PlaceFault.OFF_ROAD: "no street within 250 m; is the position right?",
    PlaceFault.CUT_OFF: "no truck can drive there and come back",
    PlaceFault.FAR: "the truck stops far from it",
}

AsJson = Annotated[bool, typer.Option("--json", help="One JSON line on standard output, nothing else.")]


@app.command()
def build(
    extract: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, help="An .osm.pbf, .osm or .osm.bz2 of the area. [default: roads.osm_extract]"
        ),
    ] = None,
    truck: Annotated[
        list[str] | None,
        typer.Option(help="Prepare for this road profile too, such as truck-18-3.5 (t, m); may be repeated."),
    ] = None,
    guidance: Annotated[bool, typer.Option(help="Prepare turn texts too.")] = True,
    as_json: AsJson = False,
) -> None:
    """Prepare the streets of an OpenStreetMap extract; a second time costs only a look."""
    settings, sizes = load_settings(), [_size(name) for name in truck or ()]
    source, roads_dir = settings.roads.extract(extract), settings.roads_dir
    started_s = time.monotonic()
    with _progress(as_json) as status:
        prepared = prepare(source, roads_dir, _teller(status))
        for size in sizes:
            prepare(source, roads_dir, _teller(status, f" for {size.name}"), size)
        words = _prepare_words(source, roads_dir, _teller(status)) if guidance else None
    took_s = time.monotonic() - started_s
    summary = _summary(prepared, took_s) | {"trucks": [each.truck for each in siblings(prepared)], "words": words}
    typer.echo(json.dumps(summary) if as_json else _sentence(prepared, took_s, words))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Tell what is prepared: streets, truck sizes, turn texts, known drives, and what a straight line is worth."""
    settings = load_settings()
    told = status_of(settings.roads, settings.roads_dir)
    if as_json:
        typer.echo(json.dumps(told))
        return
    for key, value in told.items():
        for number, each in enumerate(value if isinstance(value, list) else [value]):
            words = ", ".join(f"{name} {what}" for name, what in each.items()) if isinstance(each, dict) else each
            typer.echo(f"{'' if number else key.replace('_', ' '):>16}  {'none' if words is None else words}")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Name the sites, depots and disposal sites that trucks cannot reach; exit code 1 when there are any."""
    from tomma.stores.wiring import open_stores  # the database's libraries are needed nowhere else here

    settings = load_settings()
    with open_stores(settings) as stores:
        city = stores.registry.load()
    places = faulty_places(city, street_roads(settings.roads, settings.roads_dir))
    _, profiles = sizes_of(city)
    if as_json:
        typer.echo(json.dumps({"places": [_place(each) for each in places], "profiles": profiles}))
    else:
        for each in places:
            typer.echo(
                f"{each.kind.replace('_', ' ')} {each.id} ({each.name}) at {_latlon(each)}: {FAULTS[each.fault]}"
            )
        for profile in profiles:
            typer.echo(f"vehicle {profile}")
        total = len(city.sites) + len(city.depots) + len(city.disposal_sites)
        typer.echo(f"{total} places looked at, {len(places)} to look into.")
    if profiles or any(each.fault is not PlaceFault.FAR for each in places):
        raise typer.Exit(1)


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


def _teller(status: Status | None, more: str = "") -> OnStage:
    return (lambda _: None) if status is None else lambda stage: status.update(STAGES[stage] + more)


def _prepare_words(extract: Path, roads_dir: Path, tell: OnStage) -> str:
    """Return who will put drives into words; that turn texts cannot be prepared is no reason to have no streets."""
    tell("words")
    try:
        prepare_tiles(extract, roads_dir)
    except RoadsUnavailableError as exc:
        typer.echo(f"tomma: turn texts stay plain: {exc}", err=True)
        return "plain"
    return "valhalla"


def _size(profile: str) -> TruckSize:
    try:
        return size_named(profile)
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--truck") from exc


def _place(place: FaultyPlace) -> dict[str, object]:
    return {
        "kind": place.kind,
        "id": place.id,
        "name": place.name,
        "lat_deg": place.position.lat_deg,
        "lon_deg": place.position.lon_deg,
        "fault": place.fault,
        "moved_m": place.moved_m,
    }


def _latlon(place: FaultyPlace) -> str:
    return f"{place.position.lat_deg:.5f},{place.position.lon_deg:.5f}"


def _summary(prepared: PreparedRoads, took_s: float) -> dict[str, object]:
    return {
        "extract": prepared.extract_name,
        "reused": prepared.reused,
        "connected_share": prepared.connected_share,
        "size_bytes": prepared.size_bytes,
        "took_s": round(took_s, 2),
    }


def _sentence(prepared: PreparedRoads, took_s: float, words: str | None) -> str:
    how = "were prepared already" if prepared.reused else f"are ready after {took_s:.1f} s"
    turns = "" if words is None else f" Turn texts: {words}."
    return (
        f"The streets of {prepared.extract_name} {how}: {prepared.connected_share:.0%} connected, "
        f"{prepared.size_bytes / 1e6:.1f} MB.{turns}"
    )
