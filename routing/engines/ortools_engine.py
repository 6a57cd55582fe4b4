"""The second engine: OR-Tools' routing solver, guided local search over integers from matrices.

No Python callback is registered: one that raises makes OR-Tools answer "solution, cost 0". It aborts the process on
zero vehicles, so an empty problem never reaches it. The last unloading is folded into the way home and breaks shrink
the deadlines, as for the other engine; unloadings in between are optional nodes that empty the load.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.engines.arcs import FORBIDDEN_S, Arcs, arcs, before_breaks
from routing.engines.finish import orders_of, settle
from routing.engines.insertion import last_site
from routing.engines.interface import Budget, Report
from routing.problem import Int64, Order, Orders, Problem, Solution, Truck, VisitKind

MONEY_CEILING = 2**32
UNLOADS_PER_TRUCK = 3
"""Copies of each disposal site for unloadings in between, per truck."""
REPORT_EVERY_S = 1.0


def solve(problem: Problem, *, budget: Budget, seed: int, report: Report, start: Solution) -> Solution:  # noqa: ARG001
    """Return the better of the start and what guided local search makes of it; the search itself has no seed."""
    ends_at = time.monotonic() + budget.seconds
    priced = arcs(problem)
    model = _Model(problem, priced)
    if not model.bins or not model.trucks:
        return start
    listener = _Listener(model, start, report, ends_at)
    model.search(max(0.05, ends_at - time.monotonic()), budget.iterations, orders_of(start), listener.solution_found)
    return listener.settle_latest()


@dataclass
class _Listener:
    """Settles what the search finds, about once a second: settling costs time of its own."""

    model: "_Model"
    best: Solution
    report: Report
    ends_at: float
    latest: Orders | None = None
    told_at: float = 0.0

    def solution_found(self, orders: Orders) -> None:
        self.latest = orders
        if time.monotonic() - self.told_at > REPORT_EVERY_S:
            self.settle_latest()
            self.told_at = time.monotonic()

    def settle_latest(self) -> Solution:
        if self.latest is not None:
            found = settle(self.model.problem, self.latest, self.model.arcs)
            self.latest = None
            if found.rank < self.best.rank:
                self.best = found
                self.report("ortools", found)
        return self.best


class _Model:
    """Our problem in OR-Tools' words. Nodes: a start and an end per truck, the bins, copies of disposal sites."""

    def __init__(self, problem: Problem, priced: Arcs) -> None:
        self.problem, self.arcs = problem, priced
        self.trucks = [index for index, sites in enumerate(problem.disposals_of_truck) if sites]
        carried = frozenset().union(*(problem.trucks[index].fractions for index in self.trucks))
        self.bins = [
            index
            for index, node in enumerate(problem.bins)
            if (node.must or node.prize_minor > problem.handling_minor(node.service_s)) and node.fraction in carried
        ]
        if not self.bins or not self.trucks:
            return
        self.fleet = [problem.trucks[index] for index in self.trucks]
        copies = UNLOADS_PER_TRUCK * len(self.trucks)
        self.unloads = [site for site in range(len(problem.disposals)) for _ in range(copies)]
        self.first_bin = 2 * len(self.trucks)
        self.first_unload = self.first_bin + len(self.bins)
        self.places = np.array(
            [truck.start_place for truck in self.fleet]
            + [truck.end_place for truck in self.fleet]
            + [problem.bins[index].place for index in self.bins]
            + [problem.disposals[site].place for site in self.unloads],
            dtype=np.int64,
        )
        self.divisor = (
            1 + max(int(priced.cost_minor.max()), *(truck.fixed_minor for truck in self.fleet)) // MONEY_CEILING
        )
        self._build()

    def _build(self) -> None:
        count = len(self.trucks)
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.places), count, list(range(count)), list(range(count, 2 * count))
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._costs()
        self._times()
        for name, dimension in (("volume_l", 0), ("weight_kg", 1)):
            self._loads(name, dimension)
        self._choices()

    def _costs(self) -> None:
        matrices: dict[tuple[tuple[int, ...], int], int] = {}
        for vehicle, truck in enumerate(self.fleet):
            world = (self.problem.disposals_of_truck[self.trucks[vehicle]], truck.end_place)
            if world not in matrices:
                cost = self._folded(self.arcs.cost_minor, vehicle, by_cost=True) // self.divisor
                matrices[world] = self.routing.RegisterTransitMatrix(cost.tolist())
            self.routing.SetArcCostEvaluatorOfVehicle(matrices[world], vehicle)
            self.routing.SetFixedCostOfVehicle(truck.fixed_minor // self.divisor, vehicle)

    def _times(self) -> None:
        work = np.zeros(len(self.places), dtype=np.int64)
        work[self.first_bin : self.first_unload] = [self.problem.bins[index].service_s for index in self.bins]
        work[self.first_unload :] = [self.problem.disposals[site].unload_s for site in self.unloads]
        worlds: dict[tuple[tuple[int, ...], int], int] = {}
        transits = []
        for vehicle, truck in enumerate(self.fleet):
            world = (self.problem.disposals_of_truck[self.trucks[vehicle]], truck.end_place)
            if world not in worlds:
                time_s = self._folded(self.arcs.duration_s, vehicle, by_cost=False) + work[:, None]
                worlds[world] = self.routing.RegisterTransitMatrix(np.minimum(time_s, FORBIDDEN_S).tolist())
            transits.append(worlds[world])
        horizon = 2 * FORBIDDEN_S
        self.routing.AddDimensionWithVehicleTransits(transits, horizon, horizon, False, "time")
        dimension = self.routing.GetDimensionOrDie("time")
        for vehicle, truck in enumerate(self.fleet):
            home_s = int(before_breaks(np.array([self._home_by(vehicle, truck)]), truck.breaks)[0])
            dimension.CumulVar(self.routing.Start(vehicle)).SetRange(truck.shift_start_s, truck.shift_end_s)
            dimension.CumulVar(self.routing.End(vehicle)).SetRange(0, max(truck.shift_start_s, home_s))
        for node in range(self.first_bin, len(self.places)):
            open_s, latest_s = self._window(node)
            dimension.CumulVar(self.manager.NodeToIndex(node)).SetRange(min(open_s, latest_s), latest_s)

    def _window(self, node: int) -> tuple[int, int]:
        """The deadline before any truck's breaks: nodes have one window for all trucks."""
        if node < self.first_unload:
            task = self.problem.bins[self.bins[node - self.first_bin]]
            open_s, latest_s = task.open_s, task.latest_s
        else:
            site = self.problem.disposals[self.unloads[node - self.first_unload]]
            open_s, latest_s = site.open_s, site.latest_s
        shrunk = min(int(before_breaks(np.array([latest_s]), truck.breaks)[0]) for truck in self.fleet)
        return open_s, max(0, shrunk)

    def _home_by(self, vehicle: int, truck: Truck) -> int:
        """Shift end, or sooner if the disposal site open longest closes before that."""
        closing = [
            site.latest_s + site.unload_s + int(self.arcs.duration_s[site.place, truck.end_place])
            for site in (self.problem.disposals[i] for i in self.problem.disposals_of_truck[self.trucks[vehicle]])
        ]
        return min(truck.shift_end_s, max(closing))

    def _loads(self, name: str, dimension: int) -> None:
        """An unloading takes off as much as any truck holds; slack there keeps the load from going below nothing."""
        capacities = [(truck.capacity_l, truck.capacity_kg)[dimension] for truck in self.fleet]
        most = max(capacities)
        amounts = np.zeros(len(self.places), dtype=np.int64)
        amounts[self.first_bin : self.first_unload] = [
            (self.problem.bins[index].volume_l, self.problem.bins[index].weight_kg)[dimension] for index in self.bins
        ]
        amounts[self.first_unload :] = -most
        transit = self.routing.RegisterUnaryTransitVector(amounts.tolist())
        self.routing.AddDimensionWithVehicleCapacity(transit, most, capacities, True, name)
        load = self.routing.GetDimensionOrDie(name)
        for node in range(self.first_bin, self.first_unload):
            load.SlackVar(self.manager.NodeToIndex(node)).SetValue(0)
        for vehicle in range(len(self.fleet)):
            load.SlackVar(self.routing.Start(vehicle)).SetValue(0)

    def _choices(self) -> None:
        """Every bin may be left: a must bin at the price of more than any detour."""
        roads = self.arcs.duration_s < FORBIDDEN_S
        dear = 10 * (1 + int(self.arcs.cost_minor[roads].max())) + max(truck.fixed_minor for truck in self.fleet)
        for at, index in enumerate(self.bins):
            node = self.problem.bins[index]
            worth = node.prize_minor + dear if node.must else node.prize_minor
            worth -= 0 if node.must else self.problem.handling_minor(node.service_s)
            where = self.manager.NodeToIndex(self.first_bin + at)
            self.routing.AddDisjunction([where], max(0, worth) // self.divisor)
            takers = [vehicle for vehicle, truck in enumerate(self.fleet) if node.fraction in truck.fractions]
            if len(takers) < len(self.fleet):
                self.routing.VehicleVar(where).SetValues([-1, *takers])
        for at, site in enumerate(self.unloads):
            where = self.manager.NodeToIndex(self.first_unload + at)
            self.routing.AddDisjunction([where], 0)
            serve = [
                vehicle for vehicle, index in enumerate(self.trucks) if site in self.problem.disposals_of_truck[index]
            ]
            self.routing.VehicleVar(where).SetValues([-1, *serve])

    def _folded(self, arc: Int64, vehicle: int, *, by_cost: bool) -> Int64:
        """Expand places to nodes; bin -> home becomes bin -> cheapest site -> home; unloading costs on arrival."""
        full = arc[np.ix_(self.places, self.places)].copy()
        unload_minor = [self.problem.handling_minor(site.unload_s) for site in self.problem.disposals]
        if by_cost:
            full[:, self.first_unload :] += np.array([unload_minor[site] for site in self.unloads], dtype=np.int64)
        home = self.fleet[vehicle].end_place
        for node in range(self.first_bin, self.first_unload):
            index = self.bins[node - self.first_bin]
            site = last_site(self.problem, self.arcs, self.trucks[vehicle], self.problem.bins[index].place)
            place = self.problem.disposals[site].place
            unload = unload_minor[site] if by_cost else self.problem.disposals[site].unload_s
            through = arc[self.places[node], place] + unload + arc[place, home]
            full[node, len(self.fleet) : self.first_bin] = through
        return full

    def search(
        self, seconds: float, solutions: int | None, start: Orders, on_solution: Callable[[Orders], None]
    ) -> None:
        """Run guided local search from the start, telling each solution that is better than all before."""
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromNanoseconds(int(seconds * 1e9))
        if solutions is not None:
            parameters.solution_limit = solutions
        best: list[int] = []

        def note() -> None:
            value = self.routing.CostVar().Max()
            if not best or value < best[0]:
                best[:] = [value]
                on_solution(self._orders(self._next_of_search))

        self.routing.AddAtSolutionCallback(note)
        self.routing.CloseModelWithParameters(parameters)
        routes = [self._nodes(start.get(truck, ())) for truck in self.trucks]
        first = self.routing.ReadAssignmentFromRoutes(routes, True)
        if first is None:
            self.routing.SolveWithParameters(parameters)
        else:
            self.routing.SolveFromAssignmentWithParameters(first, parameters)

    def _nodes(self, order: Order) -> list[int]:
        """Return OR-Tools' indices of an order, its last unloading folded away; bins not in the model are skipped."""
        node_of = {index: self.first_bin + at for at, index in enumerate(self.bins)}
        free = getattr(self, "_free", None)
        if free is None:
            free = self._free = {
                site: [self.first_unload + at for at, each in enumerate(self.unloads) if each == site]
                for site in set(self.unloads)
            }
        nodes = []
        for at, (kind, index) in enumerate(order):
            if kind is VisitKind.COLLECT and index in node_of:
                nodes.append(node_of[index])
            elif kind is VisitKind.DISPOSE and at < len(order) - 1 and free[index]:
                nodes.append(free[index].pop())
        return [self.manager.NodeToIndex(node) for node in nodes]

    def _next_of_search(self, index: int) -> int:
        following: int = self.routing.NextVar(index).Value()
        return following

    def _orders(self, following: Callable[[int], int]) -> dict[int, Order]:
        orders: dict[int, Order] = {}
        for vehicle, truck in enumerate(self.trucks):
            order: list[tuple[VisitKind, int]] = []
            index: Any = following(self.routing.Start(vehicle))
            while not self.routing.IsEnd(index):
                node = self.manager.IndexToNode(index)
                if node >= self.first_unload:
                    order.append((VisitKind.DISPOSE, self.unloads[node - self.first_unload]))
                else:
                    order.append((VisitKind.COLLECT, self.bins[node - self.first_bin]))
                index = following(index)
            if any(kind is VisitKind.COLLECT for kind, _ in order):
                orders[truck] = tuple(order)
        return orders
