"""A reading is stored once, however often and in whatever order it comes, also when it says no time of its own."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.message import Message
from ingest.pipeline import process
from ingest.stream.recall import StoreMemories
from tomma.city import City
from tomma.model import BinId, Quality, Reading
from tomma.stores.readings.sqlite import SqliteReadings

T0 = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
BIN = BinId("B0001")


class Clock:
    """A clock that the test moves."""

    now = T0

    def now_utc(self) -> datetime:
        """Return the time."""
        return self.now

    def real_seconds(self, clock_s: float) -> float:
        """One second is one second."""
        return clock_s


class Stream:
    """Messages in, readings durable: the real pipeline and the real store, without a broker."""

    def __init__(self, path: Path, city: City) -> None:
        self.path, self.city, self.clock = path, city, Clock()
        self.store = SqliteReadings(path)
        self.memories = StoreMemories(self.store, self.clock)

    def restart(self) -> None:
        """End the process and start it anew: nothing is known but what is stored."""
        self.store.close()
        self.store = SqliteReadings(self.path)
        self.memories = StoreMemories(self.store, self.clock)

    def take(self, *messages: Message, commit: bool = True, acknowledge: bool = True) -> Batch:
        """Take a batch; `commit` False: killed before the commit; `acknowledge` False: killed just after it."""
        context = IngestContext(self.city, self.memories, receipts=self.memories)
        self.clock.now = max(self.clock.now, *(each.received_utc for each in messages))
        batch = process(messages, context)
        if commit:
            self.store.append(batch.readings, batch.emptyings, batch.rejected, batch.alerts, batch.withdrawn)
            self.memories.keep(batch.memory)
        if not commit or not acknowledge:
            self.restart()
        return batch

    def stored(self) -> list[Reading]:
        """What the bin's history says."""
        return list(self.store.range(BIN, *EVER))


@pytest.fixture
def stream(tmp_path: Path, city: City) -> Iterator[Stream]:
    """A stream into an empty store."""
    opened = Stream(tmp_path / "readings.sqlite3", city)
    yield opened
    opened.store.close()


def said(received: timedelta = timedelta(), *, dup: bool = False, mm: float = 600, **body: Any) -> Message:
    """A message of H0001 received so long after T0; without a time of its own unless one is given."""
    payload = json.dumps({"distance_mm": mm, **body}).encode()
    return Message("tomma/v1/H0001/reading", payload, T0 + received, "json", redelivered=dup)


def test_a_counted_reading_without_a_time_is_stored_once_whenever_it_comes_again(stream: Stream) -> None:
    """Redelivered after a crash, resent by the gateway, replayed the next day: the broker need not say so."""
    stream.take(said(counter=5), acknowledge=False)
    stream.take(said(MINUTE, counter=5))
    stream.take(said(HOUR, counter=6, mm=610))
    stream.take(said(24 * HOUR, counter=5), said(24 * HOUR, counter=6, mm=610))
    stream.restart()
    stream.take(said(25 * HOUR, counter=6, mm=610), said(25 * HOUR, counter=5))

    assert [(each.measured_utc, each.counter) for each in stream.stored()] == [(T0, 5), (T0 + HOUR, 6)]


def test_it_is_recognised_also_when_memory_has_forgotten_it(stream: Stream) -> None:
    """A day of quarters of an hour is longer than what is kept of a sensor in memory."""
    day = [said(n * MINUTE, counter=n, mm=500 + n) for n in range(100)]
    for each in day:
        stream.take(each)
    again = [said(24 * HOUR + n * MINUTE, counter=n, mm=500 + n) for n in (3, 0, 99, 50, 4, 77)]
    stream.take(*again)

    assert len(stream.stored()) == 100


def test_after_a_late_one_those_before_it_are_still_recognised(stream: Stream) -> None:
    """A gateway that sends a backlog in any order, twice: what counts is the highest counter, not the last."""
    for n, counter in enumerate((12, 5, 12, 8, 5, 13, 12)):
        stream.take(said(n * MINUTE, counter=counter, mm=500 + counter))

    assert [each.counter for each in stream.stored()] == [12, 5, 8, 13]


def test_a_restarted_counter_is_no_repetition(stream: Stream) -> None:
    """A new battery begins at 0 again; the reading with the old 0 stays, and so does the new one."""
    for number in range(30):
        stream.take(said(number * HOUR, counter=number, mm=500 + number))
    for number in range(30):
        stream.take(said((40 + number) * HOUR, counter=number, mm=700 + number))

    assert len(stream.stored()) == 60


def test_a_counter_that_restarts_years_later_with_the_same_level_is_no_repetition(stream: Stream) -> None:
    """What was repeated is repeated within days."""
    stream.take(said(counter=0))
    stream.take(said(100 * HOUR, counter=0))

    assert len(stream.stored()) == 2


def test_a_number_that_never_changes_is_no_counter(stream: Stream) -> None:
    """Some devices send 0 for ever; an equal level an hour later is another reading all the same."""
    stream.take(said(mm=500, counter=0))
    for hour in range(1, 6):
        stream.take(said(hour * HOUR, mm=510, counter=0))

    assert len(stream.stored()) >= 5


def test_a_number_that_never_changes_counts_nothing_also_when_the_level_rests_for_days(stream: Stream) -> None:
    """Once every remembered reading said the same, the next ones were taken for repetitions, for three days."""
    stream.take(said(mm=500, counter=1))
    for hour in range(1, 40):
        stream.take(said(hour * HOUR, mm=510, counter=1))

    assert len(stream.stored()) == 40


def test_a_clock_that_is_set_right_begins_no_repetition_under_a_number_that_never_changes(stream: Stream) -> None:
    """The last reading with the wrong clock says the same as the first ones with the right one."""
    for hour in range(2):
        stream.take(said(hour * HOUR, mm=500 + hour, counter=1, measured_utc="1999-01-01T00:00:00Z"))
    for hour in range(2, 6):
        stream.take(said(hour * HOUR, mm=501, counter=1, measured_utc=(T0 + hour * HOUR).isoformat()))

    assert len(stream.stored()) == 6


def test_a_counter_of_sixteen_bits_rolls_over(stream: Stream) -> None:
    """Every second year of a sensor that speaks each quarter of an hour."""
    numbers = [65_534, 65_535, 0, 1]
    stream.take(*(said(n * HOUR, counter=counter) for n, counter in enumerate(numbers)))
    stream.take(*(said((9 + n) * HOUR, counter=counter) for n, counter in enumerate(numbers)))

    assert [each.counter for each in stream.stored()] == numbers
    assert stream.store.active_alerts() == []


def test_without_time_and_counter_the_brokers_word_counts(stream: Stream) -> None:
    """Stored and not acknowledged, then sent again with the DUP flag: it is the same."""
    stream.take(said(), acknowledge=False)
    stream.take(said(MINUTE, dup=True))

    assert [each.measured_utc for each in stream.stored()] == [T0]


def test_what_never_became_durable_is_no_repetition_of_itself(stream: Stream) -> None:
    """Five equal levels were in hand when the process died: the next one gets five messages, all marked DUP."""
    stream.take(*(said(mm=500 + number) for number in range(2)))
    in_hand = [said(HOUR + number * MINUTE) for number in range(5)]
    stream.take(*in_hand, commit=False)
    stream.take(*(said(2 * HOUR, dup=True) for _ in in_hand))

    assert len(stream.stored()) == 7


def test_without_it_an_equal_level_is_another_reading(stream: Stream) -> None:
    """A bin that nobody uses says the same every hour; it must not look silent."""
    stream.take(said())
    stream.take(said(HOUR))

    assert len(stream.stored()) == 2


def test_one_that_was_lost_in_a_crash_is_no_repetition_of_an_equal_one_long_acknowledged(stream: Stream) -> None:
    """The broker says DUP because it sent it to a process that died; an hour ago the level was the same."""
    stream.take(said())
    other = Message("tomma/v1/H0002/reading", b'{"distance_mm": 700}', T0 + HOUR - MINUTE / 2, "json")
    stream.take(other)
    stream.take(said(HOUR), commit=False)
    stream.take(said(HOUR + MINUTE, dup=True))

    assert [each.measured_utc for each in stream.stored()] == [T0, T0 + HOUR + MINUTE]


def test_a_burst_within_one_millisecond_is_stored_whole(stream: Stream) -> None:
    """After an outage the broker hands over an hour of messages at once; each is a reading."""
    burst = [said(mm=500 + number) for number in range(60)]
    stream.take(*burst[:30])
    stream.take(*burst[30:])

    assert sorted(each.distance_mm or 0 for each in stream.stored()) == [500 + number for number in range(60)]


def test_a_burst_of_counted_messages_in_any_order_is_stored_once(stream: Stream) -> None:
    """Also when the batch is lost after the commit and comes as a whole again."""
    burst = [said(mm=500 + number, counter=number) for number in range(60)]
    stream.take(*burst, acknowledge=False)
    later = [said(MINUTE, mm=500 + number, counter=number, dup=True) for number in reversed(range(60))]
    stream.take(*later)

    assert len(stream.stored()) == 60


def test_a_clock_some_minutes_fast_is_repaired_once_and_for_all(stream: Stream) -> None:
    """Sent again five minutes later, its time lies in the past and could be believed: it is the same reading still."""
    fast: dict[str, Any] = {"measured_utc": (T0 + 3 * MINUTE).isoformat(), "counter": 5}
    stream.take(said(**fast), acknowledge=False)
    stream.take(said(5 * MINUTE, dup=True, **fast))
    stream.take(said(6 * MINUTE, **fast))

    (reading,) = stream.stored()
    assert (reading.measured_utc, reading.quality & Quality.CLOCK_REPAIRED) == (T0, Quality.CLOCK_REPAIRED)


def test_a_wrong_clock_with_a_counter_is_stored_once(stream: Stream) -> None:
    """1970 says nothing, so its identity is the counter's."""
    broken: dict[str, Any] = {"measured_utc": "1970-01-01T00:00:00Z", "counter": 5}
    stream.take(said(**broken), acknowledge=False)
    stream.take(said(HOUR, **broken))

    assert len(stream.stored()) == 1


def test_yesterdays_reading_sent_again_with_its_own_time_is_no_new_row(stream: Stream) -> None:
    """Case P11: nothing can be made of a replay, not even a newer latest."""
    first = said(measured_utc=T0.isoformat())
    stream.take(first)
    stream.take(said(24 * HOUR, mm=800, measured_utc=(T0 + 24 * HOUR).isoformat()))
    stream.take(said(25 * HOUR, measured_utc=T0.isoformat()))

    assert len(stream.stored()) == 2
    assert stream.store.latest()[BIN].distance_mm == 800


def alternating(numbers: list[tuple[int, float]]) -> list[Message]:
    """Messages with counters and levels, a quarter of an hour apart."""
    return [said(n * 15 * MINUTE, counter=counter, mm=mm) for n, (counter, mm) in enumerate(numbers)]


TWO = [
    pytest.param([(c, mm) for n in range(8) for c, mm in ((5000 + n, 600 + n), (70 + n, 900))], id="far apart"),
    pytest.param([(c, mm) for n in range(8) for c, mm in ((100 + n, 600 + n), (98 + n, 900))], id="two apart"),
    pytest.param([(c, mm) for n in range(8) for c, mm in ((100 + n, 600 + n), (100 + n, 900))], id="in step"),
]


@pytest.mark.parametrize("numbers", TWO)
def test_two_devices_under_one_name_raise_an_alert_and_are_not_trusted(
    numbers: list[tuple[int, float]], stream: Stream
) -> None:
    """Case M19: a copied identity; a truck must not be sent by one of two stories."""
    stream.take(*alternating(numbers))
    (alert,) = stream.store.active_alerts()
    assert (alert.kind, alert.sensor_id) == ("two_senders", "H0001")
    stream.restart()
    stream.take(said(10 * HOUR, counter=numbers[-1][0] + 1, mm=650))
    assert stream.stored()[-1].quality & Quality.SHARED_NAME
    assert len(stream.stored()) == len(numbers) + 1, "flagged, never deleted"


def test_the_alert_ends_when_one_device_has_spoken_alone_for_a_day(stream: Stream) -> None:
    """The spare was renamed: nobody should have to tick that off."""
    stream.take(*alternating(TWO[0].values[0]))  # type: ignore[arg-type]
    alone = [said((10 + n) * HOUR, counter=5008 + n, mm=600 + n) for n in range(30)]
    stream.take(*alone)

    assert stream.store.active_alerts() == []
    assert not stream.stored()[-1].quality & Quality.SHARED_NAME


ONE = [
    pytest.param([(n, 500 + n) for n in range(40)], id="an ordinary day"),
    pytest.param([(n % 3, 500 + n) for n in range(40)], id="a device that restarts all day"),
    pytest.param([(n ^ 1, 500 + n) for n in range(40)], id="a network that swaps neighbours"),
    pytest.param([(n, 500 + n) for n in (*range(20), *range(20))], id="a new battery"),
    pytest.param([(65_520 + n & 0xFFFF, 500 + n) for n in range(40)], id="a roll-over"),
    pytest.param([(7, 500 + n) for n in range(2)], id="one number twice"),
    pytest.param([(0, 500 + n) for n in range(40)], id="a number that counts nothing"),
]


@pytest.mark.parametrize("numbers", ONE)
def test_one_device_raises_none(numbers: list[tuple[int, float]], stream: Stream) -> None:
    """An alarm that is mostly wrong is switched off within a week."""
    stream.take(*alternating(numbers))

    assert stream.store.active_alerts() == []


def test_a_day_resent_at_once_in_any_order_is_one_device(stream: Stream) -> None:
    """Case M22: a gateway empties its memory, and we have no time but that of receipt."""
    shuffled = [counter * 7 % 20 for counter in range(20)]
    stream.take(*(said(mm=500 + counter, counter=100 + counter) for counter in shuffled))

    assert len(stream.stored()) == 20
    assert stream.store.active_alerts() == []


def test_a_bad_message_that_is_sent_again_after_a_crash_is_one_dead_letter(stream: Stream) -> None:
    """Nobody should look for a second fault that never was."""
    stream.take(said(mm=-5), acknowledge=False)
    stream.take(said(MINUTE, mm=-5, dup=True))

    assert len(stream.store.dead_letters(9)) == 1
    assert sum(stream.store.dead_letter_counts().values()) == 1


def test_a_status_without_a_level_is_heard_and_is_no_reading(
    context: IngestContext, message: Callable[..., Message]
) -> None:
    """Battery and alarms reach the alerts; a level must not be made up beside them, and nothing is a dead letter."""
    body = {
        "end_device_ids": {"device_id": "eui-1000000000000001"},
        "uplink_message": {"f_port": 85, "frm_payload": "AXVk", "received_at": T0.isoformat(), "f_cnt": 7},
    }
    topic = "v3/a@t/devices/eui-1000000000000001/up"
    batch = process([Message(topic, json.dumps(body).encode(), T0, "tts_v3")], context)
    assert (batch.readings, batch.rejected) == ((), ())
    (heard,) = batch.statuses
    assert (heard.measurement.battery_fraction, heard.bin_id) == (1.0, "Beui-1000000000000001")


def standing(hour: int, **changes: Any) -> Message:
    """What a device says in that hour whose clock stands at T0; its bin fills by five millimetres an hour."""
    body = {"measured_utc": T0.isoformat(), "distance_mm": 900 - 5 * hour}
    received_utc = T0 + hour * HOUR + timedelta(seconds=3)
    return Message("tomma/v1/H0001/reading", json.dumps(body).encode(), received_utc, "json")._replace(**changes)


@pytest.mark.parametrize("restarts", [False, True], ids=["one run", "a restart after each"])
def test_a_clock_that_stands_at_a_likely_time_costs_no_level(stream: Stream, restarts: bool) -> None:
    """Its readings all bear one name, so one of forty was kept and the bin looked as full as on the first day."""
    for hour in range(40):
        stream.take(standing(hour), acknowledge=not restarts)
    stored = stream.stored()
    assert [each.distance_mm for each in stored] == [900 - 5 * hour for hour in range(40)]
    assert [each.measured_utc for each in stored[1:]] == [standing(hour).received_utc for hour in range(1, 40)]
    assert [bool(each.quality & Quality.CLOCK_REPAIRED) for each in stored] == [False] + 39 * [True]


def test_what_a_standing_clock_told_is_stored_once_however_often_the_broker_sends_it(stream: Stream) -> None:
    """Ingest may die between store and acknowledgement, also with such a device."""
    for hour in range(6):
        stream.take(standing(hour), acknowledge=False)
        stream.take(standing(hour, redelivered=True, received_utc=standing(hour).received_utc + 30 * MINUTE / 60))
    assert len(stream.stored()) == 6


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(standing(0, received_utc=T0 + 5 * HOUR), id="the same level, hours later"),
        pytest.param(standing(1, received_utc=T0 + MINUTE), id="another level within two minutes"),
        pytest.param(standing(1, retained=True), id="what the broker kept, of whatever age"),
    ],
)
def test_what_a_running_clock_may_say_of_one_moment_stays_one_reading(stream: Stream, again: Message) -> None:
    """A repetition, two levels of one moment, a retained message: none of them is a clock that stands."""
    stream.take(standing(0))
    stream.take(again)
    assert [each.measured_utc for each in stream.stored()] == [T0]
