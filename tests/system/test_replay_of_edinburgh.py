"""A real recording goes in over MQTT and comes out as history, detected emptyings, a forecast and a plan."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

import pytest

from ingest.brokers.listening import free_port
from tests.system.support import DATA, Api, running, until

SITES = 40
NOW_UTC = datetime(2016, 8, 10, 5, 0, tzinfo=UTC)
"""The morning after the recording ends: six on the clock in Edinburgh."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The forty busiest bins of the recording, every row of them; the list of positions beside it."""
    source, folder = DATA / "edinburgh", tmp_path_factory.mktemp("edinburgh")
    with (source / "enevo_collections.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    busiest = {site for site, _ in Counter(row["site"] for row in rows).most_common(SITES)}
    with (folder / "collections.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row for row in rows if row["site"] in busiest)
    (folder / "litter-bins.csv").write_bytes((source / "litter-bins.csv").read_bytes())
    return folder / "collections.csv"


@pytest.fixture(scope="module")
def collections(recording: Path) -> int:
    """How many collections were recorded."""
    return len(recording.read_text(encoding="utf-8").splitlines()) - 1


@pytest.fixture(scope="module")
def last(recording: Path) -> dict[str, str]:
    """The last collection of all."""
    with recording.open(encoding="utf-8", newline="") as file:
        return max(csv.DictReader(file), key=lambda row: row["t_local"])


@pytest.fixture(scope="module")
def played(
    recording: Path, last: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Api, dict[str, Any]]]:
    """An installation in August 2016 that has been played the recording, and what the player said."""
    folder = tmp_path_factory.mktemp("installation")
    http_port, mqtt_port = free_port(), free_port()
    variables = {
        "TOMMA_DATA_DIR": str(folder / "data"),
        "TOMMA_BROKER__PORT": str(mqtt_port),
        "TOMMA_CLOCK__START_UTC": NOW_UTC.isoformat(),
        "TOMMA_CLOCK__REAL_START_S": str(time()),
        "TOMMA_PEOPLE__DEMO": "true",
    }
    with (
        running(["ingest", "--embedded-broker"], folder, **variables) as ingest,
        running(["serve", f"--port={http_port}"], folder, **variables) as serve,
    ):
        ingest.until_it_says("ingest ready")
        serve.until_it_says("tomma serves")
        with running(["simulate", f"--replay={recording}", "--json"], folder, **variables) as player:
            assert player.process.wait(90) == 0, player.said
            result = json.loads(player.said.splitlines()[-1])
        api = Api(f"http://127.0.0.1:{http_port}")
        until(lambda: _levels(api, last) == _recorded(last), what="the last levels to come out")
        yield api, result
        api.close()


def _levels(api: Api, last: dict[str, str]) -> list[object]:
    """The newest levels of its bin: the one before it and, after another, the one after it."""
    readings = api.get(f"/bins/{last['site']}/history")["readings"]
    return [each["fill_fraction"] for each in readings[-3:]][::2]


def _recorded(last: dict[str, str]) -> list[object]:
    return [pytest.approx(float(last[name]) / 100) for name in ("fill_before_pct", "fill_after_pct")]


def test_all_of_it_was_acknowledged(played: tuple[Api, dict[str, Any]], collections: int) -> None:
    """Each collection is a level before and one after, each sent twice."""
    _, result = played
    assert result["collections"] == collections
    assert result["published"] == 4 * collections
    assert result["bins"] == SITES


def test_it_comes_out_as_history_with_the_recorded_levels(
    played: tuple[Api, dict[str, Any]], last: dict[str, str]
) -> None:
    """The level before the last collection of a bin, to the per cent."""
    api, _ = played
    assert _levels(api, last) == _recorded(last)
    assert api.get("/health")["dead_letters"] == {}


def test_most_recorded_collections_are_detected_as_emptyings(
    played: tuple[Api, dict[str, Any]], collections: int
) -> None:
    """From the levels alone, and none that was not recorded."""
    api, _ = played
    span = "from_utc=2016-06-01T00:00:00Z&to_utc=2016-08-10T00:00:00Z"
    detected = sum(
        each["source"] == "detected"
        for one in api.get("/bins")["bins"]
        for each in api.get(f"/bins/{one['id']}/history?{span}")["emptyings"]
    )
    assert 0.7 * collections <= detected <= collections


def test_there_is_a_forecast_and_a_plan_of_the_next_day(played: tuple[Api, dict[str, Any]]) -> None:
    """With every bin on a route or left out with its reason."""
    api, _ = played
    first = api.get("/bins")["bins"][0]["id"]
    steps = until(lambda: api.get(f"/bins/{first}/forecast")["steps"], what="a forecast")
    assert steps[-1]["p50"] >= steps[0]["p50"]
    plan_id = api.post("/plans", {"budget_s": 1.0})["id"]
    plan = until(lambda: _solved(api, plan_id), what="a plan")
    assert plan["status"] == "ready", plan["detail"]
    assert plan["violations"] == []
    collected = {stop["bin_id"] for route in plan["routes"] for stop in route["stops"] if stop["kind"] == "collect"}
    assert collected
    assert len(collected) + len(plan["left_out"]) == SITES
    assert all(each["reasons"] for each in plan["left_out"])


def _solved(api: Api, plan_id: str) -> dict[str, Any]:
    plan: dict[str, Any] = api.get(f"/plans/{plan_id}")
    return plan if plan["status"] not in ("queued", "solving") else {}
