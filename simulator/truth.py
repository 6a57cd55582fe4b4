"""What is really so in a simulated town, and what no sensor tells: rates, residues, faults of devices."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from simulator.catalogue import SITE_RATE_GAMMA_SHAPE, STREAMS, Stream
from tomma.city import City
from tomma.model import BinId, SensorId

DEAD_SENSOR_DAYS = (1.0, 10.0)  # a sensor that dies does so within these days of the simulation's start
UNCOMPENSATED_SHARE = 0.2  # assumed


class Device(StrEnum):
    """How a sensor measures and by which door it speaks."""

    ULTRASONIC_JSON = "ultrasonic_json"
    """Sends distances as plain JSON over the mobile network; keeps what it could not send and sends it later."""
    FILL_JSON = "fill_json"
    """Works out the fill by itself and sends per cent; else like the one above."""
    LASER_TTS = "laser_tts"
    """A Milesight EM400-TLD on LoRaWAN behind The Things Stack: what the radio loses is lost."""


DEVICE_SHARE = {Device.ULTRASONIC_JSON: 0.45, Device.FILL_JSON: 0.10, Device.LASER_TTS: 0.45}


@dataclass(frozen=True, slots=True)
class BinTruth:
    """One bin and its sensor as they really are."""

    bin_id: BinId
    sensor_id: SensorId
    volume_l: float
    rate_l_per_day: float
    """Mean inflow over a mean day."""
    stream: Stream
    device: Device
    noise_mm: float
    """Standard deviation of one measurement."""
    surface_mm: float
    """Standard deviation of the heap's unevenness; drawn anew after each emptying."""
    report_phase_s: int
    """When within its interval the sensor reports."""
    is_compensated: bool
    """Whether an ultrasonic sensor corrects for temperature; one in five does not."""
    silent_after_days: float | None
    """Days after the start of the simulation at which the sensor dies; None: never."""


def device_of(sensor_id: SensorId) -> Device:
    """Return the kind of device: the towns of this package write it into the id."""
    return {"e": Device.LASER_TTS, "f": Device.FILL_JSON}.get(sensor_id[0], Device.ULTRASONIC_JSON)


def draw_truths(city: City, rng: np.random.Generator, silent_share: float) -> tuple[BinTruth, ...]:
    """Draw every bin's truth; bins at one site share the site's factor, since the same people use them."""
    shape = SITE_RATE_GAMMA_SHAPE
    factors = dict(zip(city.sites, rng.gamma(shape, 1.0 / shape, len(city.sites)), strict=True))
    sensor_of = {each.bin_id: each.sensor_id for each in city.installations}
    return tuple(
        _draw(city, bin_id, sensor_of[bin_id], float(factors[city.bins[bin_id].site_id]), rng, silent_share)
        for bin_id in city.bins
    )


def _draw(
    city: City, bin_id: BinId, sensor_id: SensorId, factor: float, rng: np.random.Generator, silent_share: float
) -> BinTruth:
    stream = STREAMS[city.bins[bin_id].fraction_code]
    container = city.container_type_of(bin_id)
    device = device_of(sensor_id)
    dies, dies_after, phase, corrects = rng.random(), rng.uniform(*DEAD_SENSOR_DAYS), rng.random(), rng.random()
    return BinTruth(
        bin_id=bin_id,
        sensor_id=sensor_id,
        volume_l=container.volume_l,
        rate_l_per_day=container.volume_l * stream.mean_fill_pct_per_day / 100.0 * factor,
        stream=stream,
        device=device,
        noise_mm=4.0 if device is Device.LASER_TTS else 8.0,
        surface_mm=0.02 * (container.empty_mm - container.full_mm),
        report_phase_s=int(phase * 3600),
        is_compensated=corrects >= UNCOMPENSATED_SHARE,
        silent_after_days=float(dies_after) if dies < silent_share else None,
    )
