"""What the office may want to look at in a driver's event. A flag never blocks: who stood there knows better."""

import math
from enum import StrEnum

from tomma.city import City, Position
from tomma.events import Event
from tomma.fold import SKEW_TOLD_S

FAR_M = 150.0
EARTH_RADIUS_M = 6_371_009.0
"""Mean radius (IUGG)."""


class Flag(StrEnum):
    """Why an event is worth a look."""

    CLOCK_OFF = "clock_off"
    """The tablet's clock was more than two minutes off; the times are corrected for it."""
    FAR_AWAY = "far_away"
    """The tap was made more than 150 m from the bin or the disposal site."""
    CONTRADICTED = "contradicted"
    """One tablet said emptied, another skipped; the bin counts as emptied."""


def flags_of(event: Event, city: City, *, contradicted: bool) -> list[Flag]:
    """Return the event's flags; a tap without a position, or on a bin that is gone, cannot be far away."""
    flags = [Flag.CONTRADICTED] if contradicted else []
    if event.clock_skew_s is not None and abs(event.clock_skew_s) > SKEW_TOLD_S:
        flags.append(Flag.CLOCK_OFF)
    named = _place_of(event, city)
    tapped = _position_of(event)
    if named is not None and tapped is not None and distance_m(tapped, named) > FAR_M:
        flags.append(Flag.FAR_AWAY)
    return flags


def _position_of(event: Event) -> Position | None:
    if event.lat_deg is None or event.lon_deg is None:
        return None
    return Position(event.lat_deg, event.lon_deg)


def _place_of(event: Event, city: City) -> Position | None:
    if event.bin_id is not None and event.bin_id in city.bins:
        return city.position_of(event.bin_id)
    site = city.disposal_sites.get(event.disposal_site_id) if event.disposal_site_id is not None else None
    return site.position if site else None


def distance_m(here: Position, there: Position) -> float:
    """Return the great-circle distance, by the haversine formula, in metres."""
    lat_1, lat_2 = math.radians(here.lat_deg), math.radians(there.lat_deg)
    half_lon = math.radians(there.lon_deg - here.lon_deg) / 2
    half = math.sin((lat_2 - lat_1) / 2) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))
