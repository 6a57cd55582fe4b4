"""`tomma feed`: what an operator sees of the way to the server."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.brokers.listening import free_port
from tomma.errors import ConfigurationError, StoreUnavailableError
from tomma.model import BinId, Reading, SensorId
from tomma.settings import load_settings
from tomma.stores.commands.feed import app
from tomma.stores.influx.queue import refuse
from tomma.stores.influx.readings import InfluxReadings
from tomma.stores.sqlite_file import transaction

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _server_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands tell what is here; they need no server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOMMA_READINGS__KIND", "influx")
    monkeypatch.setenv("TOMMA_READINGS__URL", f"http://127.0.0.1:{free_port()}")


def _run(*words: str) -> str:
    result = CliRunner().invoke(app, words)
    if result.exception:
        raise result.exception
    return result.stdout


def _open() -> InfluxReadings:
    settings = load_settings()
    return InfluxReadings(settings.influx_path, settings.readings, feeding=False)


def test_an_operator_sees_what_waits_and_why() -> None:
    """The first question when a graph stands still."""
    store = _open()
    store.append([Reading(BinId(f"B{n}"), SensorId(f"S{n}"), T0, T0, 0.5) for n in range(3)])
    assert _run("status") == "waiting 3, refused 0, fed 0\n"
    assert json.loads(_run("status", "--json"))["waiting"] == 3

    with pytest.raises(StoreUnavailableError) as raised:
        store.feed()
    store._feeder._in_trouble(raised.value)
    store.close()
    assert "UTC: http://127.0.0.1" in _run("status")


def test_refused_readings_are_shown_with_their_reason_and_sent_again_on_demand() -> None:
    """Whoever mends the server's fault wants them back in the graph."""
    store = _open()
    store.append([Reading(BinId("B1"), SensorId("S1"), T0, T0, 0.5)])
    with store._pool.borrow() as connection, transaction(connection):
        connection.execute("DELETE FROM feed")
        refuse(connection, [((1, int(T0.timestamp() * 1000)), "field type conflict")], T0)
    store.close()

    assert _run("refused") == "B1 S1 2026-11-02T05:30:00+00:00: field type conflict\n"
    shown = json.loads(_run("refused", "--json"))
    assert (shown["reading"]["bin_id"], shown["reason"]) == ("B1", "field type conflict")
    assert _run("replay") == "1 readings wait for the server again\n"
    assert _run("refused") == ""
    assert _run("status") == "waiting 1, refused 0, fed 0\n"


def test_a_city_without_a_server_is_told_that_none_is_fed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no file comes to be by asking."""
    monkeypatch.setenv("TOMMA_READINGS__KIND", "sqlite")
    with pytest.raises(ConfigurationError, match="no server is fed"):
        _run("status")
    assert not load_settings().influx_path.exists()
