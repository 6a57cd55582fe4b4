"""The demo city's real streets, prepared once for all tests."""

from pathlib import Path

import pytest

from routing.roads.osrm_roads import OsrmRoads
from routing.roads.prepare import PreparedRoads, prepare
from routing.roads.valhalla_tiles import PreparedTiles, prepare_tiles

HELSINKI = Path(__file__).parents[3] / "simulator" / "cities" / "helsinki.osm.pbf"


@pytest.fixture(scope="session")
def helsinki_prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedRoads:
    """Return the demo city's network, prepared once for all tests."""
    return prepare(HELSINKI, tmp_path_factory.mktemp("helsinki"))


@pytest.fixture(scope="session")
def helsinki(helsinki_prepared: PreparedRoads) -> OsrmRoads:
    """Return the demo city's streets."""
    return OsrmRoads.of(helsinki_prepared)


@pytest.fixture(scope="session")
def helsinki_tiles(tmp_path_factory: pytest.TempPathFactory) -> PreparedTiles:
    """Return the demo city's tiles for turn texts, prepared once for all tests."""
    return prepare_tiles(HELSINKI, tmp_path_factory.mktemp("tiles"))
