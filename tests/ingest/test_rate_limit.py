"""One device gone mad must not cost the others a second, nor an honest backlog a reading (M14)."""

import gc
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.brokers.topics import envelope_finder
from ingest.identity import spellings_of
from ingest.message import Message
from ingest.stream import rate_limit
from ingest.stream.inbox import Delivery
from ingest.stream.rate_limit import RateLimit
from tests.ingest.conftest import NOW
from tomma.broker_settings import BrokerSettings, Source
from tomma.model import RejectReason

LIMITS = BrokerSettings(sensor_burst=100, sensor_rate_per_s=2.0)


def sent(count: int, sensor: str = "H0001", first: int = 0) -> list[Delivery]:
    """So many messages of one sensor."""
    message = Message(f"tomma/v1/{sensor}/reading", b"{}", NOW, "json")
    return [Delivery(message._replace(payload=b"%d" % number), number, 1, 1) for number in range(first, first + count)]


def test_a_flood_is_cut_to_the_devices_rate() -> None:
    """1,000 a second for ten seconds: its burst, then what its rate allows, and no more."""
    limit = RateLimit(LIMITS)
    admitted = [len(limit.admit(sent(1000), 1, now_s=float(second)).deliveries) for second in range(11)]
    assert admitted == [100, *[2] * 10]
    assert limit.held_back == 11_000 - 120


def test_the_others_are_not_touched_by_it() -> None:
    """The bound is each device's own."""
    limit = RateLimit(LIMITS)
    mixed = [*sent(1000), *sent(50, "H0002"), *sent(50, "H0003")]
    names = [each.message.topic for each in limit.admit(mixed, 3, now_s=0.0).deliveries]
    assert [names.count(f"tomma/v1/H000{number}/reading") for number in (1, 2, 3)] == [100, 50, 50]


def test_a_fortnight_of_five_minute_readings_passes_at_once() -> None:
    """A gateway that was away for two weeks brings honest readings, and all of them."""
    limit = RateLimit(BrokerSettings())
    backlog = sent(14 * 24 * 12)
    assert limit.admit(backlog, 1, now_s=0.0).deliveries == backlog


def test_a_sample_of_a_flood_is_kept_with_the_reason() -> None:
    """The operator sees which device and what it sent, once a minute, not a thousand times a second."""
    limit = RateLimit(LIMITS)
    samples = [each for second in range(121) for each in limit.admit(sent(1000), 1, now_s=float(second)).samples]
    assert [each.reason for each in samples] == [RejectReason.TOO_MANY] * 3
    assert samples[0].topic == "tomma/v1/H0001/reading"


def test_a_network_server_that_names_the_device_in_the_payload_has_the_citys_bound() -> None:
    """LORIOT, SenML, FIWARE and whatever `auto` recognises may bring a whole city under one of their topics."""
    limit = RateLimit(BrokerSettings(sources=(Source(topic="loriot/+/up", envelope="loriot"),), sensor_burst=100))
    message = Message("loriot/app7/up", b"{}", NOW, "loriot")
    city = [Delivery(message, number, 1, 1) for number in range(5000)]
    assert limit.admit(city, 50, now_s=0.0).deliveries == city
    assert limit.admit(city, 50, now_s=0.0).deliveries == []


def test_a_gateway_that_brings_the_city_on_one_topic_has_the_citys_bound() -> None:
    """Thousands of honest devices behind one topic are no flood."""
    source = Source(topic="gateway/up", envelope="json")
    limit = RateLimit(BrokerSettings(sources=(source,), sensor_burst=100))
    message = Message("gateway/up", b"{}", NOW, "json")
    city = [Delivery(message, number, 1, 1) for number in range(5000)]
    assert len(limit.admit(city, 40, now_s=0.0).deliveries) == 4000


@given(st.lists(st.tuples(st.floats(0.0, 100.0), st.integers(0, 300)), max_size=30))
def test_whatever_the_rhythm_no_more_than_burst_and_rate_pass(bouts: list[tuple[float, int]]) -> None:
    """Over any time: the burst plus the rate times that time, at most."""
    limit, now_s, passed = RateLimit(LIMITS), 0.0, 0
    for pause_s, count in bouts:
        now_s += pause_s
        passed += len(limit.admit(sent(count), 1, now_s).deliveries)
        assert passed <= 100 + 2.0 * now_s + 1
    assert passed + limit.held_back == sum(count for _, count in bouts)


def test_a_sample_that_came_cut_says_so() -> None:
    """A replay of it would make a reading of half a message."""
    limit = RateLimit(LIMITS)
    limit.admit(sent(100), 1, now_s=0.0)
    (whole,), (cut,) = sent(1), sent(1, "H0002")
    cut = cut._replace(message=cut.message._replace(topic=whole.message.topic, size_bytes=100_000))
    (sample,) = limit.admit([cut], 1, now_s=0.0).samples
    assert sample.size_bytes == 100_000


def test_topics_and_names_as_long_as_mqtt_allows_fill_no_memory() -> None:
    """Strangers may make up both, 65,535 bytes each: what is remembered of them must not grow with their length."""
    limit, envelope_of = RateLimit(LIMITS), envelope_finder(LIMITS.sources)
    tracemalloc.start()
    for number in range(300):
        name = f"{number:06d}" * 10_000
        (delivery,) = sent(1, name)
        assert envelope_of(delivery.message.topic) == "json"
        assert limit.admit([delivery], 1, now_s=0.0).deliveries
        assert spellings_of(name) == (name,)
    gc.collect()  # paho's matcher leaves cycles behind
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_bytes < 5_000_000, "of 18 million bytes of each"


def test_topics_at_rest_are_forgotten_and_one_in_debt_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes up a topic for each message would fill memory; and nobody pays a debt by shouting at others."""
    monkeypatch.setattr(rate_limit, "REMEMBERED_MAX", 100)
    limit = RateLimit(LIMITS)
    limit.admit(sent(1000), 1, now_s=0.0)
    for second in range(1, 50):
        limit.admit([each for number in range(50) for each in sent(1, f"X{second}-{number}")], 1, now_s=float(second))
    assert len(limit._buckets) <= 150
    assert len(limit.admit(sent(1000), 1, now_s=49.0).deliveries) == 98


def test_a_long_topic_is_bounded_like_any_other() -> None:
    """It is known by its fingerprint, not let through."""
    limit = RateLimit(LIMITS)
    assert len(limit.admit(sent(1000, "H" * 1000), 1, now_s=0.0).deliveries) == 100
