"""Streets, answered by OSRM inside this process; see `osrm_engine` for what may be shared between threads."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from routing.roads.osrm_engine import Approach, NotThereError, WholeNumbers, open_engine
from routing.roads.port import UNREACHABLE, Leg, LonLat, Matrix
from routing.roads.prepare import PreparedRoads
from routing.roads.snapping import Snapper
from routing.roads.straight_line import LONLAT_DECIMALS, straight_leg
from tomma.city import Position
from tomma.plan import RoadsSource

BLOCK_CELLS = 500_000  # a quarter of a second and 250 MB of the engine's answer: docs/decisions/0005-roads.md
MIN_BLOCK_ROWS = 100  # smaller blocks repeat too much of the search


class OsrmRoads:
    """Drives along the streets of one prepared network.

    Args:
        prepared: The network.
        curbside: Whether the truck may only stop with the bin on its own side of the street.
        block_cells: About how many numbers of a matrix are asked for at a time.

    Raises:
        RoadsUnavailableError: If the network cannot be opened.
    """

    def __init__(self, prepared: PreparedRoads, *, curbside: bool = False, block_cells: int = BLOCK_CELLS) -> None:
        self._engine = open_engine(prepared.base)
        self._approach: Approach = "curb" if curbside else "unrestricted"
        self._snapper = Snapper(self._engine, prepared.hub, self._approach)
        self._block_cells = block_cells

    @property
    def source(self) -> RoadsSource:
        """Real streets."""
        return RoadsSource.STREETS

    def matrix(self, points: Sequence[Position]) -> Matrix:
        """Return the drives between all `points`, along the streets."""
        return matrix_of(*self.rectangle(points, points))

    def rectangle(
        self, sources: Sequence[Position], destinations: Sequence[Position]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations [s] and distances [m] from each source (row) to each destination (column).

        UNREACHABLE marks a drive that does not exist, also from an off-road point to itself.
        """
        starts, ends = self._snapper.snap(sources), self._snapper.snap(destinations)
        rows = [row for row, place in enumerate(starts) if place is not None]
        columns = [column for column, place in enumerate(ends) if place is not None]
        duration_s = np.full((len(starts), len(ends)), UNREACHABLE, np.int32)
        distance_m = duration_s.copy()
        if not columns:
            return duration_s, distance_m
        to = [place for place in ends if place is not None]
        height = max(MIN_BLOCK_ROWS, self._block_cells // len(columns))
        for start in range(0, len(rows), height):
            block = rows[start : start + height]
            points = to + [place for row in block if (place := starts[row]) is not None]
            numbers = range(len(to), len(points))
            answer = self._engine.table(points, numbers, range(len(to)), self._approach)
            duration_s[np.ix_(block, columns)], distance_m[np.ix_(block, columns)] = answer
        return duration_s, distance_m

    def legs(self, points: Sequence[Position]) -> tuple[Leg, ...]:
        """Return the line of each drive along the streets."""
        places = self._snapper.snap(points)
        found: dict[int, Leg | None] = {}
        for on_road, run in groupby(range(len(points)), key=lambda index: places[index] is not None):
            indexes = list(run)
            if on_road and len(indexes) > 1:
                tour = [place for index in indexes if (place := places[index]) is not None]
                found |= zip(indexes, self._drives(tour), strict=False)
        pairs = enumerate(pairwise(points))
        return tuple(found.get(index) or straight_leg(start, end) for index, (start, end) in pairs)

    def _drives(self, tour: list[LonLat]) -> list[Leg | None]:
        """Return the line of each drive of one tour, None where there is none."""
        try:
            return [_line_of(points) for points in self._engine.route(tour, self._approach)]
        except NotThereError:
            if len(tour) == 2:
                return [None]
            return [leg for pair in pairwise(tour) for leg in self._drives(list(pair))]


def matrix_of(duration_s: WholeNumbers, distance_m: WholeNumbers) -> Matrix:
    """Return square arrays as a matrix of streets; UNREACHABLE on the diagonal marks an off-road point."""
    reachable = duration_s != UNREACHABLE
    duration_s, distance_m = duration_s.copy(), distance_m.copy()
    np.fill_diagonal(duration_s, 0)
    np.fill_diagonal(distance_m, 0)
    return Matrix(duration_s, distance_m, reachable, RoadsSource.STREETS)


def _line_of(points: list[LonLat]) -> Leg | None:
    """Return the line without repeated points; None when it has no length."""
    line: list[LonLat] = []
    for lon_deg, lat_deg in points:
        point = (round(lon_deg, LONLAT_DECIMALS), round(lat_deg, LONLAT_DECIMALS))
        if not line or line[-1] != point:
            line.append(point)
    return tuple(line) if len(line) > 1 else None
