"""The air loses reports in bursts, delays them and doubles them, as often as measured."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.radio import BUFFER_REPORTS, MEAN_BAD_REPORTS, Channel, Sent
from simulator.truth import Device

uniform = st.floats(0.0, 1.0, exclude_max=True)


def through(device: Device, count: int, seed: int = 1) -> list[list[Sent[int]]]:
    """What arrives when reports 0, 1, 2 ... are sent."""
    channel, rng = Channel[int](device), np.random.default_rng(seed)
    return [
        list(channel.offer(number, fade=rng.random(), loss=rng.random(), is_doubled=False)) for number in range(count)
    ]


def test_a_lorawan_sensor_gets_72_per_cent_through() -> None:
    """The city trial's figure (Basford 2020)."""
    arrived = [bool(found) for found in through(Device.LASER_TTS, 60_000)]
    assert np.mean(arrived) == pytest.approx(0.72, abs=0.015)


def test_losses_come_in_bursts() -> None:
    """Independent losses would be harmless: two in a row every thirteenth time, six hardly ever."""
    lost = [not found for found in through(Device.LASER_TTS, 60_000)]
    after_a_loss = np.mean([second for first, second in pairwise(lost) if first])
    assert after_a_loss > 0.65
    runs = "".join("x" if each else "." for each in lost).replace(".", " ").split()
    assert np.mean([len(run) >= MEAN_BAD_REPORTS for run in runs]) > 0.1


def test_a_sensor_with_memory_delivers_late_and_oldest_first() -> None:
    """So ingest meets readings that are older than the newest it has."""
    channel = Channel[str](Device.ULTRASONIC_JSON)
    assert channel.offer("08:00", fade=0.0, loss=0.0, is_doubled=False) == ()  # the radio fades
    assert channel.offer("09:00", fade=0.9, loss=0.01, is_doubled=False) == ()  # it is back, and loses one still
    arriving = channel.offer("10:00", fade=0.9, loss=0.95, is_doubled=False)
    assert [each.report for each in arriving] == ["10:00", "08:00", "09:00"]


@given(st.lists(st.tuples(uniform, uniform, st.booleans()), max_size=60))
def test_a_sensor_with_memory_loses_nothing_while_it_has_room(draws: list[tuple[float, float, bool]]) -> None:
    """Every report arrives at least once or is still kept; none appears from nowhere."""
    channel = Channel[int](Device.FILL_JSON)
    arrived: list[int] = []
    for number, (fade, loss, doubled) in enumerate(draws):
        sent = channel.offer(number, fade=fade, loss=loss, is_doubled=doubled)
        arrived += [each.report for each in sent]
        assert all(each.copies == (2 if doubled and each.report == number else 1) for each in sent)
    final = channel.offer(len(draws), fade=1.0 - 1e-9, loss=1.0 - 1e-9, is_doubled=False)
    arrived += [each.report for each in final]
    if len(draws) <= BUFFER_REPORTS:
        assert sorted(arrived) == list(range(len(draws) + 1))
    assert len(set(arrived)) == len(arrived)
