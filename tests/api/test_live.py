"""Pages hear what changes without asking; a server that leaves does not wait for them."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.driver.ledger import DriverLedger
from api.live.hub import LISTENERS_MAX, QUEUE_MAX, Hub
from api.problems.model import BusyError
from tests.api.patience import PATIENCE_S, until
from tests.api.taps import event_body, send
from tests.api.town import NOW, TODAY, plan_of
from tests.api.world import World, serving_on_a_port
from tomma.model import Alert, AlertKind, BinId, PlanId, SensorId


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """A client of a real server: a stream ends when it is closed, not when it is whole."""
    with serving_on_a_port(world) as client:
        client.get("/api/v1/bins")  # its first look is over: from here on a stream tells what changes, and no more
        yield client


def news(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    """The events of a stream as (name, body); comments are ("", None)."""
    kind = ""
    for line in response.iter_lines():
        if line.startswith(":"):
            yield "", None
        elif line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))


def heard(stream: Iterator[tuple[str, Any]], kind: str) -> Any:
    """The next news of this kind."""
    return next(body for name, body in stream if name == kind)


def test_a_reading_reaches_the_pages_that_listen(client: httpx.Client, world: World) -> None:
    """Ingest is another process; the page hears of its reading all the same, and of nothing else."""
    with client.stream("GET", "/api/v1/stream") as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "content-encoding" not in response.headers, "a compressed stream comes in lumps"
        stream = news(response)
        heard(stream, "")
        world.measure("B2", 0.5)
        assert heard(stream, "bins") == {
            "bins": [
                {
                    "id": "B2", "fill_fraction": 0.5, "measured_utc": "2026-11-22T05:30:00Z", "sensor_state": "ok",
                    "plan_state": "none",
                }
            ]
        }  # fmt: skip


def test_a_sensor_that_falls_silent_is_silent_on_the_map_at_once(client: httpx.Client, world: World) -> None:
    """The list of alerts and the map once had a judge each: the same morning told of 0 and of 20 silent sensors."""
    about = SensorId("H2"), BinId("B2")
    world.measure("B2", 0.5)
    until(lambda: client.get("/api/v1/bins/B2").json()["fill_fraction"], lambda level: level == 0.5)
    with client.stream("GET", "/api/v1/stream") as response:
        stream = news(response)
        heard(stream, "")
        for is_silent, state in ((True, "silent"), (False, "ok")):
            told = Alert(AlertKind.SENSOR_SILENT, NOW + timedelta(hours=not is_silent), is_silent, *about)
            world.stores.readings.append([], alerts=[told])
            assert [(each["id"], each["sensor_state"]) for each in heard(stream, "bins")["bins"]] == [("B2", state)]
            assert client.get("/api/v1/bins/B2").json()["sensor_state"] == state


def test_a_tap_reaches_the_pages_as_event_and_as_state(client: httpx.Client, world: World) -> None:
    """The manager sees the truck work."""
    world.publish()
    until(lambda: client.get("/api/v1/bins/B1").json()["plan_state"], lambda state: state == "planned")
    with client.stream("GET", "/api/v1/stream") as response:
        stream = news(response)
        heard(stream, "")
        send(client, event_body("emptied-1"))
        event, states = None, list[str]()
        while event is None or states != ["emptied"]:  # in either order, and what was planned may be told late
            name, body = next(stream)
            event = body if name == "event" else event
            states = [each["plan_state"] for each in body["bins"]] if name == "bins" else states
        assert (event["key"], event["kind"], event["bin_id"]) == ("emptied-1", "emptied", "B1")


def test_an_event_that_a_question_read_first_still_reaches_the_pages(client: httpx.Client, world: World) -> None:
    """A tablet asks for its route the moment it has sent a tap: the other tablet must hear of the tap all the same."""
    world.publish()
    ledger, log = DriverLedger(world.stores.events, world.stores.plans), world.stores.events
    assert ledger.news() == []
    send(client, event_body("emptied-1"))
    assert ledger.day(TODAY).outcomes
    assert [event.key for event in ledger.news()] == [event.key for event in log.since(0, 10)[1]] == ["emptied-1"]
    assert ledger.news() == []


@pytest.mark.parametrize("through", ["the page", "another process"])
def test_a_published_plan_reaches_the_pages_once(client: httpx.Client, world: World, through: str) -> None:
    """`tomma plan --publish` in a terminal counts as much as the button."""
    world.stores.plans.save(plan_of(world.stores.registry.load(), PlanId("P1"), TODAY, world.clock.now))
    with client.stream("GET", "/api/v1/stream") as response:
        stream = news(response)
        heard(stream, "")
        if through == "the page":
            client.post("/api/v1/plans/P1/publish")
        else:
            world.stores.plans.publish(PlanId("P1"))
        told = [heard(stream, "plan")]
        world.measure("B2", 0.5)  # the look that finds this would have told the plan once more before
        for name, body in stream:
            told += [body] if name == "plan" else []
            if name == "bins" and 0.5 in [each["fill_fraction"] for each in body["bins"]]:
                break
        assert told == [{"id": "P1", "status": "published"}]


def test_a_plan_can_be_followed_to_its_end(client: httpx.Client, world: World) -> None:
    """Stage by stage; the last word is the final status, and then the stream ends by itself."""
    plan_id = client.post("/api/v1/plans", json={}).json()["id"]
    assert world.planner.begun.wait(PATIENCE_S)
    with client.stream("GET", f"/api/v1/plans/{plan_id}/progress") as response:
        stream = news(response)
        first = heard(stream, "progress")
        assert (first["plan_id"], first["status"], first["stage"]) == (plan_id, "solving", "forecast")
        world.planner.gate.set()
        last = [body for name, body in stream if name == "progress"][-1]
    assert (last["status"], last["stage"], last["best_cost_minor"], last["stops"]) == ("ready", "done", 12_345, 4)


def test_a_plan_that_has_ended_tells_its_end_at_once(client: httpx.Client, world: World) -> None:
    """A page that comes late or comes back gets the last word, not silence."""
    world.publish()
    with client.stream("GET", "/api/v1/plans/P1/progress") as response:
        assert [body["status"] for name, body in news(response) if name == "progress"] == ["published"]


def test_silence_is_filled_with_heartbeats(client: httpx.Client) -> None:
    """A proxy cuts a line on which nothing moves."""
    with client.stream("GET", "/api/v1/stream") as response:
        stream = news(response)
        for _ in range(2):
            assert heard(stream, "") is None


def test_the_server_leaves_although_pages_listen(world: World) -> None:
    """An open stream has no end of its own; the pages come back to the next server by themselves."""
    with contextlib.ExitStack() as pages:
        with serving_on_a_port(world) as client:  # leaving this block stops the server and waits for its end
            asker = pages.enter_context(httpx.Client(base_url=client.base_url, timeout=PATIENCE_S, trust_env=False))
            response = pages.enter_context(asker.stream("GET", "/api/v1/stream"))
            stream = news(response)
            heard(stream, "")
        for _ in stream:
            """The stream comes to a proper end; one that is cut raises."""


def test_a_page_that_does_not_read_is_dropped_and_holds_nobody_up() -> None:
    """A tablet in a tunnel must not fill the server's memory."""

    async def scene() -> tuple[int, list[Any]]:
        hub = Hub()
        with hub.listen("city") as asleep, hub.listen("city") as awake:
            got = []
            for n in range(QUEUE_MAX + 1):
                hub.tell("city", "n", n)
                await asyncio.sleep(0)
                got.append(awake.queue.get_nowait())
            rest = [item async for item in asleep.news(1.0)]
            assert asleep.dropped
        return len(got), rest

    assert asyncio.run(scene()) == (QUEUE_MAX + 1, [])


def test_there_is_room_for_a_bounded_number_of_pages() -> None:
    """More would take the threads and files that the tablets need; the answer says to come back."""

    async def scene() -> None:
        hub = Hub()
        with contextlib.ExitStack() as pages:
            for _ in range(LISTENERS_MAX):
                hub.check_room()
                pages.enter_context(hub.listen("city"))
            with pytest.raises(BusyError):
                hub.check_room()
        hub.check_room()

    asyncio.run(scene())


def test_news_told_while_nobody_listens_is_no_fault() -> None:
    """A plan may end after the page is closed, also after its event loop is gone."""
    hub = Hub()

    async def scene() -> object:
        return hub.listen("city").__enter__()

    asyncio.run(scene())
    hub.tell("city", "n", 1)
    hub.tell("elsewhere", "n", 2)
    hub.close()
