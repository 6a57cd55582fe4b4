"""The demo city's map, built once for all tests."""

from pathlib import Path

import pytest

from api.basemap.build import Built, build_basemap

HELSINKI = Path(__file__).parents[3] / "simulator" / "cities" / "helsinki.osm.pbf"


@pytest.fixture(scope="session")
def helsinki_built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Built]:
    """Return the map and what was told about it."""
    path = tmp_path_factory.mktemp("basemap") / "basemap.pmtiles"
    return path, build_basemap(HELSINKI, path)


@pytest.fixture(scope="session")
def helsinki_map(helsinki_built: tuple[Path, Built]) -> Path:
    """Return the map's file."""
    return helsinki_built[0]
