"""Serves the tiles: `GET /tiles/{z}/{x}/{y}.mvt` and `GET /tiles/metadata.json` (TileJSON 3.0).

What comes back, and why:

- 200 with the tile; gzipped as it is stored when the client takes gzip, else unpacked. ETag by content.
- 204 inside the zoom range where nothing is drawn: a map library takes it for an empty tile and stays quiet.
- 304 when the client's copy is still good.
- 404 for what can never be a tile (zoom, x or y out of range), and for any tile while there is no map.
"""

import gzip
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Response, status

from api.access import EVERYBODY, allow
from api.basemap.plugged import Plugged
from api.basemap.tiles import TileArchive
from tomma.errors import NotFoundError, TommaError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
CACHE_CONTROL = "public, max-age=3600, stale-while-revalidate=604800"  # streets change by the month, not by the hour

NO_TILES: dict[str, Any] = {"tilejson": "3.0.0", "tiles": [], "minzoom": 0, "maxzoom": -1, "attribution": ""}
FileMark = tuple[int, int, int]


class CurrentArchive:
    """The archive at a path that may be rebuilt while the server runs.

    A new file is picked up at the next request; one that is damaged is logged once, and what there was stays in use.
    """

    def __init__(self, path_provider: Callable[[], Path]) -> None:
        self._path_provider = path_provider
        self._lock = Lock()
        self._mark: FileMark | None = None
        self._archive: TileArchive | None = None

    def get(self) -> TileArchive:
        """Return the archive, opened anew if the file was replaced; NotFoundError while there is no whole one."""
        self.look()
        if self._archive is None:
            what = "whole map" if self._mark else "map"
            raise NotFoundError(f"there is no {what} at {self._path_provider().name}; `tomma basemap build` makes one")
        return self._archive

    def look(self) -> None:
        """Open the file if it is not the one that was looked at last.

        A replaced archive is not closed here: another thread may be reading it; its mapping goes with its last user.
        """
        path = self._path_provider()
        mark = _mark_of(path)
        if mark is not None and mark != self._mark:
            with self._lock:
                if mark != self._mark:
                    self._reopen(path, mark)

    def _reopen(self, path: Path, mark: FileMark) -> None:
        try:
            self._archive = TileArchive(path)
        except TommaError as exc:
            kept = "the map before" if self._archive else "no map"
            log.error("basemap is not taken kept=%s reason=%s", kept, exc)  # noqa: TRY400  (it is no fault of ours)
        self._mark = mark


def build_router(path_provider: Callable[[], Path], plugged: Plugged | None = None) -> APIRouter:
    """Return the routes under `/tiles`.

    Args:
        path_provider: Tells where the PMTiles file is (`lambda: settings.basemap_path`); asked on every request.
        plugged: What the city plugged in from elsewhere, told with the metadata.
    """
    current = CurrentArchive(path_provider)
    current.look()  # a damaged map is told to whoever starts the server; plans and drivers do not wait for a new one
    router = APIRouter(prefix="/tiles", tags=["map"], dependencies=[allow(*EVERYBODY)])

    @router.get("/metadata.json", summary="What the tiles hold, as TileJSON")
    def metadata(response: Response) -> dict[str, Any]:
        """Return TileJSON 3.0; `tiles` holds a path on this host, `plugged` the basemap that is shown in its place."""
        response.headers["Cache-Control"] = "no-cache"
        if plugged is None:
            return _tile_json(_or_404(current.get))
        try:
            own = _tile_json(current.get())
        except NotFoundError:
            own = NO_TILES
        return {**own, "plugged": plugged.model_dump()}

    @router.get("/{z}/{x}/{y}.mvt", response_class=Response, summary="One vector tile")
    def tile(
        z: int,
        x: int,
        y: int,
        accept_encoding: Annotated[str, Header()] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        """Return a Mapbox vector tile (its layers: metadata.json), or a picture where the city's file has those."""
        packed = _or_404(lambda: current.get().tile_stored(z, x, y))
        if packed is None:
            return Response(status_code=status.HTTP_204_NO_CONTENT, headers={"Cache-Control": CACHE_CONTROL})
        if picture_type := current.get().picture_type:
            return _picture_response(packed, picture_type, if_none_match)
        return _tile_response(packed, takes_gzip=_takes_gzip(accept_encoding), if_none_match=if_none_match)

    return router


def _tile_response(packed: bytes, *, takes_gzip: bool, if_none_match: str) -> Response:
    digest = hashlib.blake2b(packed, digest_size=12).hexdigest()
    etag = f'"{digest}-gz"' if takes_gzip else f'"{digest}"'  # a strong tag names these very bytes
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": etag, "Vary": "Accept-Encoding"}
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if etag in known or "*" in known:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    if takes_gzip:
        return Response(packed, media_type=MEDIA_TYPE, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type=MEDIA_TYPE, headers=headers)


def _picture_response(picture: bytes, media_type: str, if_none_match: str) -> Response:
    etag = f'"{hashlib.blake2b(picture, digest_size=12).hexdigest()}"'
    headers = {"Cache-Control": CACHE_CONTROL, "ETag": etag}
    if etag in {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(picture, media_type=media_type, headers=headers)


def _takes_gzip(accept_encoding: str) -> bool:
    for offer in accept_encoding.lower().split(","):
        name, _, weight = offer.strip().partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _tile_json(archive: TileArchive) -> dict[str, Any]:
    area = archive.range
    return {
        "tilejson": "3.0.0",
        "name": archive.metadata.get("name", "basemap"),
        "attribution": archive.metadata.get("attribution", ""),
        "tiles": ["/tiles/{z}/{x}/{y}.mvt"],
        "minzoom": area.min_zoom,
        "maxzoom": area.max_zoom,
        "bounds": list(area.bounds),
        "center": list(area.center),
        "vector_layers": archive.metadata.get("vector_layers", []),
        "pictures": bool(archive.picture_type),
    }


def _or_404[Answer](ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except NotFoundError as exc:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail=str(exc)) from exc


def _mark_of(path: Path) -> FileMark | None:
    try:
        seen = path.stat()
    except FileNotFoundError:
        return None
    return seen.st_ino, seen.st_mtime_ns, seen.st_size
