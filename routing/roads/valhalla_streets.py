"""Driving times by Valhalla's truck costing, for a city whose only street server is a Valhalla.

Slower than OSRM by far (docs/decisions/0021-roads-v2.md), and it needs no network per truck size: height and weight go
along with every question.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from routing.roads.engine import MAX_SNAP_M, Block, NotThereError, Spot, Step, WholeNumbers
from routing.roads.port import UNREACHABLE, LonLat
from routing.roads.server import reading
from routing.roads.truck_size import TruckSize
from routing.roads.valhalla_engine import Valhalla, costing_of, line_of


class ValhallaStreets:
    """Keeps the promises of `StreetEngine` by asking a Valhalla.

    Args:
        valhalla: Whom to ask.
        truck: Whose passages and bridges count.
        max_locations: Points per question; a server allows 50 x 50 unless it was told otherwise.
    """

    def __init__(self, valhalla: Valhalla, truck: TruckSize, max_locations: int) -> None:
        self._valhalla = valhalla
        self._costing = {"costing": "truck", "costing_options": {"truck": costing_of(truck)}}
        self._max_locations = max_locations

    @property
    def block(self) -> Block:
        """As many as one question may have."""
        return Block.within(self._max_locations)

    def on_street(self, spots: Sequence[Spot]) -> list[bool]:
        """Return for each whether a street lies within MAX_SNAP_M."""
        told: list[bool] = []
        for start in range(0, len(spots), self._max_locations):
            some = spots[start : start + self._max_locations]
            told += [bool(places) for places in self._located(some)]
        return told

    def nearest(self, spot: Spot, results: int) -> list[LonLat]:
        """Return the nearest places on streets within MAX_SNAP_M, as many as it tells."""
        (places,) = self._located([spot])
        return places[:results]

    def table(
        self, spots: Sequence[Spot], sources: Sequence[int], destinations: Sequence[int]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations and distances as `StreetEngine` promises."""
        question = {
            "sources": [_location(spots[each]) for each in sources],
            "targets": [_location(spots[each]) for each in destinations],
            "verbose": False,
            "units": "kilometers",
        }
        try:
            answer = self._valhalla.ask("sources_to_targets", question | self._costing)
        except NotThereError:
            nothing = np.full((len(sources), len(destinations)), UNREACHABLE, np.int32)
            return nothing, nothing.copy()
        with reading("Valhalla's"):
            table = answer["sources_to_targets"]
            return _whole_numbers(table["durations"], 1.0), _whole_numbers(table["distances"], 1_000.0)

    def route(self, spots: Sequence[Spot]) -> list[list[Step]]:
        """Return the drives as `StreetEngine` promises, each as one step: its words are `ValhallaGuide`'s matter."""
        drives: list[list[Step]] = []
        for here, there in pairwise(spots):
            question = {"locations": [_location(here), _location(there)], "directions_type": "none"}
            answer = self._valhalla.ask("route", question | self._costing)
            with reading("Valhalla's"):
                (leg,) = answer["trip"]["legs"]
                line = tuple(line_of(leg["shape"]))
                length_m, time_s = float(leg["summary"]["length"]) * 1_000, float(leg["summary"]["time"])
            drives.append([Step("depart", "", "", None, 0.0, length_m, time_s, line)])
        return drives

    def _located(self, spots: Sequence[Spot]) -> list[list[LonLat]]:
        question = {"locations": [_location(spot) for spot in spots], "verbose": False}
        try:
            answers: Any = self._valhalla.ask("locate", question | self._costing)
        except NotThereError:  # a single place, and it is far from every street
            return [[] for _ in spots] if len(spots) == 1 else [self._located([spot])[0] for spot in spots]
        with reading("Valhalla's"):
            return [
                [(float(edge["correlated_lon"]), float(edge["correlated_lat"])) for edge in each.get("edges") or ()]
                for each in answers
            ]


def _location(spot: Spot) -> dict[str, object]:
    place: dict[str, object] = {"lon": spot.lonlat[0], "lat": spot.lonlat[1], "search_cutoff": MAX_SNAP_M}
    return place | {"preferred_side": "same"} if spot.kerb else place


def _whole_numbers(rows: Iterable[Iterable[float | None]], factor: float) -> WholeNumbers:
    filled = [[UNREACHABLE if value is None else round(value * factor) for value in row] for row in rows]
    return np.array(filled, dtype=np.int32)
