"""From one kind of store to another and back, by files: everything, exactly, and once however often it is tried."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tomma.bounds import outside
from tomma.model import (
    Alert,
    AlertKind,
    BinId,
    Emptying,
    EmptyingSource,
    Quality,
    Reading,
    Rejected,
    RejectReason,
    SensorId,
)
from tomma.settings import load_settings
from tomma.stores.commands.import_export import export_app, import_app
from tomma.stores.influx.readings import InfluxReadings
from tomma.stores.wiring import open_stores

type Use = Callable[[str], None]

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
KINDS = ("readings", "days", "emptyings", "alerts", "dead_letters")
PATIENCE_S = 30.0

READINGS = [
    Reading(
        BinId(f"B{number % 3}, å"),
        SensorId(f"S{number % 4}\n"),
        T0 + timedelta(hours=number),
        T0 + timedelta(hours=number, milliseconds=number),
        number / 700,
        Quality(number % 32),
        number / 3 if number % 2 else None,
        counter=number if number % 5 else None,
        raw_fill_fraction=-0.02 if number == 0 else None,
    )
    for number in range(600)
]
BREACH = outside("fill_pct", 105, 0, 100).breach
LETTERS = [
    Rejected("t/1", bytes([0, 255, number]), T0, RejectReason.NOT_UTF8, "no", device_ids=("d1", "d2"), breach=BREACH)
    for number in range(3)
]
ALERTS = [Alert(AlertKind.TILT, T0 + timedelta(hours=n), n == 0, SensorId("S1"), values={"x": 0.5}) for n in range(2)]


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, influxd_url: str, victoria_url: str) -> Use:
    """Points the commands at a store: a place, and behind a colon a server."""
    monkeypatch.chdir(tmp_path)
    servers = {
        "": {"KIND": "sqlite"},
        "influxdb": {"KIND": "influx", "URL": influxd_url, "WRITE_API": "v1", "QUERIES": "influxql"},
        "victoria": {"KIND": "influx", "URL": victoria_url, "WRITE_API": "v2", "QUERIES": "none"},
    }

    def switch(name: str) -> None:
        place, _, server = name.partition(":")
        monkeypatch.setenv("TOMMA_DATA_DIR", str(tmp_path / place))
        for key, text in servers[server].items():
            monkeypatch.setenv(f"TOMMA_READINGS__{key}", text)
        monkeypatch.setenv("TOMMA_READINGS__MEASUREMENT", f"m{abs(hash((tmp_path, name)))}")

    return switch


def _run(*words: str) -> dict[str, object]:
    command, *arguments = words
    result = CliRunner().invoke(import_app if command == "import" else export_app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def _export(to: str) -> list[bytes]:
    for kind in KINDS:
        _run("export", kind, "-o", f"{to}-{kind}.jsonl")
    return [Path(f"{to}-{kind}.jsonl").read_bytes() for kind in KINDS]


def _import(of: str) -> list[tuple[object, object]]:
    outcome = _run("import", *(f"{of}-{kind}.jsonl" for kind in KINDS if Path(f"{of}-{kind}.jsonl").stat().st_size))
    return [(row["stored"], row["duplicates"]) for row in outcome["files"]]  # type: ignore[attr-defined]


def _settle() -> None:
    """Wait until the server has everything, and leave it to the server where that can give it back."""
    with open_stores(load_settings()) as stores:
        readings = stores.readings
        if isinstance(readings, InfluxReadings):
            deadline_s = time.monotonic() + PATIENCE_S
            while readings.feed_status().waiting:
                assert time.monotonic() < deadline_s, readings.feed_status()
                time.sleep(0.05)
            if load_settings().readings.queries == "influxql":
                assert readings.evict(EVER[1]) == 500


@pytest.mark.parametrize("server", ["influxdb", "victoria"])
def test_everything_moves_to_a_server_and_back_byte_for_byte(use: Use, server: str) -> None:
    """A city that changes its mind keeps its history: what comes back is the file that went out."""
    use("old")
    emptyings = [Emptying(BinId("B1"), T0, EmptyingSource.DETECTED, 0.9, 0.2)]
    with open_stores(load_settings()) as stores:
        stores.readings.append(READINGS, emptyings, LETTERS, ALERTS)
        days = stores.readings.daily(BinId("B0, å"), T0.date(), EVER[1].date())
        assert stores.readings.delete_before(READINGS[100].measured_utc) == 100
    before = _export("before")
    sent = [(500, 0), (15, 0), (1, 0), (2, 0), (3, 0)]

    use(f"there:{server}")
    assert _import("before") == sent
    _settle()
    assert _import("before") == [(duplicates, stored) for stored, duplicates in sent], "once more adds nothing"
    assert _export("there") == before

    use("back")
    assert _import("there") == sent
    assert _export("back") == before
    with open_stores(load_settings()) as stores:
        found = stores.readings.daily(BinId("B0, å"), T0.date(), EVER[1].date())
        assert [each.readings for each in found] == [each.readings for each in days]
        assert stores.readings.latest()[BinId("B2, å")] == READINGS[-1]
