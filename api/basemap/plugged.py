"""A basemap that the city plugged in from elsewhere, as the pages are told of it."""

from typing import Literal

from api.schema import Shown
from tomma.basemap_settings import BasemapSettings

WMTS_WORDS = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}", "{Style}": "default"}
"""What OGC's template of a tile calls the numbers that everybody else calls z, y and x."""


class Plugged(Shown):
    """Where browsers get the basemap, since the city said so."""

    kind: Literal["raster", "style"]
    url: str
    attribution: str
    tile_size_px: int
    max_zoom: int


def plugged_of(settings: BasemapSettings) -> Plugged | None:
    """Return what the settings plug in; None when the basemap is this server's own.

    >>> plugged_of(BasemapSettings(raster_url="https://m.example/w/{TileMatrix}/{TileRow}/{TileCol}.png",
    ...                            attribution="m")).url
    'https://m.example/w/{z}/{y}/{x}.png'
    """
    if not settings.remote_url:
        return None
    url = settings.remote_url
    for word, ours in WMTS_WORDS.items():
        url = url.replace(word, ours)
    return Plugged(
        kind="style" if settings.style_url else "raster",
        url=url,
        attribution=settings.attribution,
        tile_size_px=settings.tile_size_px,
        max_zoom=settings.max_zoom,
    )
