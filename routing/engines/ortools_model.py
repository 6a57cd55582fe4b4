"""Our problem in OR-Tools' words, and its answers in ours.

No Python callback is registered: one that raises makes OR-Tools answer "solution, cost 0"; everything is a matrix or a
vector of integers. The last unloading is folded into the way home and breaks shrink the deadlines, as for the other
engine; unloadings in between are optional nodes that empty the load. What unloading does not reset is a dimension
that they leave alone: that is what this engine can state and the other cannot.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.answer import Order, Orders, VisitKind
from routing.engines.arcs import FORBIDDEN_S, Arcs, before_breaks
from routing.engines.bins import Bins, is_wanted, least_handling_minor, worth_minor
from routing.engines.gates import last_site
from routing.engines.schedule import homebound, timed
from routing.integers import Int64
from routing.problem import Problem
from routing.truck import Truck

MONEY_CEILING = 2**32
UNLOADS_PER_TRUCK = 3
"""Copies of each disposal site for unloadings in between, per truck."""


@dataclass(frozen=True, slots=True)
class World:
    """What makes two trucks drive in different worlds."""

    arcs: int
    sites: tuple[int, ...]
    home: int
    moved: tuple[int, ...]
    """Bins whose price of change this truck pays."""
    loaded: bool


class Model:
    """Nodes: a start and an end per truck, the bins, copies of disposal sites."""

    def __init__(self, problem: Problem, priced: Arcs) -> None:
        self.problem, self.arcs = problem, priced
        self.trucks = [
            index for index, sites in enumerate(problem.disposals_of_truck) if sites and self._drivable(index)
        ]
        columns = Bins(problem)
        self.allowed = np.array([columns.allowed(problem, index) for index in self.trucks], dtype=np.bool_)
        may = self.allowed.any(axis=0) if self.trucks else np.zeros(len(problem.bins), dtype=np.bool_)
        self.bins = [int(index) for index in np.flatnonzero(may) if is_wanted(problem, int(index))]
        if not self.bins or not self.trucks:
            return
        self.fleet = [problem.trucks[index] for index in self.trucks]
        more = (UNLOADS_PER_TRUCK if each.max_unloads is None else each.max_unloads - 1 for each in self.fleet)
        copies = sum(min(UNLOADS_PER_TRUCK, each) for each in more)
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
        worlds = priced.worlds or (priced,)
        dearest = max(*(int(each.cost_minor.max()) for each in worlds), *(each.fixed_minor for each in self.fleet))
        self.divisor = 1 + dearest // MONEY_CEILING
        self._build()

    def _drivable(self, truck: int) -> bool:
        """Whether a truck that is on the road can still keep its hours; if not, it just drives home."""
        if not self.problem.trucks[truck].on_road:
            return True
        route = homebound(self.problem, truck)
        order = (
            tuple((visit.kind, visit.index) for visit in route.visits if visit.kind is VisitKind.DISPOSE)
            if route
            else ()
        )
        empties = bool(order) or not self.problem.trucks[truck].aboard
        return route is not None and empties and timed(self.problem, truck, order) is not None

    def _build(self) -> None:
        count = len(self.trucks)
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.places), count, list(range(count)), list(range(count, 2 * count))
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._costs()
        self._times()
        self._loads()
        self._limits()
        self._choices()

    def _world(self, vehicle: int) -> World:
        truck = self.trucks[vehicle]
        kept = (self.problem.bins[index].kept_truck for index in self.bins) if self.problem.change_minor else ()
        return World(
            self.arcs.world_of_truck[truck] if self.arcs.worlds else 0,
            self.problem.disposals_of_truck[truck],
            self.fleet[vehicle].end_place,
            tuple(at for at, each in enumerate(kept) if each is not None and each != truck),
            bool(self.fleet[vehicle].aboard),
        )

    @cached_property
    def worlds(self) -> list[World]:
        """The world of each truck."""
        return [self._world(vehicle) for vehicle in range(len(self.trucks))]

    def _matrices(self, matrix_of: Callable[[int], Int64]) -> list[int]:
        """Register one matrix per world; return which is each truck's."""
        known: dict[World, int] = {}
        for vehicle, world in enumerate(self.worlds):
            if world not in known:
                known[world] = self.routing.RegisterTransitMatrix(matrix_of(vehicle).tolist())
        return [known[world] for world in self.worlds]

    def _costs(self) -> None:
        for vehicle, matrix in enumerate(self._matrices(self._cost_matrix)):
            self.routing.SetArcCostEvaluatorOfVehicle(matrix, vehicle)
            if self.fleet[vehicle].on_road:
                self.routing.SetVehicleUsedWhenEmpty(True, vehicle)
            else:
                self.routing.SetFixedCostOfVehicle(self.fleet[vehicle].fixed_minor // self.divisor, vehicle)

    def _cost_matrix(self, vehicle: int) -> Int64:
        unload_minor = self._unload_minor(vehicle)
        cost = self._folded(self.arcs.of(self.trucks[vehicle]).cost_minor, vehicle, unload_minor)
        cost[:, self.first_unload :] += np.array([unload_minor[site] for site in self.unloads], dtype=np.int64)
        moved = self.first_bin + np.array(self.worlds[vehicle].moved, dtype=np.int64)
        cost[:, moved] += self.problem.change_minor
        return cost // self.divisor

    def _time_matrix(self, vehicle: int) -> Int64:
        work = np.zeros(len(self.places), dtype=np.int64)
        work[self.first_bin : self.first_unload] = [self.problem.bins[index].service_s for index in self.bins]
        work[self.first_unload :] = [self.problem.disposals[site].unload_s for site in self.unloads]
        unload_s = [site.unload_s for site in self.problem.disposals]
        time_s = self._folded(self.arcs.of(self.trucks[vehicle]).duration_s, vehicle, unload_s) + work[:, None]
        capped: Int64 = np.minimum(time_s, FORBIDDEN_S)
        return capped

    def _unload_minor(self, vehicle: int) -> list[int]:
        rates = self.problem.rates_of(self.trucks[vehicle])
        return [rates.handling_minor(site.unload_s) for site in self.problem.disposals]

    def _folded(self, arc: Int64, vehicle: int, unload: Sequence[int]) -> Int64:
        """Expand places to nodes; bin -> home becomes bin -> cheapest site -> home, and so does the start of a load."""
        full = arc[np.ix_(self.places, self.places)].copy()
        truck, home = self.trucks[vehicle], self.fleet[vehicle].end_place
        arcs = self.arcs.of(truck)
        starts = [vehicle] if self.fleet[vehicle].aboard else []
        for node in [*starts, *range(self.first_bin, self.first_unload)]:
            here = int(self.places[node])
            site = last_site(self.problem, arcs, truck, here)
            place = self.problem.disposals[site].place
            full[node, len(self.fleet) : self.first_bin] = arc[here, place] + unload[site] + arc[place, home]
        return full

    def _times(self) -> None:
        horizon = 2 * FORBIDDEN_S
        transits = self._matrices(self._time_matrix)
        self.routing.AddDimensionWithVehicleTransits(transits, horizon, horizon, False, "time")
        dimension = self.routing.GetDimensionOrDie("time")
        for vehicle, truck in enumerate(self.fleet):
            home, over = before_breaks(
                np.array([self._home_by(vehicle, truck), truck.shift_end_s]), truck.breaks
            ).tolist()
            latest_start_s = truck.shift_start_s if truck.on_road else truck.latest_home_s
            dimension.CumulVar(self.routing.Start(vehicle)).SetRange(truck.shift_start_s, latest_start_s)
            end = self.routing.End(vehicle)
            dimension.CumulVar(end).SetRange(0, max(truck.shift_start_s, home))
            if truck.overtime_s and truck.overtime_per_h_minor:
                a_second = max(1, truck.overtime_per_h_minor // self.divisor // 3600)
                dimension.SetCumulVarSoftUpperBound(end, max(truck.shift_start_s, over), a_second)
        for node in range(self.first_bin, len(self.places)):
            self._window(node, dimension.CumulVar(self.manager.NodeToIndex(node)))

    def _window(self, node: int, begin: Any) -> None:
        """The deadline before any truck's breaks: nodes have one window for all trucks."""
        if node < self.first_unload:
            task = self.problem.bins[self.bins[node - self.first_bin]]
            open_s, latest_s, shut_s = task.open_s, task.latest_s, task.shut_s
        else:
            site = self.problem.disposals[self.unloads[node - self.first_unload]]
            open_s, latest_s, shut_s = site.open_s, site.latest_s, site.shut_s
        shrunk = max(0, min(int(before_breaks(np.array([latest_s]), truck.breaks)[0]) for truck in self.fleet))
        begin.SetRange(min(open_s, shrunk), shrunk)
        for from_s, to_s in shut_s:
            if from_s > open_s and to_s <= shrunk:  # else nothing might be left: settling mends what breaks a gap
                begin.RemoveInterval(from_s, to_s - 1)

    def _home_by(self, vehicle: int, truck: Truck) -> int:
        """When it must be home, or sooner if the disposal site open longest closes before that."""
        arcs = self.arcs.of(self.trucks[vehicle])
        closing = [
            site.latest_s + site.unload_s + int(arcs.duration_s[site.place, truck.end_place])
            for site in (self.problem.disposals[i] for i in self.problem.disposals_of_truck[self.trucks[vehicle]])
        ]
        return min(truck.latest_home_s, max(closing))

    def _loads(self) -> None:
        """What is aboard: the whole truck's litres and kilograms, and those of each kind of compartment."""
        everything = frozenset(node.fraction for node in self.problem.bins)
        everything |= {load.fraction for truck in self.fleet for load in truck.aboard}
        self._load("l", everything, [truck.capacity_l for truck in self.fleet])
        self._load("kg", everything, [truck.capacity_kg for truck in self.fleet])
        for part in sorted({part.fractions for truck in self.fleet for part in truck.compartments}, key=sorted):
            for unit in ("l", "kg"):
                rooms = [
                    next((_capacity(each, unit) for each in truck.compartments if each.fractions == part), None)
                    for truck in self.fleet
                ]
                self._load(unit, part, rooms)

    def _load(self, unit: str, streams: frozenset[int], rooms: Sequence[int | None]) -> None:
        """An unloading takes off as much as any truck holds; slack there keeps the load from going below nothing."""
        amount = [_amount(node, unit) if node.fraction in streams else 0 for node in self._nodes_of_bins]
        aboard = [sum(_amount(load, unit) for load in truck.aboard if load.fraction in streams) for truck in self.fleet]
        endless = sum(amount) + max(aboard)
        capacities = [endless if room is None else room for room in rooms]
        most = max(*capacities, *aboard)
        dimension = self._dimension(f"{unit} of {sorted(streams)}", amount, -most, capacities, slack=most)
        for node in range(self.first_bin, self.first_unload):
            dimension.SlackVar(self.manager.NodeToIndex(node)).SetValue(0)
        for vehicle, held in enumerate(aboard):
            start = self.routing.Start(vehicle)
            dimension.SlackVar(start).SetValue(0)
            dimension.CumulVar(start).SetRange(min(held, capacities[vehicle]), min(held, capacities[vehicle]))

    def _limits(self) -> None:
        """What an unloading leaves in force, and how many unloadings there may be."""
        for name, unit in (("daily_limit_l", "l"), ("daily_limit_kg", "kg"), ("daily_limit_bins", "")):
            limits = [getattr(truck, name) for truck in self.fleet]
            if any(limit is not None for limit in limits):
                amount = [_amount(node, unit) if unit else 1 for node in self._nodes_of_bins]
                self._dimension(name, amount, 0, [sum(amount) if limit is None else limit for limit in limits])
        if self.unloads and any(truck.max_unloads is not None for truck in self.fleet):
            most = [truck.max_unloads - 1 if truck.max_unloads else len(self.unloads) for truck in self.fleet]
            self._dimension("unloads", [0] * len(self.bins), 1, most)

    @property
    def _nodes_of_bins(self) -> list[Any]:
        return [self.problem.bins[index] for index in self.bins]

    def _dimension(
        self, name: str, amounts: Sequence[int], unload: int, capacities: Sequence[int], *, slack: int = 0
    ) -> Any:
        values = [0] * self.first_bin + list(amounts) + [unload] * len(self.unloads)
        transit = self.routing.RegisterUnaryTransitVector(values)
        self.routing.AddDimensionWithVehicleCapacity(transit, slack, list(capacities), not slack, name)
        return self.routing.GetDimensionOrDie(name)

    def _choices(self) -> None:
        """Every bin may be left: a must bin at the price of more than any detour."""
        dear = 0
        for world in self.arcs.worlds or (self.arcs,):
            dear = max(dear, int(world.cost_minor[world.duration_s < FORBIDDEN_S].max()))
        dear = 10 * (1 + dear) + max(truck.fixed_minor for truck in self.fleet) + self.problem.change_minor
        for at, index in enumerate(self.bins):
            node = self.problem.bins[index]
            worth = worth_minor(self.problem, index)
            worth += dear if node.must else -least_handling_minor(self.problem, node.service_s)
            where = self.manager.NodeToIndex(self.first_bin + at)
            self.routing.AddDisjunction([where], max(0, worth) // self.divisor)
            takers = np.flatnonzero(self.allowed[:, index]).tolist()
            if len(takers) < len(self.fleet):
                self.routing.VehicleVar(where).SetValues([-1, *takers])
        for at, site in enumerate(self.unloads):
            where = self.manager.NodeToIndex(self.first_unload + at)
            self.routing.AddDisjunction([where], 0)
            serve = [
                vehicle for vehicle, index in enumerate(self.trucks) if site in self.problem.disposals_of_truck[index]
            ]
            self.routing.VehicleVar(where).SetValues([-1, *serve])

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
                on_solution(self._orders())

        self.routing.AddAtSolutionCallback(note)
        self.routing.CloseModelWithParameters(parameters)
        free = {
            site: [self.first_unload + at for at, each in enumerate(self.unloads) if each == site]
            for site in set(self.unloads)
        }
        routes = [self._nodes(start.get(truck, ()), free) for truck in self.trucks]
        first = self.routing.ReadAssignmentFromRoutes(routes, True)
        if first is None:
            self.routing.SolveWithParameters(parameters)
        else:
            self.routing.SolveFromAssignmentWithParameters(first, parameters)

    def _nodes(self, order: Order, free: dict[int, list[int]]) -> list[int]:
        """Return OR-Tools' indices of an order, its last unloading folded away; bins not in the model are skipped."""
        nodes = []
        for at, (kind, index) in enumerate(order):
            if kind is VisitKind.COLLECT and index in self._node_of:
                nodes.append(self._node_of[index])
            elif kind is VisitKind.DISPOSE and at < len(order) - 1 and free.get(index):
                nodes.append(free[index].pop())
        return [self.manager.NodeToIndex(node) for node in nodes]

    @cached_property
    def _node_of(self) -> dict[int, int]:
        return {index: self.first_bin + at for at, index in enumerate(self.bins)}

    def _orders(self) -> dict[int, Order]:
        orders: dict[int, Order] = {}
        for vehicle, truck in enumerate(self.trucks):
            order: list[tuple[VisitKind, int]] = []
            index: int = self.routing.NextVar(self.routing.Start(vehicle)).Value()
            while not self.routing.IsEnd(index):
                node = self.manager.IndexToNode(index)
                if node >= self.first_unload:
                    order.append((VisitKind.DISPOSE, self.unloads[node - self.first_unload]))
                else:
                    order.append((VisitKind.COLLECT, self.bins[node - self.first_bin]))
                index = self.routing.NextVar(index).Value()
            if any(kind is VisitKind.COLLECT for kind, _ in order):
                orders[truck] = tuple(order)
        return orders


def _capacity(part: Any, unit: str) -> int:
    return int(part.capacity_l if unit == "l" else part.capacity_kg)


def _amount(what: Any, unit: str) -> int:
    return int(what.volume_l if unit == "l" else what.weight_kg)
