"""What is the matter now, and what was."""

from datetime import timedelta

import httpx

from tests.api.town import NOW
from tests.api.world import World
from tomma.model import Alert, AlertKind, BinId, SensorId

TILT = Alert(AlertKind.TILT, NOW - timedelta(days=2), True, SensorId("H1"), BinId("B1"))
UPRIGHT = Alert(AlertKind.TILT, NOW - timedelta(days=1), False, SensorId("H1"), BinId("B1"))
LOW = Alert(AlertKind.BATTERY_LOW, NOW - timedelta(days=1), True, SensorId("H2"), BinId("B2"), {"battery_v": 3.1})


def _told(client: httpx.Client, query: str = "") -> list[tuple[str, bool]]:
    answer = client.get(f"/api/v1/alerts?{query}")
    assert answer.status_code == 200, answer.text
    return [(each["kind"], each["active"]) for each in answer.json()["alerts"]]


def test_what_is_the_matter_now_is_told_with_its_numbers(client: httpx.Client, world: World) -> None:
    """What has ended is not the matter any more."""
    world.stores.readings.append([], alerts=[TILT, UPRIGHT, LOW])
    assert client.get("/api/v1/alerts?active=true").json() == {
        "alerts": [
            {
                "kind": "battery_low", "at_utc": "2026-11-21T05:30:00Z", "active": True, "sensor_id": "H2",
                "bin_id": "B2", "place": "Gata 1", "values": {"battery_v": 3.1},
            }
        ],
        "truncated": False,
    }  # fmt: skip
    assert _told(client, "active=true&bin_id=B1") == []


def test_every_change_of_a_time_and_of_a_bin_can_be_read(client: httpx.Client, world: World) -> None:
    """When did the trouble begin, and how long did it last?"""
    world.stores.readings.append([], alerts=[TILT, UPRIGHT, LOW])
    assert sorted(_told(client)) == [("battery_low", True), ("tilt", False), ("tilt", True)]
    assert _told(client, "bin_id=B1") == [("tilt", True), ("tilt", False)]
    assert _told(client, "to_utc=2026-11-20T12:00:00Z") == [("tilt", True)]


def test_a_time_that_cannot_be_is_refused(client: httpx.Client) -> None:
    """Backwards, or twenty years at once."""
    for query in ("from_utc=2026-11-22T00:00:00Z&to_utc=2026-11-21T00:00:00Z", "from_utc=2006-11-22T00:00:00Z"):
        assert client.get(f"/api/v1/alerts?{query}").status_code == 422
