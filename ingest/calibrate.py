"""From what a sensor measured to how full the bin is."""

from typing import NamedTuple

from tomma.city import ContainerType
from tomma.model import Measurement

MARGIN_FRACTION = 0.03
"""How far beyond the container a level may lie without a flag: an empty bin jitters about its bottom."""

FILL_DECIMALS = 6
"""Finer than any sensor by far; stores keep millionths in half the space of an arbitrary fraction."""


class Level(NamedTuple):
    """A fill level inside the container, and whether it had to be clipped noticeably to lie there."""

    fill_fraction: float
    clipped: bool


def calibrate(measurement: Measurement, container: ContainerType) -> Level:
    """Return the fill level; a distance, when there is one, wins over a fill that the device computed.

    >>> from tomma.model import ContainerTypeId, SensorId
    >>> bin_240 = ContainerType(ContainerTypeId("c"), "240 l", volume_l=240, empty_mm=1100, full_mm=100, max_kg=96)
    >>> calibrate(Measurement(SensorId("H0001"), None, distance_mm=600), bin_240)
    Level(fill_fraction=0.5, clipped=False)
    """
    if measurement.distance_mm is not None:
        raw_fraction = raw_fill(measurement.distance_mm, container)
    elif measurement.fill_fraction is not None:
        raw_fraction = measurement.fill_fraction
    else:
        raise ValueError("one of distance_mm and fill_fraction must be given")
    clipped = not -MARGIN_FRACTION <= raw_fraction <= 1.0 + MARGIN_FRACTION
    return Level(round(min(1.0, max(0.0, raw_fraction)), FILL_DECIMALS), clipped)


def raw_fill(distance_mm: float, container: ContainerType) -> float:
    """Return the fill before clipping: negative beyond the bottom, above 1 when waste stands over the rated level.

    Straight walls: the share of the height is the share of the volume.
    """
    return (container.empty_mm - distance_mm) / (container.empty_mm - container.full_mm)
