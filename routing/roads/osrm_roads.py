"""Streets, answered by an OSRM: one inside this process, or a server."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np

from routing.roads.engine import NotThereError, Spot, StreetEngine, WholeNumbers, blocks_of
from routing.roads.osrm_engine import open_engine
from routing.roads.port import UNREACHABLE, Leg, LonLat, Matrix
from routing.roads.prepare import PreparedRoads
from routing.roads.snapping import Snapper
from routing.roads.straight_line import LONLAT_DECIMALS, straight_leg
from tomma.city import Position
from tomma.plan import RoadsSource


class OsrmRoads:
    """Drives along the streets of one network.

    Args:
        engine: The network.
        hub: See `Snapper`.
        curbside: Whether the truck may only ever stop with the bin on its own side of the street.
    """

    def __init__(self, engine: StreetEngine, hub: LonLat | None, *, curbside: bool = False) -> None:
        self._engine = engine
        self._snapper = Snapper(engine, hub, curbside=curbside)

    @classmethod
    def of(cls, prepared: PreparedRoads, *, curbside: bool = False) -> "OsrmRoads":
        """Return the streets of a prepared network; RoadsUnavailableError if it cannot be opened."""
        return cls(open_engine(prepared.base), prepared.hub, curbside=curbside)

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
        for height, width in blocks_of(len(rows), len(columns), self._engine.block):
            some_rows, some_columns = [rows[each] for each in height], [columns[each] for each in width]
            spots = [spot for row in some_rows if (spot := starts[row]) is not None]
            spots += [spot for column in some_columns if (spot := ends[column]) is not None]
            answer = self._engine.table(spots, range(len(height)), range(len(height), len(spots)))
            cells = np.ix_(some_rows, some_columns)
            duration_s[cells], distance_m[cells] = answer
        return duration_s, distance_m

    def moved_m(self, point: Position) -> float:
        """Return how far from the point the truck stops; infinite when no street is near."""
        return self._snapper.moved_m(point)

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

    def _drives(self, tour: list[Spot]) -> list[Leg | None]:
        """Return the line of each drive of one tour, None where there is none."""
        try:
            drives = self._engine.route(tour)
            return [line_of([point for step in drive for point in step.line]) for drive in drives]
        except NotThereError:
            if len(tour) == 2:
                return [None]
            return [leg for pair in pairwise(tour) for leg in self._drives(list(pair))]


def matrix_of(duration_s: WholeNumbers, distance_m: WholeNumbers) -> Matrix:
    """Return square arrays as a matrix of streets, and give them away.

    UNREACHABLE on the diagonal marks an off-road point.
    """
    reachable = duration_s != UNREACHABLE
    np.fill_diagonal(duration_s, 0)
    np.fill_diagonal(distance_m, 0)
    return Matrix(duration_s, distance_m, reachable, RoadsSource.STREETS)


def line_of(points: Sequence[LonLat]) -> Leg | None:
    """Return the line without repeated points; None when it has no length."""
    line: list[LonLat] = []
    for lon_deg, lat_deg in points:
        point = (round(lon_deg, LONLAT_DECIMALS), round(lat_deg, LONLAT_DECIMALS))
        if not line or line[-1] != point:
            line.append(point)
    return tuple(line) if len(line) > 1 else None
