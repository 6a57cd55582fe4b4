"""Chooses where bins stand: the mapped ones first, then places at the kerb. Pure; the generator is an argument."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from simulator.catalogue import Place
from simulator.streets import Address, Point, Street, Streets

KERB_OFFSET_M = (4.0, 8.0)
STEP_M = 4.0
CORNER_M = 8.0  # nobody puts a bin into a crossing
NEAR_BUILDING_M = 45.0
NEAR_ADDRESS_M = 40.0
MAPPED_REACH_M = 60.0  # a basket deeper in a park is not emptied from a truck
SPACINGS_M = (70.0, 55.0, 45.0, 36.0, 28.0, 22.0, 17.0, 13.0, 10.0, 8.0)
BUILDINGS_MAPPED = 50  # below this the extract has had its buildings filtered out: no ground to judge by
PLACE_SHARE = {Place.LITTER: 0.50, Place.HOUSEHOLD: 0.38, Place.STATION: 0.12}


@dataclass(frozen=True, slots=True)
class ChosenPlace:
    """Where a site goes and what kind it is."""

    point: Point
    name: str
    kind: Place


@dataclass(frozen=True)
class Kerb:
    """Every place beside a street where a bin could stand, in an order that depends on the map alone."""

    points: NDArray[np.float64]
    street_names: tuple[str, ...]


def kerb_of(streets: Streets) -> Kerb:
    """Return the places along both sides of the streets, none in a house, in water or on a roadway.

    A street without a name, such as the way into a yard, goes by the street of the nearest address.
    """
    points: list[Point] = []
    names: list[str] = []
    for street in streets.streets:
        if street.kerbside:
            beside = _beside(street)
            points += beside
            names += [street.name] * len(beside)
    found = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    names = _with_street_of_address(found, names, streets.addresses)
    keep = _is_free(found, streets) & np.asarray([bool(name) for name in names], dtype=bool)
    return Kerb(found[keep], tuple(name for name, kept in zip(names, keep, strict=True) if kept))


def choose_places(streets: Streets, kerb: Kerb, count: int, rng: np.random.Generator) -> tuple[ChosenPlace, ...]:
    """Return `count` places, or as many as the streets hold: mapped bins first, then spread along the kerbs."""
    order = rng.permutation(len(kerb.points))
    mapped = _mapped_places(streets, kerb)[: round(PLACE_SHARE[Place.LITTER] * count)]  # nearly all are baskets
    taken = np.asarray([place.point for place in mapped], dtype=np.float64).reshape(-1, 2)
    chosen: list[int] = []
    for spacing_m in SPACINGS_M:
        chosen = _spread(kerb.points, order, taken, spacing_m, count - len(mapped))
        if len(chosen) == count - len(mapped):
            break
    names = _names(kerb.points[chosen], [kerb.street_names[index] for index in chosen], streets.addresses)
    shares = _kinds(count, len(mapped), len(chosen), rng)
    points = [(float(kerb.points[index, 0]), float(kerb.points[index, 1])) for index in chosen]
    added = [ChosenPlace(point, name, kind) for point, name, kind in zip(points, names, shares, strict=True)]
    return _told_apart(mapped + added)


def _beside(street: Street) -> list[Point]:
    line = shapely.LineString(street.points)
    # The offset differs from street to street, as kerbs do, yet comes from the map and not from chance.
    offset_m = KERB_OFFSET_M[0] + (len(street.points) * 3 + int(line.length)) % 5
    found: list[Point] = []
    for at_m in np.arange(CORNER_M, line.length - CORNER_M, STEP_M):
        here, ahead = line.interpolate(at_m), line.interpolate(at_m + 1.0)
        aside = ((here.y - ahead.y) * offset_m, (ahead.x - here.x) * offset_m)
        found += [(here.x + aside[0], here.y + aside[1]), (here.x - aside[0], here.y - aside[1])]
    return found


def _with_street_of_address(points: NDArray[np.float64], names: list[str], addresses: Sequence[Address]) -> list[str]:
    if not addresses or not len(points):
        return names
    away_m, nearest = cKDTree(np.asarray([each.point for each in addresses])).query(points)
    return [
        name or (addresses[index].street if distance_m <= NEAR_ADDRESS_M else "")
        for name, index, distance_m in zip(names, nearest, away_m, strict=True)
    ]


def _is_free(points: NDArray[np.float64], streets: Streets) -> NDArray[np.bool_]:
    shapes = shapely.points(points)
    free = np.ones(len(points), dtype=bool)
    if streets.obstacles:
        free[shapely.STRtree(streets.obstacles).query(shapes, predicate="intersects")[0]] = False
    if len(streets.buildings) >= BUILDINGS_MAPPED:
        near = np.zeros(len(points), dtype=bool)
        near[shapely.STRtree(streets.buildings).query(shapes, "dwithin", NEAR_BUILDING_M)[0]] = True
        free &= near
    lines = shapely.STRtree([shapely.LineString(street.points) for street in streets.streets])
    # Beside its own street may still be in the middle of the next carriageway.
    free[lines.query(shapes, "dwithin", KERB_OFFSET_M[0] - 0.5)[0]] = False
    return free


def _mapped_places(streets: Streets, kerb: Kerb) -> list[ChosenPlace]:
    if not streets.mapped_bins or not len(kerb.points):
        return []
    points = np.asarray([each.point for each in streets.mapped_bins])
    away_m, nearest = cKDTree(kerb.points).query(points)
    street_names = [kerb.street_names[index] for index in nearest]
    names = _names(points, street_names, streets.addresses)
    return [
        ChosenPlace(each.point, name, Place.STATION if each.amenity == "recycling" else Place.LITTER)
        for each, name, distance_m in zip(streets.mapped_bins, names, away_m, strict=True)
        if distance_m <= MAPPED_REACH_M
    ]


def _spread(
    points: NDArray[np.float64], order: NDArray[np.intp], taken: NDArray[np.float64], spacing_m: float, count: int
) -> list[int]:
    """Take points in `order`, none closer than `spacing_m` to one taken before, until there are `count`."""
    blocked = np.zeros(len(points), dtype=bool)
    if len(taken):
        for near in cKDTree(points).query_ball_point(taken, spacing_m):
            blocked[near] = True
    tree = cKDTree(points)
    chosen: list[int] = []
    for index in order:
        if len(chosen) == count:
            break
        if not blocked[index]:
            chosen.append(int(index))
            blocked[tree.query_ball_point(points[index], spacing_m)] = True
    return chosen


def _names(points: NDArray[np.float64], street_names: Sequence[str], addresses: Sequence[Address]) -> list[str]:
    """Name each place by its street and the nearest house number of that street, if one is near."""
    by_street: dict[str, list[Address]] = {}
    for address in addresses:
        by_street.setdefault(address.street, []).append(address)
    found: list[str] = []
    for point, street in zip(points, street_names, strict=True):
        near = min(
            ((math.dist(point, each.point), each.house_number) for each in by_street.get(street, ())), default=None
        )
        found.append(f"{street} {near[1]}" if near is not None and near[0] <= NEAR_ADDRESS_M else street)
    return found


def _told_apart(places: list[ChosenPlace]) -> tuple[ChosenPlace, ...]:
    """Number the places that share an address, so that a driver can tell them apart."""
    seen: Counter[str] = Counter()
    found: list[ChosenPlace] = []
    for place in places:
        seen[place.name] += 1
        again = f" ({seen[place.name]})" if seen[place.name] > 1 else ""
        found.append(replace(place, name=place.name + again))
    return tuple(found)


def _kinds(count: int, mapped: int, added: int, rng: np.random.Generator) -> list[Place]:
    """Deal the kinds so that the whole town, mapped baskets included, comes to its shares."""
    wanted = {kind: round(share * count) for kind, share in PLACE_SHARE.items()}
    wanted[Place.LITTER] = max(wanted[Place.LITTER] - mapped, 0)
    deck = [kind for kind, number in wanted.items() for _ in range(number)]
    deck += [Place.HOUSEHOLD] * max(added - len(deck), 0)
    return [deck[index] for index in rng.permutation(len(deck))[:added]]
