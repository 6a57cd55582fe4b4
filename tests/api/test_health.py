"""The operator sees how the server is, and what became of messages that failed."""

from typing import Any

import httpx
import pytest

from tests.api.patience import until
from tests.api.town import NOW
from tests.api.world import World
from tomma.bounds import Breach, Rule
from tomma.model import Rejected, RejectReason, SensorId


def test_a_healthy_server_says_so(client: httpx.Client, world: World) -> None:
    """Every part by name, and when the last reading was."""
    world.measure("B1", 0.5)
    world.report(connected=True, store_failure="")
    health = until(lambda: client.get("/api/v1/health").json(), lambda each: each["last_reading_utc"] is not None)
    assert health["status"] == "ok"
    assert set(health["checks"]) == {"city", "readings", "plans", "events", "forecast", "live", "ingest", "uplinks"}
    assert health["last_reading_utc"] == "2026-11-22T05:30:00Z"


@pytest.mark.parametrize(
    ("ago_s", "facts", "detail"),
    [
        pytest.param(None, {}, "no worker takes readings", id="none was ever there"),
        pytest.param(60.0, {"connected": True}, "ingest-1 has not reported for 60 s", id="frozen or killed"),
        pytest.param(0.0, {"connected": False}, "ingest-1 has no connection to the broker", id="broker away"),
        pytest.param(
            0.0, {"store_failure": "disk full"}, "cannot store, the broker keeps what comes: disk full", id="store"
        ),
        pytest.param(
            0.0, {"feed_trouble": "503"}, "ingest-1 cannot feed the server, readings wait here: 503", id="influx"
        ),
        pytest.param(0.0, {"ended": True}, "ingest-1 was stopped at", id="stopped on purpose"),
    ],
)
def test_a_stream_that_stands_still_is_told(
    client: httpx.Client, world: World, ago_s: float | None, facts: dict[str, Any], detail: str
) -> None:
    """No readings come, and nobody would see it: levels only stay where they are."""
    if ago_s is not None:
        world.report("ingest-1", ago_s, **facts)
        world.report("ingest-2")
    health = client.get("/api/v1/health").json()
    assert health["status"] == "degraded"
    assert detail in health["checks"]["ingest"]["detail"]
    assert "ingest-2" not in health["checks"]["ingest"]["detail"]


def test_workers_are_told_with_their_own_words(client: httpx.Client, world: World) -> None:
    """What a worker counted, and whether it still speaks."""
    world.report("ingest-2", 60.0)
    world.report("ingest-1", received=7, rejected_by_reason={"too_large": 2})
    first, second = client.get("/api/v1/workers").json()["workers"]
    assert (first["worker"], first["silent"], second["worker"], second["silent"]) == (
        "ingest-1",
        False,
        "ingest-2",
        True,
    )
    assert first["facts"] == {"received": 7, "rejected_by_reason": {"too_large": 2}}


def test_readings_are_counted_as_they_come(client: httpx.Client, world: World) -> None:
    """A rate that falls to nothing is the first sign of a broker that is gone."""
    assert client.get("/api/v1/health").json()["readings_per_min"] == 0
    until(lambda: client.get("/api/v1/bins").status_code, lambda status: status == 200)
    for bin_id in ("B1", "B2", "B3"):
        world.measure(bin_id, 0.5)
    until(lambda: client.get("/api/v1/health").json()["readings_per_min"], lambda rate: rate == 3)


def test_dead_letters_are_counted_by_reason_and_shown_newest_first(client: httpx.Client, world: World) -> None:
    """With the payload as it came, so that the maker of the sensor can be told."""
    letters = [
        Rejected(
            "bins/x", b'{"fill": NaN}', NOW, RejectReason.MALFORMED_JSON, "NaN is no JSON", SensorId("x"),
            breach=Breach("fill", Rule.NUMBER, "must be a number", "NaN"),
        ),
        Rejected("bins/y", b"\xff\x00ab" * 1_000, NOW, RejectReason.NOT_UTF8, "byte 0 is no UTF-8"),
    ]  # fmt: skip
    world.stores.readings.append([], [], letters)
    assert client.get("/api/v1/health").json()["dead_letters"] == {"malformed_json": 1, "not_utf8": 1}
    newest, oldest = client.get("/api/v1/dead-letters").json()["dead_letters"]
    assert (oldest["topic"], oldest["payload"], oldest["sensor_id"]) == ("bins/x", '{"fill": NaN}', "x")
    assert newest["payload"].startswith("\\xff\x00ab")
    assert newest["payload_bytes"] == 4_000
    assert newest["error"] is None
    assert oldest["error"] == {
        "field": "fill", "bound": "must be a number", "value": "NaN", "rule": "number", "values": None,
        "advice": None,
    }  # fmt: skip
    assert len(client.get("/api/v1/dead-letters?limit=1").json()["dead_letters"]) == 1
