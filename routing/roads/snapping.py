"""Finds each point's place on the streets: the nearest one from which a truck can come and go.

The nearest street may be a mapped-but-unconnected yard, or a one-way street that leaves the map at its edge. A depot
put there would cut off the whole city, so a point whose nearest street does not connect both ways with the hub
(a place in the middle of the network, found when it was prepared) moves to the nearest street that does.
A point for which there is none keeps its nearest street, and the matrix tells the truth about it.
"""

import math
from collections.abc import Sequence
from threading import Lock

from routing.roads.osrm_engine import Approach, Engine
from routing.roads.port import UNREACHABLE, LonLat
from tomma.city import Position

CANDIDATES = 200  # street pieces tried around a point that does not connect
BESIDE_STREET_M = 1.0  # a moved point stands this far from its street, so that it keeps its side of it
METRES_PER_DEGREE = 111_195.0
REMEMBERED = 50_000


class Snapper:
    """Puts points on the streets of one network, and remembers where.

    Args:
        engine: The network.
        hub: A place every useful street connects with; None if the network has none.
        approach: Whether the truck must stop with the point on its own side of the street.
    """

    def __init__(self, engine: Engine, hub: LonLat | None, approach: Approach) -> None:
        self._engine = engine
        self._hub = hub
        self._approach = approach
        self._known: dict[Position, LonLat | None] = {}
        self._lock = Lock()

    def snap(self, points: Sequence[Position]) -> list[LonLat | None]:
        """Return where to ask the engine about each point; None for one that lies on no street."""
        with self._lock:
            new = [point for point in dict.fromkeys(points) if point not in self._known]
            if len(self._known) + len(new) > REMEMBERED:
                self._known.clear()
                new = list(dict.fromkeys(points))
            self._known.update(zip(new, self._find(new), strict=True))
            return [self._known[point] for point in points]

    def _find(self, points: Sequence[Position]) -> list[LonLat | None]:
        plain = [(point.lon_deg, point.lat_deg) for point in points]
        found = [place if self._engine.nearest(place, self._approach) else None for place in plain]
        on_road = [place for place in found if place is not None]
        connected = dict(zip(on_road, self._connected(on_road), strict=True))
        return [place if place is None or connected[place] else self._moved(place) for place in found]

    def _moved(self, place: LonLat) -> LonLat:
        streets = self._engine.nearest(place, self._approach, results=CANDIDATES)
        # At a junction, a metre beside a good street may be nearest to a bad one: then the junction itself is tried.
        candidates = [where for street in streets for where in (_beside(street, place), street)]
        for candidate, connects in zip(candidates, self._connected(candidates), strict=True):
            if connects:
                return candidate
        return place

    def _connected(self, places: list[LonLat]) -> list[bool]:
        """Return for each place whether a truck can drive there from the hub and back."""
        if self._hub is None:
            return [True] * len(places)
        if not places:
            return []
        points, others = [self._hub, *places], range(1, len(places) + 1)
        there, _ = self._engine.table(points, [0], others, self._approach)
        back, _ = self._engine.table(points, others, [0], self._approach)
        return [bool(yes) for yes in (there[0] != UNREACHABLE) & (back[:, 0] != UNREACHABLE)]


def _beside(street: LonLat, point: LonLat) -> LonLat:
    """Return the place one metre from `street` towards `point`."""
    east_m = (point[0] - street[0]) * METRES_PER_DEGREE * math.cos(math.radians(street[1]))
    north_m = (point[1] - street[1]) * METRES_PER_DEGREE
    away_m = math.hypot(east_m, north_m)
    share = min(1.0, BESIDE_STREET_M / away_m) if away_m > 0 else 0.0
    return (street[0] + share * (point[0] - street[0]), street[1] + share * (point[1] - street[1]))
