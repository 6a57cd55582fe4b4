"""OSRM inside this process, and its foreign ways kept in here.

Files are mapped, not copied: several processes share one copy in memory. An open network holds some seventeen file
descriptors, so each is opened once (`open_engine`). Asking changes nothing in the engine, so any thread may; Python's
interpreter lock is held meanwhile.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from routing.roads.engine import (
    MAX_SNAP_M,
    Block,
    NotThereError,
    Spot,
    Step,
    WholeNumbers,
    drives_of,
    lonlat_of,
    refusal_of,
    table_of,
)
from routing.roads.port import LonLat
from tomma.errors import RoadsUnavailableError

BLOCK = Block(500, 1_000)  # 0.2 s and about 100 MB of the engine's answer: docs/decisions/0021-roads-v2.md


class Engine:
    """One prepared network, opened; keeps the promises of `StreetEngine`.

    Args:
        base: What `prepare` returned.

    Raises:
        RoadsUnavailableError: If it cannot be opened.
    """

    block = BLOCK

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

    def on_street(self, spots: Sequence[Spot]) -> list[bool]:
        """Return for each whether a street lies within MAX_SNAP_M."""
        return [bool(self.nearest(spot, 1)) for spot in spots]

    def nearest(self, spot: Spot, results: int) -> list[LonLat]:
        """Return the nearest places on streets within MAX_SNAP_M, nearest first."""
        parameters = self._osrm.NearestParameters(**_common([spot]))
        parameters.number_of_results = results
        try:
            answer = self._ask(self._engine.Nearest, parameters)
        except NotThereError:
            return []
        return [lonlat_of(waypoint["location"]) for waypoint in answer["waypoints"]]

    def table(
        self, spots: Sequence[Spot], sources: Sequence[int], destinations: Sequence[int]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations and distances as `StreetEngine` promises."""
        parameters = self._osrm.TableParameters(
            sources=list(sources),
            destinations=list(destinations),
            annotations=["duration", "distance"],
            **_common(spots if len(spots) > 1 else [*spots, *spots]),  # it refuses to speak of a single point
        )
        try:
            answer = self._ask(self._engine.Table, parameters)
        except NotThereError as exc:
            raise RoadsUnavailableError(f"the streets gave no table for {len(spots)} points: {exc}") from exc
        return table_of(answer, len(destinations))

    def route(self, spots: Sequence[Spot]) -> list[list[Step]]:
        """Return the steps of each drive as `StreetEngine` promises."""
        parameters = self._osrm.RouteParameters(
            steps=True, geometries="geojson", overview="false", continue_straight=False, **_common(spots)
        )
        return drives_of(self._ask(self._engine.Route, parameters))

    def _ask(self, service: Any, parameters: Any) -> Any:
        try:
            return service(parameters)
        except RuntimeError as exc:
            code, _, message = str(exc).partition(" ")
            raise refusal_of(code, message.lstrip("- ")) from exc


@lru_cache(maxsize=4)
def open_engine(base: Path) -> Engine:
    """Return this process's engine for the network: opened once."""
    return Engine(base)


def _common(spots: Sequence[Spot]) -> dict[str, Any]:
    return {
        "coordinates": [spot.lonlat for spot in spots],
        "radiuses": [MAX_SNAP_M] * len(spots),
        "approaches": ["curb" if spot.kerb else "unrestricted" for spot in spots],
        "generate_hints": False,
    }
