"""What arrives in a bin, and what becomes of it on each side: no litre lost, no litre made up."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.saving.shadow import Waste, by_bin, live
from routing.saving.tape import Heard, level_at, tape_of

HOUR_S = 3600.0
DAY = np.arange(25, dtype=np.float64) * HOUR_S
VOLUME_L = 600.0
USUAL = 5.0 / HOUR_S
"""Litres a second: five an hour."""


def heard(levels: list[tuple[float, float]], emptied_h: tuple[float, ...] = ()) -> Heard:
    """Return what a sensor told, from (hour, litres)."""
    return Heard(
        [hour * HOUR_S for hour, _ in levels],
        [litres for _, litres in levels],
        [hour * HOUR_S for hour in emptied_h],
    )


def arrived_l(told: Heard) -> float:
    """Return what came in the day."""
    return float(tape_of(told, VOLUME_L, USUAL, DAY).inflow_l.sum())


def test_between_two_readings_the_rise_is_what_came() -> None:
    """Wherever the sensor told, nothing is assumed."""
    tape = tape_of(heard([(-2.0, 100.0), (10.0, 160.0), (26.0, 240.0)]), VOLUME_L, USUAL, DAY)

    assert float(tape.inflow_l.sum()) == pytest.approx(140.0 - 10.0 - 10.0)
    assert tape.measured_s == 24 * HOUR_S


def test_a_trembling_sensor_fills_no_bin() -> None:
    """Adding up every rise would turn noise into waste; only a new height counts."""
    rng = random.Random(1)  # noqa: S311
    trembling = [(hour / 4.0, 300.0 + rng.uniform(-6.0, 6.0)) for hour in range(-4, 104)]

    assert arrived_l(heard(trembling)) < 13.0


def test_around_an_emptying_the_usual_rate_stands_in() -> None:
    """Nobody knows how much of the fall was new waste."""
    told = heard([(0.0, 500.0), (10.0, 550.0), (14.0, 30.0), (24.0, 80.0)], emptied_h=(13.0,))

    assert arrived_l(told) == pytest.approx(50.0 + 4 * 5.0 + 50.0)


def test_an_emptying_that_nobody_told_of_is_seen_in_two_low_levels() -> None:
    """A single one is a bad echo, and the waste is still there."""
    untold = heard([(0.0, 500.0), (10.0, 20.0), (12.0, 30.0), (24.0, 90.0)])
    echo = heard([(0.0, 500.0), (10.0, 20.0), (12.0, 510.0), (24.0, 570.0)])

    assert arrived_l(untold) == pytest.approx(10 * 5.0 + 10.0 + 60.0)
    assert arrived_l(echo) == pytest.approx(70.0)


def test_a_sensor_at_the_brim_says_at_least() -> None:
    """More comes to a full bin too, at its usual rate; overflow is not free of charge for anybody."""
    assert arrived_l(heard([(0.0, 600.0), (12.0, 600.0), (24.0, 600.0)])) == pytest.approx(24 * 5.0)


def test_a_silent_bin_fills_at_its_usual_rate() -> None:
    """On every side alike."""
    tape = tape_of(heard([]), VOLUME_L, USUAL, DAY)

    assert float(tape.inflow_l.sum()) == pytest.approx(120.0)
    assert tape.measured_s == 0.0


def test_the_level_at_midnight_is_the_last_one_told_and_what_came_since() -> None:
    """Nobody measures at midnight sharp; after an emptying nothing old counts."""
    told = heard([(-5.0, 200.0), (3.0, 240.0)])

    assert level_at(told, 0.0, USUAL) == pytest.approx(225.0)
    assert level_at(heard([(-5.0, 200.0)], emptied_h=(-2.0,)), 0.0, USUAL) == pytest.approx(10.0)
    assert level_at(heard([(3.0, 240.0)]), 0.0, USUAL) is None


@given(
    st.lists(st.integers(0, 900), min_size=23, max_size=25),
    st.integers(0, 9_000),
    st.integers(1_000, 8_000),
    st.lists(st.integers(0, 23 * 60 - 1), max_size=4, unique=True),
)
def test_no_litre_is_lost_and_overflow_is_what_does_not_fit(
    by_hour: list[int], held_dl: int, holds_dl: int, emptied: list[int]
) -> None:
    """Also on days of 23 and 25 hours; a reckoning minute by minute agrees."""
    waste = Waste([by_hour], 60 * len(by_hour))
    lived = live(waste, 0, held_dl, holds_dl, by_bin([(0, minute) for minute in emptied]).get(0, []))
    assert held_dl + sum(by_hour) == sum(lived.taken_dl) + lived.after_dl

    arrived, inside, over, taken = waste.of(0), held_dl, 0, []
    for minute in range(waste.minutes):
        if minute in emptied:
            taken.append(inside)
            inside = 0
        over += inside > holds_dl
        inside += int(arrived[minute + 1] - arrived[minute])
    assert (lived.overflow_min, list(lived.taken_dl)) == (over, taken)


def test_what_lies_beside_is_counted_once() -> None:
    """What was there in the morning was yesterday's."""
    flat = Waste([[60] * 24], 1_440)

    assert live(flat, 0, 1_500, 1_000, []).overflow_dl == 24 * 60
    assert live(flat, 0, 1_500, 1_000, []).overflow_min == 1_440
    assert live(flat, 0, 0, 1_000, [600]).overflow_min == 0
    assert int(flat.held_at([7], 90)[0]) == 7 + 90
