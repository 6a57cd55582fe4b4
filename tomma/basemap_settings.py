"""What lies under the bins on every map."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

REMOTE_PATTERN = (
    r"^(https://[A-Za-z0-9.-]+(:\d{1,5})?/[^@\s;,'\"]*|http://(127\.0\.0\.1|localhost)(:\d+)?/[^@\s;,'\"]*)?$"
)
"""An https address without a login and without what would end a directive of the content security policy."""


class BasemapSettings(BaseModel):
    """What lies under the bins; without a word here, the tiles of `tomma basemap build`, from this server alone.

    `raster_url` and `style_url` make every browser that shows a map ask that host, which so learns its address and
    where it looks: docs/map.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pmtiles_file: Path | None = None
    """A PMTiles file of the city's own, in place of the one in the data directory."""
    raster_url: str = Field(default="", pattern=REMOTE_PATTERN)
    """Tiles as pictures: {z}/{x}/{y}, a WMTS's {TileMatrix}/{TileRow}/{TileCol}, or a WMS's {bbox-epsg-3857}."""
    style_url: str = Field(default="", pattern=REMOTE_PATTERN)
    """A MapLibre style; what it refers to must come from the same host, or browsers refuse it."""
    attribution: str = Field(default="", max_length=300)
    """Whom the map must name; plain text."""
    tile_size_px: Literal[256, 512] = 256
    max_zoom: int = Field(default=19, ge=0, le=24)
    """The finest zoom the remote tiles have; beyond it they are enlarged."""

    @property
    def remote_url(self) -> str:
        """The address that browsers are sent to; empty when they stay here."""
        return self.style_url or self.raster_url

    @property
    def remote_origin(self) -> str:
        """The one host that browsers may ask besides this server, as `https://host:port`; empty for none."""
        if not self.remote_url:
            return ""
        parts = urlsplit(self.remote_url)
        return f"{parts.scheme}://{parts.netloc}"

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        if self.raster_url and self.style_url:
            raise ValueError("only one of raster_url and style_url may be set, got both")
        if self.raster_url and not any(mark in self.raster_url for mark in ("{z}", "{TileMatrix}", "{bbox-epsg-3857}")):
            raise ValueError("raster_url must have {z}, {TileMatrix} or {bbox-epsg-3857} in it")
        if self.remote_url and not self.attribution:
            raise ValueError("attribution must be set where raster_url or style_url is: every map names its source")
        return self
