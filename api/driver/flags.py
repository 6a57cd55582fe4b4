"""What the office may want to look at in a driver's event. A flag never blocks: who stood there knows better."""

from enum import StrEnum

from tomma.city import City, Position
from tomma.earth import distance_m
from tomma.events import Event
from tomma.fold import SKEW_TOLD_S

FAR_M = 150.0


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
