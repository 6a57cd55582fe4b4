"""Straight lines times a factor: the marked fallback for when there is no street network; `learning` fits it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.roads.port import UNREACHABLE, Leg, Matrix
from tomma.bounds import check_within
from tomma.city import Position
from tomma.earth import EARTH_RADIUS_M
from tomma.plan import RoadsSource

MAX_LEG_M = 150_000  # no collection round crosses this; (0, 0) and swapped coordinates do
LONLAT_DECIMALS = 6  # 0.1 m


@dataclass(frozen=True, slots=True)
class StraightLineRoads:
    """Guesses a drive as the great circle times `detour_factor`, at one speed after a start of `leg_s`.

    It cannot know water, walls or one-way streets, so only absurdly far points are unreachable. A point
    on its own is never off the road: there is no road to be off.
    """

    detour_factor: float
    speed_kmh: float
    leg_s: float = 0.0
    """What every drive costs before the first metre; staying where one is costs nothing."""

    def __post_init__(self) -> None:
        """Refuse a detour shorter than the straight line, and standing still."""
        check_within("detour_factor", self.detour_factor, 1.0, 5.0)
        check_within("speed_kmh", self.speed_kmh, 1.0, 130.0)
        check_within("leg_s", self.leg_s, 0.0, 300.0)

    @property
    def source(self) -> RoadsSource:
        """Straight lines, and marked so."""
        return RoadsSource.STRAIGHT_LINE

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Return the guessed drives between all `points`."""
        distance_m = great_circles_m(points) * self.detour_factor
        duration_s = np.where(distance_m > 0, self.leg_s, 0.0) + distance_m / (self.speed_kmh / 3.6)
        reachable = distance_m <= MAX_LEG_M
        return Matrix(
            duration_s=np.where(reachable, np.rint(duration_s), UNREACHABLE).astype(np.int32),
            distance_m=np.where(reachable, np.rint(distance_m), UNREACHABLE).astype(np.int32),
            reachable=reachable,
            source=self.source,
        )

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Return one straight line per drive."""
        return tuple(straight_leg(start, end) for start, end in pairwise(points))


def great_circles_m(points: Sequence[Position]) -> NDArray[np.float64]:
    """Return the distances between all `points` over the sphere, in metres, by the haversine formula."""
    lat = np.radians(np.array([point.lat_deg for point in points], dtype=np.float64))
    lon = np.radians(np.array([point.lon_deg for point in points], dtype=np.float64))
    half_lat = np.sin((lat[:, None] - lat[None, :]) / 2.0) ** 2
    half_lon = np.sin((lon[:, None] - lon[None, :]) / 2.0) ** 2
    chord = half_lat + np.cos(lat)[:, None] * np.cos(lat)[None, :] * half_lon
    distance_m: NDArray[np.float64] = 2.0 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return distance_m


def straight_leg(start: Position, end: Position) -> Leg:
    """Return the line of two points, as good as the map needs."""
    return tuple(
        (round(point.lon_deg, LONLAT_DECIMALS), round(point.lat_deg, LONLAT_DECIMALS)) for point in (start, end)
    )
