"""Looks into tiles as a map library does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import mapbox_vector_tile
import numpy as np
from shapely import Point
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from api.basemap.extract import world_of
from api.basemap.tiles import TileArchive

EXTENT = 4096


@dataclass(frozen=True)
class Feature:
    """One feature of a tile, in tile units with y to the south."""

    layer: str
    said: dict[str, Any]
    geometry: BaseGeometry


def tile_at(lat_deg: float, lon_deg: float, z: int) -> tuple[int, int, int, Point]:
    """Return the tile over a place and where in it the place lies."""
    ((x, y),) = world_of(np.array([(lon_deg, lat_deg)])) * 2**z
    return z, int(x), int(y), Point((x % 1) * EXTENT, (y % 1) * EXTENT)


def features(packed: bytes | None) -> Iterator[Feature]:
    """Yield what an unpacked tile holds."""
    if packed is None:
        return
    layers = mapbox_vector_tile.decode(packed, default_options={"y_coord_down": True})
    for name, layer in layers.items():
        assert layer["extent"] == EXTENT
        for each in layer["features"]:
            yield Feature(name, each["properties"], shape(each["geometry"]))


def covering(archive: TileArchive, lat_deg: float, lon_deg: float, z: int) -> set[str]:
    """Return "layer class" of every area over a place."""
    z, x, y, place = tile_at(lat_deg, lon_deg, z)
    return {
        f"{each.layer} {each.said.get('class', '')}".strip()
        for each in features(archive.tile(z, x, y))
        if each.geometry.geom_type.endswith("Polygon") and each.geometry.contains(place)
    }
