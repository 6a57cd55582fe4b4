"""Which of many bins left out are worth asking for in every tour: looked at all at once, a tour at a time.

After a search nearly none is: the trucks are out until the end of their shift. To ask each bin in each tour takes
longer than the search's own last second; here one tour's answer for all bins is a handful of numpy operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.engines.tour import Tour
from routing.engines.ways import NO_WAY
from routing.integers import Bool, Int64


@dataclass(frozen=True, slots=True)
class Screened:
    """What holds for bins, in the order they were asked."""

    in_time: Bool
    """Whether some tour has a gap where the bin fits by the clock, room aside."""
    at_least_minor: Int64
    """What the cheapest such gap's detour costs; no way of collecting the bin is cheaper."""


def screen(tours: Sequence[Tour], bins: Sequence[int]) -> Screened:
    """Look at bins that are on no tour; disposal on the way, gaps in opening hours and overtime only add to it."""
    asked = np.array(bins, dtype=np.int64)
    cheapest = np.full(len(asked), NO_WAY, dtype=np.int64)
    empty: set[tuple[object, ...]] = set()
    for tour in tours:
        if not tour.order:
            like = (tour.problem.trucks[tour.truck], tour.allowed.tobytes())
            if like in empty:
                continue
            empty.add(like)
        np.minimum(cheapest, _cheapest(tour, asked), out=cheapest)
    return Screened(cheapest < NO_WAY, cheapest)


def _cheapest(tour: Tour, asked: Int64) -> Int64:
    """[bins] the cheapest gap's detour among those where each bin fits by the clock."""
    columns, away = tour.bins, tour.arcs.duration_s
    here, there = tour.place[:-1], tour.place[1:]
    places = columns.place[asked]
    begin = np.maximum(tour.done_s[None, :] + away[np.ix_(here, places)].T, columns.open_s[asked][:, None])
    halt = begin + columns.service_s[asked][:, None] + away[np.ix_(places, there)]
    fits = (begin <= tour.bin_latest_s[asked][:, None]) & (halt <= tour.arrive_by_s[None, :])
    fits &= tour.allowed[asked][:, None]
    minor = tour.arcs.cost_minor
    detour = minor[np.ix_(here, places)].T + minor[np.ix_(places, there)] - tour.leg_minor[None, :]
    cheapest = np.where(fits, detour, NO_WAY).min(axis=1)
    handling = tour.handling[asked] + tour.leaving_minor()
    cost: Int64 = np.where(cheapest < NO_WAY, cheapest + handling, NO_WAY)
    return cost
