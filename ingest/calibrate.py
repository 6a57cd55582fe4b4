"""From what a sensor measured to how full the bin is: sound, mounting, geometry, in that order."""

import math
from typing import NamedTuple

from ingest.geometry import volume_share
from tomma.city import Installation, Sensor
from tomma.containers import ContainerType
from tomma.model import Measurement

MARGIN_FRACTION = 0.03
"""How far beyond the container a level may lie without a flag: an empty bin jitters about its bottom."""

COLD_FRACTION = 0.12
"""How far below the bottom cold alone can bring a level: a sensor that reckons with 20 degrees says 10 % too much at
-30, and with the rated level at 15 % of the way that is 11 % of the height."""
HEAP_FRACTION = 0.3
"""Waste heaps above the rated level, up to the sensor: 29 % of the height where that level is two ninths of the way."""

FILL_DECIMALS = 6
"""Finer than any sensor by far; stores keep millionths in half the space of an arbitrary fraction."""

SOUND_AT_0_C_MPS = 331.3
SOUND_PER_C_MPS = 0.606
"""Speed of sound in dry air, linear about 0 degrees: L. L. Beranek, "Acoustics", 1986, section 1.4."""


class Level(NamedTuple):
    """A fill level inside the container, and what had to be done to it."""

    fill_fraction: float
    clipped: bool
    """It lay noticeably outside, or in the dead zone, and was brought to the nearest that can be."""
    in_dead_zone: bool = False
    """Nearer than the sensor can measure: the level is the least it can be, and perhaps something else is there."""
    is_implausible: bool = False
    """No weather and no heap explains it: the sensor hangs otherwise, or the container is another than registered."""
    raw_fraction: float | None = None
    """A fill that the device computed itself, when it lay outside [0, 1]."""


def calibrate(
    measurement: Measurement,
    container: ContainerType,
    installation: Installation | None = None,
    sensor: Sensor | None = None,
) -> Level:
    """Return the fill level; a distance, when there is one, wins over a fill that the device computed.

    >>> from tomma.model import ContainerTypeId, SensorId
    >>> bin_240 = ContainerType(ContainerTypeId("c"), "240 l", volume_l=240, empty_mm=1100, full_mm=100, max_kg=96)
    >>> calibrate(Measurement(SensorId("H0001"), None, distance_mm=600), bin_240)
    Level(fill_fraction=0.5, clipped=False, in_dead_zone=False, is_implausible=False, raw_fraction=None)
    """
    said_mm = measurement.distance_mm
    if said_mm is None:
        return _computed(measurement)
    in_dead_zone = sensor is not None and said_mm <= sensor.dead_zone_mm
    if in_dead_zone and sensor is not None:
        said_mm = sensor.dead_zone_mm  # whatever it says from in there, this is the one thing that is sure
    sounded_mm = _sounded_mm(said_mm, measurement.temperature_c, sensor)
    height = raw_height(sounded_mm, container, installation)
    if 0.0 < height < 1.0:
        return Level(round(volume_share(container, height), FILL_DECIMALS), in_dead_zone, in_dead_zone, in_dead_zone)
    clipped = in_dead_zone or not -MARGIN_FRACTION <= height <= 1.0 + MARGIN_FRACTION
    is_implausible = in_dead_zone or not -COLD_FRACTION <= height <= 1.0 + HEAP_FRACTION
    return Level(float(height >= 1.0), clipped, in_dead_zone, is_implausible)


def _computed(measurement: Measurement) -> Level:
    raw = measurement.fill_fraction
    if raw is None:
        raise ValueError("one of distance_mm and fill_fraction must be given")
    if 0.0 <= raw <= 1.0:
        return Level(round(raw, FILL_DECIMALS) + 0.0, clipped=False)
    clipped = not -MARGIN_FRACTION <= raw <= 1.0 + MARGIN_FRACTION
    return Level(float(raw > 1.0), clipped, raw_fraction=raw)


def _sounded_mm(said_mm: float, temperature_c: float | None, sensor: Sensor | None) -> float:
    """Return the distance at the speed that sound really had."""
    if sensor is None or sensor.sound_reference_c is None or temperature_c is None:
        return said_mm
    return said_mm * sound_mps(temperature_c) / sound_mps(sensor.sound_reference_c)


def sound_mps(temperature_c: float) -> float:
    """Return the speed of sound in air; an echo's time of flight is turned into a distance with it.

    Only the reading's own temperature is used: a neighbour's would make the level depend on which message came first.
    """
    return SOUND_AT_0_C_MPS + SOUND_PER_C_MPS * temperature_c


def raw_height(distance_mm: float, container: ContainerType, hung: Installation | None = None) -> float:
    """Return the share of the rated height: negative beyond the bottom, above 1 when waste stands over that level.

    Where the installer measured the empty container, the sensor's own distances are reckoned from there; else they are
    brought to the plumb line and to where the container type's distances begin.
    """
    if hung is None:
        return (container.empty_mm - distance_mm) / container.height_mm
    plumb = math.cos(math.radians(hung.tilt_deg)) if hung.tilt_deg else 1.0
    if hung.empty_mm is None:
        return (container.empty_mm - distance_mm * plumb - hung.offset_mm) / container.height_mm
    span_mm = container.height_mm / plumb if hung.full_mm is None else hung.empty_mm - hung.full_mm
    return (hung.empty_mm - distance_mm) / span_mm
