"""Finds the hub of a network: a place that most streets connect with, there and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing.roads.engine import Spot, StreetEngine
from routing.roads.port import UNREACHABLE, LonLat

SAMPLES = 250
THROUGH_STREETS = frozenset({"trunk", "primary", "secondary", "tertiary", "unclassified", "residential"})


@dataclass(frozen=True, slots=True)
class Hub:
    """The place, and how much of the network connects with it."""

    lonlat: LonLat | None
    connected_share: float
    """Of the sampled streets; 0.7 or less tells of an extract cut through its streets."""


def find_hub(extract: Path, engine: StreetEngine) -> Hub:
    """Return the hub of the network prepared from `extract`; the same extract gives the same hub."""
    samples = [Spot(place) for place in street_samples(extract, SAMPLES)]
    places = [spot for spot, yes in zip(samples, engine.on_street(samples), strict=True) if yes]
    if not places:
        return Hub(None, 0.0)
    everywhere = range(len(places))
    duration_s, _ = engine.table(places, everywhere, everywhere)
    mutual = (duration_s != UNREACHABLE) & (duration_s.T != UNREACHABLE)
    partners = mutual.sum(axis=1)
    best = int(np.argmax(partners))
    return Hub(places[best].lonlat, float(partners[best] / len(places)))


def street_samples(extract: Path, count: int) -> Sequence[LonLat]:
    """Return places on streets, evenly spread over the file."""
    import osmium

    streets = osmium.filter.KeyFilter("highway")
    middles: list[LonLat] = []
    for way in osmium.FileProcessor(str(extract)).with_locations("sparse_mem_array").with_filter(streets):
        if isinstance(way, osmium.osm.Way) and way.tags.get("highway") in THROUGH_STREETS:
            middle = way.nodes[len(way.nodes) // 2]
            if middle.location.valid():
                middles.append((middle.lon, middle.lat))
    taken = min(count, len(middles))
    return [middles[number * len(middles) // taken] for number in range(taken)]
