"""The whole way on the real parts: bins tell, the plan decides, the driver drives, the bin drops; and a clean end."""

import os
import shutil
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest.brokers.listening import free_port
from tests.system.support import Api, Running, all_gone, running, until

SPEED = 180
KEPT = ("basemap.pmtiles", "roads", "prepared-from", "this-is-a-tomma-demo")


def demo_arguments(folder: Path, port: int, *more: str) -> list[str]:
    """A small demo in that folder."""
    return [
        "demo", f"--data-dir={folder}", f"--port={port}", "--bins=60", "--days-of-history=4", f"--speed={SPEED}", *more
    ]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the demo of this module."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(home: Path) -> Iterator[Running]:
    """A demo that is live."""
    with running(demo_arguments(home / "data", free_port()), home) as command:
        command.until_it_says("live: ")
        yield command


@pytest.fixture(scope="module")
def api(demo: Running) -> Iterator[Api]:
    """Its API."""
    address = next(word for word in demo.said.split() if word.startswith("http://"))
    found = Api(address)
    yield found
    found.close()


@pytest.fixture(scope="module")
def published(api: Api) -> dict[str, Any]:
    """The plan the trucks drive."""
    return until(lambda: _published(api), what="a published plan")


def _published(api: Api) -> dict[str, Any]:
    heads = [plan for plan in api.get("/plans")["plans"] if plan["status"] == "published"]
    found: dict[str, Any] = api.get(f"/plans/{heads[0]['id']}") if heads else {}
    return found


def moment(text: str) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(text)


def test_the_town_has_a_second_round_at_noon(api: Api) -> None:
    """Whoever watches for a day sees trucks go out once more; that they get there is `tests/simulator/test_drivers`."""
    noon = api.get("/schedule")["second_round"]
    assert (noon["enabled"], noon["auto_publish"], noon["local_time"]) == (True, True, "11:30")
    assert "missed" not in [each["status"] for each in noon["runs"]], "none was due before the town began"


def test_readings_of_days_come_out_as_history_over_http(api: Api) -> None:
    """They went in over MQTT by both doors, plain JSON and The Things Stack."""
    bins = api.get("/bins")["bins"]
    known = [each for each in bins if each["measured_utc"]]
    assert len(bins) == 60
    assert len(known) >= 57
    history = api.get(f"/bins/{known[0]['id']}/history")
    times = [moment(each["measured_utc"]) for each in history["readings"]]
    assert len(times) > 40
    assert max(times) - min(times) > timedelta(days=3)
    assert api.get("/health")["dead_letters"] == {}


def test_emptyings_of_the_old_rounds_are_detected(api: Api) -> None:
    """Nobody told: they are seen in the levels alone."""
    detected = [
        emptying
        for each in api.get("/bins")["bins"]
        for emptying in api.get(f"/bins/{each['id']}/history")["emptyings"]
        if emptying["source"] == "detected"
    ]
    assert len(detected) >= 15
    assert all(each["fill_before_fraction"] > each["fill_after_fraction"] for each in detected)


def steps_of(api: Api, bin_id: str) -> list[dict[str, Any]]:
    """A bin's forecast; empty before the first one is made."""
    steps: list[dict[str, Any]] = api.get(f"/bins/{bin_id}/forecast")["steps"]
    return steps


def test_every_bin_has_a_forecast_that_only_grows(api: Api, published: dict[str, Any]) -> None:
    """The chance to overflow by a time cannot shrink with time."""
    assert published
    for each in api.get("/bins")["bins"][:10]:
        steps = until(partial(steps_of, api, each["id"]), what=f"a forecast of {each['id']}")
        chances = [step["p_overflow"] for step in steps]
        assert all(first <= second + 1e-9 for first, second in pairwise(chances))
        assert all(step["p10"] <= step["p50"] <= step["p90"] for step in steps)


def test_the_published_plan_follows_streets_and_gives_a_reason_for_every_bin(
    api: Api, published: dict[str, Any]
) -> None:
    """On a route or left out, and told why."""
    assert published["violations"] == []
    assert published["roads_source"] == "streets"
    stops = [stop for route in published["routes"] for stop in route["stops"] if stop["kind"] == "collect"]
    on_route = {stop["bin_id"] for stop in stops}
    left_out = {each["bin_id"] for each in published["left_out"]}
    assert on_route
    assert not on_route & left_out
    assert on_route | left_out == {each["id"] for each in api.get("/bins")["bins"]}
    assert all(stop["reasons"] for stop in stops)
    assert all(each["reasons"] for each in published["left_out"])
    assert any(len(leg) > 2 for route in published["routes"] for leg in route["legs"])


def test_where_the_truck_has_been_the_sensor_reports_a_lower_level(api: Api, published: dict[str, Any]) -> None:
    """The loop is closed: plan, tablet, event, true bin, sensor, MQTT, store, API."""
    fills = {each["id"]: each["fill_fraction"] for each in api.get("/bins")["bins"]}
    taps = until(lambda: _emptied(api, published["id"]), what="a driver's tap")
    until(lambda: _lower_after(api, _emptied(api, published["id"])), what=f"a level that fell; {len(taps)} taps")
    assert fills


def _emptied(api: Api, plan_id: str) -> list[dict[str, Any]]:
    events = api.get("/driver/events?after=0")["events"]
    return [each for each in events if each["kind"] == "emptied" and each["plan_id"] == plan_id]


def _lower_after(api: Api, taps: list[dict[str, Any]]) -> bool:
    """Whether for some tapped bin the last level before the tap is well above one after it."""
    for tap in taps:
        readings = api.get(f"/bins/{tap['bin_id']}/history")["readings"]
        at_utc = moment(tap["tapped_utc"])
        before = [each["fill_fraction"] for each in readings if moment(each["measured_utc"]) < at_utc]
        after = [each["fill_fraction"] for each in readings if moment(each["measured_utc"]) > at_utc]
        if before and after and min(after) < before[-1] - 0.25:
            return True
    return False


def test_a_tap_by_a_person_empties_the_true_bin_too(api: Api, published: dict[str, Any]) -> None:
    """Who plays the driver on the page sees the bin drop, although no simulated truck was there."""
    on_route = {stop["bin_id"] for route in published["routes"] for stop in route["stops"]}
    spoken = [each for each in api.get("/bins")["bins"] if each["fill_fraction"] and each["id"] not in on_route]
    now_utc = api.get("/city")["clock"]["now_utc"]
    fresh = [each for each in spoken if moment(now_utc) - moment(each["measured_utc"]) < timedelta(hours=2)]
    # Three of them, since a radio may be down for hours.
    chosen = sorted(fresh, key=lambda each: float(each["fill_fraction"]))[-3:]
    taps = [
        {
            "key": f"a-person-at-{each['id']}", "device_id": "tablet-9", "sequence": number, "plan_id": published["id"],
            "vehicle_id": published["routes"][0]["vehicle_id"], "kind": "emptied", "tapped_utc": now_utc,
            "bin_id": each["id"],
        }
        for number, each in enumerate(chosen)
    ]  # fmt: skip
    results = api.post("/driver/events", {"events": taps, "sent_utc": now_utc})["results"]
    assert [each["status"] for each in results] == ["stored"] * 3
    until(
        lambda: any(
            moment(reading["measured_utc"]) > moment(now_utc)
            and reading["fill_fraction"] < max(0.5 * each["fill_fraction"], 0.05)
            for each in chosen
            for reading in api.get(f"/bins/{each['id']}/history")["readings"]
        ),
        what=f"one of these levels to fall: {[(each['id'], each['fill_fraction']) for each in chosen]}",
    )


def test_sigterm_ends_every_process_and_the_demo_says_so(demo: Running, api: Api) -> None:
    """Last of those that share the demo: broker, ingest, server and simulator are gone, and it ended well."""
    family = demo.family()
    assert len(family) >= 5
    assert demo.end() == 0
    until(lambda: all_gone(family), what=f"the end of {[each.pid for each in family]}", within_s=20)
    assert demo.said.rstrip().endswith("ending")
    assert not api.is_up()


def prepared(home: Path, tmp_path: Path) -> Path:
    """A second demo's folder with the first one's map and streets in it: nothing to prepare."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in KEPT:
        source = home / "data" / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    return folder


def test_kill_9_of_the_supervisor_leaves_no_process(demo: Running, home: Path, tmp_path: Path) -> None:
    """Children notice by their leash that nobody holds it any more."""
    folder = prepared(home, tmp_path)
    with running(demo_arguments(folder, free_port()), tmp_path) as second:
        second.until_it_says("loading history")
        assert "map and streets are prepared" in second.said  # a second start does not prepare again
        family = second.family()
        assert len(family) >= 4
        second.end(signal.SIGKILL)
        until(lambda: all_gone(family), what=f"the end of {[each.pid for each in family]}", within_s=20)


def test_a_part_that_dies_ends_the_demo_with_its_last_words(demo: Running, home: Path, tmp_path: Path) -> None:
    """Better no demo than one that looks alive; the exit code says so too. A taken port is stepped over."""
    folder = prepared(home, tmp_path)
    port = free_port()
    with running(["serve", f"--port={port}"], tmp_path, TOMMA_DATA_DIR=str(tmp_path / "other")) as other:
        other.until_it_says("tomma serves")
        with running(demo_arguments(folder, port), tmp_path) as second:
            second.until_it_says("loading history")
            family = second.family()
            [ingest] = [each for each in family if "ingest" in _words(each)]
            ingest.kill()
            assert second.process.wait(30) == 1
            assert f"port {port} is taken; using " in second.said
            assert "ingest ended with code -9" in second.said
            assert "ingest ready" in second.said.split("last words")[1]
            until(lambda: all_gone(family), what="the end of the rest", within_s=20)


def test_nothing_of_ours_is_left_on_this_machine(home: Path) -> None:
    """No process still has the demo's folder in its command line or environment."""

    def none_is_left() -> bool:
        named = [each.pid for each in psutil.process_iter() if any(str(home) in word for word in _words(each))]
        return set(named) <= {os.getpid()}

    until(none_is_left, what="the last of them to go", within_s=20)


def _words(process: psutil.Process) -> list[str]:
    """How it was called and in which environment; nothing of one that has just ended."""
    try:
        return [*process.cmdline(), *process.environ().values()]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
