"""Reads tiles out of one PMTiles file, mapped into memory.

The file is checked whole when it is opened, so that a torn copy is told at start and not as holes in the map.
"""

import gzip
import hashlib
import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from tomma.errors import ConfigurationError, NotFoundError

HEADER_BYTES = 127
MAX_DIRECTORY_DEPTH = 4  # PMTiles v3: a root and at most three levels of leaves
LEAVES_IN_MEMORY = 64
PICTURES: Mapping[TileType, str] = {
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
}
DIGEST_KEY = "tile_data_blake2b"


@dataclass(frozen=True, slots=True)
class TileRange:
    """Which tiles an archive covers."""

    min_zoom: int
    max_zoom: int
    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees."""
    center: tuple[float, float, int]
    """Longitude, latitude in degrees and a zoom that shows the place."""


class TileArchive:
    """One PMTiles file of gzipped vector tiles, or of pictures. Nothing in it changes: several threads may read it.

    Holds one file mapping and no open file until `close`.

    Raises:
        NotFoundError: If there is no such file.
        ConfigurationError: If the file is not a whole archive of gzipped vector tiles or of pictures.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes = _map_file(path)
        try:
            self._header = deserialize_header(self._bytes[:HEADER_BYTES])
            self._check_header()
            self.metadata: Mapping[str, Any] = json.loads(gzip.decompress(self._slice("metadata")))
            self._leaf = lru_cache(maxsize=LEAVES_IN_MEMORY)(self._read_leaf)
            self._root = deserialize_directory(self._slice("root"))
            self._check_directory(self._root, depth=0)
            self._check_digest()
        except ConfigurationError:
            self.close()
            raise
        except Exception as exc:  # a damaged file may break the reader in any way
            self.close()
            raise self._refused(f"{type(exc).__name__} {exc}".strip()) from exc

    @property
    def picture_type(self) -> str:
        """The media type of the tiles when they are pictures; empty for vector tiles."""
        return PICTURES.get(self._header["tile_type"], "")

    @property
    def range(self) -> TileRange:
        """What the archive covers."""
        head = self._header
        return TileRange(
            min_zoom=head["min_zoom"],
            max_zoom=head["max_zoom"],
            bounds=(
                head["min_lon_e7"] / 1e7,
                head["min_lat_e7"] / 1e7,
                head["max_lon_e7"] / 1e7,
                head["max_lat_e7"] / 1e7,
            ),
            center=(head["center_lon_e7"] / 1e7, head["center_lat_e7"] / 1e7, head["center_zoom"]),
        )

    def tile_stored(self, z: int, x: int, y: int) -> bytes | None:
        """Return the tile as it is stored (a vector tile gzipped, a picture plain), or None where nothing is drawn.

        Raises:
            NotFoundError: If no archive of this zoom range can have such a tile.
        """
        area = self.range
        if not area.min_zoom <= z <= area.max_zoom:
            raise NotFoundError(f"zoom must be within [{area.min_zoom}, {area.max_zoom}], got {z}")
        for name, value in (("x", x), ("y", y)):
            if not 0 <= value < 1 << z:
                raise NotFoundError(f"{name} must be within [0, {(1 << z) - 1}] at zoom {z}, got {value}")
        return self._find(zxy_to_tileid(z, x, y))

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return the tile unpacked, or None where nothing is drawn; NotFoundError as `tile_stored`."""
        packed = self.tile_stored(z, x, y)
        return None if packed is None else gzip.decompress(packed)

    def close(self) -> None:
        """Release the mapping."""
        self._bytes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _find(self, tile_id: int) -> bytes | None:
        directory = self._root
        for _ in range(MAX_DIRECTORY_DEPTH):
            entry = find_tile(directory, tile_id)
            if entry is None:
                return None
            if entry.run_length > 0:
                start = self._header["tile_data_offset"] + entry.offset
                return self._bytes[start : start + entry.length]
            directory = self._leaf(entry.offset, entry.length)
        return None

    def _read_leaf(self, offset: int, length: int) -> list[Entry]:
        start = self._header["leaf_directory_offset"] + offset
        return deserialize_directory(self._bytes[start : start + length])

    def _slice(self, part: str) -> bytes:
        start, end = self._span(part)
        return self._bytes[start:end]

    def _span(self, part: str) -> tuple[int, int]:
        numbers = cast("Mapping[str, int]", self._header)
        start = numbers[f"{part}_offset"]
        return start, start + numbers[f"{part}_length"]

    def _check_header(self) -> None:
        head = self._header
        vector = head["tile_type"] is TileType.MVT and head["tile_compression"] is Compression.GZIP
        if not vector and head["tile_type"] not in PICTURES:
            raise self._refused(
                f"gzipped vector tiles or pictures expected, got {head['tile_type']}, {head['tile_compression']}"
            )
        for part in ("root", "metadata", "leaf_directory", "tile_data"):
            _, end = self._span(part)
            if end > len(self._bytes):
                raise self._refused(f"{part} ends at byte {end} of {len(self._bytes)}")

    def _check_directory(self, directory: list[Entry], depth: int) -> None:
        if depth >= MAX_DIRECTORY_DEPTH:
            raise self._refused(f"directories nested deeper than {MAX_DIRECTORY_DEPTH}")
        for entry in directory:
            if entry.run_length == 0:
                self._check_directory(self._read_leaf(entry.offset, entry.length), depth + 1)
            elif entry.offset + entry.length > self._header["tile_data_length"]:
                raise self._refused(f"tile {entry.tile_id} ends beyond the tile data")

    def _check_digest(self) -> None:
        promised = self.metadata.get(DIGEST_KEY)  # absent in maps made by other tools
        if promised is not None and promised != digest_of(self._slice("tile_data")):
            raise self._refused("the tiles are not those that were written")

    def _refused(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"{self.path}: not a whole map ({what}); build it again with `tomma basemap build`")


def digest_of(tile_data: bytes) -> str:
    """Return what the metadata keeps under DIGEST_KEY: 1 GB of tiles cost about a second when the map is opened."""
    return hashlib.blake2b(tile_data, digest_size=16).hexdigest()


def _map_file(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as exc:
        raise NotFoundError(f"{path}: there is no map yet; build one with `tomma basemap build`") from exc
    except (OSError, ValueError) as exc:  # ValueError: an empty file cannot be mapped
        raise ConfigurationError(f"{path}: cannot be read as a map ({exc})") from exc
