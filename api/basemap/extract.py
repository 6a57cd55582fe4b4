"""Reads an OpenStreetMap extract into drawable features.

Positions become "world" units: the Web Mercator square with x from 0 (180 degrees west) to 1 and y from 0 (north) to 1
(south), so that tile z/x/y covers [x, x + 1] / 2^z. An extract is cut somewhere: ways with missing points are drawn
as far as they go, areas are closed across the gap, multipolygons with missing parts are left out and counted.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium.osm import Area, Node, Relation, Way
from osmium.osm.types import OSMEntity
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from api.basemap.coastline import sea_within
from api.basemap.schema import KEYS, MIN_ZOOM, Entry, Layer, Tags, area_entries, line_entries, point_entries
from tomma.errors import ImportRefusedError

SEA = Entry(Layer.WATER, MIN_ZOOM, (("class", "ocean"),))
EXTENT_LAYERS = frozenset({Layer.ROADS, Layer.PATHS, Layer.BUILDINGS})  # boundaries and rails may lead far away
MERCATOR_LAT_DEG = 85.0511  # where the square ends

Bounds = tuple[float, float, float, float]
Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Extract:
    """What is drawn: entries and their geometries side by side, in world units."""

    entries: Sequence[Entry]
    geometries: NDArray[np.object_]
    bounds: Bounds
    """Of what is drawn: x from, y from, x to, y to."""
    incomplete_areas: int
    """Multipolygons that are left out because parts of their outline are not in the extract."""


def read_extract(path: Path) -> Extract:
    """Return everything in the extract that is drawn; the same file gives the same features in the same order.

    Raises:
        ImportRefusedError: If the file cannot be read or holds nothing that is drawn.
    """
    collector = _Collector()
    try:
        stated = _header_box(path)
        for thing in _drawable(path):
            collector.take(thing)
    except (RuntimeError, OSError) as exc:
        raise ImportRefusedError(f"{path}: not a readable OpenStreetMap extract ({exc})") from exc
    if not collector.entries:
        raise ImportRefusedError(f"{path}: holds nothing that is drawn on a map")
    geometries = shapely.transform(np.array(collector.geometries, dtype=object), world_of)
    extent = _extent(collector.entries, geometries)
    box = extent if stated is None else _world_bounds(stated)
    sea = sea_within(
        shapely.box(*box), [shapely.transform(line, world_of) for line in collector.coastlines], y_down=True
    )
    if not sea.is_empty:
        collector.entries.append(SEA)
        geometries = np.append(geometries, np.array([sea], dtype=object))
    return Extract(collector.entries, geometries, _union(extent, box), collector.incomplete_areas)


def world_of(lonlat: Rows) -> Rows:
    """Return (lon, lat) rows in degrees as (x, y) rows in world units."""
    lat = np.radians(np.clip(lonlat[:, 1], -MERCATOR_LAT_DEG, MERCATOR_LAT_DEG))
    return np.column_stack([(lonlat[:, 0] + 180.0) / 360.0, (1.0 - np.arcsinh(np.tan(lat)) / np.pi) / 2.0])


def lonlat_of(x: float, y: float) -> tuple[float, float]:
    """Return a point in world units as (lon, lat) in degrees."""
    return x * 360.0 - 180.0, float(np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * y)))))


class _Collector:
    """Takes what the file holds, one thing at a time, in degrees."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.geometries: list[BaseGeometry] = []
        self.coastlines: list[LineString] = []
        self._outlines_wanted: set[int] = set()
        self._wkb = osmium.geom.WKBFactory()

    @property
    def incomplete_areas(self) -> int:
        return len(self._outlines_wanted)

    def take(self, thing: OSMEntity) -> None:
        """Take one thing in; multipolygons come twice, first as a relation and later, if complete, as an area."""
        match thing:
            case Node():
                location = thing.location
                self._add(point_entries(dict(thing.tags)), lambda: [shapely.Point(location.lon, location.lat)])
            case Way():
                self._take_way(thing, dict(thing.tags))
            case Relation():
                if thing.tags.get("type") == "multipolygon" and area_entries(dict(thing.tags)):
                    self._outlines_wanted.add(thing.id)
            case Area():
                self._outlines_wanted.discard(0 if thing.from_way() else thing.orig_id())
                self._add(area_entries(dict(thing.tags)), lambda: [self._polygon(thing)])

    def _take_way(self, way: Way, tags: Tags) -> None:
        if tags.get("natural") == "coastline":
            self.coastlines.extend(_stretches(way))
        self._add(line_entries(tags, closed=way.is_closed()), lambda: _stretches(way))
        if way.is_closed() and not all(node.location.valid() for node in way.nodes):
            self._add(area_entries(tags), lambda: _closed_across_gaps(way))

    def _add(self, entries: Iterable[Entry], shapes: Callable[[], Iterable[BaseGeometry]]) -> None:
        wanted = list(entries)
        if not wanted:
            return
        for shape in shapes():
            for entry in wanted:
                drawn = shape.point_on_surface() if entry.at_centre else shape
                if not drawn.is_empty:
                    self.entries.append(entry)
                    self.geometries.append(drawn.reverse() if entry.reversed else drawn)

    def _polygon(self, area: Area) -> BaseGeometry:
        return _valid(shapely.from_wkb(self._wkb.create_multipolygon(area)))


def _drawable(path: Path) -> Iterator[OSMEntity]:
    areas = osmium.filter.KeyFilter(*(key for key in KEYS if key != "highway"), "area")
    processor = osmium.FileProcessor(str(path)).with_locations().with_areas(areas)
    return iter(processor.with_filter(osmium.filter.KeyFilter(*KEYS)))


def _stretches(way: Way) -> list[LineString]:
    """Return the line of the way, in pieces where points of it are missing."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            pieces[-1].append((node.lon, node.lat))
        elif pieces[-1]:
            pieces.append([])
    return [LineString(piece) for piece in pieces if len(set(piece)) > 1]


def _closed_across_gaps(way: Way) -> list[BaseGeometry]:
    known = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    return [_valid(Polygon(known))] if len(set(known)) > 2 else []


def _valid(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)


def _header_box(path: Path) -> Bounds | None:
    reader = osmium.io.Reader(str(path), osmium.osm.NOTHING)
    try:
        box = reader.header().box()
    finally:
        reader.close()
    if not box.valid():
        return None
    return box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat


def _world_bounds(lonlat: Bounds) -> Bounds:
    west, south, east, north = lonlat
    (left, bottom), (right, top) = world_of(np.array([(west, south), (east, north)]))
    return float(left), float(top), float(right), float(bottom)


def _extent(entries: Sequence[Entry], geometries: NDArray[np.object_]) -> Bounds:
    near = np.array([entry.layer in EXTENT_LAYERS for entry in entries])
    left, top, right, bottom = shapely.total_bounds(geometries[near] if near.any() else geometries)
    return float(left), float(top), float(right), float(bottom)


def _union(one: Bounds, other: Bounds) -> Bounds:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
