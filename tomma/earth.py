"""The earth as a ball: how far two places lie apart."""

import math

from tomma.city import Position

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of WGS 84 (IUGG)."""
M_PER_DEG = 111_195.0
"""Northwards; eastwards the cosine of the latitude times that."""


def distance_m(here: Position, there: Position) -> float:
    """Return the great-circle distance, by the haversine formula."""
    lat, other_lat = math.radians(here.lat_deg), math.radians(there.lat_deg)
    half_lon = math.radians(there.lon_deg - here.lon_deg) / 2
    half = math.sin((other_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(other_lat) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
