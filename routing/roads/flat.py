"""Metres between points so near to each other that the earth is flat there."""

import math

from routing.roads.port import LonLat
from tomma.earth import M_PER_DEG


def east_north_m(start: LonLat, end: LonLat) -> tuple[float, float]:
    """Return how far east and north of `start` a nearby `end` is."""
    east_m = (end[0] - start[0]) * M_PER_DEG * math.cos(math.radians(start[1]))
    return east_m, (end[1] - start[1]) * M_PER_DEG


def apart_m(start: LonLat, end: LonLat) -> float:
    """Return how far apart two nearby points are."""
    return math.hypot(*east_north_m(start, end))
