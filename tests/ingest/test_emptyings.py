"""Emptyings are told from fill levels alone, also where the bin never reads zero."""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.calibrate import Level
from ingest.emptyings import APART, NOISE_READINGS, NOTHING, Revision, detect
from ingest.memory import SensorMemory, seen_in
from ingest.quality import judge
from tomma.model import BinId, Emptying, EmptyingSource, Reading, SensorId

START = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
MATCH_READINGS = range(-1, 3)
"""A detection may be one reading early (a false echo just before) or two late (lost readings)."""


def readings(levels: Sequence[float], step_h: float = 1.0) -> list[Reading]:
    """Readings of one bin at a steady pace."""
    return [reading(START + timedelta(hours=number * step_h), level) for number, level in enumerate(levels)]


def reading(measured_utc: datetime, level: float) -> Reading:
    """One reading."""
    return Reading(BinId("B"), SensorId("S"), measured_utc, measured_utc, level)


def hours(emptyings: Sequence[Emptying]) -> list[float]:
    """When, in hours after the first reading."""
    return [(each.at_utc - START) / timedelta(hours=1) for each in emptyings]


class EmptyingDetector:
    """Follows one sensor of one bin, as the pipeline does with the memory that it keeps."""

    def __init__(self, bin_id: BinId) -> None:
        self._memory = SensorMemory(bin_id)

    def add(self, reading: Reading) -> Revision:
        """Take one more reading, in any order; return what it changes."""
        grown = self._memory.with_seen(seen_in(reading))
        if grown is self._memory:
            return NOTHING
        revision = detect(grown.bin_id, grown, reading.measured_utc)
        self._memory = grown.with_revision(revision.told, revision.withdrawn)
        return revision


def detect_all(bin_id: BinId, readings: Iterable[Reading]) -> tuple[Emptying, ...]:
    """Return every emptying in a bin's history, as the stream would have told them one by one; oldest first."""
    detector = EmptyingDetector(bin_id)
    known: dict[datetime, Emptying] = {}
    for reading in readings:
        revision = detector.add(reading)
        for each in revision.withdrawn:
            known.pop(each.at_utc, None)
        known.update({each.at_utc: each for each in revision.told})
    return tuple(known[moment] for moment in sorted(known))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param([0.6, 0.7, 0.8, 0.05, 0.06], [3], id="a full bin is emptied to the bottom"),
        pytest.param([0.76, 0.78, 0.8, 0.45, 0.46], [3], id="a glass container still reads 45 % after the truck"),
        pytest.param([0.88, 0.9, 0.92, 0.74, 0.75], [3], id="the heap leans: 74 % is left"),
        pytest.param([0.2, 0.5, 0.8, 0.1, 0.4], [3], id="a bin that fills 30 % between readings"),
        pytest.param([0.1, 0.1, 0.11, 0.95, 0.12, 0.12], [], id="one false high echo"),
        pytest.param([0.8, 0.8, 0.81, 0.05, 0.81, 0.82], [], id="one false low echo"),
        pytest.param([0.3, 0.3, 0.3, 0.9, 0.9, 0.91, 0.3, 0.31], [], id="cardboard unfolds and is pressed down"),
        pytest.param([0.8, 0.79, 0.77, 0.76, 0.74, 0.73, 0.72], [], id="waste settles slowly"),
        pytest.param([0.8, 0.82, 0.84, 0.5, 0.5, 0.15, 0.16], [3], id="what stuck falls out two hours later"),
        pytest.param([0.5, 0.43, 0.5, 0.44, 0.5, 0.43, 0.5], [], id="warm days and cold nights"),
        pytest.param([0.7, 0.8, 0.02], [], id="the drop is not confirmed yet"),
        pytest.param([0.8, 0.02, 0.03], [], id="one reading is no level before"),
        pytest.param([0.7, 0.75, 0.8, 0.05, 0.8, 0.06, 0.07], [3], id="an echo of the old level in between"),
    ],
)
def test_an_emptying_is(levels: list[float], expected: list[float]) -> None:
    """Waste does not leave a bin by itself; echoes, cardboard and weather come and go."""
    assert hours(detect_all(BinId("B"), readings(levels))) == expected


def test_it_is_told_with_the_level_before_and_after() -> None:
    """The forecast learns from both: what is left is where the next filling begins."""
    (emptying,) = detect_all(BinId("B"), readings([0.76, 0.78, 0.8, 0.45, 0.46]))
    assert emptying.source is EmptyingSource.DETECTED
    assert (emptying.fill_before_fraction, emptying.fill_after_fraction) == (0.78, 0.45)


def test_a_noisy_sensor_needs_a_greater_drop() -> None:
    """Else every wave of a bad sensor would send the history back to empty."""
    rng = random.Random(3)  # noqa: S311  (a seeded story)
    noisy = [0.5 + rng.gauss(0, 0.09) for _ in range(200)]
    found = detect_all(BinId("B"), readings([min(1.0, max(0.0, each)) for each in noisy]))
    assert [hour for hour in hours(found) if hour >= NOISE_READINGS] == []


def test_days_of_silence_do_not_hide_an_emptying() -> None:
    """Waste does not vanish in a dead spot of the network either; the first reading after it gives the date."""
    before, after = readings([0.7, 0.75, 0.8]), readings([0.1, 0.12])
    later = [reading(each.measured_utc + timedelta(days=5), each.fill_fraction) for each in after]
    assert hours(detect_all(BinId("B"), [*before, *later])) == [120.0]


def test_what_is_full_again_days_later_takes_no_emptying_back() -> None:
    """A sensor that speaks only when the truck comes, as in Edinburgh: full twice, empty twice, days, full again."""
    visits = [timedelta(days=3 * visit, minutes=2 * step) for visit in range(4) for step in range(4)]
    levels = [0.8, 0.8, 0.0, 0.0] * 4
    found = detect_all(BinId("B"), [reading(START + at, level) for at, level in zip(visits, levels, strict=True)])
    assert [round(hour) for hour in hours(found)] == [0, 72, 144, 216]


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_day_that_arrives_in_any_order_tells_the_same_emptying_once(rng: random.Random) -> None:
    """A gateway resends its backlog after an outage as it likes (case M22)."""
    day = readings([0.5 + 0.02 * hour if hour < 12 else 0.1 + 0.02 * (hour - 12) for hour in range(20)])
    shuffled = list(day)
    rng.shuffle(shuffled)
    found = detect_all(BinId("B"), shuffled)
    assert len(found) == 1
    assert 12 <= hours(found)[0] < 20


@given(st.lists(st.floats(0, 1), min_size=4, max_size=60))
@settings(max_examples=100, deadline=None)
def test_emptyings_of_a_bin_lie_apart_and_are_drops(levels: list[float]) -> None:
    """Whatever a sensor says, nobody empties a bin twice within three hours, nor fills it by emptying."""
    found = detect_all(BinId("B"), readings(levels))
    assert all(later.at_utc - earlier.at_utc >= APART for earlier, later in pairwise(found))
    assert all((each.fill_before_fraction or 0) > (each.fill_after_fraction or 0) for each in found)


def test_reading_again_what_was_told_tells_nothing_new() -> None:
    """A redelivered reading is a duplicate, not a second truck."""
    detector = EmptyingDetector(BinId("B"))
    told = [each for one in readings([0.7, 0.75, 0.8, 0.05, 0.06]) for each in detector.add(one).told]
    again = [each for one in readings([0.7, 0.75, 0.8, 0.05, 0.06]) for each in detector.add(one).told]
    assert (len(told), again) == (1, [])


def score(stories: Sequence[Any]) -> tuple[float, float, int]:
    """Precision, recall and the number of true emptyings over some bins' lives; the last three readings cannot tell."""
    hits = found_total = true_total = 0
    for story in stories:
        times = [moment for moment, _ in story.levels]
        told = [bisect_left(times, each.at_utc) for each in detect_all(BinId("B"), flagged(story.levels))]
        truth = [bisect_left(times, moment) for moment in story.emptied_utc]
        told, truth = ([place for place in places if place < len(times) - 3] for places in (told, truth))
        found_total += len(told)
        true_total += len(truth)
        for place in told:
            match = next((true for true in truth if place - true in MATCH_READINGS), None)
            if match is not None:
                truth.remove(match)
                hits += 1
    return hits / found_total, hits / true_total, true_total


def flagged(levels: Sequence[tuple[datetime, float]]) -> Iterator[Reading]:
    """The readings with the flags that the stream would give them."""
    memory = SensorMemory(BinId("B"))
    for moment, fill in levels:
        quality = judge(Level(fill, False), moment, fill, has_distance=True, memory=memory)
        made = replace(reading(moment, fill), quality=quality)
        memory = memory.with_seen(seen_in(made))
        yield made


@pytest.mark.parametrize(
    ("life", "precision_bar", "recall_bar"),
    [
        pytest.param({}, 0.98, 0.98, id="street bins, emptied to the bottom"),
        pytest.param({"rest": (0.2, 0.74), "fill_per_day": 0.2}, 0.97, 0.90, id="glass containers, 20-74 % stays"),
        pytest.param({"noise": 0.05}, 0.95, 0.98, id="a poor sensor: 5 % noise"),
        pytest.param({"step_h": 4.0, "delivered": 0.72}, 0.95, 0.93, id="six readings a day, 72 % delivered"),
        pytest.param({"step_h": 0.25, "days": 15}, 0.95, 0.94, id="a reading each quarter of an hour"),
    ],
)
def test_precision_and_recall_on_known_truth(
    story: Callable[..., Any], life: dict[str, Any], precision_bar: float, recall_bar: float
) -> None:
    """The stated bar: beyond it, a planner believes in emptyings that never were, or in full bins that are empty."""
    precision, recall, emptyings = score([story(seed, **life) for seed in range(25)])
    assert emptyings > 100
    assert precision >= precision_bar
    assert recall >= recall_bar
