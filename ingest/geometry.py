"""How much of a container is filled up to a height: one closed formula a shape, of heights in millimetres.

Every function takes a height above the bottom, from 0 to the rated full level, and returns the share of the volume up
to there, 0 at the bottom and 1 at the rated full level. The volumes of bodies are those of any handbook (for instance
A. D. Polyanin, A. V. Manzhirov, "Handbook of Mathematics for Engineers and Scientists", 2007, section 3.2.3); each
docstring gives the one used.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping

from tomma.containers import ContainerType, Shape

type VolumeUpTo = Callable[[ContainerType, float], float]
"""(container, height above its bottom in mm) to a volume, in whatever unit: only ratios are used."""


def volume_share(container: ContainerType, height_share: float) -> float:
    """Return the share of the rated volume below `height_share` of the rated height, both from 0 to 1.

    >>> from tomma.model import ContainerTypeId
    >>> igloo = ContainerType(ContainerTypeId("i"), "Igloo", 3000, 1500, 100, 900, Shape.IGLOO)
    >>> round(volume_share(igloo, 0.5), 4)
    0.6875
    """
    if container.shape is Shape.STRAIGHT or not 0.0 < height_share < 1.0:
        return height_share
    volume = _VOLUMES.get(container.shape)
    if volume is None:
        return height_share
    height_mm = container.height_mm
    share = volume(container, height_share * height_mm) / volume(container, height_mm)
    return min(1.0, max(0.0, share))


def _tapered(container: ContainerType, height_mm: float) -> float:
    """Integral of the squared width, which changes evenly from the bottom up: a frustum of a cone or a pyramid.

    With w the width relative to that at the rated full level, V ~ ((w_0 + k h)^3 - w_0^3) / 3k, written out so that
    k = 0, a straight wall, is no special case: V ~ h (w_0^2 + w_0 w_h + w_h^2) / 3.
    """
    bottom = container.taper_ratio or 1.0
    top = bottom + (1.0 - bottom) * height_mm / container.height_mm
    return height_mm * (bottom * bottom + bottom * top + top * top)


def _lying_cylinder(container: ContainerType, height_mm: float) -> float:
    """Area of a circular segment: A = r^2 arccos((r - h) / r) - (r - h) sqrt(2 r h - h^2)."""
    radius = (container.diameter_mm or container.height_mm) / 2.0
    below = radius - height_mm
    half_angle = math.acos(max(-1.0, below / radius))
    return radius * radius * half_angle - below * math.sqrt(max(0.0, height_mm * (2.0 * radius - height_mm)))


def _sphere(container: ContainerType, height_mm: float) -> float:
    """Volume of a spherical cap: V = pi h^2 (3 r - h) / 3."""
    radius = (container.diameter_mm or container.height_mm) / 2.0
    return height_mm * height_mm * (3.0 * radius - height_mm)


def _igloo(container: ContainerType, height_mm: float) -> float:
    """Volume of a spherical segment that begins at the equator: V = pi h (r^2 - h^2 / 3)."""
    radius = container.diameter_mm / 2.0 if container.diameter_mm else container.height_mm
    return height_mm * (radius * radius - height_mm * height_mm / 3.0)


def _underground(container: ContainerType, height_mm: float) -> float:
    """Two upright prisms on each other: V ~ h up to the shaft, from there on the shaft's share of the section."""
    wide_mm = container.height_mm - (container.shaft_mm or 0.0)
    narrow_mm = max(0.0, height_mm - wide_mm)
    return min(height_mm, wide_mm) + narrow_mm * (container.shaft_ratio or 1.0)


def _table(container: ContainerType, height_mm: float) -> float:
    """Straight line between the two points of the table around the height."""
    points = container.volume_table
    place = min(max(1, bisect_right(points, height_mm, key=lambda point: point.height_mm)), len(points) - 1)
    low, high = points[place - 1], points[place]
    share = (height_mm - low.height_mm) / (high.height_mm - low.height_mm)
    return low.volume_l + share * (high.volume_l - low.volume_l)


_VOLUMES: Mapping[Shape, VolumeUpTo] = {
    Shape.TAPERED: _tapered,
    Shape.LYING_CYLINDER: _lying_cylinder,
    Shape.SPHERE: _sphere,
    Shape.IGLOO: _igloo,
    Shape.UNDERGROUND: _underground,
    Shape.TABLE: _table,
}
"""Straight walls need none."""
