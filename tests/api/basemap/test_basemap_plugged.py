"""A basemap from elsewhere: the city's own choice, told to the pages, and the one host the policy then names."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from api.app import create_app
from api.basemap.tiles import TileArchive
from tests.api.in_process import InProcess
from tests.api.world import World
from tomma.basemap_settings import BasemapSettings
from tomma.errors import ConfigurationError, NotFoundError
from tomma.settings import Settings, load_settings

RASTER = "https://maps.example/tiles/{z}/{x}/{y}.png"
STYLE = "https://maps.example:8443/style.json"


@contextmanager
def asked(world: World, basemap: BasemapSettings) -> Iterator[httpx.Client]:
    """A client of a server with this basemap."""
    context = world.context()
    settings = context.settings.model_copy(update={"basemap": basemap})
    with InProcess(create_app(replace(context, settings=settings))) as transport:
        yield httpx.Client(transport=transport, base_url="http://127.0.0.1")


def directives(policy: str) -> dict[str, list[str]]:
    """The policy by name."""
    parts = [part.split() for part in policy.split(";")]
    return {name: sources for name, *sources in parts}


@pytest.mark.parametrize(
    ("basemap", "origin"),
    [
        pytest.param(BasemapSettings(raster_url=RASTER, attribution="© City"), "https://maps.example", id="pictures"),
        pytest.param(BasemapSettings(style_url=STYLE, attribution="© City"), "https://maps.example:8443", id="a style"),
    ],
)
def test_the_policy_names_exactly_the_host_that_was_plugged_in(
    world: World, basemap: BasemapSettings, origin: str
) -> None:
    """For pictures and questions alone: no script, style or frame may come from there."""
    with asked(world, BasemapSettings()) as client:
        before = directives(client.get("/").headers["content-security-policy"])
    with asked(world, basemap) as client:
        after = directives(client.get("/").headers["content-security-policy"])
    assert after.pop("connect-src") == ["'self'", origin]
    assert after.pop("img-src") == [*before.pop("img-src"), origin]
    assert after == before


def test_without_a_word_nobody_else_is_named(world: World) -> None:
    """The product never calls out by itself."""
    with asked(world, BasemapSettings()) as client:
        assert "//" not in client.get("/").headers["content-security-policy"]
        assert "plugged" not in client.get("/tiles/metadata.json").text


def test_the_pages_are_told_what_to_show(world: World) -> None:
    """Also without tiles of our own; an OGC template comes out as z, x and y."""
    url = "https://maps.example/wmts/{TileMatrix}/{TileRow}/{TileCol}.png"
    with asked(world, BasemapSettings(raster_url=url, attribution="© City", max_zoom=17)) as client:
        told = client.get("/tiles/metadata.json").json()
    assert told["plugged"] == {
        "kind": "raster", "url": "https://maps.example/wmts/{z}/{y}/{x}.png", "attribution": "© City",
        "tile_size_px": 256, "max_zoom": 17,
    }  # fmt: skip
    assert told["maxzoom"] < told["minzoom"], "nothing to keep on a tablet"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({"raster_url": RASTER}, "attribution", id="nobody named"),
        pytest.param({"raster_url": RASTER, "style_url": STYLE, "attribution": "x"}, "only one", id="two at once"),
        pytest.param({"raster_url": "https://maps.example/a.png", "attribution": "x"}, "{z}", id="the same picture"),
        pytest.param({"style_url": "http://maps.example/s.json", "attribution": "x"}, "style_url", id="not encrypted"),
        pytest.param({"style_url": "https://u:p@maps.example/s", "attribution": "x"}, "style_url", id="with a login"),
        pytest.param(
            {"style_url": "https://maps.example; script-src *", "attribution": "x"}, "style_url", id="a policy"
        ),
        pytest.param({"style_url": "https://*/s.json", "attribution": "x"}, "style_url", id="every host"),
    ],
)
def test_a_basemap_that_cannot_be_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], says: str
) -> None:
    """With the setting's name, before anything is served."""
    for name, value in given.items():
        monkeypatch.setenv(f"TOMMA_BASEMAP__{name.upper()}", value)
    with pytest.raises(ConfigurationError, match=says.replace("{", r"\{").replace("}", r"\}")):
        load_settings()


PNG = b"\x89PNG\r\n\x1a\n not a whole picture"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A PMTiles file of pictures, as a city may have of its orthophoto."""
    path = tmp_path / "ortho.pmtiles"
    with write(str(path)) as writer:
        writer.write_tile(zxy_to_tileid(1, 1, 0), PNG)
        writer.finalize(
            {
                "tile_type": TileType.PNG,
                "tile_compression": Compression.NONE,
                "min_zoom": 1,
                "max_zoom": 1,
                "min_lon_e7": 0,
                "min_lat_e7": 0,
                "max_lon_e7": 10_000_000,
                "max_lat_e7": 10_000_000,
                "center_zoom": 1,
                "center_lon_e7": 0,
                "center_lat_e7": 0,
            },
            {"attribution": "© City"},
        )
    return path


def test_a_file_of_pictures_is_served_as_pictures(world: World, pictures: Path) -> None:
    """In place of our own tiles, from this server."""
    with asked(world, BasemapSettings(pmtiles_file=pictures)) as client:
        told = client.get("/tiles/metadata.json").json()
        assert (told["pictures"], told["attribution"]) == (True, "© City")
        tile = client.get("/tiles/1/1/0.mvt")
        assert (tile.headers["content-type"], tile.content) == ("image/png", PNG)
        again = client.get("/tiles/1/1/0.mvt", headers={"if-none-match": tile.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/tiles/1/0/0.mvt").status_code == 204
        assert "//" not in client.get("/").headers["content-security-policy"]
    with TileArchive(pictures) as archive, pytest.raises(NotFoundError):
        archive.tile_stored(2, 0, 0)


def test_building_a_map_never_writes_over_the_citys_own_file(tmp_path: Path, pictures: Path) -> None:
    """`tomma basemap build` has a place of its own."""
    settings = Settings(data_dir=tmp_path, basemap=BasemapSettings(pmtiles_file=pictures))
    assert settings.basemap_path == pictures
    assert settings.built_basemap_path != pictures
