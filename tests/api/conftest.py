"""A small town in real stores, and clients of a real server with it: what the tests of the API share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.accounts.demo import make_demo_people
from api.tablets import codes
from tests.api.town import make_city
from tests.api.world import World, copy_of, serving, settings_in
from tomma.clock import SystemClock
from tomma.stores.wiring import open_stores


@pytest.fixture(scope="session", autouse=True)
def full_price() -> Iterator[dict[str, int]]:
    """What a guess at a tablet's six digits costs: 16 MB and 50 ms, paid by the one test that is about it."""
    full = codes.SCRYPT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "SCRYPT", {**full, "n": 2})
        yield full


@pytest.fixture(scope="session")
def made_town(tmp_path_factory: pytest.TempPathFactory, made_stores: Path) -> Path:
    """A data folder with the small town in its stores, and the people of its demo; copied for each test."""
    made = shutil.copytree(made_stores, tmp_path_factory.mktemp("town") / "data")
    with open_stores(settings_in(made)) as stores:
        stores.registry.save(make_city())
        make_demo_people(stores.people, stores.registry, SystemClock())
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
