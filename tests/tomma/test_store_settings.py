"""Settings of the stores that cannot be meant, and an InfluxDB client that is not installed; no server is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tomma.errors import ConfigurationError
from tomma.settings import load_settings

PATIENCE_S = 30.0
WITHOUT_CLIENT = """
import sys
sys.modules["influxdb_client"] = None
from tomma.settings import load_settings
from tomma.stores.wiring import open_stores
with open_stores(load_settings()) as stores:
    print(len(stores.readings.latest()))
"""


@pytest.mark.parametrize(("kind", "outcome"), [("sqlite", "0\n"), ("influx", "not installed")])
def test_a_city_without_an_influxdb_needs_no_client_of_it(tmp_path: Path, kind: str, outcome: str) -> None:
    """An optional part that is missing is told by name, and only to those who ask for it."""
    more = {"TOMMA_DATA_DIR": str(tmp_path), "TOMMA_READINGS__KIND": kind, "TOMMA_READINGS__URL": "http://127.0.0.1:9"}
    words = [sys.executable, "-c", WITHOUT_CLIENT]
    done = subprocess.run(words, env=os.environ | more, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    assert outcome in done.stdout + done.stderr
    assert ("ConfigurationError" in done.stderr) == (kind == "influx")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        pytest.param({"KIND": "influx"}, "url must be set", id="no address"),
        pytest.param({"KIND": "influx", "URL": "127.0.0.1:8086"}, "readings.url", id="no scheme"),
        pytest.param(
            {"KIND": "influx", "URL": "http://me:secret@127.0.0.1"}, "readings.url", id="a login in the address"
        ),
        pytest.param({"KIND": "influxdb"}, "readings.kind", id="no such kind"),
        pytest.param({"MEASUREMENT": 'a" WHERE 1'}, "readings.measurement", id="a measurement that is a question"),
    ],
)
def test_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str) -> None:
    """At the start, with the key, and without repeating a secret."""
    for name, text in variables.items():
        monkeypatch.setenv(f"TOMMA_READINGS__{name}", text)
    with pytest.raises(ConfigurationError, match=told) as raised:
        load_settings()
    assert "secret" not in str(raised.value)
