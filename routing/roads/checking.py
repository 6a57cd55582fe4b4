"""Names the places of a city that trucks cannot get to, before a plan leaves them out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from routing.roads.engine import WholeNumbers
from routing.roads.port import UNREACHABLE
from routing.roads.truck_size import STANDARD_TRUCK, TruckSize, truck_of
from tomma.city import City, Position

FAR_M = 75.0
"""A truck that stops farther from a place than this is worth a look at the map: a bin is rolled twenty metres."""


class PlaceKind(StrEnum):
    """What stands there."""

    DEPOT = "depot"
    DISPOSAL_SITE = "disposal_site"
    SITE = "site"


class PlaceFault(StrEnum):
    """What is wrong with it."""

    OFF_ROAD = "off_road"
    """No street within 250 m: the position is wrong, as a rule."""
    CUT_OFF = "cut_off"
    """No truck can drive there from the depot and come back."""
    FAR = "far"
    """Reachable, but the truck stops far from it."""


@dataclass(frozen=True, slots=True)
class FaultyPlace:
    """One place that needs a look."""

    kind: PlaceKind
    id: str
    name: str
    position: Position
    fault: PlaceFault
    moved_m: int | None
    """How far from it the truck stops; None when no street is near."""


class CheckedRoads(Protocol):
    """Roads as far as checking asks them."""

    def rectangle(
        self, sources: Sequence[Position], destinations: Sequence[Position]
    ) -> tuple[WholeNumbers, WholeNumbers]:
        """Return durations [s] and distances [m]."""

    def moved_m(self, point: Position) -> float:
        """Return how far from the point the truck stops; infinite when no street is near."""


def faulty_places(city: City, roads: CheckedRoads) -> list[FaultyPlace]:
    """Return the places that trucks cannot reach, or only from afar: depots and disposal sites first."""
    places = list(_places(city))
    if not places:
        return []
    points = [position for _, _, _, position in places]
    moved = [roads.moved_m(point) for point in points]
    connected = _connected(points, moved, len(city.depots) or 1, roads)
    faults = [_fault(metres, joined) for metres, joined in zip(moved, connected, strict=True)]
    return [
        FaultyPlace(*place, fault, round(metres) if np.isfinite(metres) else None)
        for place, metres, fault in zip(places, moved, faults, strict=True)
        if fault is not None
    ]


def sizes_of(city: City) -> tuple[set[TruckSize], list[str]]:
    """Return the sizes of truck the fleet has, and what is wrong with the road profiles of others."""
    sizes, faults = {STANDARD_TRUCK}, []
    for vehicle in city.vehicles.values():
        try:
            sizes.add(truck_of(vehicle))
        except ValueError as exc:
            faults.append(f"{vehicle.id} ({vehicle.name}): {exc}")
    return sizes, faults


def _places(city: City) -> Iterator[tuple[PlaceKind, str, str, Position]]:
    for depot in city.depots.values():
        yield PlaceKind.DEPOT, depot.id, depot.name, depot.position
    for disposal in city.disposal_sites.values():
        yield PlaceKind.DISPOSAL_SITE, disposal.id, disposal.name, disposal.position
    for site in city.sites.values():
        yield PlaceKind.SITE, site.id, site.name, site.position


def _connected(points: Sequence[Position], moved: Sequence[float], depots: int, roads: CheckedRoads) -> list[bool]:
    """Return for each whether some depot connects with it, there and back; a depot with nothing does not count."""
    there, _ = roads.rectangle(points[:depots], points)
    back, _ = roads.rectangle(points, points[:depots])
    joined = (there != UNREACHABLE) & (back.T != UNREACHABLE)
    useful = [depot for depot in range(depots) if joined[depot].sum() > 1] or list(range(depots))
    return [bool(yes) and np.isfinite(metres) for yes, metres in zip(joined[useful].any(axis=0), moved, strict=True)]


def _fault(moved_m: float, connected: bool) -> PlaceFault | None:
    if not np.isfinite(moved_m):
        return PlaceFault.OFF_ROAD
    if not connected:
        return PlaceFault.CUT_OFF
    return PlaceFault.FAR if moved_m > FAR_M else None
