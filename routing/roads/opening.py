"""Picks the engine: a server when one is set, else the network on this machine, else straight lines and a warning."""

import logging
from collections.abc import Sequence
from pathlib import Path

from routing.roads.cache import CachedRoads
from routing.roads.city_streets import CityStreets
from routing.roads.engine import StreetEngine
from routing.roads.learning import learn, recall, remember
from routing.roads.matrix_store import DiskMemory, forget_oldest
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.osrm_server import OsrmServer
from routing.roads.port import Matrix, Roads, StreetNetwork
from routing.roads.prepare import PreparedRoads, current, prepare, sibling
from routing.roads.straight_line import StraightLineRoads
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize
from routing.roads.valhalla_engine import ValhallaServer
from routing.roads.valhalla_streets import ValhallaStreets
from tomma.city import Position
from tomma.errors import RoadsUnavailableError
from tomma.planning_settings import RoadSettings

log = logging.getLogger(__name__)

POORLY_CONNECTED_SHARE = 0.5  # below, an extract was probably cut through its streets
MATRICES = "matrices"
MATRICES_KEPT = 6  # networks times kerb; one city with three truck sizes has room for yesterday's extract too
MATRIX_FORMAT = 1  # raise when the same streets give other numbers: another way of snapping, say


def open_roads(settings: RoadSettings, roads_dir: Path) -> Roads:
    """Return the streets, or straight lines (logged, and marked in every plan) when there are none to be had.

    With the address of a server, that server's; it is asked when a matrix is wanted, not now. Without one, those of the
    extract in `settings`, prepared now if need be; without an extract, those that `tomma roads build` prepared last.

    Args:
        settings: Which extract or server, how trucks stop, and what a straight line is worth.
        roads_dir: Where prepared networks and known drives are kept.
    """
    if settings.osrm_url or settings.valhalla_url:
        return _of_server(settings, roads_dir)
    try:
        return _of_network(network(settings, roads_dir), settings, roads_dir)
    except RoadsUnavailableError as exc:
        log.warning("roads fallback=straight_line reason=%s", exc)
        return guess(settings, roads_dir)


def fallback_of(roads: Roads, settings: RoadSettings) -> Roads:
    """Return what to guess with where `roads` gives no answer."""
    if isinstance(roads, StreetNetwork):
        return roads.fallback
    return StraightLineRoads(settings.detour_factor, settings.straight_line_speed_kmh)


def guess(settings: RoadSettings, roads_dir: Path) -> StraightLineRoads:
    """Return straight lines as this city's streets taught them, or as the settings have them."""
    lesson = recall(roads_dir)
    return lesson.roads() if lesson else StraightLineRoads(settings.detour_factor, settings.straight_line_speed_kmh)


def network(settings: RoadSettings, roads_dir: Path) -> PreparedRoads:
    """Return the network on this machine, prepared now if need be.

    Raises:
        RoadsUnavailableError: If there is none and none can be made.
    """
    if settings.osm_extract is not None:
        return prepare(settings.osm_extract, roads_dir)
    prepared = current(roads_dir)
    if prepared is None:
        raise RoadsUnavailableError("no extract is set and `tomma roads build` has prepared none")
    return prepared


def street_roads(settings: RoadSettings, roads_dir: Path) -> OsrmRoads:
    """Return the standard truck's streets with nothing in front of them.

    Raises:
        RoadsUnavailableError: If there are none.
    """
    if settings.osrm_url or settings.valhalla_url:
        return OsrmRoads(_server(settings, STANDARD_TRUCK), None, curbside=settings.curbside)
    return OsrmRoads.of(network(settings, roads_dir), curbside=settings.curbside)


def matrices_folder(roads_dir: Path, prepared: PreparedRoads, *, curbside: bool) -> Path:
    """Return where the drives of a network are kept."""
    return roads_dir / MATRICES / f"{prepared.fingerprint}-{'kerb' if curbside else 'any'}-{MATRIX_FORMAT}"


def _of_network(prepared: PreparedRoads, settings: RoadSettings, roads_dir: Path) -> Roads:
    if prepared.connected_share < POORLY_CONNECTED_SHARE:
        log.warning("roads poorly connected share=%.2f extract=%s", prepared.connected_share, prepared.extract_name)
    log.info("roads source=streets extract=%s connected=%.2f", prepared.extract_name, prepared.connected_share)

    def remembering(network: PreparedRoads) -> Roads:
        roads = OsrmRoads.of(network, curbside=settings.curbside)
        if not settings.matrix_points_kept:
            return CachedRoads(roads, on_news=_Pupil(roads_dir))
        folder = matrices_folder(roads_dir, network, curbside=settings.curbside)
        forget_oldest(roads_dir / MATRICES, MATRICES_KEPT, but=folder)
        return CachedRoads(roads, DiskMemory(folder, settings.matrix_points_kept), _Pupil(roads_dir))

    def make(truck: TruckSize) -> Roads:
        return remembering(sibling(prepared, truck))

    return CityStreets(remembering(prepared), make, lambda: guess(settings, roads_dir), settings.traffic)


def _of_server(settings: RoadSettings, roads_dir: Path) -> Roads:
    """Return a server's streets, with a memory no longer than the process: its network may change."""

    def make(truck: TruckSize) -> Roads:
        roads = OsrmRoads(_server(settings, truck), None, curbside=settings.curbside)
        return CachedRoads(roads, on_news=_Pupil(roads_dir))

    log.info("roads source=server url=%s", settings.osrm_url or settings.valhalla_url)
    standard = make(STANDARD_TRUCK)
    # An OSRM server has one network: which streets a truck may drive was decided when it was prepared.
    return CityStreets(
        standard,
        (lambda _: standard) if settings.osrm_url else make,
        lambda: guess(settings, roads_dir),
        settings.traffic,
    )


def _server(settings: RoadSettings, truck: TruckSize) -> StreetEngine:
    most = settings.server_max_locations
    if settings.osrm_url:
        return OsrmServer(settings.osrm_url, settings.osrm_profile, settings.server_timeout_s, most)
    return ValhallaStreets(ValhallaServer(settings.valhalla_url, settings.server_timeout_s), truck, most)


class _Pupil:
    """Learns straight lines from every matrix in which something was new."""

    def __init__(self, roads_dir: Path) -> None:
        self._roads_dir = roads_dir

    def __call__(self, points: Sequence[Position], matrix: Matrix) -> None:
        lesson = learn(points, matrix)
        if lesson is not None:
            remember(lesson, self._roads_dir)
