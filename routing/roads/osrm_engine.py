"""The three questions we ask of OSRM, and its foreign ways kept in here.

Files are mapped, not copied: several processes share one copy in memory, and no file stays open. Asking changes
nothing in the engine, so any thread may; Python's interpreter lock is held meanwhile.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from routing.roads.port import UNREACHABLE, LonLat
from tomma.errors import RoadsUnavailableError

MAX_SNAP_M = 250.0  # farther from any street a crew does not roll a bin
NOT_THERE = ("NoSegment", "NoRoute", "NoTable")

Approach = Literal["unrestricted", "curb"]
WholeNumbers = NDArray[np.int32]


class NotThereError(Exception):
    """The engine's way to say that a street or a drive does not exist. Never leaves `routing.roads`."""


class Engine:
    """One prepared network, opened.

    Args:
        base: What `prepare` returned.

    Raises:
        RoadsUnavailableError: If it cannot be opened.
    """

    def __init__(self, base: Path) -> None:
        import osrm

        self._osrm = osrm
        try:
            self._engine = osrm.OSRM(
                algorithm="CH",
                storage_config=str(base),
                use_shared_memory=False,
                use_mmap=True,
                max_locations_distance_table=-1,
                max_locations_viaroute=-1,
                max_results_nearest=-1,
                verbosity="NONE",
            )
        except RuntimeError as exc:
            raise RoadsUnavailableError(f"{base}: the prepared streets cannot be opened ({exc})") from exc

    def nearest(self, point: LonLat, approach: Approach, results: int = 1) -> list[LonLat]:
        """Return the nearest places on streets within MAX_SNAP_M, nearest first; none if there is no street."""
        parameters = self._osrm.NearestParameters(**_common([point], approach))
        parameters.number_of_results = results
        try:
            answer = self._ask(self._engine.Nearest, parameters)
        except NotThereError:
            return []
        return [_lonlat(waypoint["location"]) for waypoint in answer["waypoints"]]

    def table(
        self, points: list[LonLat], sources: Sequence[int], destinations: Sequence[int], approach: Approach
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations [s] and distances [m] from some of `points` (rows) to some of them (columns).

        Every point must have a street within MAX_SNAP_M. UNREACHABLE marks a drive that does not exist.
        """
        parameters = self._osrm.TableParameters(
            sources=list(sources),
            destinations=list(destinations),
            annotations=["duration", "distance"],
            **_common(points if len(points) > 1 else points * 2, approach),  # it refuses to speak of a single point
        )
        try:
            answer = self._ask(self._engine.Table, parameters)
        except NotThereError as exc:
            raise RoadsUnavailableError(f"the streets gave no table for {len(points)} points: {exc}") from exc
        columns = len(destinations)
        return _whole_numbers(answer["durations"], columns), _whole_numbers(answer["distances"], columns)

    def route(self, points: list[LonLat], approach: Approach) -> list[list[LonLat]]:
        """Return the line of each drive of one tour through `points`; NotThereError if one of them does not exist.

        Each drive stands alone, as in the table: the truck may leave a stop in any direction.
        """
        parameters = self._osrm.RouteParameters(
            steps=True, geometries="geojson", overview="false", continue_straight=False, **_common(points, approach)
        )
        answer = self._ask(self._engine.Route, parameters)
        return [
            [_lonlat(point) for step in leg["steps"] for point in step["geometry"]["coordinates"]]
            for leg in answer["routes"][0]["legs"]
        ]

    def _ask(self, service: Any, parameters: Any) -> Any:
        try:
            return service(parameters)
        except RuntimeError as exc:
            if str(exc).startswith(NOT_THERE):
                raise NotThereError(str(exc)) from exc
            raise RoadsUnavailableError(f"the streets gave no answer: {exc}") from exc


@lru_cache(maxsize=2)
def open_engine(base: Path) -> Engine:
    """Return this process's engine for the network: opened once."""
    return Engine(base)


def _common(points: list[LonLat], approach: Approach) -> dict[str, Any]:
    return {
        "coordinates": points,
        "radiuses": [MAX_SNAP_M] * len(points),
        "approaches": [approach] * len(points),
        "generate_hints": False,
    }


def _lonlat(location: Iterable[float]) -> LonLat:
    lon, lat = location
    return (float(lon), float(lat))


def _whole_numbers(rows: Iterable[Iterable[float | None]], columns: int) -> WholeNumbers:
    """Return a table of the engine as an array, None becoming UNREACHABLE."""
    filled = [
        np.fromiter((math.nan if value is None else value for value in row), np.float64, count=columns) for row in rows
    ]
    values = np.stack(filled)
    return np.where(np.isnan(values), UNREACHABLE, np.rint(np.nan_to_num(values))).astype(np.int32)
