"""Our problem in PyVRP's words, and its answers in ours.

What PyVRP cannot state is folded in beforehand and unfolded afterwards:

* *Must end empty*: the way from a bin to the end depot goes by the disposal site that makes it cheapest.
* *Unloading in between*: disposal sites are reload depots, one per span of opening hours.
* *Halts*: every site is a location of its own, and arriving from another location costs the halt.
* *Fractions, skills, locks*: bins a truck may not take lie prohibitively far for its profile; so do roads.
* *Compartments*: load dimensions of their own.
* *Breaks*: deadlines are shrunk so that a break fits wherever it is put afterwards (`schedule.timed`).
* *Gates shut in between*: a bin with several windows is a group of clients of which one is visited.
* *Opening hours at the last unloading*: the truck must be home early enough to have made it before closing.
* *Must bins*: required where all can be served, else optional with a prize no detour outweighs.
* *Trucks on the road*: a required first visit, with what is aboard, that only that truck can make.
* *Change*: arriving at a bin of another truck's plan costs extra; the bin's own prize covers being left.
* *Limits of the day*: so many trips, each with its share (`Layout.capacity`); without `strict` each with all it holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from pyvrp import (
    Activity,
    ActivityType,
    Client,
    ClientGroup,
    Depot,
    Location,
    ProblemData,
    Route,
    Solution,
    VehicleType,
)

from routing.answer import Order, Orders, VisitKind
from routing.engines.arcs import Arcs, before_breaks
from routing.engines.bins import least_handling_minor, worth_minor
from routing.engines.gates import last_site
from routing.engines.pyvrp_layout import Layout, Span
from routing.engines.schedule import timed
from routing.problem import Problem

COLLECT, DISPOSE = VisitKind.COLLECT, VisitKind.DISPOSE
ENDLESS_S = int(np.iinfo(np.int64).max)


@dataclass(frozen=True)
class Model:
    """One fleet's problem for PyVRP, and the way back."""

    problem: Problem
    arcs: Arcs
    layout: Layout
    data: ProblemData
    clients: tuple[tuple[int, Span], ...]
    """Which bin each PyVRP client is, and the span of its window; after these come the starts of trucks out."""
    sites: tuple[int, ...]
    """Which disposal site each PyVRP depot is, after the trucks' depots."""

    @property
    def bins(self) -> tuple[int, ...]:
        """The bins PyVRP is told of."""
        return tuple(self.layout.bins)

    def orders(self, solution: Solution) -> dict[int, Order]:
        """Return the trucks' orders."""
        free = [list(kind) for kind in self.layout.kinds]
        orders: dict[int, Order] = {}
        for route in solution.routes():
            truck = free[route.vehicle_type()].pop(0)
            orders[truck] = self.order(truck, route)
        return orders

    def order(self, truck: int, route: Route) -> Order:
        """Return a truck's order, with the last unloading put back."""
        if not self.problem.disposals_of_truck[truck]:
            return ()  # an answer that breaks rules may give bins also to a truck that nobody unloads
        order: list[tuple[VisitKind, int]] = []
        for activity in route:
            if activity.is_client():
                order += [(COLLECT, self.clients[activity.idx][0])] if activity.idx < len(self.clients) else []
            elif activity.idx >= self.layout.first_site:
                order.append((DISPOSE, self.sites[activity.idx - self.layout.first_site]))
        if order and order[-1][0] is COLLECT:
            here = self.problem.bins[order[-1][1]].place
            order.append((DISPOSE, last_site(self.problem, self.arcs.of(truck), truck, here)))
        return tuple(order)

    def warm_start(self, orders: Orders) -> Solution:
        """Return PyVRP's form of orders whose trucks are all offered; it adds the depots at both ends itself."""
        routes = []
        for vehicle_type, kind in enumerate(self.layout.kinds):
            for truck in kind:
                activities = list(self._activities(truck, orders.get(truck, ())))
                if vehicle_type in self.layout.out:
                    first = len(self.clients) + self.layout.out.index(vehicle_type)
                    activities.insert(0, Activity(ActivityType.CLIENT, first))
                if any(activity.is_client() for activity in activities):
                    routes.append(Route(self.data, activities, vehicle_type))
        return Solution(self.data, routes)

    def _activities(self, truck: int, order: Order) -> Iterator[Activity]:
        begins, last = self._begins(truck, order), len(order) - 1
        reloads = self.layout.capacity(self.problem.trucks[truck])[1]
        for at, (kind, index) in enumerate(order):
            if kind is COLLECT and index in self._client_of:
                yield Activity(ActivityType.CLIENT, self._nearest(self._client_of[index], begins.get(index, 0)))
            elif kind is DISPOSE and at != last and reloads:  # PyVRP takes a start too full, but none with more trips
                reloads -= 1
                yield Activity(ActivityType.DEPOT, self.layout.first_site + self.sites.index(index))

    def _begins(self, truck: int, order: Order) -> dict[int, int]:
        """When each bin is begun; needed only where some have several spans."""
        if len(self.clients) == len(self.layout.bins):
            return {}
        route = timed(self.problem, truck, order)
        return {visit.index: visit.begin_s for visit in route.visits if visit.kind is COLLECT} if route else {}

    def _nearest(self, clients: Sequence[int], begin_s: int) -> int:
        later = [client for client in clients if self.clients[client][1][1] >= begin_s]
        return later[0] if later else clients[-1]

    @cached_property
    def _client_of(self) -> dict[int, list[int]]:
        clients: dict[int, list[int]] = {}
        for at, (index, _) in enumerate(self.clients):
            clients.setdefault(index, []).append(at)
        return clients


def build_model(problem: Problem, arcs: Arcs, trucks: Sequence[int], *, required: bool, strict: bool = True) -> Model:
    """Return PyVRP's data for a fleet; `required` makes must bins hard, which needs a fleet that can serve them.

    With `strict` every answer keeps the limits of the day; without, trips may be full and the excess is mended.
    """
    layout = Layout(problem, arcs, trucks, strict=strict)
    spans = {index: _windows(layout, index) for index in layout.bins}
    clients = tuple((index, span) for index in layout.bins for span in spans[index])
    groups: dict[int, int] = {}
    for index in layout.bins:
        if len(spans[index]) > 1:
            groups[index] = len(groups)
    depots, sites = _depots(layout)
    # PyVRP's stubs ask for "ndarray[int]", which no array is.
    costs: list[Any] = [layout.costs(world) for world in layout.worlds]
    durations: list[Any] = [layout.durations(world) for world in layout.worlds]
    data = ProblemData(
        [Location(0, 0) for _ in layout.places],
        [_client(layout, index, span, groups.get(index), required=required) for index, span in clients]
        + [_start(layout, kind) for kind in layout.out],
        depots,
        [_vehicle(layout, kind, sites) for kind in range(len(layout.kinds))],
        costs,
        durations,
        [
            ClientGroup(
                [at for at, (each, _) in enumerate(clients) if each == index], problem.bins[index].must and required
            )
            for index in groups
        ],
    )
    return Model(problem, arcs, layout, data, clients, sites)


def _windows(layout: Layout, index: int) -> list[Span]:
    node = layout.problem.bins[index]
    return layout.windows(node.open_s, node.latest_s, node.shut_s)


def _client(layout: Layout, index: int, span: Span, group: int | None, *, required: bool) -> Client:
    problem = layout.problem
    node = problem.bins[index]
    prize = max(0, worth_minor(problem, index) - least_handling_minor(problem, node.service_s))
    if node.must and not required:
        prize = worth_minor(problem, index) + layout.must_prize
    return Client(
        location=layout.location_of[layout.spot_of[index]],
        pickup=layout.loads(node.fraction, node.volume_l, node.weight_kg, 1),
        service_duration=node.service_s,
        tw_early=span[0],
        tw_late=span[1],
        prize=layout.money(prize),
        required=node.must and required and group is None,
        group=group,
    )


def _start(layout: Layout, kind: int) -> Client:
    truck = layout.fleet[kind]
    return Client(
        location=layout.location_of_out[kind],
        pickup=layout.aboard(truck),
        tw_early=truck.shift_start_s,
        tw_late=truck.shift_start_s,
        required=True,
    )


def _depots(layout: Layout) -> tuple[list[Depot], tuple[int, ...]]:
    """Return the trucks' depots and the disposal sites', one per span of opening hours, and whose the latter are."""
    depots = [Depot(location=at) for at in range(layout.first_site)]
    sites: list[int] = []
    for index, site in enumerate(layout.problem.disposals):
        for early_s, late_s in layout.windows(site.open_s, site.latest_s, site.shut_s):
            depots.append(
                Depot(
                    location=layout.first_site + index,
                    tw_early=early_s,
                    tw_late=late_s,
                    service_duration=site.unload_s,
                )
            )
            sites.append(index)
    return depots, tuple(sites)


def _vehicle(layout: Layout, kind: int, sites: Sequence[int]) -> VehicleType:
    truck, whose = layout.fleet[kind], layout.problem.disposals_of_truck[layout.kinds[kind][0]]
    capacity, reloads = layout.capacity(truck)
    home_s, overtime_from_s = _ends(layout, kind)
    over_s = home_s - overtime_from_s if truck.overtime_s else 0
    return VehicleType(
        num_available=len(layout.kinds[kind]),
        capacity=capacity,
        start_depot=layout.depot_places.index(truck.start_place),
        end_depot=layout.depot_places.index(truck.end_place),
        fixed_cost=layout.money(truck.fixed_minor),
        tw_early=truck.shift_start_s,
        tw_late=home_s,
        profile=layout.worlds.index(layout.world(kind)),
        reload_depots=[layout.first_site + at for at, site in enumerate(sites) if site in whose] if reloads else [],
        max_reloads=reloads,
        # PyVRP's overtime counts from leaving, ours from the end of the shift: so the truck leaves when that begins.
        start_late=truck.shift_start_s if over_s else home_s,
        shift_duration=overtime_from_s - truck.shift_start_s if over_s else ENDLESS_S,
        max_overtime=over_s,
        unit_overtime_cost=layout.money((truck.overtime_per_h_minor + 1800) // 3600),
    )


def _ends(layout: Layout, kind: int) -> tuple[int, int]:
    """Return when the truck must be home and when overtime begins, both before its breaks.

    If the disposal site open longest closes before, it must be home so early that it has been there.
    """
    truck, number = layout.fleet[kind], layout.kinds[kind][0]
    arcs = layout.arcs.of(number)
    closing = [
        site.latest_s + site.unload_s + int(arcs.duration_s[site.place, truck.end_place])
        for site in (layout.problem.disposals[index] for index in layout.problem.disposals_of_truck[number])
    ]
    home_s = min(truck.latest_home_s, max(closing, default=truck.latest_home_s))
    home, end = before_breaks(np.array([home_s, truck.shift_end_s], dtype=np.int64), truck.breaks).tolist()
    return max(truck.shift_start_s, home), max(truck.shift_start_s, min(home, end))
