"""The order of the files: the long ones begin, so that no worker is left alone with one of them at the end."""

import pytest

LONG = (
    "tests/system/",
    "tests/web/",
    "tests/api/test_serve.py",
    "tests/ingest/test_cli.py",
    "tests/simulator/",
    "tests/routing/forecast/",
    "tests/tomma/stores/test_influx_readings.py",
)
"""Measured, not counted: xdist alone takes the files with the most tests first, and a demo's day is few of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; the others keep their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
