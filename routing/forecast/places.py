"""Where bins belong: what they are, and where they stand. Bins of one kind or place tell of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tomma.city import City
from tomma.model import BinId

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ENOUGH_TEACHERS = 400
"""Bins that show a group's week to a percent or two; more would cost time and teach nothing."""
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
    teaches: BoolArray
    """Whose deposits teach the group's week: all, or of a large group a fair lot, the same in any order. By bin."""

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
    group = _numbers(kinds, names)
    sites = _numbers([each.site_id for each in bins])
    return Places(names, group, _numbers(areas), sites, _teachers([each.id for each in bins], group))


def _teachers(bin_ids: Sequence[BinId], group: IntArray) -> BoolArray:
    lots = np.array([crc32(bin_id.encode()) for bin_id in bin_ids], dtype=np.int64)
    order = np.lexsort((lots, group))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = np.searchsorted(group[order], group)
    return np.asarray(place - first < ENOUGH_TEACHERS)


def _numbers(keys: Sequence[str], names: Sequence[str] | None = None) -> IntArray:
    number = {name: at for at, name in enumerate(sorted(set(keys)) if names is None else names)}
    return np.array([number[key] for key in keys], dtype=np.int64)
