"""What the subscriber knows of the city and of the past follows what others did to them meanwhile."""

import random
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.stream.subscriber import Subscriber
from tests.ingest.stream.memory_broker import FAR, BrokerInMemory, FailingStore, Start, distances, go_on
from tomma.broker_settings import BrokerSettings
from tomma.city import City, Installation
from tomma.clock import SystemClock
from tomma.errors import NotFoundError
from tomma.model import BinId, Quality, Reading, SensorId
from tomma.ports import Registry
from tomma.stores.readings.sqlite import SqliteReadings


def test_a_sensor_added_a_moment_ago_is_known(
    link: BrokerInMemory, start: Start, registry: Registry, city: City, failing: FailingStore
) -> None:
    """The fitter hangs it, types it in, and it speaks: no restart, and not one reading to quarantine."""
    registry.save(replace(city, installations=tuple(each for each in city.installations if each.sensor_id != "H0001")))
    subscriber = start()
    subscriber.step(go_on())
    registry.save(city)
    link.publish("H0001", 500)
    subscriber.step(go_on())
    assert distances(failing) == [500]
    assert failing.dead_letter_counts() == {}


def test_a_sensor_registered_a_day_late_gets_the_history_it_sent(
    link: BrokerInMemory, start: Start, registry: Registry, city: City, failing: FailingStore
) -> None:
    """Case M18: it lay in quarantine, and nobody has to type a command; the store may even refuse once."""
    unhung = tuple(each for each in city.installations if each.sensor_id != "H0001")
    known = {name: sensor for name, sensor in city.sensors.items() if name != "H0001"}
    registry.save(replace(city, installations=unhung, sensors=known))
    subscriber = start()
    for distance_mm in (500, 510, 520):
        link.publish("H0001", distance_mm, measured_utc=None)
    subscriber.step(go_on())
    assert [each.device_ids[0] for each in failing.quarantine()] == ["H0001"]

    registry.save(city)
    link.publish("H0001", 530)
    failing.fails = 1
    subscriber.step(go_on())
    subscriber.step(go_on())
    assert distances(failing) == [500, 510, 520, 530]
    assert failing.quarantine() == []


class NoCityYet:
    """A registry before the first import."""

    def __init__(self) -> None:
        self.city: City | None = None

    def load(self) -> City:
        """There may be none."""
        if self.city is None:
            raise NotFoundError("no city")
        return self.city

    def revision(self) -> int:
        """Grows with the import."""
        return 0 if self.city is None else 1

    def save(self, city: City) -> None:
        """Import."""
        self.city = city


def test_before_the_first_import_readings_wait_with_the_broker(
    link: BrokerInMemory, failing: FailingStore, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a city every device is unknown; a first start in the wrong order must not cost a day of readings."""
    monkeypatch.setattr("ingest.stream.city_watch.POLL_S", 0.0)
    registry = NoCityYet()
    subscriber = Subscriber(BrokerSettings(), failing, registry, SystemClock(), link=link)
    link.publish("H0001", 500)
    subscriber.step(go_on())
    assert len(link.kept) == 1
    registry.save(city)
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})


def test_a_day_resent_out_of_order_fills_the_history_and_leaves_the_latest(
    link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """What a gateway does after an outage (case M22)."""
    newest = datetime.now(UTC).replace(microsecond=0)
    times = [newest - timedelta(minutes=15 * step) for step in range(96)]
    random.Random(7).shuffle(times)  # noqa: S311  (a seeded order)
    link.publish("H0001", 111, measured_utc=newest.isoformat())
    for moment in times:
        link.publish("H0001", 500, measured_utc=moment.isoformat())
    start().step(go_on())
    assert len(distances(failing)) == 96
    assert failing.latest()[BinId("B0001")].distance_mm == 111


def test_what_another_process_stored_meanwhile_is_known_from_the_next_batch_on(
    start: Start, link: BrokerInMemory, failing: FailingStore
) -> None:
    """`tomma dead-letters replay` and `tomma import` run beside: a level that both remember would be judged by one."""
    subscriber, began = start(), datetime.now(UTC) - timedelta(hours=5)

    def said(hour: int) -> None:
        link.publish("H0001", 900 - hour, measured_utc=(began + timedelta(hours=hour)).isoformat())
        subscriber.step(go_on())

    said(0)
    with closing(SqliteReadings(failing._path)) as other:
        moment = began + timedelta(hours=4)
        other.append([Reading(BinId("B0001"), SensorId("H0001"), moment, moment, 0.2, distance_mm=800.0)])
    for hour in (1, 2):
        said(hour)
    flags = {each.distance_mm: each.quality for each in failing.range(BinId("B0001"), *FAR)}
    assert flags[898.0] is Quality.LATE, "it is older than what the other has stored"
    assert flags[899.0] is Quality.GOOD, "this batch told us of the other"


def test_what_another_process_stored_is_known_even_when_a_message_is_brought_home_first(
    start: Start, link: BrokerInMemory, failing: FailingStore, registry: Registry
) -> None:
    """The append of the quarantine was told of the other, once, and kept it to itself."""
    subscriber, began = start(), datetime.now(UTC) - timedelta(hours=5)

    def said(sensor: str, hour: int) -> None:
        link.publish(sensor, 900 - hour, measured_utc=(began + timedelta(hours=hour)).isoformat())
        subscriber.step(go_on())

    said("H0001", 0)
    said("LOOSE", 0)
    with closing(SqliteReadings(failing._path)) as other:
        moment = began + timedelta(hours=4)
        other.append([Reading(BinId("B0001"), SensorId("H0001"), moment, moment, 0.2, distance_mm=800.0)])
    city = registry.load()
    loose = Installation(SensorId("LOOSE"), BinId("B0002"), datetime(2015, 1, 1, tzinfo=UTC))
    registry.save(replace(city, installations=(*city.installations[:2], *city.installations[3:], loose)))
    subscriber._poll_city(at_once=True)
    subscriber.step(go_on())
    assert not failing.quarantine(), "it was brought home"
    said("H0001", 1)
    flags = {each.distance_mm: each.quality for each in failing.range(BinId("B0001"), *FAR)}
    assert flags[899.0] is Quality.LATE, "it is older than what the other has stored"


def test_an_alert_of_a_message_brought_home_ends_with_the_next_ones(
    start: Start, link: BrokerInMemory, failing: FailingStore, registry: Registry
) -> None:
    """The stream had not followed what the replay told: the bin stayed overflowing until the next start."""
    subscriber, stop = start(), threading.Event()
    began = datetime.now(UTC) - timedelta(hours=12)

    def said(mm: int, *hours: int) -> None:
        for hour in hours:
            link.publish("LOOSE", mm, measured_utc=(began + timedelta(hours=hour)).isoformat())
        subscriber.step(stop)

    link.publish("H0000", 600)  # the alerts that stand are looked up now
    said(100, 0, 1, 2)
    city = registry.load()
    loose = Installation(SensorId("LOOSE"), BinId("B0001"), datetime(2015, 1, 1, tzinfo=UTC))
    registry.save(replace(city, installations=(*city.installations[:1], *city.installations[2:], loose)))
    said(100, 3)  # hung by now, so the city is looked at
    assert [each.bin_id for each in failing.active_alerts()] == ["B0001"]
    said(900, 4, 5, 6)
    assert failing.active_alerts() == []
