"""The ways to insert a bin into a tour, each weighed at every gap at once, in numpy.

As it is, followed by an unloading, or preceded by one.
"""

from collections.abc import Sequence

import numpy as np

from routing.answer import Order
from routing.engines.arcs import begin_at
from routing.engines.tour import COLLECT, DISPOSE, Found, Tour
from routing.integers import Bool, Int64

NO_WAY = 2**60
"""A price that nothing is worth."""


def cheapest(tour: Tour, index: int, *, any_day: bool = False) -> Found | None:
    """Return the cheapest feasible insertion of the bin, or None; `any_day` sets the limits of the day aside."""
    if not tour.takes(index) or not (any_day or tour.within_day(index)):
        return None
    ways = [_plain(tour, index)] if tour.order else []
    if ways and ways[0].cost_minor <= at_least_minor(tour, index):
        return ways[0]
    most = tour.problem.trucks[tour.truck].max_unloads
    if tour.sites and (not tour.order or most is None or tour.unloads < most):
        ways.append(_then_unload(tour, index))
        if tour.order:
            ways.append(_unload_first(tour, index))
    ways = [way for way in ways if way.cost_minor < NO_WAY]
    return min(ways, key=lambda way: (way.cost_minor, len(way.visits), way.at)) if ways else None


def at_least_minor(tour: Tour, index: int) -> int:
    """Return what the bin's detour costs at the best gap, whether or not it fits there: no way is cheaper."""
    place = int(tour.bins.place[index])
    detour = tour.arcs.cost_minor[tour.place[:-1], place] + tour.arcs.cost_minor[place, tour.place[1:]]
    return int((detour - tour.leg_minor).min()) + int(tour.handling[index]) + tour.leaving_minor()


def _plain(tour: Tour, index: int) -> Found:
    """The bin between two visits; not after the last unloading, since the truck must end empty."""
    bins, node, place = tour.bins, tour.problem.bins[index], int(tour.bins.place[index])
    here, there = tour.place[:-1], tour.place[1:]
    begin = begin_at(tour.done_s + tour.arcs.duration_s[here, place], node.open_s, node.shut_s)
    halt = begin + bins.service_s[index] + tour.arcs.duration_s[place, there]
    fits = (begin <= tour.bin_latest_s[index]) & (halt <= tour.arrive_by_s)
    fits &= tour.room_for(index, before=True, after=True)
    fits[-1] = False
    cost = tour.arcs.cost_minor[here, place] + tour.arcs.cost_minor[place, there] - tour.leg_minor
    return _pick(tour, cost + tour.handling[index] + tour.overtime_minor(halt), fits, [((COLLECT, index),)])


def _then_unload(tour: Tour, index: int) -> Found:
    """The bin, then an unloading: ends the trip there, or makes a new last trip."""
    node, place, gates = tour.problem.bins[index], int(tour.bins.place[index]), tour.gates
    here, there = tour.place[:-1], tour.place[1:]
    begin = begin_at(tour.done_s + tour.arcs.duration_s[here, place], node.open_s, node.shut_s)
    at_site = begin + node.service_s + tour.arcs.duration_s[place, gates.place][:, None]
    unload = gates.begin_at(at_site)
    halt = unload + gates.unload_s[:, None] + tour.arcs.duration_s[gates.place[:, None], there]
    fits = (begin <= tour.bin_latest_s[index]) & (unload <= tour.site_latest_s[:, None])
    fits &= (halt <= tour.arrive_by_s) & tour.room_for(index, before=True, after=False)
    cost = tour.arcs.cost_minor[here, place] + tour.arcs.cost_minor[gates.place[:, None], there] - tour.leg_minor
    cost = cost + (tour.arcs.cost_minor[place, gates.place] + gates.handling)[:, None] + tour.handling[index]
    visits: list[Order] = [((COLLECT, index), (DISPOSE, site)) for site in tour.sites]
    return _pick(tour, cost + tour.overtime_minor(halt), fits, visits)


def _unload_first(tour: Tour, index: int) -> Found:
    """An unloading, then the bin; needs a later unloading in the order."""
    node, place, gates = tour.problem.bins[index], int(tour.bins.place[index]), tour.gates
    here, there = tour.place[:-1], tour.place[1:]
    unload = gates.begin_at(tour.done_s + tour.arcs.duration_s[here, gates.place[:, None]])
    arrive = unload + gates.unload_s[:, None] + tour.arcs.duration_s[gates.place, place][:, None]
    begin = begin_at(arrive, node.open_s, node.shut_s)
    halt = begin + node.service_s + tour.arcs.duration_s[place, there]
    fits = (unload <= tour.site_latest_s[:, None]) & (begin <= tour.bin_latest_s[index])
    fits &= halt <= tour.arrive_by_s
    fits &= tour.room_for(index, before=False, after=True) & (tour.before[0] + tour.before[1] > 0)
    fits[:, -1] = False
    cost = tour.arcs.cost_minor[here, gates.place[:, None]] + tour.arcs.cost_minor[place, there] - tour.leg_minor
    cost = cost + (tour.arcs.cost_minor[gates.place, place] + gates.handling)[:, None] + tour.handling[index]
    visits: list[Order] = [((DISPOSE, site), (COLLECT, index)) for site in tour.sites]
    return _pick(tour, cost + tour.overtime_minor(halt), fits, visits)


def _pick(tour: Tour, cost: Int64, fits: Bool, visits: Sequence[Order]) -> Found:
    """Take the cheapest of the gaps (columns) and the ways to visit there (rows)."""
    priced = np.where(fits, cost, NO_WAY)
    best = int(priced.argmin())
    way, at = divmod(best, priced.shape[-1])
    extra = int(priced.flat[best])
    return Found(extra + tour.leaving_minor() if extra < NO_WAY else extra, at, visits[way])
