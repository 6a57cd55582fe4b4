"""Work orders: from an alert or by hand, begun, done, and closed by who did the work."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import httpx
import pytest

from api.work.schemas import WorkKindName, WorkPriorityName, WorkStatusName
from tests.api.patience import until
from tests.api.taps import event_body, send
from tests.api.town import NOW
from tests.api.world import World
from tomma.alerts import URGENCY
from tomma.city import Installation
from tomma.model import Alert, AlertKind, BinId, SensorId
from tomma.work import WORK_FOR, WorkKind, WorkPriority, WorkStatus

LOW = Alert(AlertKind.BATTERY_LOW, NOW - timedelta(days=1), True, SensorId("H2"), BinId("B2"), {"battery_v": 2.5})


def make(client: httpx.Client, **body: Any) -> dict[str, Any]:
    """Ask for work."""
    answer = client.post("/api/v1/work-orders", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def standing(client: httpx.Client) -> list[str]:
    """The kinds of work somebody still has to do."""
    found = client.get("/api/v1/work-orders?status=open&status=doing").json()["work_orders"]
    return [each["kind"] for each in found]


def test_the_words_of_the_api_are_those_of_the_core() -> None:
    """Written out for the reader of the API; a new one must be added in both."""
    assert set(get_args(WorkKindName)) == set(WorkKind)
    assert set(get_args(WorkPriorityName)) == set(WorkPriority)
    assert set(get_args(WorkStatusName)) == set(WorkStatus)
    assert set(WORK_FOR) == set(URGENCY)


def test_an_order_made_from_an_alert_knows_what_and_where(client: httpx.Client, world: World) -> None:
    """One click: the alert says which bin, which sensor and what usually helps."""
    world.stores.readings.append([], alerts=[LOW])
    alert = client.get("/api/v1/alerts/open").json()["alerts"][0]
    order = make(client, alert_id=alert["id"], priority="high")
    assert (order["kind"], order["bin_id"], order["sensor_id"], order["place"], order["created_by"]) == (
        "replace_battery", "B2", "H2", "Gata 1", "demo",
    )  # fmt: skip
    assert client.get("/api/v1/alerts/open").json()["alerts"][0]["work_orders"] == [
        {"id": order["id"], "status": "open"}
    ]
    assert order["alert_over"] is False
    world.stores.readings.append([], alerts=[replace(LOW, at_utc=NOW, active=False, values={})])
    assert client.get(f"/api/v1/work-orders/{order['id']}").json()["alert_over"] is True


def test_every_step_stays_readable(client: httpx.Client) -> None:
    """Who began it, who finished it, and what they said."""
    order = make(client, kind="repair_bin", bin_id="B3", note="Locket har lossnat")
    path = f"/api/v1/work-orders/{order['id']}"
    client.patch(path, json={"status": "doing", "note": "Beställt gångjärn"}).raise_for_status()
    client.patch(path, json={"status": "done"}).raise_for_status()
    told = client.get(path).json()
    assert (told["status"], told["note"], told["revision"]) == ("done", "Locket har lossnat", 3)
    assert [(each["status"], each["note"], each["by"]) for each in told["history"]] == [
        ("doing", "Beställt gångjärn", "demo"), ("done", "", "demo"),
    ]  # fmt: skip
    assert standing(client) == []


def test_of_two_who_change_one_order_at_once_one_is_refused(client: httpx.Client) -> None:
    """Else the later one would undo what it never saw (case A19)."""
    order = make(client, kind="other", bin_id="B1", note="Klotter")
    path, read = f"/api/v1/work-orders/{order['id']}", {"If-Match": f'"{order["revision"]}"'}
    assert client.patch(path, json={"status": "doing"}, headers=read).status_code == 200
    refused = client.patch(path, json={"status": "cancelled"}, headers=read)
    assert refused.status_code == 412
    assert client.get(path).headers["etag"] == '"2"'


def test_an_order_sent_twice_is_made_once(client: httpx.Client) -> None:
    """The answer got lost; with other words under the same id it is refused."""
    for _ in range(2):
        make(client, id="w-1", kind="clean_place", bin_id="B1")
    assert standing(client) == ["clean_place"]
    other = client.post("/api/v1/work-orders", json={"id": "w-1", "kind": "clean_place", "bin_id": "B2"})
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"kind": "other", "bin_id": "B99"}, 404, id="a bin that is not there"),
        pytest.param({"kind": "other", "sensor_id": "H99"}, 404, id="a sensor that is not there"),
        pytest.param({"bin_id": "B1"}, 422, id="nothing to do"),
        pytest.param({"alert_id": "nonsense"}, 422, id="no alert's id"),
        pytest.param({"kind": "dance", "bin_id": "B1"}, 422, id="no kind of work"),
    ],
)
def test_an_order_that_nobody_can_carry_out_is_refused(client: httpx.Client, body: dict[str, str], status: int) -> None:
    """With the field that is wrong."""
    assert client.post("/api/v1/work-orders", json=body).status_code == status


def test_a_driver_who_empties_the_bin_has_done_the_order(client: httpx.Client, world: World) -> None:
    """Nobody has to close it by hand, and no person is named."""
    world.publish()
    order = make(client, kind="empty_bin", bin_id="B1")
    make(client, kind="repair_bin", bin_id="B1")
    world.clock.now = NOW + timedelta(minutes=40)
    tapped = event_body("emptied-1", tapped_utc="2026-11-22T06:05:00Z")
    body = {"events": [tapped], "sent_utc": "2026-11-22T06:10:00Z"}
    assert client.post("/api/v1/driver/events", json=body).json()["results"][0]["status"] == "stored"
    until(lambda: standing(client), lambda kinds: kinds == ["repair_bin"])
    assert client.get(f"/api/v1/work-orders/{order['id']}").json()["history"][0]["by"] == "driver"


def test_an_emptying_from_before_the_order_does_not_close_it(client: httpx.Client, world: World) -> None:
    """The bin was emptied at 06:20 and is asked for again at 06:30."""
    world.publish()
    send(client, event_body("emptied-1"))
    make(client, kind="empty_bin", bin_id="B1")
    assert _look(client) == ["empty_bin"]


def test_a_sensor_hung_up_since_closes_what_asked_for_it(client: httpx.Client, world: World) -> None:
    """The installer's swap is the answer; he need not find the order too."""
    order = make(client, kind="replace_sensor", sensor_id="H2")
    assert order["bin_id"] == "B2"
    city = world.stores.registry.load()
    world.clock.now = NOW + timedelta(hours=2)
    swapped = NOW + timedelta(hours=1)
    rest = [each for each in city.installations if each.sensor_id != "H2"]
    old = next(each for each in city.installations if each.sensor_id == "H2")
    new = Installation(SensorId("H2"), BinId("B2"), swapped)
    world.stores.registry.save(replace(city, installations=(*rest, replace(old, to_utc=swapped), new)))
    until(lambda: standing(client), lambda kinds: kinds == [])
    assert client.get(f"/api/v1/work-orders/{order['id']}").json()["history"][0]["by"] == "installer"


def _look(client: httpx.Client) -> list[str]:
    app = client._transport._app  # type: ignore[attr-defined]
    app.state.services.alerts.lookout.look()
    return standing(client)
