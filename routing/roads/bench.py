"""`tomma bench roads`: what a matrix, one more bin, a turn text and a straight line cost on this machine.

Each size is measured in a process of its own, so that its memory is its own. Seconds are of the processor.
"""

import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import typer

from routing.roads.cache import CachedRoads
from routing.roads.guidance import Language
from routing.roads.learning import errors_of, learn
from routing.roads.matrix_store import DiskMemory
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.port import Matrix
from routing.roads.prepare import PreparedRoads, prepare
from routing.roads.sample_streets import street_places
from routing.roads.straight_line import StraightLineRoads
from routing.roads.truck_size import STANDARD_TRUCK
from routing.roads.valhalla_engine import ValhallaActor
from routing.roads.valhalla_guide import ValhallaGuide
from routing.roads.valhalla_streets import ValhallaStreets
from routing.roads.valhalla_tiles import prepare_tiles
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
from tomma.planning_settings import RoadSettings

app = typer.Typer(add_completion=False, help="Measure matrices, memory, turn texts and straight lines.")

SHIPPED_EXTRACT = Path(__file__).parents[2] / "simulator" / "cities" / "helsinki.osm.pbf"
"""By its place: nothing here may know the simulator, which lies above."""
SIZES = (300, 1_000, 3_000)
QUICK_SIZES = (300, 1_000)
ADDED = 10
LEARNT_FROM = 300
COMPARED = 100
QUICK_COMPARED = 40
BESIDE_DEG = 0.00025  # bins stand up to some twenty metres beside the street
MAX_POINTS = 12_000
SEED = 1


@dataclass(frozen=True)
class _Task:
    """One size to measure, in a process of its own."""

    prepared: PreparedRoads
    extract: Path
    folder: Path
    points: int


@app.command("roads")
def roads_command(
    osm: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="Streets of this extract; the demo's without.")
    ] = SHIPPED_EXTRACT,
    points: Annotated[list[int] | None, typer.Option(min=20, max=MAX_POINTS, help="Sizes; may be repeated.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="End within a minute.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Measure matrices, memory, turn texts and straight lines."""
    sizes = points or (QUICK_SIZES if quick else SIZES)
    with tempfile.TemporaryDirectory(prefix="tomma-roads-") as name:
        result = _measure(osm, Path(name), sizes, min(QUICK_COMPARED if quick else COMPARED, max(sizes)))
    if as_json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        return
    for key, value in result.items():
        sys.stdout.write(f"{key:>34}  {value}\n")


def _measure(osm: Path, folder: Path, sizes: Sequence[int], compared: int) -> dict[str, object]:
    prepared, network_s = _timed_with_children(lambda: prepare(osm, folder))
    tiles, tiles_s = _timed_with_children(lambda: prepare_tiles(osm, folder))
    result: dict[str, object] = {
        "extract": osm.name,
        "network_prepare_s": round(network_s, 2),
        "words_prepare_s": round(tiles_s, 2),
        "words_size_mb": round(tiles.size_bytes / 1e6, 1),
    }
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        for size in sizes:
            result |= pool.submit(_matrices, _Task(prepared, osm, folder / f"matrices-{size}", size)).result()
    streets = OsrmRoads.of(prepared)
    places = _places(osm, compared, streets)
    matrix, osrm_s = _timed(lambda: streets.matrix(places))
    actor = ValhallaActor(tiles.folder)
    result |= _engines(actor, places, matrix, osrm_s) | _words(actor, streets, places, matrix)
    return result | _straight_lines(_places(osm, min(LEARNT_FROM, 2 * max(sizes)), streets), streets)


def _matrices(task: _Task) -> dict[str, object]:
    """Measure one size: never asked, asked by an earlier process, and ten bins more."""
    streets = OsrmRoads.of(task.prepared)
    places = _places(task.extract, task.points + ADDED, streets)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Lengths, so that no matrix is still held while the next one is made.
    _, new_s = _timed(lambda: len(_remembering(streets, task).matrix(places[:-ADDED])))
    _, known_s = _timed(lambda: len(_remembering(streets, task).matrix(places[:-ADDED])))
    _, added_s = _timed(lambda: len(_remembering(streets, task).matrix(places)))
    after_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = f"matrix_{task.points}"
    return {
        f"{size}_new_s": round(new_s, 2),
        f"{size}_known_s": round(known_s, 3),
        f"{size}_add_{ADDED}_s": round(added_s, 3),
        f"{size}_add_{ADDED}_ratio": round(added_s / new_s, 3),
        f"{size}_peak_mb": round(after_kb / 1024),
        f"{size}_growth_mb": round((after_kb - before_kb) / 1024),
    }


def _remembering(streets: OsrmRoads, task: _Task) -> CachedRoads:
    """As a new process finds it."""
    return CachedRoads(streets, DiskMemory(task.folder, MAX_POINTS))


def _engines(actor: ValhallaActor, places: list[Position], matrix: Matrix, osrm_s: float) -> dict[str, object]:
    other = OsrmRoads(ValhallaStreets(actor, STANDARD_TRUCK, 2 * len(places)), None)
    theirs, valhalla_s = _timed(lambda: other.matrix(places))
    both = matrix.reachable & theirs.reachable & (matrix.duration_s > 0)
    ratio = theirs.duration_s[both] / matrix.duration_s[both]
    return {
        f"osrm_{len(places)}_s": round(osrm_s, 2),
        f"valhalla_{len(places)}_s": round(valhalla_s, 2),
        "valhalla_to_osrm_time_median": round(float(np.median(ratio)), 2),
        "valhalla_to_osrm_time_p10_p90": [round(float(each), 2) for each in np.percentile(ratio, (10, 90))],
        "valhalla_osrm_time_correlation": round(
            float(np.corrcoef(theirs.duration_s[both], matrix.duration_s[both])[0, 1]), 3
        ),
    }


def _words(actor: ValhallaActor, streets: OsrmRoads, places: list[Position], matrix: Matrix) -> dict[str, object]:
    guide, told, times_s = ValhallaGuide(actor), 0, list[float]()
    pairs = [(here, here + 1) for here in range(len(places) - 1) if matrix.reachable[here, here + 1]]
    for here, there in pairs:
        (line,) = streets.legs([places[here], places[there]])
        try:
            _, took_s = _timed(lambda line=line: guide.along(line, Language.SV))  # type: ignore[misc]  # of this turn
        except RoadsUnavailableError:
            continue
        times_s.append(took_s)
        told += 1
    return {
        "words_leg_ms": round(statistics.median(times_s) * 1_000, 1) if times_s else None,
        "words_by_valhalla_share": round(told / max(1, len(pairs)), 3),
    }


def _straight_lines(places: list[Position], streets: OsrmRoads) -> dict[str, object]:
    matrix, defaults = streets.matrix(places), RoadSettings()
    default = StraightLineRoads(defaults.detour_factor, defaults.straight_line_speed_kmh)
    lesson = learn(places, matrix)
    default_time, default_distance = errors_of(default, places, matrix)
    return {
        "straight_line_default_time_error": round(default_time, 3),
        "straight_line_learnt_time_error": None if lesson is None else round(lesson.time_error_share, 3),
        "straight_line_default_distance_error": round(default_distance, 3),
        "straight_line_learnt_distance_error": None if lesson is None else round(lesson.distance_error_share, 3),
        "detour_factor": None if lesson is None else round(lesson.detour_factor, 2),
        "speed_kmh": None if lesson is None else round(lesson.speed_kmh, 1),
        "leg_s": None if lesson is None else round(lesson.leg_s),
    }


def _places(osm: Path, count: int, streets: OsrmRoads) -> list[Position]:
    """Return places beside streets, all different."""
    rng = np.random.default_rng(SEED)
    nodes = street_places(osm, count, rng, streets)
    aside = rng.uniform(-BESIDE_DEG, BESIDE_DEG, (count, 2)).tolist()
    return [
        Position(node.lat_deg + north, node.lon_deg + east) for node, (north, east) in zip(nodes, aside, strict=True)
    ]


def _timed[Answer](work: Callable[[], Answer]) -> tuple[Answer, float]:
    began_s = time.process_time()
    return work(), time.process_time() - began_s


def _timed_with_children[Answer](work: Callable[[], Answer]) -> tuple[Answer, float]:
    before, (answer, own_s) = resource.getrusage(resource.RUSAGE_CHILDREN), _timed(work)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return answer, own_s + after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
