"""What every `ReadingStore` must do, whatever it is built on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tomma.bounds import Breach, Rule, outside
from tomma.errors import StoreUnavailableError
from tomma.model import BinId, Emptying, EmptyingSource, Quality, Reading, Rejected, RejectReason, SensorId
from tomma.ports import Appended, ReadingStore

type OpenReadings = Callable[[], ReadingStore]
type ReadingOf = Callable[..., Reading]

T0 = datetime(2026, 11, 2, 5, 30, tzinfo=UTC)
TOO_FULL = outside("fill_pct", 105, 0, 100)
FROM, TO = T0 - timedelta(days=400), T0 + timedelta(days=500)

# Whatever UTF-8 can carry: quotes, commas, newlines, NUL, other alphabets.
names = st.one_of(
    st.sampled_from(["a\nb", "a,b", "a=b", "'; DROP TABLE reading; --", 'say "å"', "\x00", " lead", "=1+1", "\\"]),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
numbers = st.none() | st.floats(-1e6, 1e6) | st.integers(-40_000, 40_000).map(lambda n: n / 100)
any_reading = st.builds(
    Reading,
    bin_id=names.map(BinId),
    sensor_id=names.map(SensorId),
    measured_utc=moments,
    received_utc=moments,
    fill_fraction=st.floats(0.0, 1.0) | st.integers(0, 1000).map(lambda n: n / 1000),
    quality=st.integers(0, 31).map(Quality),
    distance_mm=numbers,
    battery_v=numbers,
    temperature_c=numbers,
    counter=st.none() | st.integers(0, 2**53),
)
few_examples = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def _identity(reading: Reading) -> tuple[str, datetime]:
    return reading.sensor_id, reading.measured_utc


def _everything(store: ReadingStore) -> dict[BinId, list[Reading]]:
    return {bin_id: list(found) for bin_id, found in store.range_all(FROM, TO).items()}


def _by_bin(batch: list[Reading]) -> dict[BinId, list[Reading]]:
    found: dict[BinId, list[Reading]] = {}
    for reading in sorted(batch, key=lambda each: (each.measured_utc, each.sensor_id)):
        found.setdefault(reading.bin_id, []).append(reading)
    return found


@given(batch=st.lists(any_reading, max_size=20, unique_by=_identity))
@few_examples
def test_what_was_appended_is_read_back_exactly(batch: list[Reading], new_readings: OpenReadings) -> None:
    """Names are text, never syntax, and a number comes back to the last bit."""
    store = new_readings()

    assert store.append(batch) == Appended(stored=len(batch), duplicates=0)
    assert _everything(store) == _by_bin(batch)


@pytest.mark.parametrize(("raw", "clipped"), [(-0.05, 0.0), (1.05, 1.0), (1.0000001, 1.0), (-5e-324, 0.0)])
def test_what_a_device_said_beyond_the_ends_is_kept_beside_the_clipped_level(
    readings: ReadingStore, reading_of: ReadingOf, raw: float, clipped: float
) -> None:
    """Without it nobody could set the geometry right afterwards; pages and days show the clipped level."""
    odd = replace(reading_of(0, fill=clipped), raw_fill_fraction=raw)
    readings.append([odd, reading_of(15, fill=0.5)])

    assert readings.range(BinId("B1"), FROM, TO)[0] == odd
    (day,) = readings.daily(BinId("B1"), T0.date(), T0.date() + timedelta(days=1))
    assert clipped in (day.min_fill_fraction, day.max_fill_fraction)


def test_a_batch_that_was_appended_is_there_after_opening_anew(
    open_readings: OpenReadings, reading_of: ReadingOf
) -> None:
    """Acknowledged means kept."""
    first = open_readings()
    first.append([reading_of(0), reading_of(15)])
    first.close()

    assert list(open_readings().range(BinId("B1"), FROM, TO)) == [reading_of(0), reading_of(15)]


def test_a_reading_that_comes_twice_is_stored_once(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """A broker that heard no acknowledgement sends again."""
    assert readings.append([reading_of(0), reading_of(15)]) == Appended(stored=2, duplicates=0)
    assert readings.append([reading_of(15), reading_of(30), reading_of(30)]) == Appended(stored=1, duplicates=2)
    assert len(readings.range(BinId("B1"), FROM, TO)) == 3


def test_of_two_readings_with_one_identity_the_first_stands(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """Also in the newest readings: what is shown is what is kept."""
    readings.append([reading_of(0, fill=0.3)])
    readings.append([reading_of(0, fill=0.9)])

    assert readings.latest() == {"B1": reading_of(0, fill=0.3)}
    assert list(readings.range(BinId("B1"), FROM, TO)) == [reading_of(0, fill=0.3)]


def test_a_sensor_that_repeats_itself_under_another_bin_is_still_a_duplicate(
    readings: ReadingStore, reading_of: ReadingOf
) -> None:
    """A corrected installation must not double history when a backlog is sent again."""
    readings.append([reading_of(0, bin_id="B1")])

    assert readings.append([reading_of(0, bin_id="B2")]) == Appended(stored=0, duplicates=1)
    assert list(readings.latest()) == ["B1"]


def test_a_late_reading_fills_history_but_does_not_move_the_newest_back(
    readings: ReadingStore, reading_of: ReadingOf
) -> None:
    """A gateway sends a day's backlog after an outage, out of order."""
    readings.append([reading_of(60, fill=0.8)])
    readings.append([reading_of(30, fill=0.4), reading_of(0, fill=0.2), reading_of(45, fill=0.6)])

    assert readings.latest() == {"B1": reading_of(60, fill=0.8)}
    assert [each.fill_fraction for each in readings.range(BinId("B1"), FROM, TO)] == [0.2, 0.4, 0.6, 0.8]


def test_the_newest_of_a_bin_is_told_again_once_it_changed(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """A page asks twice a second; it must never be shown what was remembered from before."""
    readings.append([reading_of(0, bin_id="B1"), reading_of(0, bin_id="B2", sensor_id="S2")])
    before = readings.latest()
    readings.append([reading_of(15, bin_id="B2", sensor_id="S2", fill=0.7)])

    assert readings.latest()[BinId("B2")].fill_fraction == 0.7
    assert readings.latest()[BinId("B1")] == reading_of(0)
    assert before[BinId("B2")].fill_fraction == 0.5, "a mapping once handed out does not change"


def test_another_handle_sees_what_was_appended(open_readings: OpenReadings, reading_of: ReadingOf) -> None:
    """Ingest writes in one process, the pages read in another."""
    writer, reader = open_readings(), open_readings()
    assert reader.latest() == {}
    writer.append([reading_of(0)])
    assert reader.latest() == {"B1": reading_of(0)}
    writer.append([reading_of(15)])
    assert reader.latest() == {"B1": reading_of(15)}


@given(data=st.data(), batch=st.lists(any_reading, min_size=2, max_size=12, unique_by=_identity))
@few_examples
def test_order_and_repetition_of_arrival_never_matter(
    data: st.DataObject, batch: list[Reading], new_readings: OpenReadings
) -> None:
    """Networks reorder and repeat; the picture of the city must not depend on it."""
    repeated = data.draw(st.lists(st.sampled_from(batch), max_size=8))
    arrival = data.draw(st.permutations([*batch, *repeated]))
    cut = data.draw(st.integers(0, len(arrival)))
    plain, mixed = new_readings(), new_readings()
    plain.append(batch)
    mixed.append(arrival[:cut])
    mixed.append(arrival[cut:])

    assert mixed.latest() == plain.latest() == {bin_id: found[-1] for bin_id, found in _by_bin(batch).items()}
    assert _everything(mixed) == _everything(plain)


def test_a_range_has_its_begin_and_not_its_end(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """So that days laid side by side count nothing twice."""
    batch = [reading_of(minutes) for minutes in (0, 15, 30)]
    readings.append(batch)

    assert list(readings.range(BinId("B1"), T0, T0 + timedelta(minutes=30))) == batch[:2]
    assert readings.range(BinId("B1"), T0 + timedelta(seconds=1), T0 + timedelta(minutes=15)) == []
    assert readings.range(BinId("unknown"), FROM, TO) == []


def test_history_belongs_to_the_bin_when_its_sensor_is_swapped(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """The forecast must not start anew with a battery."""
    old = [reading_of(0, sensor_id="S1"), reading_of(15, sensor_id="S1")]
    new = [reading_of(30, sensor_id="S9"), reading_of(20, sensor_id="S9")]
    elsewhere = reading_of(40, bin_id="B2", sensor_id="S1")
    readings.append([*new, *old, elsewhere])

    expected = [*old, new[1], new[0]]
    assert list(readings.range(BinId("B1"), FROM, TO)) == expected
    assert _everything(readings) == {"B1": expected, "B2": [elsewhere]}
    assert readings.latest() == {"B1": new[0], "B2": elsewhere}


@given(batch=st.lists(any_reading, max_size=15, unique_by=_identity))
@few_examples
def test_the_range_of_all_is_the_ranges_of_each(batch: list[Reading], new_readings: OpenReadings) -> None:
    """The forecast of a city reads the one, a bin's page the other."""
    store = new_readings()
    store.append(batch)

    assert _everything(store) == {each.bin_id: list(store.range(each.bin_id, FROM, TO)) for each in batch}


def test_a_day_is_told_in_four_numbers(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """Years of history are drawn from these."""
    midnight = datetime(2026, 11, 3, tzinfo=UTC)
    to_midnight = (midnight - T0).total_seconds() / 60
    readings.append([reading_of(0, 0.2), reading_of(60, 0.8), reading_of(30, 0.5)])
    readings.append([reading_of(to_midnight, 0.1, sensor_id="S2"), reading_of(to_midnight, 0.9, bin_id="B2")])

    monday, tuesday = readings.daily(BinId("B1"), date(2026, 11, 2), date(2026, 11, 4))
    assert (monday.day, monday.readings) == (date(2026, 11, 2), 3)
    assert (monday.min_fill_fraction, monday.max_fill_fraction, monday.last_fill_fraction) == (0.2, 0.8, 0.8)
    assert monday.mean_fill_fraction == pytest.approx(0.5)
    assert (tuesday.day, tuesday.readings, tuesday.last_fill_fraction) == (date(2026, 11, 3), 1, 0.1)
    assert len(readings.daily(BinId("B1"), date(2026, 11, 2), date(2026, 11, 3))) == 1


def test_an_emptying_is_kept_once_and_found_by_time_and_bin(readings: ReadingStore) -> None:
    """Detection runs again over a backlog and finds the same emptyings."""
    first = Emptying(BinId("B1"), T0, EmptyingSource.DETECTED, 0.9, 0.3)
    confirmed = Emptying(BinId("B1"), T0, EmptyingSource.CONFIRMED)
    other = Emptying(BinId("B2"), T0 - timedelta(hours=1), EmptyingSource.INFERRED, None, 0.0)
    assert readings.append([], [first, confirmed, other]) == Appended(stored=3, duplicates=0)
    assert readings.append([], [first, replace(first, fill_after_fraction=0.1)]) == Appended(stored=0, duplicates=2)

    assert list(readings.emptyings(FROM, TO)) == [other, confirmed, first]
    assert list(readings.emptyings(FROM, TO, BinId("B2"))) == [other]
    assert list(readings.emptyings(T0, T0 + timedelta(milliseconds=1), BinId("B1"))) == [confirmed, first]
    assert list(readings.emptyings(FROM, T0)) == [other]
    assert readings.latest() == {}, "an emptying is no reading"


def test_dead_letters_are_kept_newest_first_and_counted_by_reason(readings: ReadingStore) -> None:
    """An operator looks at the last ones; the counts tell since when it goes wrong."""
    letters = [
        Rejected(f"tomma/v1/S{n}/reading", bytes([n, 0, 255]), T0, reason, f"{TOO_FULL}", breach=TOO_FULL.breach)
        for n, reason in enumerate([RejectReason.OUT_OF_BOUNDS, RejectReason.NOT_UTF8, RejectReason.OUT_OF_BOUNDS])
    ]
    readings.append([], [], letters[:1])
    readings.append([], [], letters[1:])

    assert [each.rejected for each in readings.dead_letters(2)] == [letters[2], letters[1]]
    assert [each.rejected for each in readings.dead_letters(10)] == letters[::-1]
    assert readings.dead_letters(0) == []
    assert readings.dead_letter_counts() == {RejectReason.OUT_OF_BOUNDS: 2, RejectReason.NOT_UTF8: 1}


def test_a_dead_letter_with_text_that_no_encoding_carries_does_not_stop_the_batch(
    readings: ReadingStore, reading_of: ReadingOf
) -> None:
    """JSON can say a lone surrogate; the poison would come back with every redelivery."""
    breach = Breach("\ud83d", Rule.UNKNOWN, "is no field")
    poison = Rejected("t/\ud800", b"\xff\x00", T0, RejectReason.MALFORMED_JSON, "got '\udfff'", SensorId("\ud83d"))
    poison = replace(poison, breach=breach)
    readings.append([reading_of(0)], [], [poison])

    assert [each.rejected.payload for each in readings.dead_letters(1)] == [b"\xff\x00"]
    assert readings.latest() == {"B1": reading_of(0)}


def test_a_batch_is_stored_whole_or_not_at_all(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """What was not acknowledged comes again: half of it must not be there under wrong numbers."""
    with pytest.raises(UnicodeEncodeError):
        readings.append([reading_of(0, bin_id="new"), reading_of(15, bin_id="\ud800")])
    assert readings.latest() == {}

    readings.append([reading_of(0, bin_id="other", sensor_id="S7"), reading_of(15, bin_id="new")])
    assert set(_everything(readings)) == {"other", "new"}
    assert readings.latest() == {
        "other": reading_of(0, bin_id="other", sensor_id="S7"),
        "new": reading_of(15, bin_id="new"),
    }


def test_retention_deletes_what_is_due_and_keeps_each_bins_newest(
    open_readings: OpenReadings, reading_of: ReadingOf
) -> None:
    """A silent bin keeps its last word, or it would vanish from the map."""
    store = open_readings()
    silent = [reading_of(minutes, bin_id="silent", sensor_id="S2") for minutes in (-60, -30)]
    store.append([*silent, *(reading_of(minutes) for minutes in (-60, -1, 0, 15))])

    assert store.delete_before(T0) == 3
    assert store.delete_before(T0) == 0
    expected = {"B1": [reading_of(0), reading_of(15)], "silent": [silent[1]]}
    assert _everything(store) == expected
    assert open_readings().latest() == {"B1": reading_of(15), "silent": silent[1]}


def test_a_day_is_told_the_same_after_its_readings_are_deleted(open_readings: OpenReadings) -> None:
    """The history of years is drawn from the days; what comes late for such a day is added to it."""
    store = open_readings()
    hours = [0, 5, 9, 26, 49]
    sent = [_at(hour, fill) for hour, fill in zip(hours, (0.25, 0.75, 0.5, 0.1, 0.2), strict=True)]
    store.append(sent)
    period = BinId("B1"), date(2026, 11, 1), date(2026, 11, 9)
    before = store.daily(*period)
    assert [(each.readings, each.last_fill_fraction) for each in before] == [(3, 0.5), (1, 0.1), (1, 0.2)]

    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert store.delete_before(noon, dry_run=True) == 4
    assert len(store.range(BinId("B1"), FROM, TO)) == 5, "a dry run changes nothing"
    assert store.delete_before(noon) == 4
    assert store.daily(*period) == before
    assert list(store.range(BinId("B1"), FROM, TO)) == [sent[-1]]

    for late in (_at(12, 0.0), _at(7, 1.0)):
        store.append([late])
        assert store.delete_before(noon) == 1
    first = open_readings().daily(*period)[0]
    assert (first.readings, first.max_fill_fraction, first.min_fill_fraction) == (5, 1.0, 0.0)
    assert first.mean_fill_fraction == pytest.approx(0.5)
    assert first.last_fill_fraction == 0.0


def _at(hours: float, fill: float) -> Reading:
    measured = T0 + timedelta(hours=hours)
    return Reading(BinId("B1"), SensorId("S1"), measured, measured, fill)


def test_a_closed_store_refuses_to_pretend(readings: ReadingStore, reading_of: ReadingOf) -> None:
    """Nothing may be acknowledged by a store that is gone."""
    readings.close()

    with pytest.raises(StoreUnavailableError):
        readings.append([reading_of(0)])
    with pytest.raises(StoreUnavailableError):
        readings.latest()
