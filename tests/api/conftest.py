"""A small town in real stores, and clients of a real server with it: what the tests of the API share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.town import make_city
from tests.api.world import World, copy_of, serving, settings_in
from tomma.stores.wiring import open_stores


@pytest.fixture(scope="session")
def made_town(tmp_path_factory: pytest.TempPathFactory, made_stores: Path) -> Path:
    """A data folder with the small town in its stores, made once and copied for each test."""
    made = shutil.copytree(made_stores, tmp_path_factory.mktemp("town") / "data")
    with open_stores(settings_in(made)) as stores:
        stores.registry.save(make_city())
    return made


@pytest.fixture
def empty_world(tmp_path: Path, made_stores: Path) -> Iterator[World]:
    """Real stores with nothing in them."""
    with copy_of(made_stores, tmp_path / "data") as world:
        yield world


@pytest.fixture
def world(tmp_path: Path, made_town: Path) -> Iterator[World]:
    """Real stores with the small town in them."""
    with copy_of(made_town, tmp_path / "data") as world:
        yield world


@pytest.fixture(scope="session")
def refusing_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one server for all the tests that only ask for what is refused: nothing is changed by them."""
    settings = settings_in(tmp_path_factory.mktemp("refusing"))
    with open_stores(settings) as stores:
        stores.registry.save(make_city())
        with serving(World(settings, stores)) as client:
            yield client


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """A client of a server with the small town."""
    with serving(world) as client:
        yield client
