"""Messages that were sent and never came are told by the sensors' counters: a broker that forgets, not a bad radio."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest

from ingest.alerts.losses import LOOK_BACK, Tally, losses, tally
from ingest.alerts.scene import Scene
from tests.ingest.alerts.town import HOUR, SENSORS, T0, K, Town
from tomma.city import City
from tomma.model import BinId, Reading, SensorId


def test_a_broker_that_forgets_is_told_by_the_counters(town: Town) -> None:
    """A sensor may lose messages; many at once, far more than usual, is a queue that was thrown away (case M2)."""
    minutes = range(-14 * 60, 8 * 60, 10)
    number = {minute: place for place, minute in enumerate(minutes)}
    told = []
    for minute in minutes:
        if not 20 <= minute < 80 or minute % 20 == 0:
            town.hear(minute / 60, counter=number[minute])
        if minute >= 0:
            told += town.look(minute / 60 + 0.05)
    assert told == [(K.MESSAGES_LOST, True, None), (K.MESSAGES_LOST, False, None)]
    raised, _ = town.stores.readings.alerts(T0, T0 + 9 * HOUR)
    assert raised.values["lost"] >= 2 * SENSORS


def test_messages_are_counted_by_the_steps_of_each_sensors_counter() -> None:
    """A restart, a roll-over or another device is no loss."""
    numbers = [5, 6, 9, 2, 3, 9_000]
    readings = [
        Reading(BinId("B"), SensorId("S"), T0 + n * HOUR, T0 + n * HOUR, 0.5, counter=number)
        for n, number in enumerate(numbers)
    ]
    assert tally({BinId("B"): readings}, T0, T0 + 9 * HOUR) == Tally(expected=5, lost=2, lost_squared=4)
    assert tally({BinId("B"): readings}, T0 + 3 * HOUR, T0 + 9 * HOUR) == Tally(expected=1, lost=0)


def in_bursts(rng: random.Random) -> dict[BinId, list[Reading]]:
    """Sixty sensors that speak each half hour, each losing eight in a row about twice in a day and a half."""
    heard: dict[BinId, list[Reading]] = {}
    for sensor in range(60):
        lost = {start + n for start in range(72) if rng.random() < 0.015 for n in range(8)}
        moments = [(n, T0 + n * HOUR / 2) for n in range(72) if n not in lost]
        heard[BinId(f"B{sensor}")] = [
            Reading(BinId(f"B{sensor}"), SensorId(f"H{sensor}"), at, at, 0.5, counter=n) for n, at in moments
        ]
    return heard


def test_a_radio_that_loses_in_bursts_is_no_broker_that_forgets(city: City) -> None:
    """Eight lost in a row are told by one counter at one moment: some hours have many such moments, by chance."""
    rng = random.Random(7)  # noqa: S311  (chance, not a secret)
    now_utc = T0 + 36 * HOUR
    for _ in range(60):
        assert list(losses(Scene(city, now_utc, T0, T0), in_bursts(rng))) == []


def over_the_radio(rng: random.Random, hours: int) -> Iterator[tuple[datetime, int]]:
    """One sensor that speaks each half hour: 28 % are lost, in bursts of six on average (as in simulator/radio.py)."""
    is_bad = rng.random() < 0.27
    for number in range(2 * hours):
        is_bad = rng.random() >= 1 / 6 if is_bad else rng.random() < 0.0618
        if rng.random() >= (0.9 if is_bad else 0.05):
            yield T0 + number * HOUR / 2, number


def told_by(heard: Sequence[Sequence[tuple[datetime, int]]]) -> dict[BinId, list[Reading]]:
    """Of each sensor's messages, those that the watch reads at T0 + 48 h."""
    oldest_utc = T0 + 48 * HOUR - LOOK_BACK
    return {
        BinId(f"B{n}"): [
            Reading(BinId(f"B{n}"), SensorId(f"H{n}"), at, at, 0.5, counter=number)
            for at, number in told
            if at >= oldest_utc
        ]
        for n, told in enumerate(heard)
    }


def test_what_was_usual_is_counted_whole(city: City) -> None:
    """Gaps that began before the hours that are read went uncounted: the radio looked better then than it was."""
    rng = random.Random(11)  # noqa: S311  (chance, not a secret)
    last_utc = T0 + 47.4 * HOUR
    heard = [
        [told for told in over_the_radio(rng, 48) if told[0] < last_utc - 1.5 * HOUR or told[0] > last_utc]
        for _ in range(300)
    ]
    (raised,) = losses(Scene(city, T0 + 48 * HOUR, T0, T0), told_by(heard))
    assert raised.values["usual_fraction"] == pytest.approx(0.28, abs=0.02)


def test_a_few_that_come_back_after_a_night_are_no_broker_that_forgets(city: City) -> None:
    """Hours without a long gap do not say that there are none: those of now count, too."""
    usual = [[(T0 + number * HOUR / 2, number) for number in range(96) if (number + n) % 10] for n in range(40)]
    back = [[told for told in one if not 79 <= told[1] < 94] for one in usual[:5]]
    assert list(losses(Scene(city, T0 + 48 * HOUR, T0, T0), told_by([*back, *usual[5:]]))) == []
