"""What is prepared on this machine, for people and for programs."""

from dataclasses import asdict
from pathlib import Path

from routing.roads.learning import recall
from routing.roads.matrix_store import INDEX, DiskMemory
from routing.roads.opening import MATRICES
from routing.roads.prepare import current, siblings
from routing.roads.valhalla_tiles import find_tiles, is_installed
from tomma.errors import RoadsUnavailableError
from tomma.planning_settings import RoadSettings

PLAIN = "our own plain ones"


def status_of(settings: RoadSettings, roads_dir: Path) -> dict[str, object]:
    """Return where drives, lines and words come from; looks only, and asks no server."""
    prepared = current(roads_dir)
    lesson = recall(roads_dir)
    return {
        "source": _source(settings, has_network=prepared is not None),
        "extract": None if prepared is None else prepared.extract_name,
        "connected_share": None if prepared is None else prepared.connected_share,
        "trucks": [] if prepared is None else [each.truck for each in siblings(prepared)],
        "size_bytes": sum(each.size_bytes for each in siblings(prepared)) if prepared else 0,
        "words": settings.valhalla_url or _words(prepared.extract if prepared else None, roads_dir),
        "matrices": _matrices(roads_dir / MATRICES),
        "straight_line": None if lesson is None else asdict(lesson),
    }


def _source(settings: RoadSettings, *, has_network: bool) -> str:
    server = settings.osrm_url or settings.valhalla_url
    if server:
        return server
    return "streets" if has_network or settings.osm_extract is not None else "straight_line"


def _words(extract: Path | None, roads_dir: Path) -> str:
    try:
        found = find_tiles(extract, roads_dir) if extract is not None and is_installed() else None
    except RoadsUnavailableError:  # the extract is gone: what it was made from cannot be told
        found = None
    return PLAIN if found is None else "valhalla"


def _matrices(folder: Path) -> list[dict[str, object]]:
    return [
        {
            "network": path.parent.name,
            "points": DiskMemory(path.parent, 0).known(),
            "size_bytes": sum(each.stat().st_blocks * 512 for each in path.parent.iterdir()),
        }
        for path in sorted(folder.glob(f"*/{INDEX}"))
    ]
