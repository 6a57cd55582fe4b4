"""Places on the streets of an extract, for a benchmark: drawn from the nodes a truck can drive past."""

from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray

from routing.roads.port import Roads
from tomma.city import Position
from tomma.errors import ConfigurationError

DRIVEN = frozenset({"primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service"})
PROBED = 50
"""So many of the places are asked which of them the others can be reached from."""
HUBS = 3
"""The first places drawn: the depot and two disposal sites."""


def street_places(extract: Path, count: int, rng: np.random.Generator, roads: Roads) -> list[Position]:
    """Return `count` places beside streets; the first three are connected with as many of the others as any.

    A depot in a yard that the extract's edge cuts off would leave every bin unreachable and measure nothing.

    Raises:
        ConfigurationError: If the extract has no street.
    """
    nodes = _street_nodes(extract)
    if not len(nodes):
        raise ConfigurationError(f"{extract}: no street a truck may drive; give an extract with highways")
    drawn = rng.choice(nodes, count, replace=len(nodes) < count)
    places = [Position(float(lat), float(lon)) for lat, lon in drawn]
    reachable = roads.matrix(places[:PROBED]).reachable
    connected = np.argsort(-(reachable.sum(0) + reachable.sum(1)), kind="stable")[:HUBS].tolist()
    return [places[n] for n in connected] + [place for n, place in enumerate(places) if n not in connected]


def _street_nodes(extract: Path) -> NDArray[np.float64]:
    """Return lat_deg, lon_deg of every node of a driven street, once each, in a fixed order."""
    ways = osmium.FileProcessor(str(extract), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    places = {
        (node.lat, node.lon)
        for way in ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        if isinstance(way, osmium.osm.Way) and way.tags.get("highway") in DRIVEN
        for node in way.nodes
        if node.location.valid()
    }
    return np.array(sorted(places), dtype=np.float64).reshape(-1, 2)
