"""What holds for every test: the order of the files, and that no property is judged by how fast this machine is.

And new stores to copy: to bring a database to its newest shape takes 0.1 s, to copy one a hundredth of it.
"""

import gc
from collections.abc import Generator
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Else an example that met 0.2 s of somebody else's work would fail, and then be called flaky when it is tried again.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

WAITING = (
    "tests/system/",
    "tests/api/test_serve.py",
    "tests/ingest/test_cli.py",
    "tests/tomma/stores/test_influx_readings.py",
    "tests/routing/forecast/",
    "tests/simulator/",
)
"""Measured, not counted: xdist alone takes the files with the most tests first, and a demo's day is few of them."""
WORKING = "tests/web/"
"""A browser keeps a processor busy: beside a demo that mostly waits, each has what it needs."""


SELDOM = (20_000, 20, 20)
"""Python's own 2,000, 10 and 10 are for small heaps: a worker's holds half a million objects before its first test."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the garbage collector pass over modules and tests: they stay to the end, and walking them took a tenth."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*SELDOM)
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, so that no worker is left alone with one of them at the end."""
    by_file: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.nodeid.partition("::")[0], []).append(item)
    waiting = [file for begin in WAITING for file in by_file if file.startswith(begin)]
    working = [file for file in by_file if file.startswith(WORKING)]
    long = [file for pair in zip_longest(waiting, working) for file in pair if file]
    short = [file for file in by_file if file not in long]
    items[:] = [item for file in long + short for item in by_file[file]]


@pytest.fixture(scope="session")
def made_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with new stores, made once and copied for each test."""
    from tomma.settings import Settings  # here: who runs one file of pure functions opens no store
    from tomma.stores.wiring import open_stores

    made = tmp_path_factory.mktemp("made")
    with open_stores(Settings(data_dir=made)):
        return made
