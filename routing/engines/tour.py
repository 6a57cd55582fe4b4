"""One truck's order with the arrays that price an insertion: by the clock, by load, by the limits of the day.

Its deadlines are shrunk for breaks (`arcs.before_breaks`), so that a break fits wherever `schedule.timed` puts it. A
*gap* is a place between two visits of the order, or before or after all of them: there is one more gap than visits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.answer import Order, VisitKind
from routing.engines.arcs import Arcs, before_breaks, halt_by
from routing.engines.bins import Bins, rooms_of
from routing.engines.gates import Gates, last_site
from routing.integers import Bool, Gaps, Int64, begin_by
from routing.problem import Problem

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE


@dataclass(frozen=True, slots=True)
class Found:
    """The cheapest place for a bin in one tour."""

    cost_minor: int
    at: int
    """Position in the order before which the new visits go."""
    visits: Order


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
        return self.takes(index) and self.within_day(index) and bool(self.room_for(index, before=True, after=False)[0])

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

    def room_for(self, index: int, *, before: bool, after: bool) -> Bool:
        """[gaps] whether the bin fits beside what its trip loads before the gap, and after it."""
        fits = np.ones(len(self.order) + 1, dtype=np.bool_)
        for room, load_before, load_after in zip(self.rooms, self.before, self.after, strict=True):
            load = np.full(len(fits), room.amount[index], dtype=np.int64)
            load += load_before if before else 0
            load += load_after if after else 0
            fits &= load <= room.capacity
        return fits

    def overtime_minor(self, halt_s: Int64) -> Int64 | int:
        """Return what overtime costs more when the truck halts at each gap's later node at `halt_s`."""
        truck = self.problem.trucks[self.truck]
        if not truck.overtime_s:
            return 0
        home_s = np.maximum(halt_s + self.rest_s, self.waits_until_s)
        more_s = np.maximum(home_s, self.overtime_from_s) - max(self.end_s, self.overtime_from_s)
        extra: Int64 = more_s * truck.overtime_per_h_minor // 3600
        return extra

    def leaving_minor(self) -> int:
        """Return what a truck costs that leaves home for this: the way home is then no saving."""
        truck = self.problem.trucks[self.truck]
        return 0 if self.order or truck.on_road else truck.fixed_minor + int(self.leg_minor[0])

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


def _within_trip(load: Int64, trip: Int64) -> Int64:
    """Return the load on board before each gap, counted from the gap's trip's start."""
    total = np.concatenate(([0], np.cumsum(load)))
    first = np.searchsorted(trip, trip)
    before: Int64 = total - total[first]
    return before
