"""What a sensor in the lid sees, with the faults real ones have. Pure.

Ultrasound measures time; an error in the assumed temperature becomes an error in the distance, since sound
travels 0.6 m/s faster per degree C. A laser has none of that. Both see a heap and not a plane, and now and then
an echo from a bag that hangs in the way.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from simulator.draws import HOUR_S, Draw, generator
from simulator.truth import BinTruth, Device
from tomma.city import City

SPIKE_PROBABILITY = 0.004
DUPLICATE_PROBABILITY = 0.01
JITTER_S = 20.0
COMPENSATION_ERROR_C = 3.0  # a thermometer in a sunlit lid
UNCOMPENSATED_C = 20.0
ULTRASOUND_STEP_MM = 5.0
LASER_STEP_MM = 1.0
DEAD_ZONE_MM = 150.0  # makes differ: 30 to 500 mm


@dataclass(frozen=True)
class Optics:
    """Every bin's geometry and sensor as arrays, in the order of the truths."""

    empty_mm: NDArray[np.float64]
    full_mm: NDArray[np.float64]
    noise_mm: NDArray[np.float64]
    surface_mm: NDArray[np.float64]
    is_laser: NDArray[np.bool_]
    is_compensated: NDArray[np.bool_]


@dataclass(frozen=True)
class Reports:
    """The reports due within one hour, oldest first, with everything about them that is left to chance."""

    second: NDArray[np.intp]
    bin_index: NDArray[np.intp]
    noise: NDArray[np.float64]
    """Standard normal."""
    temperature_error: NDArray[np.float64]
    """Standard normal."""
    spike: NDArray[np.float64]
    """Within [0, 1): how far up the spike reaches, or NaN for none."""
    fade: NDArray[np.float64]
    """Uniform: whether the radio's state changes."""
    loss: NDArray[np.float64]
    """Uniform: whether this report is lost in that state."""
    is_doubled: NDArray[np.bool_]


def optics_of(city: City, truths: Sequence[BinTruth]) -> Optics:
    """Return geometry and sensor of each bin as arrays."""
    containers = [city.container_type_of(truth.bin_id) for truth in truths]
    return Optics(
        empty_mm=np.asarray([container.empty_mm for container in containers]),
        full_mm=np.asarray([container.full_mm for container in containers]),
        noise_mm=np.asarray([truth.noise_mm for truth in truths]),
        surface_mm=np.asarray([truth.surface_mm for truth in truths]),
        is_laser=np.asarray([truth.device is Device.LASER_TTS for truth in truths], dtype=bool),
        is_compensated=np.asarray([truth.is_compensated for truth in truths], dtype=bool),
    )


def reports_of_hour(phase_s: NDArray[np.float64], hour_index: int, seed: int, per_hour: int) -> Reports:
    """Draw one hour's reports: each sensor at its own phase of the interval, some seconds early or late."""
    rng = generator(seed, Draw.REPORTS, hour_index)
    return _draw_reports(rng, _due_seconds(phase_s, rng, per_hour), np.tile(np.arange(len(phase_s)), per_hour))


def report_now(second: int, bin_index: int, seed: int, moment_s: int) -> Reports:
    """Draw one report out of turn, such as a sensor sends when its container was tilted."""
    rng = generator(seed, Draw.EXTRA_REPORT, moment_s, bin_index)
    return _draw_reports(rng, np.asarray([second], dtype=np.intp), np.asarray([bin_index], dtype=np.intp))


def _due_seconds(phase_s: NDArray[np.float64], rng: np.random.Generator, per_hour: int) -> NDArray[np.intp]:
    interval_s = HOUR_S / per_hour
    due = np.concatenate([phase_s % interval_s + number * interval_s for number in range(per_hour)])
    jittered = due + rng.uniform(-JITTER_S, JITTER_S, len(due))
    return np.clip(jittered, 0, HOUR_S - 1).astype(np.intp)


def _draw_reports(rng: np.random.Generator, second: NDArray[np.intp], bin_index: NDArray[np.intp]) -> Reports:
    count = len(second)
    spike = np.where(rng.random(count) < SPIKE_PROBABILITY, rng.random(count), np.nan)
    noise, temperature_error = rng.standard_normal((2, count))
    fade, loss, doubled = rng.random((3, count))
    order = np.argsort(second, kind="stable")
    return Reports(
        second[order], bin_index[order], noise, temperature_error, spike, fade, loss, doubled < DUPLICATE_PROBABILITY
    )


def temperature_c(moment_local: datetime) -> float:
    """Return a Nordic town's air temperature: cold in January, warm in July, warmest at three."""
    season = -math.cos((moment_local.timetuple().tm_yday - 20) / 365.25 * 2 * math.pi)
    day = -math.cos((moment_local.hour + moment_local.minute / 60 - 3) / 24 * 2 * math.pi)
    return 6.5 + 11.5 * season + 3.0 * day


def sound_mps(at_c: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Return the speed of sound in air."""
    return 331.3 + 0.606 * at_c


def distances_mm(
    optics: Optics,
    fill_fraction: NDArray[np.float64],
    heap: NDArray[np.float64],
    reports: Reports,
    part: slice,
    air_c: float,
) -> NDArray[np.float64]:
    """Return the distance each of the reports in `part` tells.

    Args:
        optics: Geometry and sensors.
        fill_fraction: True fill of every bin.
        heap: How uneven every bin's surface is, in standard deviations; it stays until the bin is emptied.
        reports: The hour's reports.
        part: Which of them.
        air_c: True air temperature.
    """
    bins = reports.bin_index[part]
    empty_mm, full_mm = optics.empty_mm[bins], optics.full_mm[bins]
    # An empty bin has no heap; from a fifth upwards it is as uneven as it gets.
    uneven_mm = heap[bins] * optics.surface_mm[bins] * np.minimum(fill_fraction[bins] * 5.0, 1.0)
    true_mm = empty_mm - fill_fraction[bins] * (empty_mm - full_mm) + uneven_mm
    assumed_c = np.where(
        optics.is_compensated[bins], air_c + COMPENSATION_ERROR_C * reports.temperature_error[part], UNCOMPENSATED_C
    )
    slowed = np.where(optics.is_laser[bins], 1.0, sound_mps(assumed_c) / sound_mps(air_c))
    seen_mm = true_mm * slowed + optics.noise_mm[bins] * reports.noise[part]
    reach = reports.spike[part]
    seen_mm = np.where(np.isnan(reach), seen_mm, full_mm + (seen_mm - full_mm) * np.nan_to_num(reach))
    step_mm = np.where(optics.is_laser[bins], LASER_STEP_MM, ULTRASOUND_STEP_MM)
    return np.maximum(np.round(seen_mm / step_mm) * step_mm, DEAD_ZONE_MM)
