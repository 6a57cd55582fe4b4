"""Our problem in PyVRP's words, and its answers in ours.

What PyVRP cannot state is folded in beforehand and unfolded afterwards:

* *Must end empty*: the way from a bin to the end depot goes by the disposal site that makes it cheapest.
* *Unloading in between*: disposal sites are reload depots.
* *Halts*: every site is a location of its own, and arriving from another location costs the halt.
* *Fractions*: bins a truck does not take lie prohibitively far for its profile.
* *Breaks*: deadlines are shrunk so that a break fits wherever it is put afterwards (`schedule.timed`).
* *Opening hours at the last unloading*: the truck must be home early enough to have made it before closing.
* *Must bins*: required where all can be served, else optional with a prize no detour outweighs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyvrp import Activity, ActivityType, Client, Depot, Location, ProblemData, Route, Solution, VehicleType

from routing.engines.arcs import FORBIDDEN_S, Arcs, before_breaks
from routing.engines.insertion import last_site
from routing.problem import Bool, Int64, Order, Orders, Problem, Truck, VisitKind

MONEY_CEILING = 2**36
"""Costs above are scaled down together: PyVRP sums penalties of many times an arc in 64 bits."""
Profile = tuple[tuple[int, ...], tuple[int, ...], int]
"""What makes two trucks drive in different worlds: fractions, disposal sites, home."""


@dataclass(frozen=True)
class Model:
    """One fleet's problem for PyVRP, and the way back."""

    problem: Problem
    arcs: Arcs
    trucks: tuple[int, ...]
    """Which of the problem's trucks are offered; PyVRP's vehicle types count in this tuple."""
    required: bool
    data: ProblemData
    bins: tuple[int, ...]
    """Which bin each PyVRP client is."""
    first_disposal: int
    """PyVRP's depots before this index are the trucks' depots, from here on the disposal sites."""

    def orders(self, solution: Solution) -> dict[int, Order]:
        """Return the trucks' orders, with the last unloading put back."""
        return {self.trucks[route.vehicle_type()]: self._order(route) for route in solution.routes()}

    def _order(self, route: Route) -> Order:
        order: list[tuple[VisitKind, int]] = []
        for activity in route:
            if activity.is_client():
                order.append((VisitKind.COLLECT, self.bins[activity.idx]))
            elif activity.idx >= self.first_disposal:
                order.append((VisitKind.DISPOSE, activity.idx - self.first_disposal))
        truck = self.trucks[route.vehicle_type()]
        if order and order[-1][0] is VisitKind.COLLECT:
            order.append(
                (VisitKind.DISPOSE, last_site(self.problem, self.arcs, truck, self.problem.bins[order[-1][1]].place))
            )
        return tuple(order)

    def warm_start(self, orders: Orders) -> Solution:
        """Return PyVRP's form of orders whose trucks are all offered; it adds the depots at both ends itself."""
        client = {bin_index: at for at, bin_index in enumerate(self.bins)}
        routes = []
        for vehicle_type, truck in enumerate(self.trucks):
            visits = list(orders.get(truck, ()))
            if visits and visits[-1][0] is VisitKind.DISPOSE:
                visits.pop()
            activities = [
                Activity(ActivityType.DEPOT, self.first_disposal + index)
                if kind is VisitKind.DISPOSE
                else Activity(ActivityType.CLIENT, client[index])
                for kind, index in visits
                if kind is VisitKind.DISPOSE or index in client
            ]
            if any(activity.is_client() for activity in activities):
                routes.append(Route(self.data, activities, vehicle_type))
        return Solution(self.data, routes)


def build_model(problem: Problem, arcs: Arcs, trucks: Sequence[int], *, required: bool) -> Model:
    """Return PyVRP's data for a fleet; `required` makes must bins hard, which needs a fleet that can serve them."""
    fleet = [problem.trucks[truck] for truck in trucks]
    wanted = frozenset().union(*(truck.fractions for truck in fleet))
    bins = tuple(
        index
        for index, node in enumerate(problem.bins)
        if (node.must or node.prize_minor > problem.handling_minor(node.service_s)) and node.fraction in wanted
    )
    layout = _Layout(problem, arcs, tuple(trucks), bins)
    # PyVRP's stubs ask for "ndarray[int]", which no array is.
    costs: list[Any] = [layout.profile_cost(profile) for profile in layout.profiles]
    durations: list[Any] = [layout.profile_duration(profile) for profile in layout.profiles]
    data = ProblemData(
        [Location(0, 0) for _ in range(layout.size)],
        [layout.client(index, required=required) for index in bins],
        layout.depots(),
        [layout.vehicle(at) for at in range(len(fleet))],
        costs,
        durations,
    )
    return Model(problem, arcs, tuple(trucks), required, data, bins, len(layout.depot_places))


class _Layout:
    """Which location is what: depots, disposal sites, then one per (site, fraction)."""

    def __init__(self, problem: Problem, arcs: Arcs, trucks: tuple[int, ...], bins: tuple[int, ...]) -> None:
        self.problem, self.arcs, self.trucks, self.bins = problem, arcs, trucks, bins
        self.fleet = [problem.trucks[truck] for truck in trucks]
        self.depot_places = sorted({place for truck in self.fleet for place in (truck.start_place, truck.end_place)})
        heads = self.depot_places + [site.place for site in problem.disposals]
        pairs = sorted({(problem.bins[index].place, problem.bins[index].fraction) for index in bins})
        self.location_of_pair = {pair: len(heads) + at for at, pair in enumerate(pairs)}
        self.places = np.array(heads + [place for place, _ in pairs], dtype=np.int64)
        self.fractions = [None] * len(heads) + [fraction for _, fraction in pairs]
        self.size = len(self.places)
        self.first_bin = len(heads)
        self.profiles = sorted({self._profile(at) for at in range(len(trucks))})
        self.latest_s = self._latest_for_all()
        self.money_divisor = self._money_divisor()

    def _profile(self, at: int) -> Profile:
        truck = self.fleet[at]
        return tuple(sorted(truck.fractions)), self.problem.disposals_of_truck[self.trucks[at]], truck.end_place

    def _latest_for_all(self) -> Int64:
        """The bins' deadlines before every truck's breaks: PyVRP knows one window per bin, not per truck."""
        latest = np.array([node.latest_s for node in self.problem.bins], dtype=np.int64)
        shrunk: Int64 = np.minimum.reduce([before_breaks(latest, truck.breaks) for truck in self.fleet])
        return shrunk

    def _money_divisor(self) -> int:
        dearest = max(
            int(self.arcs.cost_minor.max(initial=0)),
            max((truck.fixed_minor for truck in self.fleet), default=0),
            sum(node.prize_minor for node in self.problem.bins),
        )
        return 1 + dearest // MONEY_CEILING

    def money(self, amount_minor: int) -> int:
        return amount_minor // self.money_divisor

    def client(self, index: int, *, required: bool) -> Client:
        node = self.problem.bins[index]
        prize = max(0, node.prize_minor - self.problem.handling_minor(node.service_s))
        if node.must and not required:
            prize = node.prize_minor + self.must_prize()
        return Client(
            location=self.location_of_pair[node.place, node.fraction],
            pickup=[node.volume_l, node.weight_kg],
            service_duration=node.service_s,
            tw_early=min(node.open_s, max(0, int(self.latest_s[index]))),
            tw_late=max(0, int(self.latest_s[index])),
            prize=self.money(prize),
            required=node.must and required,
        )

    def must_prize(self) -> int:
        """More than a detour across the whole city with a truck of its own."""
        reachable = self.arcs.duration_s < FORBIDDEN_S
        farthest = int(self.arcs.cost_minor[reachable].max(initial=0))
        return 10 * (1 + farthest) + max(truck.fixed_minor for truck in self.fleet)

    def depots(self) -> list[Depot]:
        depots = [Depot(location=at) for at in range(len(self.depot_places))]
        for at, site in enumerate(self.problem.disposals):
            latest = min(
                int(before_breaks(np.array([site.latest_s], dtype=np.int64), truck.breaks)[0]) for truck in self.fleet
            )
            depots.append(
                Depot(
                    location=len(self.depot_places) + at,
                    tw_early=min(site.open_s, latest),
                    tw_late=latest,
                    service_duration=site.unload_s,
                )
            )
        return depots

    def vehicle(self, at: int) -> VehicleType:
        truck = self.fleet[at]
        sites = self.problem.disposals_of_truck[self.trucks[at]]
        home_by = int(before_breaks(np.array([self._home_by(truck, sites)], dtype=np.int64), truck.breaks)[0])
        return VehicleType(
            num_available=1,
            capacity=[truck.capacity_l, truck.capacity_kg],
            start_depot=self.depot_places.index(truck.start_place),
            end_depot=self.depot_places.index(truck.end_place),
            fixed_cost=self.money(truck.fixed_minor),
            tw_early=truck.shift_start_s,
            tw_late=max(truck.shift_start_s, home_by),
            profile=self.profiles.index(self._profile(at)),
            reload_depots=[len(self.depot_places) + site for site in sites],
            max_reloads=max(1, len(self.bins)),
        )

    def _home_by(self, truck: Truck, sites: tuple[int, ...]) -> int:
        """Shift end, or sooner if the disposal site open longest closes before that."""
        after_closing = [
            site.latest_s + site.unload_s + int(self.arcs.duration_s[site.place, truck.end_place])
            for site in (self.problem.disposals[index] for index in sites)
        ]
        return min(truck.shift_end_s, max(after_closing, default=truck.shift_end_s))

    def profile_cost(self, profile: Profile) -> Int64:
        unload = [self.problem.handling_minor(site.unload_s) for site in self.problem.disposals]
        cost = self._folded(self.arcs.cost_minor, unload, profile, by_cost=True)
        dearest = int(self.arcs.cost_minor.max(initial=0))
        cost[:, self._foreign(profile)] = 10 * (1 + dearest)
        np.fill_diagonal(cost, 0)
        return cost // self.money_divisor

    def profile_duration(self, profile: Profile) -> Int64:
        unload = [site.unload_s for site in self.problem.disposals]
        duration = self._folded(self.arcs.duration_s, unload, profile, by_cost=False)
        duration[:, self._foreign(profile)] = FORBIDDEN_S
        np.fill_diagonal(duration, 0)
        return duration

    def _foreign(self, profile: Profile) -> Bool:
        return np.array([fraction is not None and fraction not in profile[0] for fraction in self.fractions])

    def _folded(self, arc: Int64, unload: Sequence[int], profile: Profile, *, by_cost: bool) -> Int64:
        """Expand places to locations; bin -> home becomes bin -> best site -> home."""
        _, sites, home = profile
        full = arc[np.ix_(self.places, self.places)].copy()
        heads = len(self.depot_places)
        if by_cost:  # a reload depot's service time is PyVRP's own; the money for it is ours
            full[:, heads : self.first_bin] += np.array(unload, dtype=np.int64)[None, :]
        if sites and self.first_bin < self.size:
            here = self.places[self.first_bin :]
            unload_minor = [self.problem.handling_minor(site.unload_s) for site in self.problem.disposals]
            ways = self._ways(self.arcs.cost_minor, here, sites, unload_minor, home)
            best = ways.argmin(axis=1)
            through = self._ways(arc, here, sites, unload, home)
            full[self.first_bin :, self.depot_places.index(home)] = through[np.arange(len(here)), best]
        return full

    def _ways(self, arc: Int64, here: Int64, sites: tuple[int, ...], unload: Sequence[int], home: int) -> Int64:
        columns = []
        for site in sites:
            place = self.problem.disposals[site].place
            columns.append(arc[here, place] + unload[site] + arc[place, home])
        return np.stack(columns, axis=1)
