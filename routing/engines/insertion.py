"""Cheapest insertion: build, complete and mend tours. What engines start from and what polishes their answers.

A tour is one truck's order. Its deadlines are shrunk for breaks (`arcs.before_breaks`), so that a break fits
wherever `schedule.timed` puts it. Three ways to insert a bin are weighed at every position, all in numpy: as it
is, followed by an unloading, or preceded by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.engines.arcs import Arcs, before_breaks
from routing.problem import Int64, Order, Orders, Problem, VisitKind

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE
NO_WAY = 2**60


@dataclass(frozen=True, slots=True)
class Found:
    """The cheapest place for a bin in one tour."""

    cost_minor: int
    at: int
    """Position in the order before which the new visits go."""
    visits: Order


class Bins:
    """Columns of the problem's bins, for numpy."""

    def __init__(self, problem: Problem) -> None:
        columns = [
            (b.place, b.volume_l, b.weight_kg, b.service_s, b.open_s, b.latest_s, b.prize_minor) for b in problem.bins
        ]
        table = np.array(columns, dtype=np.int64).reshape(-1, 7)
        self.place, self.volume_l, self.weight_kg, self.service_s, self.open_s, self.latest_s, self.prize = table.T
        self.must = np.array([b.must for b in problem.bins], dtype=np.bool_)
        self.handling = np.array([problem.handling_minor(b.service_s) for b in problem.bins], dtype=np.int64)
        self.fraction = np.array([b.fraction for b in problem.bins], dtype=np.int64)


@dataclass
class Tour:
    """One truck's order with the arrays that price an insertion."""

    problem: Problem
    arcs: Arcs
    bins: Bins
    truck: int
    order: list[tuple[VisitKind, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Shrink the deadlines once, then price the order."""
        truck = self.problem.trucks[self.truck]
        self.sites = self.problem.disposals_of_truck[self.truck]
        self.bin_latest_s = before_breaks(self.bins.latest_s, truck.breaks)
        site_latest = np.array([self.problem.disposals[site].latest_s for site in self.sites], dtype=np.int64)
        self.site_latest_s = before_breaks(site_latest, truck.breaks)
        self.home_latest_s = int(before_breaks(np.array([truck.shift_end_s]), truck.breaks)[0])
        self.handling_of_site = [self.problem.handling_minor(d.unload_s) for d in self.problem.disposals]
        self.refresh()

    def refresh(self) -> None:
        """Price the order anew after a change."""
        self._nodes()
        self._forward_backward()
        self._loads()

    def _nodes(self) -> None:
        truck, size = self.problem.trucks[self.truck], len(self.order)
        self.place = np.empty(size + 2, dtype=np.int64)
        self.place[0], self.place[-1] = truck.start_place, truck.end_place
        self.open_s, self.latest_s, self.work_s = [0] * size, [0] * size, [0] * size
        latest_of_site = dict(zip(self.sites, self.site_latest_s.tolist(), strict=True))
        for at, (kind, index) in enumerate(self.order):
            node = self.problem.bins[index] if kind is COLLECT else self.problem.disposals[index]
            self.place[at + 1] = node.place
            self.open_s[at] = node.open_s
            self.latest_s[at] = int(self.bin_latest_s[index]) if kind is COLLECT else latest_of_site.get(index, -1)
            self.work_s[at] = (
                self.problem.bins[index].service_s if kind is COLLECT else self.problem.disposals[index].unload_s
            )

    def _forward_backward(self) -> None:
        """`done_s[i]`: earliest leave of node i; `arrive_by_s[i]`: latest halt at node i that keeps all after it."""
        size = len(self.order)
        self.leg_s = self.arcs.duration_s[self.place[:-1], self.place[1:]]
        self.leg_minor = self.arcs.cost_minor[self.place[:-1], self.place[1:]]
        legs = self.leg_s.tolist()
        done = [self.problem.trucks[self.truck].shift_start_s]
        for at in range(size):
            done.append(max(done[-1] + legs[at], self.open_s[at]) + self.work_s[at])
        by = [self.home_latest_s] * (size + 1)
        for at in range(size - 1, -1, -1):
            by[at] = min(self.latest_s[at], by[at + 1] - legs[at + 1] - self.work_s[at])
        self.done_s = np.array(done, dtype=np.int64)
        self.arrive_by_s = np.array(by, dtype=np.int64)
        arrivals = self.done_s[:-1] + self.leg_s[:-1]
        home_in_time = done[-1] + legs[-1] <= self.home_latest_s
        self.feasible = bool(np.all(arrivals <= np.array(self.latest_s, dtype=np.int64))) and home_in_time

    def _loads(self) -> None:
        """Load before and after each gap within its trip; a trip ends with its unloading."""
        size = len(self.order)
        volume, weight = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        trip = np.zeros(size + 1, dtype=np.int64)
        number = 0
        for at, (kind, index) in enumerate(self.order):
            trip[at] = number
            if kind is COLLECT:
                volume[at], weight[at] = self.bins.volume_l[index], self.bins.weight_kg[index]
            else:
                number += 1
        trip[size] = number
        self.before = [_within_trip(load, trip) for load in (volume, weight)]
        totals = [
            np.bincount(trip[:size], load, minlength=number + 1)[trip].astype(np.int64) for load in (volume, weight)
        ]
        self.after = [total - before for total, before in zip(totals, self.before, strict=True)]

    def takes(self, index: int) -> bool:
        """Whether the truck may carry the bin at all."""
        truck, node = self.problem.trucks[self.truck], self.problem.bins[index]
        small = node.volume_l <= truck.capacity_l and node.weight_kg <= truck.capacity_kg
        open_ever = node.open_s <= node.latest_s
        return bool(self.sites) and small and open_ever and node.fraction in truck.fractions

    def cheapest(self, index: int) -> Found | None:
        """Return the cheapest feasible insertion of the bin, or None."""
        if not self.takes(index):
            return None
        ways = [self._plain(index)] if self.order else []
        for site_at, site in enumerate(self.sites):
            ways.append(self._then_unload(index, site_at, site))
            if self.order:
                ways.append(self._unload_first(index, site_at, site))
        ways = [way for way in ways if way.cost_minor < NO_WAY]
        return min(ways, key=lambda way: (way.cost_minor, len(way.visits), way.at)) if ways else None

    def _room(self, index: int, *, before: bool, after: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        truck, node = self.problem.trucks[self.truck], self.problem.bins[index]
        fits = np.ones(len(self.order) + 1, dtype=np.bool_)
        for dimension, (own, most) in enumerate(
            ((node.volume_l, truck.capacity_l), (node.weight_kg, truck.capacity_kg))
        ):
            load = np.full(len(fits), own, dtype=np.int64)
            load += self.before[dimension] if before else 0
            load += self.after[dimension] if after else 0
            fits &= load <= most
        return fits

    def _pick(self, cost: Int64, fits: np.ndarray[tuple[int], np.dtype[np.bool_]], visits: Order) -> Found:
        priced = np.where(fits, cost, NO_WAY)
        at = int(priced.argmin())
        extra = int(priced[at])
        if extra < NO_WAY and not self.order:
            extra += self.problem.trucks[self.truck].fixed_minor - int(self.leg_minor[0])
        return Found(extra, at, visits)

    def _plain(self, index: int) -> Found:
        """The bin between two visits; not after the last unloading, since the truck must end empty."""
        bins, place = self.bins, int(self.bins.place[index])
        here, there = self.place[:-1], self.place[1:]
        arrive = self.done_s + self.arcs.duration_s[here, place]
        leave = np.maximum(arrive, bins.open_s[index]) + bins.service_s[index]
        fits = (arrive <= self.bin_latest_s[index]) & (leave + self.arcs.duration_s[place, there] <= self.arrive_by_s)
        fits &= self._room(index, before=True, after=True)
        fits[-1] = False
        cost = self.arcs.cost_minor[here, place] + self.arcs.cost_minor[place, there] - self.leg_minor
        return self._pick(cost + bins.handling[index], fits, ((COLLECT, index),))

    def _then_unload(self, index: int, site_at: int, site: int) -> Found:
        """The bin, then an unloading: ends the trip there, or makes a new last trip."""
        bins, place, node = self.bins, int(self.bins.place[index]), self.problem.disposals[site]
        here, there = self.place[:-1], self.place[1:]
        arrive = self.done_s + self.arcs.duration_s[here, place]
        leave = np.maximum(arrive, bins.open_s[index]) + bins.service_s[index]
        at_site = leave + int(self.arcs.duration_s[place, node.place])
        leave_site = np.maximum(at_site, node.open_s) + node.unload_s
        fits = (arrive <= self.bin_latest_s[index]) & (at_site <= self.site_latest_s[site_at])
        fits &= leave_site + self.arcs.duration_s[node.place, there] <= self.arrive_by_s
        fits &= self._room(index, before=True, after=False)
        cost = self.arcs.cost_minor[here, place] + self.arcs.cost_minor[node.place, there] - self.leg_minor
        cost = cost + int(self.arcs.cost_minor[place, node.place]) + bins.handling[index] + self.handling_of_site[site]
        return self._pick(cost, fits, ((COLLECT, index), (DISPOSE, site)))

    def _unload_first(self, index: int, site_at: int, site: int) -> Found:
        """An unloading, then the bin; needs a later unloading in the order."""
        bins, place, node = self.bins, int(self.bins.place[index]), self.problem.disposals[site]
        here, there = self.place[:-1], self.place[1:]
        at_site = self.done_s + self.arcs.duration_s[here, node.place]
        leave_site = np.maximum(at_site, node.open_s) + node.unload_s
        arrive = leave_site + int(self.arcs.duration_s[node.place, place])
        leave = np.maximum(arrive, bins.open_s[index]) + bins.service_s[index]
        fits = (at_site <= self.site_latest_s[site_at]) & (arrive <= self.bin_latest_s[index])
        fits &= leave + self.arcs.duration_s[place, there] <= self.arrive_by_s
        fits &= self._room(index, before=False, after=True) & (self.before[0] + self.before[1] > 0)
        fits[-1] = False
        cost = self.arcs.cost_minor[here, node.place] + self.arcs.cost_minor[place, there] - self.leg_minor
        cost = cost + int(self.arcs.cost_minor[node.place, place]) + bins.handling[index] + self.handling_of_site[site]
        return self._pick(cost, fits, ((DISPOSE, site), (COLLECT, index)))

    def tidy(self) -> None:
        """Drop unloadings of nothing or at sites that do not serve; see that the last trip has one."""
        tidy: list[tuple[VisitKind, int]] = []
        for kind, index in self.order:
            loaded = bool(tidy) and tidy[-1][0] is COLLECT
            if kind is COLLECT or (loaded and index in self.sites):
                tidy.append((kind, index))
        if tidy and tidy[-1][0] is COLLECT:
            tidy.append((DISPOSE, last_site(self.problem, self.arcs, self.truck, tidy[-1][1])))
        self.order = tidy
        self.refresh()

    def insert(self, found: Found) -> None:
        """Carry out an insertion."""
        self.order[found.at : found.at] = list(found.visits)
        self.refresh()


def last_site(problem: Problem, arcs: Arcs, truck: int, bin_index: int) -> int:
    """Return the disposal site that makes the way home from the bin cheapest."""
    here, home = problem.bins[bin_index].place, problem.trucks[truck].end_place

    def detour(site: int) -> int:
        place = problem.disposals[site].place
        unload = problem.handling_minor(problem.disposals[site].unload_s)
        return int(arcs.cost_minor[here, place]) + unload + int(arcs.cost_minor[place, home])

    return min(problem.disposals_of_truck[truck], key=detour)


def _within_trip(load: Int64, trip: Int64) -> Int64:
    """Return the load on board before each gap, counted from the gap's trip's start."""
    total = np.concatenate(([0], np.cumsum(load)))
    first = np.searchsorted(trip, trip)
    before: Int64 = total - total[first]
    return before


def tours_of(problem: Problem, arcs: Arcs, orders: Orders, trucks: Iterable[int] | None = None) -> list[Tour]:
    """Return a tour for every truck (of `trucks`, or of all), with its order if it has one."""
    bins = Bins(problem)
    chosen = range(len(problem.trucks)) if trucks is None else trucks
    return [Tour(problem, arcs, bins, truck, list(orders.get(truck, ()))) for truck in chosen]


def insert_all(
    tours: Sequence[Tour], wanted: Iterable[int], worth_minor: Mapping[int, int] | None = None
) -> dict[int, bool]:
    """Insert each bin at its cheapest place, in the order given; return the others, and whether they had a place.

    A bin in `worth_minor` is inserted only where it costs less than that; others wherever they fit.
    """
    failed: dict[int, bool] = {}
    limits = worth_minor or {}
    for index in wanted:
        best: tuple[Found, Tour] | None = None
        for tour in tours:
            found = tour.cheapest(index)
            if found is not None and (best is None or found.cost_minor < best[0].cost_minor):
                best = (found, tour)
        if best is None or best[0].cost_minor >= limits.get(index, NO_WAY):
            failed[index] = best is not None
        else:
            best[1].insert(best[0])
    return failed
