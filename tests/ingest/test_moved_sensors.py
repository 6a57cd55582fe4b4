"""A sensor that hangs in another bin: what was said of it before is over, and what is still the matter is said anew."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ingest.message import Message
from ingest.stream.hand_in import HandInLink
from ingest.stream.subscriber import Subscriber
from tomma.broker_settings import BrokerSettings
from tomma.city import City, Installation
from tomma.clock import SystemClock
from tomma.model import AlertKind, BinId, SensorId
from tomma.ports import Registry
from tomma.stores.readings.sqlite import SqliteReadings

MOVED = SensorId("H0001")
BEGAN = datetime.now(UTC) - timedelta(hours=2)


def _said(sensor_id: str, minute: int) -> Message:
    moment = BEGAN + timedelta(minutes=minute)
    body = {"measured_utc": moment.isoformat(), "distance_mm": 500, "battery_v": 2.5}
    return Message(f"tomma/v1/{sensor_id}/reading", json.dumps(body).encode(), datetime.now(UTC), "json")


def _moved(city: City, at_utc: datetime) -> City:
    """From B0001 to B0002, whose own sensor was taken down."""
    others = [each for each in city.installations if each.sensor_id not in (MOVED, "H0002")]
    before = Installation(MOVED, BinId("B0001"), BEGAN - timedelta(days=9), at_utc)
    return replace(city, installations=(*others, before, Installation(MOVED, BinId("B0002"), at_utc)))


def test_what_was_said_of_a_sensor_in_one_bin_is_said_again_in_another(
    store: SqliteReadings, registry: Registry, city: City
) -> None:
    """Its battery is as low there; the alert at the old bin is ended by the watch, and the new bin gets its own."""
    link = HandInLink()
    subscriber = Subscriber(BrokerSettings(), store, registry, SystemClock(), link=link)

    def hear(*messages: Message) -> None:
        for each in messages:
            link.hand_in(each)
        subscriber.step(threading.Event())

    hear(_said(MOVED, 0), _said(MOVED, 10))
    registry.save(_moved(city, BEGAN + timedelta(minutes=15)))
    hear(_said("STRANGER", 20))  # for whom the city is looked at again at once
    hear(_said(MOVED, 20), _said(MOVED, 30))
    told = [each for each in store.alerts(BEGAN - timedelta(days=1), BEGAN + timedelta(days=1)) if each.active]
    assert [(each.kind, each.bin_id) for each in told] == [
        (AlertKind.BATTERY_LOW, "B0001"),
        (AlertKind.BATTERY_LOW, "B0002"),
    ]
