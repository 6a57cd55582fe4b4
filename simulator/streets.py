"""Reads what a town needs from an OpenStreetMap extract: drivable streets, buildings, addresses, real bins.

This is the only file that touches the extract. What comes out is plain values in metres east and north of
the extract's middle, so that placing bins (`simulator.places`) needs no map library.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray

from tomma.city import AREA_LETTERS, Position
from tomma.errors import ImportRefusedError

METRES_PER_DEGREE = 111_320.0
DRIVABLE = frozenset(
    {"primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service"}
    | {"trunk", "motorway"}
    | {f"{kind}_link" for kind in ("motorway", "trunk", "primary", "secondary", "tertiary")}
)
KERBSIDE = frozenset({"primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service"})
NO_TRUCKS = frozenset({"no", "private", "emergency"})
PRIVATE_SERVICE = frozenset({"parking_aisle", "driveway", "drive-through", "emergency_access"})
DISTRICTS = frozenset({"suburb", "quarter"})
NEIGHBOURHOODS = frozenset({"neighbourhood", "village", "hamlet"})
"""Named instead where an extract has no district."""
BIN_AMENITIES = frozenset({"waste_basket", "waste_disposal", "recycling"})

type Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A flat frame in metres around one place: good to a decimetre over the few kilometres of a town."""

    lat_deg: float
    lon_deg: float

    def to_metres(self, lat_deg: float, lon_deg: float) -> Point:
        """Return metres (east, north) of the frame's origin."""
        east_m = (lon_deg - self.lon_deg) * METRES_PER_DEGREE * math.cos(math.radians(self.lat_deg))
        return east_m, (lat_deg - self.lat_deg) * METRES_PER_DEGREE

    def to_position(self, point: Point) -> Position:
        """Return the place on the globe, rounded to seven decimals (a centimetre)."""
        lon_deg = self.lon_deg + point[0] / (METRES_PER_DEGREE * math.cos(math.radians(self.lat_deg)))
        return Position(round(self.lat_deg + point[1] / METRES_PER_DEGREE, 7), round(lon_deg, 7))


@dataclass(frozen=True, slots=True)
class Street:
    """One stretch of street a truck may drive, inside the part of the network with a way there and back."""

    name: str
    highway: str
    kerbside: bool
    """Whether a bin may stand beside it: no tunnel, bridge, motorway or private yard."""
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A house number."""

    street: str
    house_number: str
    point: Point


@dataclass(frozen=True, slots=True)
class MappedBin:
    """A bin somebody mapped: an amenity node of the extract."""

    amenity: str
    point: Point


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the town and its middle; what lies nearest to it is taken to lie in it."""

    name: str
    point: Point


@dataclass(frozen=True)
class Streets:
    """What the extract knows about the town."""

    frame: Frame
    streets: tuple[Street, ...]
    addresses: tuple[Address, ...]
    mapped_bins: tuple[MappedBin, ...]
    buildings: tuple[shapely.Geometry, ...]
    obstacles: tuple[shapely.Geometry, ...]
    """Where no bin can stand: buildings and water."""
    areas: tuple[Area, ...] = ()

    def area_at(self, point: Point) -> str:
        """Return the name of the area whose middle is nearest; empty where the extract names none."""
        nearest = min(self.areas, key=lambda each: (math.dist(each.point, point), each.name), default=None)
        return nearest.name if nearest else ""


@dataclass(frozen=True, slots=True)
class _Way:
    tags: dict[str, str]
    nodes: tuple[int, ...]
    coordinates: tuple[tuple[float, float], ...]


@dataclass
class _Found:
    ways: list[_Way]
    addresses: list[tuple[str, str, float, float]]
    mapped_bins: list[tuple[str, float, float]]
    buildings: list[shapely.Geometry]
    water: list[shapely.Geometry]
    places: list[tuple[str, str, float, float]]


def read_streets(extract: Path) -> Streets:
    """Read an .osm.pbf or .osm extract; ImportRefusedError when there is no street in it."""
    found = _scan(extract)
    if not found.ways:
        raise ImportRefusedError(f"{extract}: no street for a truck in it")
    lonlat = np.concatenate([np.asarray(way.coordinates) for way in found.ways])
    frame = Frame(lat_deg=round(float(np.mean(lonlat[:, 1])), 5), lon_deg=round(float(np.mean(lonlat[:, 0])), 5))
    buildings = tuple(_flatten(shape, frame) for shape in found.buildings)
    water = tuple(_flatten(shape, frame) for shape in found.water)
    return Streets(
        frame=frame,
        streets=tuple(_connected(found.ways, frame)),
        addresses=tuple(
            Address(street, number, frame.to_metres(lat, lon)) for street, number, lat, lon in found.addresses
        ),
        mapped_bins=tuple(MappedBin(kind, frame.to_metres(lat, lon)) for kind, lat, lon in found.mapped_bins),
        buildings=buildings,
        obstacles=buildings + water,
        areas=_areas(found, frame),
    )


def _scan(extract: Path) -> _Found:
    found = _Found([], [], [], [], [], [])
    shapes = osmium.geom.WKBFactory()
    try:
        processor = osmium.FileProcessor(str(extract)).with_areas().with_filter(osmium.filter.EmptyTagFilter())
        for thing in processor:
            tags = {tag.k: tag.v for tag in thing.tags}
            if isinstance(thing, osmium.osm.Area):
                _take_area(found, tags, thing, shapes)
            elif isinstance(thing, osmium.osm.Node):
                _take_node(found, tags, thing.location.lat, thing.location.lon)
            elif isinstance(thing, osmium.osm.Way) and _for_trucks(tags):
                _take_way(found, tags, thing)
    except (RuntimeError, OSError) as exc:
        raise ImportRefusedError(f"{extract}: not a readable OpenStreetMap extract ({exc})") from exc
    return found


def _take_area(found: _Found, tags: dict[str, str], area: osmium.osm.Area, shapes: "osmium.geom.WKBFactory") -> None:
    is_building = "building" in tags
    if not is_building and tags.get("natural") != "water" and "waterway" not in tags:
        return
    try:
        shape = shapely.from_wkb(bytes.fromhex(shapes.create_multipolygon(area)))
    except RuntimeError:  # a polygon cut open at the extract's edge
        return
    (found.buildings if is_building else found.water).append(shape)
    if is_building and "addr:housenumber" in tags and "addr:street" in tags:
        middle = shape.representative_point()
        found.addresses.append((tags["addr:street"], tags["addr:housenumber"], middle.y, middle.x))


def _take_node(found: _Found, tags: dict[str, str], lat_deg: float, lon_deg: float) -> None:
    if "addr:housenumber" in tags and "addr:street" in tags:
        found.addresses.append((tags["addr:street"], tags["addr:housenumber"], lat_deg, lon_deg))
    indoors = "level" in tags or tags.get("indoor") == "yes"  # a bottle machine on a shop's second basement floor
    if tags.get("amenity") in BIN_AMENITIES and not indoors:
        found.mapped_bins.append((tags["amenity"], lat_deg, lon_deg))
    if tags.get("place") in DISTRICTS | NEIGHBOURHOODS and tags.get("name"):
        found.places.append((tags["place"], tags["name"][:AREA_LETTERS].strip(), lat_deg, lon_deg))


def _areas(found: _Found, frame: Frame) -> tuple[Area, ...]:
    districts = [place for place in found.places if place[0] in DISTRICTS]
    return tuple(Area(name, frame.to_metres(lat, lon)) for _, name, lat, lon in districts or found.places)


def _take_way(found: _Found, tags: dict[str, str], way: osmium.osm.Way) -> None:
    inside = [node for node in way.nodes if node.location.valid()]  # a clipped extract lacks the rest
    if len(inside) > 1:
        nodes = tuple(node.ref for node in inside)
        found.ways.append(_Way(tags, nodes, tuple((node.lon, node.lat) for node in inside)))


def _for_trucks(tags: dict[str, str]) -> bool:
    if tags.get("highway") not in DRIVABLE or tags.get("service") in PRIVATE_SERVICE or tags.get("area") == "yes":
        return False
    return not any(tags.get(key) in NO_TRUCKS for key in ("access", "vehicle", "motor_vehicle", "hgv"))


def _directions(tags: dict[str, str]) -> tuple[bool, bool]:
    oneway = tags.get("oneway", "yes" if tags.get("junction") == "roundabout" else "no")
    return oneway != "-1", oneway in ("no", "-1")


def _connected(ways: list[_Way], frame: Frame) -> Iterator[Street]:
    """Keep the streets of the largest part in which every place has a way there and back."""
    in_largest = _largest_part(ways)
    for way in ways:
        points = tuple(
            frame.to_metres(lat, lon)
            for node, (lon, lat) in zip(way.nodes, way.coordinates, strict=True)
            if node in in_largest
        )
        if len(points) > 1:
            highway = way.tags["highway"]
            hidden = any(way.tags.get(key, "no") != "no" for key in ("tunnel", "bridge", "covered"))
            low = way.tags.get("layer", "0").startswith("-")
            yield Street(way.tags.get("name", ""), highway, highway in KERBSIDE and not hidden and not low, points)


def _largest_part(ways: list[_Way]) -> frozenset[int]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    index = {node: number for number, node in enumerate(dict.fromkeys(n for way in ways for n in way.nodes))}
    heads: list[int] = []
    tails: list[int] = []
    for way in ways:
        forward, backward = _directions(way.tags)
        numbers = [index[node] for node in way.nodes]
        for here, there in pairwise(numbers):
            heads += [here] * forward + [there] * backward
            tails += [there] * forward + [here] * backward
    graph = coo_array((np.ones(len(heads), dtype=np.int8), (heads, tails)), shape=(len(index), len(index)))
    _, labels = connected_components(graph, directed=True, connection="strong")
    counts: NDArray[np.intp] = np.bincount(labels)
    largest = int(np.argmax(counts))
    return frozenset(node for node, number in index.items() if labels[number] == largest)


def _flatten(shape: shapely.Geometry, frame: Frame) -> shapely.Geometry:
    def flat(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        east_m = (lonlat[:, 0] - frame.lon_deg) * METRES_PER_DEGREE * math.cos(math.radians(frame.lat_deg))
        return np.column_stack([east_m, (lonlat[:, 1] - frame.lat_deg) * METRES_PER_DEGREE])

    return shapely.transform(shape, flat)
