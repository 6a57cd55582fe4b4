"""The world lives by its seed, whatever the steps, and what is emptied is empty."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from simulator.fills import Fills
from simulator.history import live_through
from simulator.messages import OutMessage
from simulator.towns import Town, make_town
from simulator.truth import DEAD_SENSOR_DAYS, Device
from simulator.world import World
from tests.simulator.support import MIDNIGHT_UTC
from tomma.model import BinId

HOUR = timedelta(hours=1)


def lived(town: Town, stops: Sequence[datetime], seed: int = 1) -> tuple[World, list[OutMessage]]:
    """A world advanced from stop to stop, and everything it sent."""
    world = World(town, MIDNIGHT_UTC, seed)
    return world, [message for stop in stops for message in world.advance(stop)]


def bin_with(town: Town, device: Device) -> BinId:
    """A bin with such a sensor that does not die."""
    return next(truth.bin_id for truth in town.truths if truth.device is device and truth.silent_after_days is None)


@pytest.mark.parametrize("minutes", [1, 7, 61], ids=["by the minute", "by seven minutes", "by the hour and one"])
def test_the_same_seed_sends_the_same_messages_whatever_the_steps(small_town: Town, minutes: int) -> None:
    """Fast, slow or live: a fault can be looked at again."""
    end = MIDNIGHT_UTC + 12 * HOUR
    step = timedelta(minutes=minutes)
    stops = [MIDNIGHT_UTC + number * step for number in range(1, 12 * 60 // minutes + 1)]
    at_once, one = lived(small_town, [end])
    in_steps, other = lived(small_town, [*stops, end])
    assert one == other
    assert len(one) > 160 * 12 * 0.8
    assert np.array_equal(at_once.fills.fill_l, in_steps.fills.fill_l)
    assert lived(small_town, [end], seed=2)[1] != one


@pytest.fixture(scope="module")
def fortnight(small_town: Town) -> tuple[World, list[Fills]]:
    """Two weeks of old rounds, and what lay where at the end of each hour."""
    world = World(small_town, MIDNIGHT_UTC, 1)
    hours = live_through(world, small_town.city, MIDNIGHT_UTC + timedelta(days=14), 1)
    return world, [deepcopy(world.fills) for _ in hours]


def test_bins_fill_by_day_and_the_books_balance(fortnight: tuple[World, list[Fills]]) -> None:
    """Two weeks with rounds: nothing is lost between bin, truck and pavement."""
    assert len(fortnight[1]) == 14 * 24
    for fills in fortnight[1]:
        assert (fills.fill_l >= 0.0).all()
        assert (fills.fill_l <= fills.volume_l).all()
        assert np.allclose(fills.deposited_l, fills.fill_l + fills.collected_l + fills.overflowed_l)


def test_old_rounds_collect_at_the_fill_edinburgh_collected_at(fortnight: tuple[World, list[Fills]]) -> None:
    """Mean 77 %: history looks like that of a city that has not planned yet."""
    before = [each.fill_before_fraction for each in fortnight[0].emptyings]
    after = [each.fill_after_fraction for each in fortnight[0].emptyings]
    assert len(before) > 400
    assert np.mean(before) == pytest.approx(0.77, abs=0.04)
    assert 0.03 < np.mean([each > 0.0 for each in after]) < 0.15
    assert max(after) > 0.2


def test_history_ends_at_the_minute_of_any_present(small_town: Town) -> None:
    """A clock hardly ever shows a whole minute; the loading of history must not wait for one."""
    world = World(small_town, MIDNIGHT_UTC, 1)
    present = MIDNIGHT_UTC + timedelta(hours=2, seconds=37, microseconds=5)
    chunks = list(live_through(world, small_town.city, present, 1))
    assert len(chunks) == 2
    assert world.now_utc == MIDNIGHT_UTC + 2 * HOUR


def test_an_emptied_bin_is_empty_from_its_minute_on(small_town: Town) -> None:
    """The ground truth drops when the driver taps."""
    world, _ = lived(small_town, [MIDNIGHT_UTC + 10 * HOUR])
    bin_id = bin_with(small_town, Device.ULTRASONIC_JSON)
    before = world.fill_fraction(bin_id)
    world.empty(bin_id, world.now_utc + timedelta(minutes=5), "tap-1")
    world.advance(world.now_utc + timedelta(minutes=4))
    assert world.fill_fraction(bin_id) >= before
    world.advance(world.now_utc + timedelta(minutes=2))
    [emptying] = world.emptyings
    assert world.fill_fraction(bin_id) <= emptying.fill_after_fraction + 0.05
    assert emptying.fill_before_fraction >= before


def test_an_emptying_tapped_in_the_past_happens_now_and_only_once(small_town: Town) -> None:
    """A tablet that was offline tells late, and the feed may tell twice."""
    world, _ = lived(small_town, [MIDNIGHT_UTC + 10 * HOUR])
    bin_id = bin_with(small_town, Device.ULTRASONIC_JSON)
    for _ in range(2):
        world.empty(bin_id, MIDNIGHT_UTC, "tap-1")
    world.advance(world.now_utc + timedelta(minutes=1))
    assert len(world.emptyings) == 1


def test_an_undone_tap_puts_the_waste_back(small_town: Town) -> None:
    """The bin was never emptied: somebody had tapped the wrong one."""
    world, _ = lived(small_town, [MIDNIGHT_UTC + 10 * HOUR])
    bin_id = bin_with(small_town, Device.ULTRASONIC_JSON)
    before = world.fill_fraction(bin_id)
    world.empty(bin_id, world.now_utc, "tap-1")
    world.advance(world.now_utc + timedelta(minutes=1))
    world.undo("tap-1")
    world.undo("tap-1")
    assert world.fill_fraction(bin_id) >= before
    assert world.fill_fraction(bin_id) <= 1.0
    assert np.isclose(world.fills.collected_l.sum(), 0.0)


def test_a_tap_undone_before_the_truck_arrives_never_happens(small_town: Town) -> None:
    """Both events may come in one poll."""
    world, _ = lived(small_town, [MIDNIGHT_UTC + HOUR])
    world.empty(bin_with(small_town, Device.ULTRASONIC_JSON), world.now_utc, "tap-1")
    world.undo("tap-1")
    world.advance(world.now_utc + HOUR)
    assert not world.emptyings


def test_a_laser_reports_within_minutes_after_it_was_tipped(small_town: Town) -> None:
    """An EM400 feels the tilt; the map shows the drop without waiting for the hour."""
    world, _ = lived(small_town, [MIDNIGHT_UTC + HOUR])
    lasers = [each for each in small_town.truths if each.device is Device.LASER_TTS]
    for truth in lasers:
        world.empty(truth.bin_id, world.now_utc, f"tap-{truth.bin_id}")
    plain, _ = lived(small_town, [MIDNIGHT_UTC + HOUR])
    later = world.now_utc + timedelta(minutes=5)
    extra = len(world.advance(later)) - len(plain.advance(later))
    assert extra > 0.6 * len(lasers)  # the radio takes its share


def test_a_dead_sensor_says_nothing_any_more_and_the_bin_fills_on() -> None:
    """The forecast has to carry a silent bin."""
    town = make_town(40, seed=1, silent_share=1.0)
    world, messages = lived(town, [MIDNIGHT_UTC + timedelta(days=DEAD_SENSOR_DAYS[1], hours=1)])
    assert messages
    assert not world.advance(world.now_utc + timedelta(days=1))
    assert world.fills.overflowed_l.sum() > 0.0


def test_reports_carry_a_counter_that_only_grows(small_town: Town) -> None:
    """Ingest can tell a gap from a quiet night by it."""
    town = make_town(40, seed=1, silent_share=0.0)
    _, messages = lived(town, [MIDNIGHT_UTC + timedelta(days=2)])
    per_sensor: dict[str, list[datetime]] = {}
    for message in messages:
        assert message.measured_utc is not None
        per_sensor.setdefault(message.sensor_id, []).append(message.measured_utc)
    assert len(per_sensor) == 40
    lorawan = [times for sensor, times in per_sensor.items() if sensor.startswith("eui-")]
    assert all(first <= second for times in lorawan for first, second in pairwise(times))
    late = [times for times in per_sensor.values() if any(first > second for first, second in pairwise(times))]
    assert late  # buffered ones arrive behind newer ones


def test_more_frequent_reports_hold_from_the_next_hour(small_town: Town) -> None:
    """History is loaded with one an hour, the demo goes on with two."""
    world, first = lived(small_town, [MIDNIGHT_UTC + 6 * HOUR])
    world.reports_per_hour = 2
    second = world.advance(MIDNIGHT_UTC + 12 * HOUR)
    assert len(second) == pytest.approx(2 * len(first), rel=0.1)
