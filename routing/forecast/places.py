"""Where bins belong: what they are, and where they stand. Bins of one kind or place tell of each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tomma.city import City

IntArray = NDArray[np.int64]

AREA_DEG = 0.01
"""A square of about a kilometre (half of that across, in the north): one neighbourhood."""


@dataclass(frozen=True)
class Places:
    """The bins' groups by number."""

    names: tuple[str, ...]
    """Of the groups: one per waste stream and kind of container."""
    group: IntArray
    """By bin."""
    area: IntArray
    """By bin."""
    site: IntArray
    """By bin."""

    @property
    def levels(self) -> tuple[IntArray, IntArray, IntArray]:
        """What a bin is, its neighbourhood, and the very place: each tells how a bin differs from the one before."""
        return self.group, self.area, self.site


def places_of(city: City) -> Places:
    """Return where the bins of the city belong, in its order."""
    bins = list(city.bins.values())
    kinds = [f"{each.fraction_code}|{each.container_type_id}" for each in bins]
    at = [city.sites[each.site_id].position for each in bins]
    areas = [f"{each.lat_deg // AREA_DEG:.0f}|{each.lon_deg // AREA_DEG:.0f}" for each in at]
    names = tuple(sorted(set(kinds)))
    return Places(names, _numbers(kinds, names), _numbers(areas), _numbers([each.site_id for each in bins]))


def _numbers(keys: Sequence[str], names: Sequence[str] | None = None) -> IntArray:
    number = {name: at for at, name in enumerate(sorted(set(keys)) if names is None else names)}
    return np.array([number[key] for key in keys], dtype=np.int64)
