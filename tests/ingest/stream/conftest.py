"""A subscriber between a broker in memory and a store that can be told to fail."""

from typing import Any

import pytest

from ingest.stream.subscriber import Subscriber
from tests.ingest.stream.memory_broker import BrokerInMemory, FailingStore, Start
from tomma.broker_settings import BrokerSettings
from tomma.clock import SystemClock
from tomma.ports import Registry


@pytest.fixture
def link() -> BrokerInMemory:
    """A broker in memory."""
    return BrokerInMemory()


@pytest.fixture
def failing(tmp_path: Any) -> Any:
    """A real store that can be told to fail."""
    store = FailingStore(tmp_path / "failing.sqlite3")
    yield store
    store.close()


@pytest.fixture
def start(link: BrokerInMemory, failing: FailingStore, registry: Registry) -> Start:
    """A new process: nothing in memory."""
    return lambda: Subscriber(BrokerSettings(), failing, registry, SystemClock(), link=link)
