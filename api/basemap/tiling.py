"""Cuts features into tiles: from the lowest zoom down, each tile handing its pieces to the four below it. Pure.

Geometries are in world units (see `extract`) until the very end, when they become whole numbers within one tile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from api.basemap.schema import MAX_ZOOM, MIN_ZOOM, POINT_LAYERS, POLYGON_LAYERS, Attributes, Entry, Layer

EXTENT = 4096  # units along a tile's edge: the vector tile standard's usual choice
BUFFER = 64  # units drawn beyond the edge, so that wide lines and outlines meet across it
TOLERANCE = 4.0  # units a line may be straightened by: half a pixel of a 512 pixel tile
TOLERANCE_AT_MAX_ZOOM = 1.0  # these tiles are also shown enlarged
MIN_AREA = 256.0  # square units, four pixels: smaller areas are dropped before the last zoom
MIN_AREA_AT_MAX_ZOOM = 4.0
MIN_LENGTH = 8.0  # units, one pixel
NAMES_FROM_ZOOM = 12  # below, only the big roads keep their names, so that lines can be joined
BIG_ROADS = frozenset({"motorway", "trunk", "primary"})

Shapes = NDArray[np.object_]
Content = Mapping[Layer, Sequence[tuple[BaseGeometry, Attributes]]]


@dataclass(frozen=True, slots=True)
class TileId:
    """One tile of the pyramid."""

    z: int
    x: int
    y: int

    @property
    def children(self) -> tuple["TileId", ...]:
        """The four tiles that show the same place one zoom closer."""
        z, x, y = self.z + 1, self.x * 2, self.y * 2
        return TileId(z, x, y), TileId(z, x + 1, y), TileId(z, x, y + 1), TileId(z, x + 1, y + 1)

    def bounds(self, buffer: int = 0) -> tuple[float, float, float, float]:
        """Return its place in world units, `buffer` tile units wider on every side."""
        size, more = 1 / 2**self.z, buffer / EXTENT / 2**self.z
        return self.x * size - more, self.y * size - more, (self.x + 1) * size + more, (self.y + 1) * size + more


def tiles(
    entries: Sequence[Entry], shapes: Shapes, bounds: tuple[float, float, float, float]
) -> Iterator[tuple[TileId, Content]]:
    """Yield every tile of all zooms within `bounds` in which something is drawn, with its content in tile units.

    Args:
        entries: What each feature is.
        shapes: Its geometry, in world units.
        bounds: Where tiles are made, in world units: features may reach beyond.
    """
    size = 2**MIN_ZOOM
    everything = np.arange(len(entries))
    inside = shapely.box(*bounds)
    for x in range(int(bounds[0] * size), int(bounds[2] * size) + 1):
        for y in range(int(bounds[1] * size), int(bounds[3] * size) + 1):
            yield from _descend(TileId(MIN_ZOOM, x, y), entries, everything, shapes, inside)


def _descend(
    tile: TileId, entries: Sequence[Entry], indexes: NDArray[np.intp], shapes: Shapes, inside: BaseGeometry
) -> Iterator[tuple[TileId, Content]]:
    if not shapely.box(*tile.bounds()).intersects(inside):
        return
    indexes, shapes = _cut(tile, entries, indexes, shapes)
    content = _content(tile, entries, indexes, shapes)
    if content:
        yield tile, content
    if tile.z < MAX_ZOOM and len(indexes):
        for child in tile.children:
            yield from _descend(child, entries, indexes, shapes, inside)


def _cut(
    tile: TileId, entries: Sequence[Entry], indexes: NDArray[np.intp], shapes: Shapes
) -> tuple[NDArray[np.intp], Shapes]:
    """Return what lies in the tile and its buffer, cut to it: areas stay areas, lines keep their direction."""
    left, top, right, bottom = tile.bounds(BUFFER)
    around = shapely.bounds(shapes)
    touching = (around[:, 0] <= right) & (around[:, 2] >= left) & (around[:, 1] <= bottom) & (around[:, 3] >= top)
    indexes, shapes, around = indexes[touching], shapes[touching].copy(), around[touching]
    within = (around[:, 0] >= left) & (around[:, 2] <= right) & (around[:, 1] >= top) & (around[:, 3] <= bottom)
    is_area = np.array([entries[index].layer in POLYGON_LAYERS for index in indexes], dtype=np.bool_)
    cut_areas, cut_lines = is_area & ~within, ~is_area & ~within
    shapes[cut_areas] = shapely.intersection(shapes[cut_areas], shapely.box(left, top, right, bottom))
    shapes[cut_lines] = shapely.clip_by_rect(shapes[cut_lines], left, top, right, bottom)
    kept = ~shapely.is_empty(shapes)
    return indexes[kept], shapes[kept]


def _content(tile: TileId, entries: Sequence[Entry], indexes: NDArray[np.intp], shapes: Shapes) -> Content:
    shown: dict[Layer, list[int]] = {layer: [] for layer in Layer}
    for position, index in enumerate(indexes):
        entry = entries[index]
        if entry.min_zoom <= tile.z:
            shown[entry.layer].append(position)
    left, top, _, _ = tile.bounds()
    scale = EXTENT * 2**tile.z
    content: dict[Layer, list[tuple[BaseGeometry, Attributes]]] = {}
    for layer, positions in shown.items():
        local = shapely.transform(shapes[positions], lambda rows: (rows - (left, top)) * scale)
        attributes = [_attributes_at(tile.z, entries[indexes[position]]) for position in positions]
        drawn = _drawn(tile.z, layer, local, attributes)
        if drawn:
            content[layer] = drawn
    return content


def _attributes_at(zoom: int, entry: Entry) -> Attributes:
    if entry.layer is not Layer.ROADS or zoom >= NAMES_FROM_ZOOM or entry.attributes[0][1] in BIG_ROADS:
        return entry.attributes
    return tuple(pair for pair in entry.attributes if not pair[0].startswith("name"))


def _drawn(
    zoom: int, layer: Layer, local: Shapes, attributes: Sequence[Attributes]
) -> list[tuple[BaseGeometry, Attributes]]:
    if layer in POINT_LAYERS:
        inside = [0 <= point.x < EXTENT and 0 <= point.y < EXTENT for point in local]
        return [(point, said) for point, said, here in zip(local, attributes, inside, strict=True) if here]
    if layer in POLYGON_LAYERS:
        return _areas(zoom, local, attributes)
    return _lines(zoom, local, attributes)


def _areas(zoom: int, local: Shapes, attributes: Sequence[Attributes]) -> list[tuple[BaseGeometry, Attributes]]:
    """Return the areas large enough to see, on whole units, outlines turning the way the standard wants."""
    last = zoom == MAX_ZOOM
    large = shapely.area(local) >= (MIN_AREA_AT_MAX_ZOOM if last else MIN_AREA)
    chosen = shapely.simplify(local[large], TOLERANCE_AT_MAX_ZOOM if last else TOLERANCE)
    whole = shapely.orient_polygons(shapely.set_precision(chosen, grid_size=1.0), exterior_cw=False)
    said = [attributes[int(position)] for position in np.flatnonzero(large)]
    return [(shape, what) for shape, what in zip(whole, said, strict=True) if not shape.is_empty]


def _lines(zoom: int, local: Shapes, attributes: Sequence[Attributes]) -> list[tuple[BaseGeometry, Attributes]]:
    """Return the lines, those that say the same joined end to end, straightened and on whole units."""
    alike: dict[Attributes, list[BaseGeometry]] = {}
    for shape, said in zip(local, attributes, strict=True):
        alike.setdefault(said, []).append(shape)
    joined = [
        shapely.line_merge(shapely.multilinestrings(shapely.get_parts(lines).tolist()), directed=("oneway", 1) in said)
        for said, lines in alike.items()
    ]
    straight = shapely.simplify(joined, TOLERANCE_AT_MAX_ZOOM if zoom == MAX_ZOOM else TOLERANCE)
    whole = shapely.set_precision(straight, grid_size=1.0, mode="pointwise")
    long = shapely.length(whole) >= MIN_LENGTH
    return [(shape, said) for shape, said, keep in zip(whole, alike, long, strict=True) if keep]
