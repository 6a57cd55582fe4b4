"""A town to watch."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.alerts.town import Town
from tomma.city import City
from tomma.settings import Settings
from tomma.stores.wiring import open_stores


@pytest.fixture
def town(tmp_path: Path, city: City, made_stores: Path) -> Iterator[Town]:
    """The small city, an hour of which was heard each hour of the day before."""
    shutil.copytree(made_stores, tmp_path, dirs_exist_ok=True)
    with open_stores(Settings(data_dir=tmp_path)) as stores:
        stores.registry.save(city)
        yield Town(stores)
