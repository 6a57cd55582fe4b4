"""Drivers' taps, handed in as a tablet does."""

from typing import Any

import httpx


def event_body(key: str, **changes: Any) -> dict[str, Any]:
    """A driver's tap on Emptied at B1, changed as told; None removes a field."""
    body: dict[str, Any] = {
        "key": key,
        "device_id": "tablet-1",
        "sequence": 1,
        "plan_id": "P1",
        "vehicle_id": "V1",
        "kind": "emptied",
        "tapped_utc": "2026-11-22T05:20:00Z",
        "bin_id": "B1",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def send(client: httpx.Client, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Hand in events as a tablet does; return what became of each."""
    answer = client.post("/api/v1/driver/events", json={"events": list(events), "sent_utc": "2026-11-22T05:30:00Z"})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results
