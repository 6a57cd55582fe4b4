"""What makes some days unlike others, as far as somebody told us: holidays, events near a bin, the weather.

Each influence multiplies what is thrown in, on one day, everywhere or within a radius, of every waste stream or of
one. Past days count too: a holiday a week ago then does not make a bin look slow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import Calendar
from routing.forecast.learned import Paces
from routing.forecast.places import Places
from tomma.bounds import check_within
from tomma.city import City, Position
from tomma.earth import distance_m
from tomma.model import FractionCode

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Influence:
    """One day that brings more or less than usual."""

    day: date
    """Local date."""
    multiplier: float
    """What is thrown in, over what usually is."""
    near: Position | None = None
    """Around where; None means in the whole city."""
    radius_m: float = 0.0
    fraction_code: FractionCode | None = None
    """Of which waste stream; None means of all."""

    def __post_init__(self) -> None:
        """Refuse a day that brings less than nothing, and a place without extent."""
        check_within("multiplier", self.multiplier, 0.0, 20.0)
        if self.near is not None:
            check_within("radius_m", self.radius_m, 1.0, 100_000.0)

    def touches(self, position: Position, fraction_code: FractionCode) -> bool:
        """Return whether a bin of this stream at this place feels it."""
        if self.fraction_code is not None and self.fraction_code != fraction_code:
            return False
        return self.near is None or distance_m(self.near, position) <= self.radius_m


@dataclass(frozen=True, slots=True)
class Influences:
    """All of them; days that nobody told anything about are ordinary."""

    told: Sequence[Influence] = field(default=())

    def paces(self, city: City, places: Places, calendar: Calendar) -> Paces:
        """Return how quick each hour of the calendar is, and which bins share a clock.

        Bins of one group share one, unless an event is near some of them and not near others.
        """
        days = set(calendar.days.tolist())
        told = [each for each in self.told if each.day.toordinal() in days]
        felt = _felt(city, told)
        kinds = np.column_stack((places.group, felt)).astype(np.int64)
        unique, clock_of = np.unique(kinds, axis=0, return_inverse=True)
        factor = np.ones((len(unique), len(calendar.cells)))
        for number, each in enumerate(told):
            factor *= np.where(
                (unique[:, 1 + number] != 0)[:, None] & (calendar.days == each.day.toordinal()), each.multiplier, 1.0
            )
        return Paces(calendar, factor, unique[:, 0], clock_of.reshape(-1).astype(np.int64))


def _felt(city: City, told: Sequence[Influence]) -> BoolArray:
    """Return which bins feel which influence; shape [bins, influences]."""
    bins = list(city.bins.values())
    felt = np.zeros((len(bins), len(told)), dtype=np.bool_)
    for number, each in enumerate(told):
        felt[:, number] = [each.touches(city.sites[bin_.site_id].position, bin_.fraction_code) for bin_ in bins]
    return felt


ORDINARY = Influences()
"""No day is special."""
