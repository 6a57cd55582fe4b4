"""A map file is checked whole when it is opened; after that every tile can be read."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.basemap.tiles import TileArchive
from tests.api.basemap.reading import tile_at
from tomma.errors import ConfigurationError, NotFoundError

HOUSES = (60.1700, 24.9440)


def test_a_tile_comes_packed_or_unpacked(helsinki_map: Path) -> None:
    """Browsers take it packed; scripts may not."""
    with TileArchive(helsinki_map) as archive:
        z, x, y, _ = tile_at(*HOUSES, 14)
        packed = archive.tile_stored(z, x, y)
        assert packed is not None
        assert archive.tile(z, x, y) == gzip.decompress(packed)


def test_where_nothing_is_drawn_there_is_no_tile(helsinki_map: Path) -> None:
    """The open sea, or another country: not an error."""
    with TileArchive(helsinki_map) as archive:
        assert archive.tile(12, 0, 0) is None


@pytest.mark.parametrize(
    ("z", "x", "y", "named"),
    [(9, 0, 0, "zoom"), (16, 0, 0, "zoom"), (-1, 0, 0, "zoom"), (10, 1024, 0, "x"), (10, 0, -1, "y")],
)
def test_what_can_never_be_a_tile_is_named(helsinki_map: Path, z: int, x: int, y: int, named: str) -> None:
    """A wrong address in a style is found by its message."""
    with TileArchive(helsinki_map) as archive, pytest.raises(NotFoundError, match=f"^{named} must be within"):
        archive.tile(z, x, y)


def test_a_missing_map_says_how_to_make_one(tmp_path: Path) -> None:
    """The first start of a new installation."""
    with pytest.raises(NotFoundError, match="tomma basemap build"):
        TileArchive(tmp_path / "basemap.pmtiles")


@pytest.mark.parametrize("content", [b"", b"not a map", b"PMTiles\x03", b"PMTiles\x02" + bytes(200)])
def test_a_file_that_is_no_map_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    """Told at start, in one line with what to do."""
    path = tmp_path / "basemap.pmtiles"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"basemap\.pmtiles"):
        TileArchive(path)


@given(share=st.floats(0.0, 0.9999))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_torn_copy_is_refused_wherever_it_tore(helsinki_map: Path, tmp_path: Path, share: float) -> None:
    """A full disk or a broken download: holes in the map would be blamed on the map."""
    whole, path = helsinki_map.read_bytes(), tmp_path / "torn.pmtiles"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ConfigurationError):
        TileArchive(path)


@given(place=st.integers(0, 10**9), bit=st.integers(0, 7))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_a_flipped_bit_is_refused_or_harmless(helsinki_map: Path, tmp_path: Path, place: int, bit: int) -> None:
    """Never a crash, and never a tile that is not the one that was written."""
    content = bytearray(helsinki_map.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path = tmp_path / "flipped.pmtiles"
    path.write_bytes(content)
    z, x, y, _ = tile_at(*HOUSES, 14)
    with TileArchive(helsinki_map) as good:
        expected = good.tile(z, x, y)
    try:
        with TileArchive(path) as archive:
            assert archive.tile(z, x, y) == expected
    except (ConfigurationError, NotFoundError):
        pass
