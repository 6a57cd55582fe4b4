"""An OSRM server: the same questions as to the engine inside this process, over its HTTP API version 1."""

from collections.abc import Sequence
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
from routing.roads.server import StreetServer, reading
from tomma.errors import RoadsUnavailableError

NEAREST_MAX = 200


class OsrmServer:
    """Keeps the promises of `StreetEngine` by asking a server.

    Args:
        url: Where it is.
        profile: The name of its profile in paths; which streets a truck may drive was decided when it was prepared.
        timeout_s: For connecting, and for each silence.
        max_locations: Points per request that it allows (its `--max-table-size`).
    """

    def __init__(self, url: str, profile: str, timeout_s: float, max_locations: int) -> None:
        self._server = StreetServer("OSRM", url, timeout_s)
        self._profile = profile
        self._max_locations = max_locations

    @property
    def block(self) -> Block:
        """As many as one question may have."""
        return Block.within(self._max_locations)

    def on_street(self, spots: Sequence[Spot]) -> list[bool]:
        """Return for each whether a street lies within MAX_SNAP_M: a table tells how far it moved each point."""
        told: list[bool] = []
        for start in range(0, len(spots), self._max_locations - 1):
            some = list(spots[start : start + self._max_locations - 1])
            query = {"sources": "0", "annotations": "duration", "generate_hints": "false"}
            try:
                answer = self._ask("table", some if len(some) > 1 else some * 2, query)
                with reading("OSRM's"):
                    told += [float(each["distance"]) <= MAX_SNAP_M for each in answer["destinations"][: len(some)]]
            except NotThereError:  # an older server refuses all for the sake of one
                told += [bool(self.nearest(spot, 1)) for spot in some]
        return told

    def nearest(self, spot: Spot, results: int) -> list[LonLat]:
        """Return the nearest places on streets within MAX_SNAP_M, nearest first."""
        try:
            answer = self._ask("nearest", [spot], {"number": str(min(results, NEAREST_MAX)), "generate_hints": "false"})
        except NotThereError:
            return []
        with reading("OSRM's"):
            near = [each for each in answer["waypoints"] if float(each["distance"]) <= MAX_SNAP_M]
            return [lonlat_of(each["location"]) for each in near]

    def table(
        self, spots: Sequence[Spot], sources: Sequence[int], destinations: Sequence[int]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations and distances as `StreetEngine` promises."""
        query = {
            "sources": ";".join(map(str, sources)),
            "destinations": ";".join(map(str, destinations)),
            "annotations": "duration,distance",
            "generate_hints": "false",
        }
        try:
            answer = self._ask("table", list(spots) if len(spots) > 1 else [*spots, *spots], query)
        except NotThereError as exc:
            raise self._server.fault(f"no table for {len(spots)} points: {exc}") from exc
        if "distances" not in answer:
            raise self._server.fault(
                "its tables tell no distances: prepare it with osrm-contract, or a version from 5.23"
            )
        with reading("OSRM's"):
            return table_of(answer, len(destinations))

    def route(self, spots: Sequence[Spot]) -> list[list[Step]]:
        """Return the steps of each drive as `StreetEngine` promises; long tours in pieces that share an end."""
        drives: list[list[Step]] = []
        for start in range(0, len(spots) - 1, self._max_locations - 1):
            query = {
                "steps": "true",
                "geometries": "geojson",
                "overview": "false",
                "continue_straight": "false",
                "generate_hints": "false",
            }
            answer = self._ask("route", spots[start : start + self._max_locations], query)
            with reading("OSRM's"):
                drives += drives_of(answer)
        return drives

    def _ask(self, service: str, spots: Sequence[Spot], query: dict[str, str]) -> Any:
        places = ";".join(f"{spot.lonlat[0]:.7f},{spot.lonlat[1]:.7f}" for spot in spots)
        if any(spot.kerb for spot in spots):
            query = query | {"approaches": ";".join("curb" if spot.kerb else "unrestricted" for spot in spots)}
        _, answer = self._server.ask("GET", f"{service}/v1/{self._profile}/{places}", params=query)
        with reading("OSRM's"):
            if answer["code"] == "Ok":
                return answer
            refusal = refusal_of(str(answer["code"]), str(answer.get("message", "")))
        raise self._server.fault(str(refusal)) if isinstance(refusal, RoadsUnavailableError) else refusal
