"""What the planner asks of the streets: how long and how far between any two points, and along which streets.

Pure: no engine, no file. The adapters are `straight_line` (the marked fallback), `osrm_roads` and `valhalla_roads`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from routing.roads.truck_size import TruckSize
from tomma.bounds import check_within
from tomma.city import Position
from tomma.plan import RoadsSource

UNREACHABLE = -1
"""What `duration_s` and `distance_m` hold where `reachable` is False: no number that could pass for a drive."""

LonLat = tuple[float, float]
Leg = tuple[LonLat, ...]
"""The line of one drive, (lon_deg, lat_deg) points as GeoJSON wants them."""


@dataclass(frozen=True, slots=True)
class KerbPosition(Position):
    """A point that the truck must stop at on its own side of the street; never equal to the plain point."""


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Driving time and distance from every point (row) to every point (column); one-way streets make it asymmetric.

    A point that lies on no street has its whole row and column unreachable, the diagonal of `reachable`
    included: that tells it (`off_road`) from a point whose streets merely lead nowhere useful. The diagonal of
    `duration_s` and `distance_m` is 0, and so is the drive between two points at one place.
    """

    duration_s: NDArray[np.int32]
    distance_m: NDArray[np.int32]
    reachable: NDArray[np.bool_]
    source: RoadsSource

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together, and make them read-only: a matrix may be shared by a cache."""
        shape = (len(self.duration_s),) * 2
        for name, dtype in (("duration_s", np.int32), ("distance_m", np.int32), ("reachable", np.bool_)):
            values: NDArray[np.generic] = getattr(self, name)
            if values.shape != shape or values.dtype != dtype:
                raise ValueError(f"{name} must be {np.dtype(dtype)} {shape}, got {values.dtype} {values.shape}")
            values.flags.writeable = False

    def __len__(self) -> int:
        """Return how many points it covers."""
        return len(self.duration_s)

    @property
    def off_road(self) -> tuple[int, ...]:
        """Indexes of the points that lie on no street."""
        return tuple(int(index) for index in np.flatnonzero(~self.reachable.diagonal()))

    def slowed(self, factor: float) -> "Matrix":
        """Return the same drives taking `factor` times as long: rush hour is above 1, a quiet morning below."""
        check_within("factor", factor, 0.1, 10.0)
        if factor == 1.0:
            return self
        slower = np.rint(self.duration_s * np.float32(factor)).astype(np.int32)
        return Matrix(np.where(self.reachable, slower, self.duration_s), self.distance_m, self.reachable, self.source)


class Roads(Protocol):
    """Knows the streets."""

    @property
    def source(self) -> RoadsSource:
        """Where the numbers come from; a plan carries it, so that a straight line never passes for a street."""

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Return the drives between all `points`, in their order; a point may occur twice.

        A point that cannot be driven to is unreachable in the matrix, never an error.

        Raises:
            RoadsUnavailableError: If the engine gives no answer at all.
        """

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Return the line of each drive from one point to the next: one fewer than points.

        A drive that does not exist, or stays at one place, is the straight line of its two points.

        Raises:
            RoadsUnavailableError: If the engine gives no answer at all.
        """


@runtime_checkable
class StreetNetwork(Roads, Protocol):
    """Roads that know trucks by their size, and what to guess with when they give no answer."""

    @property
    def fallback(self) -> Roads:
        """The guess: straight lines, as this city's own streets taught them."""

    def pace(self, day: date, begins_s: int, ends_s: int) -> float:
        """Return how many times as long driving takes as the matrix says, on average over a day's hours.

        Args:
            day: Local date on which the work begins.
            begins_s: Seconds after its midnight.
            ends_s: The same.
        """

    def sized(self, truck: TruckSize) -> Roads:
        """Return the roads as a truck of that size may drive them.

        Raises:
            RoadsUnavailableError: If there is no network for that size and none can be made.
        """
