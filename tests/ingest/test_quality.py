"""Odd readings are kept and flagged; what came before decides what is odd."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import Batch
from ingest.context import IngestContext
from ingest.memory import RECENT_MAX, SensorMemory
from ingest.message import Message
from ingest.pipeline import process
from ingest.stream.recall import StoreMemories
from tomma.clock import SystemClock
from tomma.model import BinId, Quality, SensorId
from tomma.stores.readings.sqlite import SqliteReadings

START = datetime(2026, 5, 1, tzinfo=UTC)
Q = Quality


class Kept:
    """Memories in a dict: what a running subscriber has."""

    def __init__(self) -> None:
        self.held: dict[SensorId, SensorMemory] = {}

    def of(self, sensor_id: SensorId, bin_id: BinId) -> SensorMemory:
        """Return what was kept."""
        return self.held.get(sensor_id, SensorMemory(bin_id))


def fill_message(hour: float, fill_fraction: float, **changes: object) -> Message:
    """A reading of H0001, `hour` hours after START, received at once."""
    moment = START + timedelta(hours=hour)
    body = {
        "measured_utc": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "distance_mm": round(1100 - 1000 * fill_fraction, 3),
    }
    whole = Message("tomma/v1/H0001/reading", json.dumps(body).encode(), moment, "json")
    return whole._replace(**changes)  # type: ignore[arg-type]


def run(context: IngestContext, messages: Sequence[Message]) -> list[Batch]:
    """Process message by message, keeping memory as the subscriber does."""
    kept, batches = Kept(), []
    for message in messages:
        batch = process([message], replace(context, memories=kept))
        kept.held.update(batch.memory)
        batches.append(batch)
    return batches


def flags(context: IngestContext, levels: Sequence[float], step_h: float = 1.0) -> list[Quality]:
    """The flags that a row of levels gets."""
    batches = run(context, [fill_message(place * step_h, level) for place, level in enumerate(levels)])
    return [reading.quality for batch in batches for reading in batch.readings]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param([0.10, 0.95, 0.12], [Q.GOOD, Q.SPIKE, Q.GOOD], id="10 -> 95 -> 12: a false echo"),
        pytest.param([0.10, 0.95, 0.96], [Q.GOOD, Q.SPIKE, Q.GOOD], id="the second high reading confirms"),
        pytest.param([0.10, 0.45, 0.48], [Q.GOOD, Q.GOOD, Q.GOOD], id="a few big bags"),
        pytest.param([0.80, 0.80, 0.05, 0.81], [Q.GOOD] * 4, id="back from a false low echo"),
        pytest.param([0.10, 0.95, 0.12, 0.94, 0.11], [Q.GOOD, Q.SPIKE, Q.GOOD, Q.SPIKE, Q.GOOD], id="again and again"),
        pytest.param([0.5, 1.08], [Q.GOOD, Q.OUT_OF_RANGE | Q.SPIKE], id="above the rated level by far"),
        pytest.param([0.01, -0.02, 0.0], [Q.GOOD] * 3, id="the bottom of an empty bin jitters"),
        pytest.param([0.0, -0.2], [Q.GOOD, Q.OUT_OF_RANGE], id="below the bottom"),
    ],
)
def test_flags_of(levels: list[float], expected: list[Quality], context: IngestContext) -> None:
    """The plan must not chase a false echo, nor miss a bin that did fill."""
    assert flags(context, levels) == expected


def test_a_great_rise_over_night_is_no_spike(context: IngestContext) -> None:
    """A sensor that speaks twice a day sees a market day as one step."""
    assert flags(context, [0.1, 0.9], step_h=12) == [Q.GOOD, Q.GOOD]


def test_a_value_that_never_moves_is_stuck_after_three_days(context: IngestContext) -> None:
    """Ice on the sensor repeats itself to the millimetre; a living bin does not."""
    found = flags(context, [0.4] * 100)
    assert found[:72] == [Q.GOOD] * 72
    assert set(found[72:]) == {Q.STUCK}


def test_a_bin_that_moves_a_millimetre_is_not_stuck(context: IngestContext) -> None:
    """Quiet streets are not broken sensors."""
    assert set(flags(context, [0.4 + 0.001 * (place // 40) for place in range(200)])) == {Q.GOOD}


def test_a_device_that_sends_whole_per_cents_may_rest_at_full(context: IngestContext) -> None:
    """Else a full bin would fall out of the forecast for being honest."""
    messages = [fill_message(hour, 0)._replace(payload=json.dumps({"fill_pct": 100}).encode()) for hour in range(100)]
    assert {batch.readings[0].quality for batch in run(context, messages)} == {Q.GOOD}


def test_an_older_reading_is_late_and_does_not_move_the_newest_back(context: IngestContext) -> None:
    """A gateway resends its night (case M22)."""
    batches = run(context, [fill_message(5, 0.5), fill_message(2, 0.3), fill_message(6, 0.52)])
    assert [batch.readings[0].quality for batch in batches] == [Q.GOOD, Q.LATE, Q.GOOD]


@pytest.mark.parametrize(
    ("ahead", "repaired"),
    [
        pytest.param(timedelta(seconds=30), False, id="30 s ahead is two good clocks"),
        pytest.param(timedelta(hours=3), True, id="3 h ahead is a wrong zone"),
    ],
)
def test_a_clock_that_runs_ahead(ahead: timedelta, repaired: bool, context: IngestContext) -> None:
    """A reading of the future would be the newest for hours; our clock stands in, and the reading says so."""
    received = START + timedelta(hours=1) - ahead
    (batch,) = run(context, [fill_message(1, 0.5, received_utc=received)])
    (reading,) = batch.readings
    assert bool(reading.quality & Q.CLOCK_REPAIRED) is repaired
    assert reading.measured_utc == (received if repaired else START + timedelta(hours=1))


def without_time(second: int, distance_mm: float, **changes: object) -> Message:
    """A device without a clock."""
    return fill_message(second / 3600, 0, payload=json.dumps({"distance_mm": distance_mm}).encode(), **changes)


def test_a_retained_message_without_a_time_is_refused(context: IngestContext) -> None:
    """It may be a year old, and would come again at each reconnect."""
    (batch,) = run(context, [without_time(0, 600, retained=True)])
    assert "retained" in batch.rejected[0].detail


@given(levels=st.lists(st.floats(-0.5, 1.09), min_size=1, max_size=40))
@settings(deadline=None)
def test_every_level_is_kept_within_bounds_with_its_raw_distance(levels: list[float]) -> None:
    """Flags never delete, and clipping never hides what the sensor said (case P8)."""
    context = CONTEXT[0]
    messages = [fill_message(place, level) for place, level in enumerate(levels)]
    readings = [reading for batch in run(context, messages) for reading in batch.readings]
    assert len(readings) == len(levels)
    for reading, level in zip(readings, levels, strict=True):
        assert 0.0 <= reading.fill_fraction <= 1.0
        assert reading.distance_mm == round(1100 - 1000 * level, 3)
        if not -0.04 <= level <= 1.04:
            assert reading.quality & Q.OUT_OF_RANGE


@given(st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_memory_does_not_depend_on_the_order_of_arrival(rng: object) -> None:
    """Out of order is the normal order of radio."""
    messages = [fill_message(hour, 0.3 + hour / 100) for hour in range(40)]
    shuffled = list(messages)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    (in_order, in_disorder) = (
        [seen.measured_utc for seen in last_memory(CONTEXT[0], each).recent] for each in (messages, shuffled)
    )
    assert in_order == in_disorder
    assert len(in_order) == RECENT_MAX


def last_memory(context: IngestContext, messages: Sequence[Message]) -> SensorMemory:
    """What is remembered in the end."""
    return run(context, messages)[-1].memory[SensorId("H0001")]


CONTEXT: list[IngestContext] = []


@pytest.fixture(autouse=True)
def _context_for_hypothesis(context: IngestContext) -> None:
    """The context is a value; Hypothesis may share it."""
    CONTEXT[:] = [context]


def test_after_a_restart_the_store_brings_the_memory_back(context: IngestContext, store: SqliteReadings) -> None:
    """An emptying told before the restart is not told again, and one under way is not missed."""
    now = datetime.now(UTC).replace(microsecond=0)
    levels = [0.70, 0.72, 0.75, 0.78, 0.10, 0.11, 0.12]

    def at(place: int) -> Message:
        age = now - timedelta(hours=len(levels) - place)
        return fill_message((age - START) / timedelta(hours=1), levels[place], received_utc=age)

    def restarted(places: Sequence[int]) -> int:
        batch = process([at(place) for place in places], replace(context, memories=StoreMemories(store, SystemClock())))
        store.append(batch.readings, batch.emptyings)
        return len(batch.emptyings)

    told = [restarted([0, 1, 2]), restarted([3, 4]), restarted([5]), restarted([5, 6]), restarted([4, 5, 6])]
    assert told == [0, 0, 1, 0, 0]


def test_a_start_from_nothing_tells_no_emptying(context: IngestContext) -> None:
    """Low readings alone may be a bin that was never full."""
    batches = run(context, [fill_message(hour, level) for hour, level in enumerate([0.05, 0.04, 0.06, 0.05])])
    assert [batch.emptyings for batch in batches] == [()] * 4


def test_a_sensor_in_a_new_bin_forgets_the_old_one(store: SqliteReadings) -> None:
    """Else moving a sensor from a full bin to an empty one would be an emptying."""
    memory = SensorMemory(BinId("ELSEWHERE"))
    kept = Kept()
    kept.held[SensorId("H0001")] = memory
    memories = StoreMemories(store, SystemClock())
    memories.keep(kept.held)
    assert memories.of(SensorId("H0001"), BinId("B0001")).bin_id == "B0001"


def test_a_bag_before_the_lens_is_flagged_once_it_stays(context: IngestContext) -> None:
    """A step up to the lid that then does not move: the first is a spike, the sixth is no waste."""
    found = flags(context, [0.3, 0.31, 0.32, *([1.0] * 10), 0.33, 0.34])
    assert found[3] == Q.SPIKE
    assert found[4:8] == [Q.GOOD] * 4, "a market stall may fill a bin at once"
    assert found[8:13] == [Q.BLOCKED] * 5
    assert found[13] & Q.UNFOLDED
    assert found[14] == Q.GOOD


def test_a_bin_that_filled_up_by_and_by_is_full_and_not_blocked(context: IngestContext) -> None:
    """Its readings must count, the more the longer it waits."""
    rising = [0.5 + 0.05 * hour for hour in range(10)]
    assert set(flags(context, [*rising, *([1.0] * 12)])) == {Q.GOOD}


QUIET = [(float(hour), 0.3 + 0.01 * hour) for hour in range(12)]


@pytest.mark.parametrize(
    ("before", "gap_h", "each_h", "is_blocked"),
    [
        pytest.param(QUIET, 1, 1, True, id="from one hour to the next: a bag"),
        pytest.param(QUIET, 2, 1, True, id="one message lost: a bag still"),
        pytest.param(QUIET, 5, 1, False, id="five hours unheard: a bin may fill"),
        pytest.param([(0.1 * n, 0.3) for n in range(12)], 1, 0.1, True, id="quick and unheard for an hour: a bag"),
        pytest.param([(0.0, 0.05), (4.0, 0.25), (8.0, 0.5)], 4, 4, False, id="each four hours, and it fills quickly"),
        pytest.param([(0.0, 0.4), (4.0, 0.41), (8.0, 0.42)], 4, 4, True, id="each four hours, and it fills slowly"),
        pytest.param([(0.0, 0.9), (4.0, 0.1), (8.0, 0.35), (12.0, 0.6)], 4, 4, False, id="quickly since its emptying"),
        pytest.param(
            [(0.0, 0.1), (8.0, 0.1), (16.0, 0.12)], 8, 8, False, id="each eight hours: nobody saw how it came"
        ),
    ],
)
def test_a_bin_that_may_have_filled_unheard_is_no_bag(
    before: list[tuple[float, float]], gap_h: float, each_h: float, is_blocked: bool, context: IngestContext
) -> None:
    """A bag costs a visit if it is believed; a full bin that is taken for one overflows, and no plan looks at it."""
    at_h = before[-1][0] + gap_h
    told = [*before, *((at_h + n * each_h, 1.0) for n in range(10))]
    batches = run(context, [fill_message(hour, level) for hour, level in told])
    found = [reading.quality for batch in batches for reading in batch.readings]
    assert (Q.BLOCKED in found) == is_blocked


def test_a_false_low_echo_out_of_a_full_bin_does_not_make_it_blocked(context: IngestContext) -> None:
    """The way back up is no step."""
    assert Q.BLOCKED not in set(flags(context, [0.9, 0.95, *([1.0] * 4), 0.2, *([1.0] * 10)]))


def test_cardboard_that_is_pressed_down_is_told_when_it_goes(context: IngestContext) -> None:
    """The forecast then leaves out what it saw since the step up."""
    found = flags(context, [0.30, 0.31, 0.95, 0.95, 0.96, 0.38, 0.39])
    assert found == [Q.GOOD, Q.GOOD, Q.SPIKE, Q.GOOD, Q.GOOD, Q.UNFOLDED, Q.GOOD]


def test_an_emptying_is_not_taken_for_cardboard(context: IngestContext) -> None:
    """It ends below where the step began."""
    assert Q.UNFOLDED not in set(flags(context, [0.4, 0.41, 0.95, 0.95, 0.05, 0.06]))


@pytest.mark.parametrize(
    ("degrees", "drifts"),
    [
        pytest.param((30.0, 14.0), True, id="a fall that sixteen degrees explain"),
        pytest.param((15.0, 14.0), False, id="a fall at the same temperature"),
        pytest.param((14.0, 30.0), False, id="warmer air raises the level"),
    ],
)
def test_a_level_that_falls_with_the_temperature(
    degrees: tuple[float, float], drifts: bool, context: IngestContext
) -> None:
    """Waste does not leave a bin by night; cold air carries sound slower."""
    warm, cold = degrees
    levels = [*((0.30, warm) for _ in range(6)), *((0.268, cold) for _ in range(2))]
    messages = [
        fill_message(hour, 0)._replace(
            payload=json.dumps({"distance_mm": round(1100 - 1000 * level), "temperature_c": celsius}).encode()
        )
        for hour, (level, celsius) in enumerate(levels)
    ]
    cooled = run(context, messages)[6].readings[0]
    assert bool(cooled.quality & Q.DRIFT) is drifts
