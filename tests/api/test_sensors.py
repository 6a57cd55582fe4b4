"""The sensors page: who needs attention, first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.api.patience import until
from tests.api.town import NOW
from tests.api.world import World, serving
from tomma.model import Alert, AlertKind, BinId, Quality, Reading, Rejected, RejectReason, SensorId
from tomma.vitals import Vital


def _ids(client: httpx.Client, query: str = "") -> list[str]:
    answer = client.get(f"/api/v1/sensors?{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["sensors"]]


def _rows(client: httpx.Client) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in client.get("/api/v1/sensors").json()["sensors"]}


@pytest.fixture
def troubled(world: World) -> World:
    """H3 tilts, H5 is silent, H2 hangs nowhere; H1 and H4 have spoken."""
    for bin_id in ("B1", "B4", "B5"):
        world.measure(bin_id, 0.5)
    raised = [(AlertKind.TILT, "H3"), (AlertKind.SENSOR_SILENT, "H5")]
    world.stores.readings.append([], alerts=[Alert(kind, NOW, True, SensorId(each)) for kind, each in raised])
    city = world.stores.registry.load()
    hung = tuple(each for each in city.installations if each.sensor_id != "H2")
    world.stores.registry.save(replace(city, installations=hung))
    return world


def test_whoever_needs_attention_comes_first(troubled: World, client: httpx.Client) -> None:
    """An operator with ten minutes reads from the top; with the numbers of each state beside it."""
    until(lambda: _rows(client), lambda each: each["H4"]["state"] == "ok")
    answer = client.get("/api/v1/sensors").json()
    states = [(each["id"], each["state"]) for each in answer["sensors"]]
    assert states == [("H3", "alert"), ("H5", "silent"), ("H2", "not_installed"), ("H1", "ok"), ("H4", "ok")]
    assert answer["counts"] == {"alert": 1, "silent": 1, "odd": 0, "never": 0, "not_installed": 1, "ok": 2}
    assert answer["sensors"][0]["alerts"] == ["tilt"]


def test_a_sensor_is_told_with_its_newest_reading(client: httpx.Client, world: World) -> None:
    """Place, level, battery and remarks in one row; a bin's reading by another sensor is not this one's."""
    reading = Reading(
        BinId("B1"), SensorId("H1"), NOW, NOW, 0.5, Quality.LATE, distance_mm=550.0, battery_v=3.5, temperature_c=-2.0
    )
    world.stores.readings.append([reading, replace(reading, bin_id=BinId("B2"), sensor_id=SensorId("OTHER"))])
    rows = until(lambda: _rows(client), lambda each: each["H1"]["measured_utc"] is not None)
    told = {name: rows["H1"][name] for name in ("place", "fill_fraction", "distance_mm", "battery_v", "temperature_c")}
    assert told == {
        "place": "Gata 1", "fill_fraction": 0.5, "distance_mm": 550.0, "battery_v": 3.5, "temperature_c": -2.0,
    }  # fmt: skip
    assert (rows["H1"]["quality"], rows["H1"]["measured_utc"]) == (["late"], "2026-11-22T05:30:00Z")
    assert (rows["H2"]["state"], rows["H2"]["measured_utc"]) == ("never", None)
    never = Alert(AlertKind.SENSOR_SILENT, NOW, True, SensorId("H2"), BinId("B2"))
    world.stores.readings.append([], alerts=[never])
    assert (_rows(client)["H2"]["state"], _rows(client)["H2"]["alerts"]) == ("never", ["sensor_silent"])


def test_sensors_are_found_by_state_and_by_any_name(troubled: World, client: httpx.Client) -> None:
    """In a city of eleven thousand nobody leafs."""
    until(lambda: _rows(client), lambda each: each["H4"]["state"] == "ok")
    assert _ids(client, "state=ok") == ["H1", "H4"]
    assert _ids(client, "q=gata 2") == ["H3", "H4"]
    assert _ids(client, "q=ACME&state=silent") == ["H5"]
    assert _ids(client, "limit=2&offset=1") == ["H5", "H2"]
    assert client.get("/api/v1/sensors?q=B4").json()["total"] == 1
    assert client.get("/api/v1/sensors?state=fine").status_code == 422


def test_a_device_that_nobody_registered_is_told_to_the_installer(client: httpx.Client, world: World) -> None:
    """With its names and what it sent last: enough to find it on the wall and to register it."""
    letter = Rejected(
        "v3/app/devices/new/up", b'{"d":\xff}', NOW, RejectReason.UNKNOWN_DEVICE, "unknown", envelope="tts_v3",
        device_ids=("new", "24E124"),
    )  # fmt: skip
    world.stores.readings.append([], rejected=[letter])
    [device] = client.get("/api/v1/quarantine").json()["devices"]
    assert device == {
        "device_ids": ["new", "24E124"], "envelope": "tts_v3", "reason": "unknown_device", "seen": 1, "kept": 1,
        "first_utc": "2026-11-22T05:30:00Z", "last_utc": "2026-11-22T05:30:00Z", "last_payload": '{"d":\\xff}',
    }  # fmt: skip


def test_the_list_is_sorted_by_what_is_worst(world: World) -> None:
    """The next round of batteries begins with the emptiest, the next antenna with the weakest."""
    days = [NOW - timedelta(days=20 - n) for n in range(20)]
    for n, moment in enumerate(days):
        told = [Vital(SensorId("H2"), moment, 0.9 - n / 100, rssi_dbm=-80.0, noise_fraction=0.01)]
        told += [Vital(SensorId("H3"), moment, 0.8 - n / 50, rssi_dbm=-118.0, noise_fraction=0.2)]
        world.stores.vitals.note(told)
    with serving(world) as client:

        def first(sort: str) -> list[str]:
            listed = client.get("/api/v1/sensors", params={"sort": sort}).json()["sensors"]
            return [each["id"] for each in listed][:2]

        assert first("battery") == ["H3", "H2"]
        assert first("days_left") == ["H3", "H2"]
        assert first("signal") == ["H3", "H2"]
        assert first("noise") == ["H3", "H2"]
        assert first("id") == ["H1", "H2"]
        rows = {each["id"]: each for each in client.get("/api/v1/sensors").json()["sensors"]}
    assert rows["H3"]["battery_days_left"] == pytest.approx(18.5, abs=0.6)
    assert (rows["H1"]["battery_fraction"], rows["H1"]["battery_days_left"]) == (None, None)
