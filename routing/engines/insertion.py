"""Cheapest insertion: build, complete and mend tours. What engines start from and what polishes their answers.

A tour is one truck's order. Its deadlines are shrunk for breaks (`arcs.before_breaks`), so that a break fits
wherever `schedule.timed` puts it. Three ways to insert a bin are weighed at every position, all in numpy: as it
is, followed by an unloading, or preceded by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.answer import Order, Orders, VisitKind
from routing.engines.arcs import Arcs, before_breaks, begin_at, halt_by
from routing.engines.bins import Bins, rooms_of
from routing.integers import Bool, Gaps, Int64, begin_by
from routing.problem import Problem

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE
NO_WAY = 2**60


@dataclass(frozen=True, slots=True)
class Found:
    """The cheapest place for a bin in one tour."""

    cost_minor: int
    at: int
    """Position in the order before which the new visits go."""
    visits: Order


class Gates:
    """Columns of the disposal sites that serve a truck."""

    def __init__(self, problem: Problem, truck: int) -> None:
        sites = [problem.disposals[site] for site in problem.disposals_of_truck[truck]]
        rates = problem.rates_of(truck)
        self.place = np.array([site.place for site in sites], dtype=np.int64)
        self.unload_s = np.array([site.unload_s for site in sites], dtype=np.int64)
        self.handling = np.array([rates.handling_minor(site.unload_s) for site in sites], dtype=np.int64)
        self.open_s = np.array([site.open_s for site in sites], dtype=np.int64)
        self.shut_s = [site.shut_s for site in sites]

    def begin_at(self, ready_s: Int64) -> Int64:
        """Return when unloading begins for whoever is there at `ready_s`: [sites, gaps]."""
        begin: Int64 = np.maximum(ready_s, self.open_s[:, None])
        for at, gaps in enumerate(self.shut_s):
            if gaps:
                begin[at] = begin_at(begin[at], 0, gaps)
        return begin


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
        rates = self.problem.rates_of(self.truck)
        self.arcs = self.arcs.of(self.truck)
        self.sites = self.problem.disposals_of_truck[self.truck]
        self.allowed = self.bins.allowed(self.problem, self.truck) & bool(self.sites)
        self.rooms = rooms_of(self.bins, truck)
        self.handling = (self.bins.service_s * rates.per_handling_h_minor + 1800) // 3600
        self.bin_latest_s = before_breaks(self.bins.latest_s, truck.breaks)
        site_latest = np.array([self.problem.disposals[site].latest_s for site in self.sites], dtype=np.int64)
        self.site_latest_s = before_breaks(site_latest, truck.breaks)
        home = before_breaks(np.array([truck.latest_home_s, truck.shift_end_s]), truck.breaks).tolist()
        self.home_latest_s, self.overtime_from_s = home
        self.gates = Gates(self.problem, self.truck)
        if self.order or truck.aboard:
            self.tidy()
        else:
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
        self.shut_s: list[Gaps] = [()] * size
        latest_of_site = dict(zip(self.sites, self.site_latest_s.tolist(), strict=True))
        for at, (kind, index) in enumerate(self.order):
            node = self.problem.bins[index] if kind is COLLECT else self.problem.disposals[index]
            self.place[at + 1] = node.place
            self.open_s[at], self.shut_s[at] = node.open_s, node.shut_s
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
        begins: list[int] = []
        for at in range(size):
            begins.append(begin_by(done[-1] + legs[at], self.open_s[at], self.shut_s[at]))
            done.append(begins[-1] + self.work_s[at])
        by = [self.home_latest_s] * (size + 1)
        for at in range(size - 1, -1, -1):
            latest_s = min(self.latest_s[at], by[at + 1] - legs[at + 1] - self.work_s[at])
            by[at] = halt_by(latest_s, self.shut_s[at])
        self.done_s = np.array(done, dtype=np.int64)
        self.arrive_by_s = np.array(by, dtype=np.int64)
        self.end_s = done[-1] + legs[-1]
        self._home_from(legs)

    def _home_from(self, legs: Sequence[int]) -> None:
        """Whoever halts at node i at t is home at max(t + `rest_s[i]`, `waits_until_s[i]`); gaps are left out of it."""
        if not self.problem.trucks[self.truck].overtime_s:
            return
        rest, waits = [0], [0]
        for at in range(len(self.order) - 1, -1, -1):
            rest.append(rest[-1] + self.work_s[at] + legs[at + 1])
            waits.append(max(self.open_s[at] + rest[-1], waits[-1]))
        self.rest_s = np.array(rest[::-1], dtype=np.int64)
        self.waits_until_s = np.array(waits[::-1], dtype=np.int64)

    def _overtime_minor(self, halt_s: Int64) -> Int64 | int:
        """Return what overtime costs more when the truck halts at each gap's later node at `halt_s`."""
        truck = self.problem.trucks[self.truck]
        if not truck.overtime_s:
            return 0
        home_s = np.maximum(halt_s + self.rest_s, self.waits_until_s)
        more_s = np.maximum(home_s, self.overtime_from_s) - max(self.end_s, self.overtime_from_s)
        extra: Int64 = more_s * truck.overtime_per_h_minor // 3600
        return extra

    def _loads(self) -> None:
        """Load before and after each gap within its trip; a trip ends with its unloading."""
        size = len(self.order)
        trip = np.zeros(size + 1, dtype=np.int64)
        bins = np.full(size, -1, dtype=np.int64)
        for at, (kind, index) in enumerate(self.order):
            trip[at + 1] = trip[at] + (kind is DISPOSE)
            bins[at] = index if kind is COLLECT else -1
        self.unloads, self.collects = int(trip[size]), bins[bins >= 0]
        self.before: list[Int64] = []
        self.after: list[Int64] = []
        for room in self.rooms:
            load = np.where(bins >= 0, room.amount[bins], 0) if len(room.amount) else np.zeros(size, dtype=np.int64)
            own = _within_trip(load, trip)
            total = np.bincount(trip[:size], load, minlength=self.unloads + 1)[trip].astype(np.int64)
            self.before.append(own + np.where(trip == 0, room.at_start, 0))
            self.after.append(total - own)

    def takes(self, index: int) -> bool:
        """Whether the truck may carry the bin at all."""
        return bool(self.allowed[index])

    def takes_alone(self, index: int) -> bool:
        """Whether the truck may carry the bin and has room for it while it has nothing else to do."""
        return self.takes(index) and self.within_day(index) and bool(self._room(index, before=True, after=False)[0])

    def within_day(self, index: int) -> bool:
        """Whether the limits of the day, which unloading does not reset, leave room for one more bin."""
        truck, bins = self.problem.trucks[self.truck], self.bins
        if not truck.has_daily_limit:
            return True
        most_l, most_kg, most_bins = truck.daily_limit_l, truck.daily_limit_kg, truck.daily_limit_bins
        return (
            (most_l is None or int(bins.volume_l[self.collects].sum() + bins.volume_l[index]) <= most_l)
            and (most_kg is None or int(bins.weight_kg[self.collects].sum() + bins.weight_kg[index]) <= most_kg)
            and (most_bins is None or len(self.collects) < most_bins)
        )

    def kept_minor(self, index: int) -> int:
        """Return what is not lost when this truck collects the bin, because it was its truck before."""
        return self.problem.change_minor if int(self.bins.kept_truck[index]) == self.truck else 0

    def cheapest(self, index: int, *, any_day: bool = False) -> Found | None:
        """Return the cheapest feasible insertion of the bin, or None; `any_day` sets the limits of the day aside."""
        if not self.takes(index) or not (any_day or self.within_day(index)):
            return None
        ways = [self._plain(index)] if self.order else []
        if ways and ways[0].cost_minor <= self.at_least_minor(index):
            return ways[0]
        most = self.problem.trucks[self.truck].max_unloads
        if self.sites and (not self.order or most is None or self.unloads < most):
            ways.append(self._then_unload(index))
            if self.order:
                ways.append(self._unload_first(index))
        ways = [way for way in ways if way.cost_minor < NO_WAY]
        return min(ways, key=lambda way: (way.cost_minor, len(way.visits), way.at)) if ways else None

    def at_least_minor(self, index: int) -> int:
        """Return what the bin's detour costs at the best gap, whether or not it fits there: no way is cheaper."""
        place = int(self.bins.place[index])
        detour = self.arcs.cost_minor[self.place[:-1], place] + self.arcs.cost_minor[place, self.place[1:]]
        return int((detour - self.leg_minor).min()) + int(self.handling[index]) + self.leaving_minor()

    def _room(self, index: int, *, before: bool, after: bool) -> Bool:
        fits = np.ones(len(self.order) + 1, dtype=np.bool_)
        for room, load_before, load_after in zip(self.rooms, self.before, self.after, strict=True):
            load = np.full(len(fits), room.amount[index], dtype=np.int64)
            load += load_before if before else 0
            load += load_after if after else 0
            fits &= load <= room.capacity
        return fits

    def _pick(self, cost: Int64, fits: Bool, visits: Sequence[Order]) -> Found:
        """Take the cheapest of the gaps (columns) and the ways to visit there (rows)."""
        priced = np.where(fits, cost, NO_WAY)
        best = int(priced.argmin())
        way, at = divmod(best, priced.shape[-1])
        extra = int(priced.flat[best])
        return Found(extra + self.leaving_minor() if extra < NO_WAY else extra, at, visits[way])

    def leaving_minor(self) -> int:
        """Return what a truck costs that leaves home for this: the way home is then no saving."""
        truck = self.problem.trucks[self.truck]
        return 0 if self.order or truck.on_road else truck.fixed_minor + int(self.leg_minor[0])

    def _plain(self, index: int) -> Found:
        """The bin between two visits; not after the last unloading, since the truck must end empty."""
        bins, node, place = self.bins, self.problem.bins[index], int(self.bins.place[index])
        here, there = self.place[:-1], self.place[1:]
        begin = begin_at(self.done_s + self.arcs.duration_s[here, place], node.open_s, node.shut_s)
        halt = begin + bins.service_s[index] + self.arcs.duration_s[place, there]
        fits = (begin <= self.bin_latest_s[index]) & (halt <= self.arrive_by_s)
        fits &= self._room(index, before=True, after=True)
        fits[-1] = False
        cost = self.arcs.cost_minor[here, place] + self.arcs.cost_minor[place, there] - self.leg_minor
        return self._pick(cost + self.handling[index] + self._overtime_minor(halt), fits, [((COLLECT, index),)])

    def _then_unload(self, index: int) -> Found:
        """The bin, then an unloading: ends the trip there, or makes a new last trip."""
        node, place, gates = self.problem.bins[index], int(self.bins.place[index]), self.gates
        here, there = self.place[:-1], self.place[1:]
        begin = begin_at(self.done_s + self.arcs.duration_s[here, place], node.open_s, node.shut_s)
        at_site = begin + node.service_s + self.arcs.duration_s[place, gates.place][:, None]
        unload = gates.begin_at(at_site)
        halt = unload + gates.unload_s[:, None] + self.arcs.duration_s[gates.place[:, None], there]
        fits = (begin <= self.bin_latest_s[index]) & (unload <= self.site_latest_s[:, None])
        fits &= (halt <= self.arrive_by_s) & self._room(index, before=True, after=False)
        cost = self.arcs.cost_minor[here, place] + self.arcs.cost_minor[gates.place[:, None], there] - self.leg_minor
        cost = cost + (self.arcs.cost_minor[place, gates.place] + gates.handling)[:, None] + self.handling[index]
        visits: list[Order] = [((COLLECT, index), (DISPOSE, site)) for site in self.sites]
        return self._pick(cost + self._overtime_minor(halt), fits, visits)

    def _unload_first(self, index: int) -> Found:
        """An unloading, then the bin; needs a later unloading in the order."""
        node, place, gates = self.problem.bins[index], int(self.bins.place[index]), self.gates
        here, there = self.place[:-1], self.place[1:]
        unload = gates.begin_at(self.done_s + self.arcs.duration_s[here, gates.place[:, None]])
        arrive = unload + gates.unload_s[:, None] + self.arcs.duration_s[gates.place, place][:, None]
        begin = begin_at(arrive, node.open_s, node.shut_s)
        halt = begin + node.service_s + self.arcs.duration_s[place, there]
        fits = (unload <= self.site_latest_s[:, None]) & (begin <= self.bin_latest_s[index])
        fits &= halt <= self.arrive_by_s
        fits &= self._room(index, before=False, after=True) & (self.before[0] + self.before[1] > 0)
        fits[:, -1] = False
        cost = self.arcs.cost_minor[here, gates.place[:, None]] + self.arcs.cost_minor[place, there] - self.leg_minor
        cost = cost + (self.arcs.cost_minor[gates.place, place] + gates.handling)[:, None] + self.handling[index]
        visits: list[Order] = [((DISPOSE, site), (COLLECT, index)) for site in self.sites]
        return self._pick(cost + self._overtime_minor(halt), fits, visits)

    def tidy(self) -> None:
        """Drop unloadings of nothing or at sites that do not serve; see that the last trip has one."""
        tidy: list[tuple[VisitKind, int]] = []
        loaded = bool(self.problem.trucks[self.truck].aboard)
        for kind, index in self.order:
            if kind is COLLECT or (loaded and index in self.sites):
                tidy.append((kind, index))
                loaded = kind is COLLECT
        if loaded and self.sites:
            here = self.problem.bins[tidy[-1][1]].place if tidy else self.problem.trucks[self.truck].start_place
            tidy.append((DISPOSE, last_site(self.problem, self.arcs, self.truck, here)))
        self.order = tidy
        self.refresh()

    def insert(self, found: Found) -> None:
        """Carry out an insertion."""
        self.order[found.at : found.at] = list(found.visits)
        self.refresh()


def last_site(problem: Problem, arcs: Arcs, truck: int, here: int) -> int:
    """Return the disposal site that makes the way home from a place cheapest, at the truck's own arcs."""
    home, rates = problem.trucks[truck].end_place, problem.rates_of(truck)

    def detour(site: int) -> int:
        place = problem.disposals[site].place
        unload = rates.handling_minor(problem.disposals[site].unload_s)
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

    A bin in `worth_minor` is inserted only where it costs less than that; others wherever they fit. Of like trucks
    that have nothing to do yet only the first is asked.
    """
    failed: dict[int, bool] = {}
    limits = worth_minor or {}
    group_of = _groups(tours)
    for index in wanted:
        best: tuple[Found, Tour] | None = None
        best_minor = NO_WAY
        for at_least_minor, tour in _nearest_first(tours, group_of, index):
            if best is not None and at_least_minor >= best_minor:
                break
            found = tour.cheapest(index)
            if found is not None and found.cost_minor - tour.kept_minor(index) < best_minor:
                best, best_minor = (found, tour), found.cost_minor - tour.kept_minor(index)
        if best is None or best_minor >= limits.get(index, NO_WAY):
            failed[index] = best is not None
        else:
            best[1].insert(best[0])
    return failed


def _nearest_first(tours: Sequence[Tour], group_of: Mapping[int, int], index: int) -> list[tuple[int, Tour]]:
    """Return the tours that may take the bin with what it costs there at the least, the cheapest first.

    Ways over a disposal site are taken for no shorter than those without: where streets are no metric, a bargain may
    be missed, never a bin.
    """
    asked: set[int] = set()
    near = []
    for tour in tours:
        if not tour.takes(index):
            continue
        if not tour.order:
            if group_of[tour.truck] in asked:
                continue
            asked.add(group_of[tour.truck])
        near.append((tour.at_least_minor(index) - tour.kept_minor(index), tour))
    return sorted(near, key=lambda each: each[0])


def _groups(tours: Sequence[Tour]) -> dict[int, int]:
    if not tours:
        return {}
    return {truck: group[0] for group in tours[0].problem.like_trucks for truck in group}
