"""Store, then acknowledge: each order of failure, against a broker in memory."""

import threading

import pytest

from ingest.stream.subscriber import Subscriber
from tests.ingest.stream.memory_broker import BrokerInMemory, FailingStore, PowerCut, Start, distances, go_on
from tomma.broker_settings import BrokerSettings
from tomma.clock import SystemClock
from tomma.model import RejectReason
from tomma.ports import Registry


def stopped() -> threading.Event:
    """A stop that is set."""
    stop = threading.Event()
    stop.set()
    return stop


@pytest.mark.parametrize(
    ("dies", "stored_at_death"),
    [
        pytest.param("before the commit", [], id="before the commit: the broker has it"),
        pytest.param("after the commit", [500], id="after the commit, before the acknowledgement: both have it"),
    ],
)
@pytest.mark.parametrize("timed", [pytest.param(True, id="own time"), pytest.param(False, id="time of receipt")])
def test_a_reading_survives_a_death(
    dies: str, stored_at_death: list[float], timed: bool, link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """The broker sends again what was not acknowledged; the store knows what it has (case M4)."""
    link.publish("H0001", 500, **({} if timed else {"measured_utc": None}))
    failing.dies = dies
    with pytest.raises(PowerCut):
        start().step(go_on())
    assert (distances(failing), len(link.kept)) == (stored_at_death, 1)
    failing.dies = None
    link.restart_client()
    start().step(go_on())
    assert (distances(failing), link.kept) == ([500], {})


def test_a_death_while_acknowledging_stores_once(link: BrokerInMemory, failing: FailingStore, start: Start) -> None:
    """The commit was first, so nothing depends on the acknowledgement getting through."""
    link.publish("H0001", 500)
    link.dies_on_acknowledge = True
    with pytest.raises(PowerCut):
        start().step(go_on())
    link.restart_client()
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})
    assert (subscriber.status().stored, subscriber.status().duplicates) == (0, 1)


def test_a_batch_that_cannot_be_stored_is_not_acknowledged(
    link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """On a stop during the fault the broker keeps it for our successor (case S2)."""
    link.publish("H0001", 500)
    failing.fails = 1
    subscriber = start()
    subscriber.step(stopped())
    assert (distances(failing), len(link.kept)) == ([], 1)
    assert subscriber.status().store_failures == 1
    assert subscriber.status().store_failure, "health must be able to say why"


def test_a_store_that_comes_back_takes_the_batch_it_refused(
    link: BrokerInMemory, failing: FailingStore, start: Start
) -> None:
    """The fault heals by itself: nobody must restart anything."""
    link.publish("H0001", 500)
    failing.fails = 3
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})
    assert (subscriber.status().store_failures, subscriber.status().store_failure) == (3, "")


def test_a_refused_message_is_acknowledged_too(link: BrokerInMemory, failing: FailingStore, start: Start) -> None:
    """Else the broker would send it for ever (case P1); it is kept as a dead letter."""
    link.publish("H0001", -5)
    link.publish("H0001", 500)
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), link.kept) == ([500], {})
    assert failing.dead_letter_counts() == {RejectReason.OUT_OF_BOUNDS: 1}
    assert subscriber.status().rejected == {RejectReason.OUT_OF_BOUNDS: 1}


def test_the_same_reading_again_is_no_new_row(link: BrokerInMemory, failing: FailingStore, start: Start) -> None:
    """A replay of yesterday's message, identical or not, has the same identity (case P11)."""
    for _ in range(3):
        link.publish("H0001", 500, measured_utc="2026-01-01T00:00:00Z")
    subscriber = start()
    subscriber.step(go_on())
    assert (distances(failing), subscriber.status().duplicates) == ([500], 2)


def test_a_batch_has_at_most_its_size(link: BrokerInMemory, failing: FailingStore, registry: Registry) -> None:
    """A batch is what one commit holds, and what a crash has to send again."""
    for number in range(25):
        link.publish("H0001", 500, measured_utc=f"2026-01-01T00:00:{number:02}Z")
    subscriber = Subscriber(BrokerSettings(batch_max=10), failing, registry, SystemClock(), link=link)
    for _ in range(3):
        subscriber.step(go_on())
    assert (subscriber.status().batches, subscriber.status().stored) == (3, 25)
