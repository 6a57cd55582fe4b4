"""A day of messages in any order, any number of times, through crashes: what is known in the end is the same."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.message import Message
from ingest.pipeline import process
from ingest.stream.recall import StoreMemories
from tomma.city import City
from tomma.clock import SystemClock
from tomma.stores.readings.sqlite import SqliteReadings

T0 = datetime(2026, 6, 1, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
HOURS = 20
"""A day of a sensor that speaks about each hour: what is kept of it in memory."""


class Process:
    """Ingest without a broker: it may be killed before and after any commit."""

    def __init__(self, place: Path, city: City) -> None:
        self._place, self._city = place, city
        self._begin()

    def _begin(self) -> None:
        self.store = SqliteReadings(self._place / "readings.sqlite3")
        self._memories = StoreMemories(self.store, SystemClock())

    def take(self, messages: Sequence[Message]) -> None:
        """Take a batch and make it durable."""
        batch = self._process(messages)
        self._append(batch)
        self._memories.keep(batch.memory)

    def take_and_die(self, messages: Sequence[Message], *, after_commit: bool) -> None:
        """Take a batch, but be killed before it is acknowledged."""
        batch = self._process(messages)
        if after_commit:
            self._append(batch)
        self.store.close()
        self._begin()

    def _process(self, messages: Sequence[Message]) -> Batch:
        return process(messages, IngestContext(self._city, self._memories, receipts=self._memories))

    def _append(self, batch: Batch) -> None:
        self.store.append(batch.readings, batch.emptyings, batch.rejected, batch.alerts, batch.withdrawn)

    def known(self) -> dict[str, Any]:
        """Everything a page or a plan would be made of."""
        stored = self.store.range_all(*EVER)
        newest = {bin_id: each.measured_utc for bin_id, each in self.store.latest().items()}
        return {
            "stored": {
                (each.sensor_id, each.measured_utc, each.distance_mm, each.fill_fraction, each.counter)
                for readings in stored.values()
                for each in readings
            },
            "readings": {bin_id: len(readings) for bin_id, readings in stored.items()},
            "latest": newest,
            "emptyings": [(each.bin_id, each.at_utc) for each in self.store.emptyings(*EVER)],
            "dead letters": {each.rejected.payload for each in self.store.dead_letters(999)},
        }


def message(sensor: int, hour: int, fill: float, *, dup: bool = False, received_h: float = 30.0) -> Message:
    """A reading of its own time, and a counter."""
    moment = T0 + timedelta(hours=hour)
    body = {"measured_utc": moment.isoformat(), "distance_mm": round(1100 - 1000 * fill), "counter": hour}
    topic = f"tomma/v1/H000{sensor}/reading"
    return Message(topic, json.dumps(body).encode(), T0 + timedelta(hours=received_h), "json", redelivered=dup)


levels = st.lists(st.floats(0, 1).map(lambda fill: round(fill, 2)), min_size=HOURS, max_size=HOURS)
"""Any day at all, however unlike a bin: each hour another level."""
likely = st.builds(
    lambda start, rates, emptied: [
        round(min(1.0, max(0.0, start + sum(rates[:h]) - (0.8 * (start + sum(rates[:e])) if h >= e else 0))), 3)
        for h in range(HOURS)
        for e in [emptied]
    ],
    st.floats(0.2, 0.6),
    st.lists(st.floats(0, 0.04), min_size=HOURS, max_size=HOURS),
    st.integers(4, HOURS - 3),
)
"""A bin that fills and is emptied once."""


@contextlib.contextmanager
def a_place() -> Any:
    """A directory for one example."""
    place = Path(tempfile.mkdtemp(prefix="tomma-any-order-"))
    try:
        yield place
    finally:
        shutil.rmtree(place)


def in_order(days: Sequence[Sequence[float]], city: City) -> dict[str, Any]:
    """What is known after the same days, one by one, in the order of time."""
    with a_place() as place:
        calm = Process(place, city)
        for sensor, day in enumerate(days):
            for hour, fill in enumerate(day):
                calm.take([message(sensor, hour, fill)])
        known = calm.known()
        calm.store.close()
        return known


@given(data=st.data(), day=likely)
@settings(max_examples=15, deadline=None)
def test_the_order_and_repetition_of_a_day_never_matter(data: st.DataObject, day: list[float]) -> None:
    """Case M22: a gateway sends a day again, backwards or shuffled; the trucks must not notice."""
    known = shuffled(data, day)
    assert known == in_order([[], day], CITY[0])
    assert known["readings"] == {"B0001": HOURS}


@given(data=st.data(), day=levels)
@settings(max_examples=15, deadline=None)
def test_nothing_is_lost_or_doubled_of_a_day_that_is_unlike_any_bin(data: st.DataObject, day: list[float]) -> None:
    """What was stored is stored, whatever emptyings anyone may read into noise."""
    known, expected = shuffled(data, day), in_order([[], day], CITY[0])
    del known["emptyings"], expected["emptyings"]
    assert known == expected


def shuffled(data: st.DataObject, day: list[float]) -> dict[str, Any]:
    """What is known after a day that came in any order, some of it twice, in batches of any size."""
    sent = [message(1, hour, fill) for hour, fill in enumerate(day)]
    repeated = data.draw(st.lists(st.sampled_from(sent), max_size=10))
    arrival = data.draw(st.permutations([*sent, *repeated]))
    size = data.draw(st.integers(1, 30))
    with a_place() as place:
        stormy = Process(place, CITY[0])
        for start in range(0, len(arrival), size):
            stormy.take(arrival[start : start + size])
        known = stormy.known()
        stormy.store.close()
        return known


class AnyOrder(RuleBasedStateMachine):
    """A broker that promises to deliver at least once and nothing else, and a process that may be killed anywhere."""

    waiting: Bundle[Message] = Bundle("waiting")
    taken: Bundle[Message] = Bundle("taken")
    city: ClassVar[City]

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(prefix="tomma-any-order-"))
        self.process = Process(self.place, self.city)
        self.days: list[list[float]] = []
        self.left: list[Message] = []

    @initialize(target=waiting, days=st.lists(likely, min_size=2, max_size=2))
    def begin(self, days: list[list[float]]) -> Any:
        """Two sensors have measured for a day; nothing is delivered yet."""
        self.days = days
        self.left = [message(s, h, fill) for s, day in enumerate(days) for h, fill in enumerate(day)]
        return multiple(*self.left)

    @rule(target=taken, batch=st.lists(consumes(waiting), min_size=1, max_size=20))
    def deliver(self, batch: list[Message]) -> Any:
        """Some messages, in any order, are stored and acknowledged."""
        self.process.take(batch)
        self._took(batch)
        return multiple(*batch)

    @rule(batch=st.lists(taken, min_size=1, max_size=6), dup=st.booleans())
    def deliver_again(self, batch: list[Message], dup: bool) -> None:
        """What was acknowledged long ago comes again, with the broker's word for it or without."""
        self.process.take([_again(each, dup) for each in batch])

    @rule(batch=st.lists(waiting, min_size=1, max_size=10), after_commit=st.booleans())
    def die(self, batch: list[Message], after_commit: bool) -> None:
        """Killed with messages in hand; the broker still has them."""
        self.process.take_and_die(batch, after_commit=after_commit)

    def _took(self, batch: list[Message]) -> None:
        self.left = [each for each in self.left if each not in batch]

    def teardown(self) -> None:
        """The rest is delivered; then it must be as if nothing had happened."""
        try:
            if self.left:
                self.process.take([_again(each, True) for each in self.left])
            if self.days:
                assert self.process.known() == in_order(self.days, self.city)
        finally:
            self.process.store.close()
            shutil.rmtree(self.place)


def _again(each: Message, dup: bool) -> Message:
    return Message(each.topic, each.payload, each.received_utc + timedelta(hours=1), each.envelope, redelivered=dup)


CITY: list[City] = []


@pytest.fixture(autouse=True)
def _city_for_hypothesis(city: City) -> None:
    """Hypothesis takes no function-scoped fixtures; the city is a value."""
    CITY[:] = [city]
    AnyOrder.city = city


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=6, stateful_step_count=10, deadline=None)
