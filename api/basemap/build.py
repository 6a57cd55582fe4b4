"""Makes the map: an extract in, one PMTiles file out. The same extract gives the same bytes."""

import gzip
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import mapbox_vector_tile
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from api.basemap.extract import Bounds, lonlat_of, read_extract
from api.basemap.schema import MAX_ZOOM, MIN_ZOOM, Layer
from api.basemap.tiles import DIGEST_KEY, digest_of
from api.basemap.tiling import EXTENT, Content, tiles

ATTRIBUTION = "© OpenStreetMap contributors"
GZIP_LEVEL = 9
FIRST_VIEW_ZOOM = 13
NUMBERS = frozenset(
    {"rank", "layer", "admin_level", "height_m", "link", "oneway", "bridge", "tunnel", "private", "yard"}
)

Degrees = tuple[float, float, float, float]
"""West, south, east, north."""
OnTile = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What became of an extract."""

    tiles: int
    features: int
    incomplete_areas: int
    size_bytes: int
    bounds_deg: Degrees


def build_basemap(source: Path, target: Path, on_tile: OnTile | None = None) -> Built:
    """Write the map of `source` to `target`, replacing it only when the new one is whole.

    Args:
        source: An .osm.pbf, .osm or .osm.bz2.
        target: The PMTiles file; its folder is made when missing.
        on_tile: Told how many tiles there are so far.

    Raises:
        ImportRefusedError: If the extract cannot be read or holds nothing that is drawn.
    """
    extract = read_extract(source)
    packed: dict[int, bytes] = {}
    fields: dict[Layer, set[str]] = {layer: set() for layer in Layer}
    for tile, content in tiles(extract.entries, extract.geometries, extract.bounds):
        packed[zxy_to_tileid(tile.z, tile.x, tile.y)] = _encoded(content)
        for layer, drawn in content.items():
            fields[layer].update(key for _, said in drawn for key, _ in said)
        if on_tile is not None:
            on_tile(len(packed))
    bounds_deg = _degrees(extract.bounds)
    _replace(target, packed, _header(bounds_deg), _metadata(source.name, fields))
    return Built(len(packed), len(extract.entries), extract.incomplete_areas, target.stat().st_size, bounds_deg)


def _encoded(content: Content) -> bytes:
    layers = [
        {"name": layer.value, "features": [{"geometry": shape, "properties": dict(said)} for shape, said in drawn]}
        for layer, drawn in content.items()
    ]
    options = {"y_coord_down": True, "check_winding_order": False, "extents": EXTENT}  # `tiling` saw to the winding
    return gzip.compress(mapbox_vector_tile.encode(layers, default_options=options), GZIP_LEVEL, mtime=0)


def _header(bounds_deg: Degrees) -> dict[str, Any]:
    west, south, east, north = (round(degrees * 1e7) for degrees in bounds_deg)
    return {
        "version": 3,
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": FIRST_VIEW_ZOOM,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(source_name: str, fields: Mapping[Layer, set[str]]) -> dict[str, Any]:
    return {
        "name": f"tomma basemap of {source_name}",
        "attribution": ATTRIBUTION,
        "type": "baselayer",
        "format": "pbf",
        "vector_layers": [
            {
                "id": layer.value,
                "minzoom": MIN_ZOOM,
                "maxzoom": MAX_ZOOM,
                "fields": {key: "Number" if key in NUMBERS else "String" for key in sorted(keys)},
            }
            for layer, keys in fields.items()
            if keys or layer is Layer.BUILDINGS
        ],
    }


def _replace(target: Path, packed: Mapping[int, bytes], header: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Write the archive beside the target and rename it: a reader sees the old map or the new one, never half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}-", delete=False) as file:
        fresh = Path(file.name)
        try:
            writer: Any = cast("Any", Writer)(file)  # pmtiles carries no types
            for tile_id in sorted(packed):
                writer.write_tile(tile_id, packed[tile_id])
            writer.tile_f.seek(0)
            metadata[DIGEST_KEY] = digest_of(writer.tile_f.read())
            writer.finalize(header, metadata)
            file.flush()
            os.fsync(file.fileno())
            fresh.chmod(0o644)
            fresh.replace(target)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise


def _degrees(bounds: Bounds) -> Degrees:
    west, north = lonlat_of(bounds[0], bounds[1])
    east, south = lonlat_of(bounds[2], bounds[3])
    return round(west, 7), round(south, 7), round(east, 7), round(north, 7)
