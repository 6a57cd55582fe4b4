"""Finds each point's place on the streets: the nearest one from which a truck can come and go.

The nearest street may be a mapped-but-unconnected yard, or a one-way street that leaves the map at its edge. A depot
put there would cut off the whole city, so a point whose nearest street does not connect both ways with the hub
(a place in the middle of the network, found when it was prepared) moves to the nearest street that does.
A point for which there is none keeps its nearest street, and the matrix tells the truth about it.
"""

import math
from collections.abc import Sequence
from threading import Lock

from routing.roads.engine import Spot, StreetEngine
from routing.roads.flat import apart_m
from routing.roads.port import UNREACHABLE, KerbPosition, LonLat
from tomma.city import Position

CANDIDATES = 200  # street pieces tried around a point that does not connect
BESIDE_STREET_M = 1.0  # a moved point stands this far from its street, so that it keeps its side of it
REMEMBERED = 50_000


class Snapper:
    """Puts points on the streets of one network, and remembers where.

    Args:
        engine: The network.
        hub: A place every useful street connects with; None if the network has none, or it is not known.
        curbside: Whether the truck must stop with every point on its own side of the street, not only a KerbPosition.
    """

    def __init__(self, engine: StreetEngine, hub: LonLat | None, *, curbside: bool) -> None:
        self._engine = engine
        self._hub = None if hub is None else Spot(hub)
        self._curbside = curbside
        self._known: dict[Position, Spot | None] = {}
        self._lock = Lock()

    def snap(self, points: Sequence[Position]) -> list[Spot | None]:
        """Return where to ask the engine about each point; None for one that lies on no street."""
        with self._lock:
            new = [point for point in dict.fromkeys(points) if point not in self._known]
            if len(self._known) + len(new) > REMEMBERED:
                self._known.clear()
                new = list(dict.fromkeys(points))
            self._known.update(zip(new, self._find(new), strict=True))
            return [self._known[point] for point in points]

    def moved_m(self, point: Position) -> float:
        """Return how far from the point its place on the streets is; infinite when there is none.

        A kerb is as far from the middle of its street as the street is wide, so a few metres are nothing.
        """
        (spot,) = self.snap([point])
        streets = [] if spot is None else self._engine.nearest(spot, 1)
        return apart_m((point.lon_deg, point.lat_deg), streets[0]) if streets else math.inf

    def _find(self, points: Sequence[Position]) -> list[Spot | None]:
        plain = [
            Spot((point.lon_deg, point.lat_deg), self._curbside or isinstance(point, KerbPosition)) for point in points
        ]
        beside = self._engine.on_street(plain)
        on_road = [spot for spot, yes in zip(plain, beside, strict=True) if yes]
        connected = dict(zip(on_road, self._connected(on_road), strict=True))
        return [
            None if not yes else spot if connected[spot] else self._moved(spot)
            for spot, yes in zip(plain, beside, strict=True)
        ]

    def _moved(self, spot: Spot) -> Spot:
        streets = self._engine.nearest(spot, CANDIDATES)
        # At a junction, a metre beside a good street may be nearest to a bad one: then the junction itself is tried.
        places = [where for street in streets for where in (_beside(street, spot.lonlat), street)]
        candidates = [Spot(place, spot.kerb) for place in places]
        for candidate, connects in zip(candidates, self._connected(candidates), strict=True):
            if connects:
                return candidate
        return spot

    def _connected(self, spots: list[Spot]) -> list[bool]:
        """Return for each whether a truck can drive there from the hub and back."""
        if self._hub is None:
            return [True] * len(spots)
        connected: list[bool] = []
        for start in range(0, len(spots), self._engine.block.columns):
            some = spots[start : start + self._engine.block.columns]
            points, others = [self._hub, *some], range(1, len(some) + 1)
            there, _ = self._engine.table(points, [0], others)
            back, _ = self._engine.table(points, others, [0])
            connected += [bool(yes) for yes in (there[0] != UNREACHABLE) & (back[:, 0] != UNREACHABLE)]
        return connected


def _beside(street: LonLat, point: LonLat) -> LonLat:
    """Return the place one metre from `street` towards `point`."""
    away_m = apart_m(street, point)
    share = min(1.0, BESIDE_STREET_M / away_m) if away_m > 0 else 0.0
    return (street[0] + share * (point[0] - street[0]), street[1] + share * (point[1] - street[1]))
