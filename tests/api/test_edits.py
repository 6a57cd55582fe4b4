"""Plans changed by hand, on the real planner, the real checker and the real stores."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.api.conftest import NOW, World, until

ROUTED = ("B1", "B2", "B3")


@pytest.fixture
def world(world: World) -> World:
    """B1 to B3 are full, the others nearly empty; the planner is the real one."""
    for n in range(1, 6):
        for hours in (30, 20, 10, 1):
            level = 0.99 if f"B{n}" in ROUTED else 0.05
            world.measure(f"B{n}", level, NOW - timedelta(hours=hours))
    world.plans_really = True
    return world


def ready(client: httpx.Client, **order: object) -> dict[str, Any]:
    """Order a plan and wait for it."""
    made = client.post("/api/v1/plans", json={"budget_s": 0.3, **order})
    assert made.status_code == 202, made.text
    plan: dict[str, Any] = until(
        lambda: client.get(f"/api/v1/plans/{made.json()['id']}").json(),
        lambda each: each["status"] not in ("queued", "solving"),
    )
    assert plan["status"] == "ready", plan["detail"]
    return plan


def edited(client: httpx.Client, plan: dict[str, Any], *edits: dict[str, object]) -> dict[str, Any]:
    """Change a plan by hand; return the draft."""
    answer = client.post(f"/api/v1/plans/{plan['id']}/edits", json={"edits": list(edits)})
    assert answer.status_code == 201, answer.text
    draft: dict[str, Any] = answer.json()
    return draft


def taken(plan: dict[str, Any]) -> dict[str, str]:
    """Who collects each bin."""
    return {
        stop["bin_id"]: route["vehicle_id"]
        for route in plan["routes"]
        for stop in route["stops"]
        if stop["bin_id"] is not None
    }


def test_a_removed_bin_is_left_out_because_a_person_took_it_off(client: httpx.Client) -> None:
    """The reason must be the true one: nobody may read that the solver did not want it."""
    plan = ready(client)
    draft = edited(client, plan, {"kind": "remove", "bin_id": "B1"})
    (left,) = [each for each in draft["left_out"] if each["bin_id"] == "B1"]
    assert left["reasons"][0]["code"] == "excluded"
    assert (draft["status"], draft["edited_from"], draft["based_on"]) == ("draft", plan["id"], plan["id"])
    assert "B1" not in taken(draft)
