"""The order in which people read names with numbers: truck 2 comes before truck 10."""

import re
from collections.abc import Callable
from functools import lru_cache

from tomma.city import City
from tomma.model import VehicleId

type NaturalKey = tuple[tuple[str | tuple[int, str], ...], str]

_DIGITS = re.compile("([0-9]+)")
_KEPT = 32_768
"""A large city's bins and places: a list of them is sorted at every look."""


@lru_cache(_KEPT)
def natural_key(text: str) -> NaturalKey:
    """Return what to sort a name by: its numbers by their size, its letters without regard to their case.

    >>> sorted(["Bil 10", "bil 2", "Bil 1"], key=natural_key)
    ['Bil 1', 'bil 2', 'Bil 10']
    """
    parts = _DIGITS.split(text.casefold())  # letters, digits, letters, ...: like is compared with like
    return tuple(_size(part) if odd % 2 else part for odd, part in enumerate(parts)), text


def truck_order(city: City) -> Callable[[VehicleId], tuple[NaturalKey, str]]:
    """Return what to sort trucks by: what people call them; one that the city no longer has goes by its id."""

    def key(vehicle_id: VehicleId) -> tuple[NaturalKey, str]:
        own = city.vehicles.get(vehicle_id)
        return natural_key(own.name if own is not None else vehicle_id), vehicle_id

    return key


def _size(digits: str) -> tuple[int, str]:
    """Return a number's size; `int` refuses the four thousand digits that a name may be made of."""
    known = digits.lstrip("0")
    return len(known), known
