"""`tomma serve` as a person or a service manager runs it: a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import httpx
import pytest

from api.server import listen_on
from tests.api.patience import PATIENCE_S, until
from tests.api.town import make_city
from tests.api.world import settings_in
from tomma.model import BinId, Reading, SensorId
from tomma.stores.wiring import open_stores

STARTING_S = 60.0


@contextmanager
def served(
    data_dir: Path, *options: str, log: IO[str] | None = None
) -> Iterator[tuple["subprocess.Popen[str]", httpx.Client]]:
    """The running command and a client of the address it printed; ended at the latest on leaving."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tomma", "serve", "--port", "0", *options],
        env={**os.environ, "TOMMA_DATA_DIR": str(data_dir), "TOMMA_PEOPLE__DEMO": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if log is None else log,
        text=True,
    )
    assert process.stdout is not None
    too_late = threading.Timer(STARTING_S, process.kill)
    too_late.start()
    try:
        ready = process.stdout.readline()
        too_late.cancel()
        assert ready.startswith("tomma serves http://127.0.0.1:"), ready
        with httpx.Client(base_url=ready.split()[-1], timeout=PATIENCE_S, trust_env=False) as client:
            yield process, client
    finally:
        too_late.cancel()
        process.kill()
        process.wait(PATIENCE_S)
        process.stdout.close()


def import_city(data_dir: Path, full: tuple[str, ...] = ()) -> None:
    """Bring the small town, some of its bins nearly full an hour ago."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with open_stores(settings_in(data_dir)) as stores:
        stores.registry.save(make_city())
        stores.readings.append(
            [Reading(BinId(each), SensorId(f"H{each[1:]}"), an_hour_ago, an_hour_ago, 0.99) for each in full]
        )


@dataclass(frozen=True)
class Town:
    """A running city with three full bins and no basemap."""

    process: "subprocess.Popen[str]"
    client: httpx.Client
    told: Path
    """What it said on standard error."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A start costs seconds: the first two tests share it, and the second ends it."""
    folder = tmp_path_factory.mktemp("town")
    import_city(folder, full=("B1", "B2", "B3"))
    told = folder / "log"
    with told.open("w") as log, served(folder, log=log) as (process, client):
        yield Town(process, client, told)


def test_whoever_starts_a_city_without_a_basemap_is_told_how_to_make_one(town: Town) -> None:
    """The map is an empty sheet then, and nothing on it says that this is no fault."""
    assert "`tomma basemap build`" in town.told.read_text()


def test_full_bins_are_forecast_planned_and_sent_to_the_trucks(town: Town) -> None:
    """The whole way with the real forecast and the real planner, each in its helper process; then a clean stop."""
    process, client = town.process, town.client
    bins = until(
        lambda: {each["id"]: each for each in client.get("/api/v1/bins").json()["bins"]},
        lambda shown: shown["B1"]["p_overflow_24h"] is not None,
        STARTING_S,
    )
    assert bins["B1"]["p_overflow_24h"] > 0.9
    assert client.get("/api/v1/bins/B1/forecast").json()["steps"][-1]["p_overflow"] > 0.9
    plan = client.post("/api/v1/plans", json={"budget_s": 1}).json()
    with client.stream("GET", f"/api/v1/plans/{plan['id']}/progress") as progress:
        assert b'"status":"ready"' in progress.read()
    made = client.get(f"/api/v1/plans/{plan['id']}").json()
    on_routes = {stop["bin_id"] for route in made["routes"] for stop in route["stops"]}
    left_out = {each["bin_id"] for each in made["left_out"]}
    assert {"B1", "B2", "B3"} <= on_routes
    assert (on_routes - {None}) | left_out == {f"B{n}" for n in range(1, 7)}
    assert client.post(f"/api/v1/plans/{plan['id']}/publish").status_code == 200
    with client.stream("GET", "/api/v1/stream") as page:
        process.send_signal(signal.SIGTERM)
        assert page.read().startswith(b"retry:")
    assert process.wait(PATIENCE_S) == 0


def test_whoever_named_a_basemap_that_is_not_there_is_told_which_setting_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tomma basemap build` never writes the city's own file: told to run it, somebody would run it again and again."""
    monkeypatch.setenv("TOMMA_BASEMAP__PMTILES_FILE", str(tmp_path / "own.pmtiles"))
    told = tmp_path / "log"
    with told.open("w") as log, served(tmp_path, log=log):
        assert f"path={tmp_path / 'own.pmtiles'} mend=[basemap] pmtiles_file" in told.read_text()


def test_a_killed_servers_plan_is_failed_at_the_next_start(tmp_path: Path) -> None:
    """L7 with a real kill: nobody makes that plan any more, and its day is free for a new order."""
    import_city(tmp_path, full=("B1",))
    with served(tmp_path) as (process, client):
        ordered = client.post("/api/v1/plans", json={"budget_s": 60})
        assert ordered.status_code == 202
        plan = f"/api/v1/plans/{ordered.json()['id']}"
        until(lambda: client.get(plan).json()["status"], lambda status: status == "solving")
        process.kill()
        process.wait(PATIENCE_S)
    with served(tmp_path) as (process, client):
        assert client.get(plan).json()["status"] == "failed"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    """The commonest fault of all must not look like a crash."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "tomma", "serve", "--port", str(taken.getsockname()[1])],
            env={**os.environ, "TOMMA_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=STARTING_S,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("tomma: cannot listen on 127.0.0.1 port")
    assert done.stderr.count("\n") == 1


def test_the_body_of_an_answer_does_not_wait_for_its_head() -> None:
    """A socket that does not say it is TCP keeps Nagle's algorithm: 40 ms on every answer."""
    with listen_on("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
