"""Picks the engine: streets when there is a network, straight lines and a warning when there is none."""

import logging
from pathlib import Path

from routing.roads.cache import CachedRoads
from routing.roads.osrm_roads import OsrmRoads
from routing.roads.port import Roads
from routing.roads.prepare import PreparedRoads, current, prepare
from routing.roads.straight_line import StraightLineRoads
from tomma.errors import RoadsUnavailableError
from tomma.settings import RoadSettings

log = logging.getLogger(__name__)

POORLY_CONNECTED_SHARE = 0.5  # below, an extract was probably cut through its streets


def open_roads(settings: RoadSettings, roads_dir: Path) -> Roads:
    """Return the streets, or straight lines (logged, and marked in every plan) when there are none to be had.

    The streets are those of the extract in `settings`, prepared now if need be; without an extract, those that
    `tomma roads build` prepared last.

    Args:
        settings: Which extract, how trucks stop, and what a straight line is worth.
        roads_dir: Where prepared networks are kept.
    """
    try:
        prepared = _network(settings, roads_dir)
        roads = OsrmRoads.of(prepared, curbside=settings.curbside)
    except RoadsUnavailableError as exc:
        log.warning("roads fallback=straight_line reason=%s", exc)
        return StraightLineRoads(settings.detour_factor, settings.straight_line_speed_kmh)
    if prepared.connected_share < POORLY_CONNECTED_SHARE:
        log.warning("roads poorly connected share=%.2f extract=%s", prepared.connected_share, prepared.extract_name)
    log.info("roads source=streets extract=%s connected=%.2f", prepared.extract_name, prepared.connected_share)
    return CachedRoads(roads)


def _network(settings: RoadSettings, roads_dir: Path) -> PreparedRoads:
    if settings.osm_extract is not None:
        return prepare(settings.osm_extract, roads_dir)
    prepared = current(roads_dir)
    if prepared is None:
        raise RoadsUnavailableError("no extract is set and `tomma roads build` has prepared none")
    return prepared
