"""Readings over HTTP: nothing is promised before it is durable, and everything that may be promised is."""

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.context import ApiContext
from api.uplinks.door import door_settings
from ingest.message import Message
from ingest.stream.hand_in import HandInLink
from ingest.stream.inbox import Delivery
from ingest.stream.rate_limit import RateLimit
from tests.api.access.conftest import City, locked
from tests.api.patience import until
from tests.api.town import NOW
from tests.api.world import FAST, World
from tomma.broker_settings import BrokerSettings
from tomma.errors import StoreUnavailableError
from tomma.model import BinId
from tomma.people import Role
from tomma.ports import Appended, ReadingStore

UPLINKS = "/api/v1/uplinks"


def tts(device: str, distance_mm: float, counter: int = 1) -> bytes:
    """What a webhook of The Things Stack posts."""
    return json.dumps(
        {
            "end_device_ids": {"device_id": device},
            "received_at": f"2026-11-22T05:{counter:02}:00Z",
            "uplink_message": {"f_port": 85, "f_cnt": counter, "decoded_payload": {"distance_mm": distance_mm}},
        }
    ).encode()


class Sulking:
    """A store that cannot write while it is told so; else the real one."""

    def __init__(self, inner: ReadingStore) -> None:
        self._inner = inner
        self.is_shut = threading.Event()
        self.refused = threading.Event()

    def append(self, *batch: Any) -> Appended:
        """Refuse, or store."""
        if self.is_shut.is_set():
            self.refused.set()
            raise StoreUnavailableError("the disk is full")
        return self._inner.append(*batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Door(City):
    """A city whose store can be shut."""

    store: Sulking
    patience_s = 30.0

    def context(self) -> ApiContext:
        """The same, on a store that can be shut."""
        self.store = Sulking(self.world.stores.readings)
        pace = replace(FAST, stored_within_s=self.patience_s)
        return replace(super().context(), readings=self.store, pace=pace)


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    """The application with its locks."""
    with Door(locked(world)).open() as opened:
        assert isinstance(opened, Door)
        yield opened


@pytest.fixture
def network(door: Door) -> httpx.Client:
    """A network server with a key."""
    return door.key(Role.SENSOR)


def fills(door: Door, bin_id: str) -> list[float]:
    """What is stored of a bin, by another reader of the same files."""
    found = door.world.stores.readings.range(BinId(bin_id), NOW - timedelta(days=1), NOW + timedelta(days=1))
    return [round(each.fill_fraction, 2) for each in found]


def letters(door: Door) -> Mapping[str, str]:
    """The dead letters by topic."""
    return {each.rejected.topic: each.rejected.reason.value for each in door.world.stores.readings.dead_letters(10)}


def test_an_answer_comes_after_the_reading_is_stored(door: Door, network: httpx.Client) -> None:
    """A network server forgets what was answered; sent again, it is stored once. A hundred thousand leave no record."""
    records = len(door.world.stores.audit.page(100))
    answer = network.post(f"{UPLINKS}/tts_v3", content=tts("H1", 550))
    assert (answer.status_code, answer.content) == (204, b"")
    assert fills(door, "B1") == [0.5]
    assert network.post(f"{UPLINKS}/auto", content=tts("H1", 550)).status_code == 204
    assert fills(door, "B1") == [0.5]
    own = b'{"measured_utc": "2026-11-22T05:20:00Z", "fill_fraction": 0.7}'
    assert network.post(f"{UPLINKS}/json?device=H2", content=own).status_code == 204
    assert fills(door, "B2") == [0.7]
    assert len(door.world.stores.audit.page(100)) == records


@pytest.mark.parametrize("address", ["chirpstack_v4", "auto"])
def test_every_event_of_chirpstack_is_taken_and_only_what_it_says_of_bins_is_kept(
    door: Door, network: httpx.Client, address: str
) -> None:
    """Its HTTP integration has one address for all events: each night's joins hid the letter that somebody must see."""
    about = {"deduplicationId": "3ac7", "time": "2026-11-22T05:00:00Z", "deviceInfo": {"devEui": "H1"}}
    events: Mapping[str, Mapping[str, Any]] = {
        "up": {"devAddr": "00189440", "fPort": 85, "object": {"distance_mm": 550}, "rxInfo": [{"rssi": -48}]},
        "up of port 0": {"devAddr": "00189440", "fCnt": 7, "fPort": 0, "data": "Aw==", "rxInfo": [{"rssi": -48}]},
        "join": {"devAddr": "00189440"},
        "ack": {"queueItemId": "1", "acknowledged": True, "fCntDown": 3},
        "txack": {"queueItemId": "1", "fCntDown": 3, "gatewayId": "0303"},
        "log": {"level": "ERROR", "code": "UPLINK_CODEC", "description": "it threw"},
        "location": {"location": {"latitude": 59.6, "longitude": 16.5}},
        "integration": {"integrationName": "loracloud", "eventType": "x"},
        "status": {"margin": 10, "externalPowerSource": True},
    }
    for name, event in events.items():
        answer = network.post(f"{UPLINKS}/{address}?event={name}", content=json.dumps({**about, **event}))
        assert answer.status_code == 204, (name, answer.text)
    assert fills(door, "B1") == [0.5]
    assert letters(door) == {}
    strange = network.post(f"{UPLINKS}/{address}?event=new", content=json.dumps({**about, "brand": "new"}))
    assert (strange.status_code, letters(door)) == (204, {f"http/{address}": "no_reading"})


def test_network_commands_of_the_things_stack_are_taken_and_let_go(door: Door, network: httpx.Client) -> None:
    """It leaves a port of 0 out; each device sends such a frame when its network asks how well it is heard."""
    commands = {"end_device_ids": {"device_id": "H1"}, "uplink_message": {"f_cnt": 7, "rx_metadata": [{"rssi": -48}]}}
    answer = network.post(f"{UPLINKS}/tts_v3", content=json.dumps(commands))
    assert (answer.status_code, fills(door, "B1"), letters(door)) == (204, [], {})


def test_what_cannot_be_stored_is_not_promised_and_is_not_lost_either(world: World) -> None:
    """The sender keeps it and comes again; what it handed in before is stored as soon as the store can."""
    door = Door(locked(world))
    door.patience_s = 0.3
    with door.open():
        door.store.is_shut.set()
        refused_then_stored(door, door.key(Role.SENSOR))


def refused_then_stored(door: Door, network: httpx.Client) -> None:
    """A message that comes while nothing can be stored, and again when it can."""
    answer = network.post(f"{UPLINKS}/tts_v3", content=tts("H1", 550))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert door.store.refused.wait(30.0)
    assert fills(door, "B1") == []
    door.store.is_shut.clear()
    assert until(lambda: fills(door, "B1"), bool) == [0.5]

    def again() -> int:
        return network.post(f"{UPLINKS}/tts_v3", content=tts("H1", 550)).status_code

    assert until(again, lambda status: status == 204) == 204
    assert fills(door, "B1") == [0.5]


def test_many_at_once_are_stored_together_and_each_is_told(door: Door, network: httpx.Client) -> None:
    """A network server opens a connection for each; one commit takes what came meanwhile."""

    def post(number: int) -> int:
        return network.post(f"{UPLINKS}/tts_v3", content=tts(f"H{1 + number % 5}", 500 + number, number)).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(40))) == {204}
    assert sum(len(fills(door, f"B{n}")) for n in range(1, 6)) == 40


def test_what_is_no_reading_is_kept_with_its_reason_and_not_sent_for_ever(door: Door, network: httpx.Client) -> None:
    """A refusal would make the network server repeat it until somebody looks; here somebody can look."""
    for path, body in (
        ("tts_v3", tts("nyrum-7", 550)),
        ("json?device=H1", b'{"sensor_id": "H2", "fill_fraction": 0.5}'),
        ("chirpstack_v4", b"\xff\xfe no json"),
        ("loriot", b'{"cmd": "rx", "x": "' + 20_000 * b"x" + b'"}'),
    ):
        assert network.post(f"{UPLINKS}/{path}", content=body).status_code == 204
    assert letters(door) == {
        "http/tts_v3": "unknown_device",
        "http/json/H1/reading": "foreign_topic",
        "http/chirpstack_v4": "not_utf8",
        "http/loriot": "too_large",
    }


def test_a_request_that_is_none_is_refused(door: Door, network: httpx.Client) -> None:
    """Unknown networks, packed bodies, nothing at all; and nobody comes in without a key for this door."""
    body = tts("H1", 550)
    assert network.post(f"{UPLINKS}/sigfox", content=body).status_code == 404
    assert network.post(f"{UPLINKS}/tts_v3", content=body, headers={"content-encoding": "gzip"}).status_code == 415
    assert network.post(f"{UPLINKS}/tts_v3").status_code == 422
    assert network.post(f"{UPLINKS}/json?device=H%2F1", content=body).status_code == 422
    assert network.post(f"{UPLINKS}/tts_v3", content=2 * 1_048_576 * b"x").status_code == 413
    assert door.client().post(f"{UPLINKS}/tts_v3", content=body).status_code == 401
    assert door.key(Role.MONITOR).post(f"{UPLINKS}/tts_v3", content=body).status_code == 403
    assert network.get("/api/v1/bins").status_code == 403
    assert fills(door, "B1") == []


def test_a_network_may_send_for_every_sensor_and_a_device_for_itself() -> None:
    """The limit of one device's flood must not be the limit of a city behind one network server."""
    settings = door_settings(BrokerSettings(sensor_burst=2))
    message = Message("http/tts_v3", b"{}", NOW, "tts_v3")
    alone = message._replace(topic="http/json/H1/reading", envelope="json")

    def admitted(each: Message) -> int:
        return len(RateLimit(settings).admit([Delivery(each, 1, 1, 0)] * 50, 10, 0.0).deliveries)

    assert (admitted(message), admitted(alone)) == (20, 2)


def test_who_finds_no_room_or_a_leaving_server_is_told_so() -> None:
    """Memory has an end, and so has the day: what was not promised stays with its sender."""
    link, message = HandInLink(messages_max=2), Message("http/json", b"{}", NOW, "json")
    promised: list[Future[None]] = [link.hand_in(message) for _ in range(2)]
    with pytest.raises(StoreUnavailableError, match="send it again"):
        link.hand_in(message)
    taken = link.receive(1, 0.0)
    promised[0].cancel()  # its sender hung up
    link.acknowledge(taken)
    promised += [link.hand_in(message)]
    link.acknowledge(link.receive(1, 0.0))
    assert promised[1].result(0) is None
    link.close()
    assert isinstance(promised[2].exception(0), StoreUnavailableError)
    with pytest.raises(StoreUnavailableError):
        link.hand_in(message)


def test_a_server_that_stops_stores_what_it_took(world: World) -> None:
    """The last message before a restart is as good as any other."""
    city = City(locked(world))
    with city.open():
        key = city.key(Role.SENSOR)
        assert key.post(f"{UPLINKS}/tts_v3", content=tts("H1", 550)).status_code == 204
        door = create_app(city.context()).state.services.uplinks  # a second one, asked without waiting
        late = door.hand_in("tts_v3", "", tts("H2", 550))
        door.stop()
        door.join(10.0)
        assert late.done()
    stored = world.stores.readings.latest()
    assert late.exception(0) is not None or BinId("B2") in stored
    assert BinId("B1") in stored
