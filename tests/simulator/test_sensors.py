"""Sensors err as real ones do, and by as much."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from simulator.sensors import (
    DEAD_ZONE_MM,
    DUPLICATE_PROBABILITY,
    SPIKE_PROBABILITY,
    Optics,
    Reports,
    distances_mm,
    reports_of_hour,
    sound_mps,
    temperature_c,
)

COUNT = 4_000


def local_noon(month: int) -> datetime:
    """Noon in the middle of a month."""
    return datetime(2026, month, 15, 12, tzinfo=UTC)


EMPTY_MM, FULL_MM = 1_080.0, 230.0


def optics(*, is_laser: bool = False, is_compensated: bool = True, noise_mm: float = 8.0) -> Optics:
    """So many equal bins."""
    return Optics(
        empty_mm=np.full(COUNT, EMPTY_MM),
        full_mm=np.full(COUNT, FULL_MM),
        noise_mm=np.full(COUNT, noise_mm),
        surface_mm=np.full(COUNT, 17.0),
        is_laser=np.full(COUNT, is_laser),
        is_compensated=np.full(COUNT, is_compensated),
    )


@pytest.fixture(scope="module")
def reports() -> Reports:
    """One report of each bin."""
    found = reports_of_hour(np.arange(COUNT, dtype=np.float64) % 3600.0, hour_index=490_000, seed=7, per_hour=1)
    return replace(found, spike=np.full(COUNT, np.nan))


def seen_mm(kind: Optics, fill: float, reports: Reports, air_c: float = 20.0, heap: float = 0.0) -> np.ndarray:
    """What every sensor tells of bins filled alike."""
    fills, heaps = np.full(COUNT, fill), np.full(COUNT, heap)
    return distances_mm(kind, fills, heaps, reports, slice(0, COUNT), air_c)


@pytest.mark.parametrize(
    ("fill", "distance_mm"),
    [(0.0, EMPTY_MM), (0.5, 655.0), (1.0, FULL_MM)],
    ids=["empty reads the bottom", "half full reads the middle", "full reads the rated height"],
)
def test_a_laser_tells_the_distance_within_its_noise(fill: float, distance_mm: float, reports: Reports) -> None:
    """Standard deviation 4 mm, no bias."""
    found = seen_mm(optics(is_laser=True, noise_mm=4.0), fill, reports)
    assert found.mean() == pytest.approx(distance_mm, abs=0.5)
    assert found.std() == pytest.approx(4.0, rel=0.1)


def test_uncompensated_ultrasound_reads_seven_per_cent_too_far_at_minus_twenty(reports: Reports) -> None:
    """0.6 m/s per degree: the reason why an ultrasonic sensor needs a thermometer."""
    cold = seen_mm(optics(is_compensated=False), 0.0, reports, air_c=-20.0)
    assert cold.mean() / EMPTY_MM == pytest.approx(1.076, abs=0.005)
    assert sound_mps(20.0) - sound_mps(-20.0) == pytest.approx(24.2, abs=0.1)


def test_compensated_ultrasound_has_no_bias_but_scatters_more_than_a_laser(reports: Reports) -> None:
    """The thermometer is a few degrees wrong, now this way, now that."""
    found = seen_mm(optics(), 0.0, reports, air_c=-20.0)
    assert found.mean() == pytest.approx(EMPTY_MM, abs=1.5)
    assert 8.0 < found.std() < 14.0


def test_ultrasound_speaks_in_steps_of_half_a_centimetre(reports: Reports) -> None:
    """A detector of stuck values must live with equal readings."""
    assert set(seen_mm(optics(), 0.4, reports) % 5.0) == {0.0}


def test_nothing_is_nearer_than_the_dead_zone(reports: Reports) -> None:
    """The echo of the membrane itself drowns what is closer."""
    brim = replace(optics(), full_mm=np.full(COUNT, 20.0))
    assert seen_mm(brim, 1.0, reports).min() == DEAD_ZONE_MM


def test_an_uneven_heap_is_uneven_until_the_bin_is_emptied(reports: Reports) -> None:
    """The heap leans: a bias that stays from reading to reading and is gone with the waste."""
    quiet = optics(is_laser=True, noise_mm=0.0)
    assert seen_mm(quiet, 0.5, reports, heap=2.0).mean() == pytest.approx(655.0 + 34.0, abs=1.0)
    assert seen_mm(quiet, 0.0, reports, heap=2.0).mean() == pytest.approx(EMPTY_MM, abs=1.0)


def test_spikes_and_duplicates_come_as_often_as_stated() -> None:
    """Rare enough to be noise, frequent enough to be met every day."""
    found = [reports_of_hour(np.zeros(COUNT), hour, 3, 1) for hour in range(490_000, 490_020)]
    spikes = np.mean([~np.isnan(each.spike) for each in found])
    doubled = np.mean([each.is_doubled for each in found])
    assert spikes == pytest.approx(SPIKE_PROBABILITY, rel=0.15)
    assert doubled == pytest.approx(DUPLICATE_PROBABILITY, rel=0.15)


def test_a_spike_looks_fuller_never_emptier(reports: Reports) -> None:
    """A bag that hangs in the way is between sensor and waste."""
    spiked = replace(reports, spike=np.full(COUNT, 0.3))
    quiet = optics(is_laser=True, noise_mm=0.0)
    assert seen_mm(quiet, 0.2, spiked).max() < seen_mm(quiet, 0.2, reports).min()


@pytest.mark.parametrize("per_hour", [1, 2, 4])
def test_every_sensor_reports_as_often_as_set_at_its_own_time(per_hour: int) -> None:
    """All at once would be a storm that no radio carries."""
    phases = np.random.default_rng(1).uniform(0, 3600, COUNT)
    found = reports_of_hour(phases, 490_000, 3, per_hour)
    assert np.array_equal(np.bincount(found.bin_index), np.full(COUNT, per_hour))
    assert (np.diff(found.second) >= 0).all()
    assert np.histogram(found.second, 12, (0, 3600))[0].min() > 0.8 * COUNT * per_hour / 12


def test_winters_are_cold_and_afternoons_warm() -> None:
    """The temperature goes into messages and into the speed of sound."""
    assert temperature_c(local_noon(1)) < 0.0 < 14.0 < temperature_c(local_noon(7))
    assert temperature_c(local_noon(7)) > temperature_c(local_noon(7).replace(hour=3))
