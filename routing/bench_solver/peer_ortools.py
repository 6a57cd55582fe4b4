"""OR-Tools as it comes: a routing model over integer matrices, cheapest insertion, then guided local search.

Unloading in between is an optional node that empties the truck, as in the library's own example of reloads; limits
of the day are dimensions of their own. What is folded (`folding`) spares it the breaks it is slow at.
"""

import math
from collections.abc import Sequence

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.bench_solver.case import Case, Routes
from routing.bench_solver.folding import Folded, Kind, folded_kim, folded_waste_city
from routing.bench_solver.kim_case import KimCase
from routing.bench_solver.vrplib_case import VrplibCase, distances, trucks_offered
from routing.bench_solver.vrplib_instance import VrplibInstance
from routing.bench_solver.waste_city_case import WasteCityCase
from routing.integers import HORIZON_S, Int64

SPARE_UNLOADS = 2
"""Times the unloadings that the load asks for."""


def plan(case: Case, seconds: float, seed: int) -> Routes | None:  # noqa: ARG001  (the search has no seed)
    """Return the best routes OR-Tools finds, None when it finds none."""
    if isinstance(case, VrplibCase):
        folded = _single_trips(case.instance)
    elif isinstance(case, KimCase):
        folded = folded_kim(case, with_daily_limits=True)
    elif isinstance(case, WasteCityCase):
        folded = folded_waste_city(case.city)
    else:
        raise TypeError(f"no OR-Tools model for {type(case).__name__}")
    return _Model(folded).search(seconds)


def _single_trips(instance: VrplibInstance) -> Folded:
    """Return a VRPLIB instance in the folded form: no disposal sites, nothing to fold."""
    matrix = distances(instance).astype(np.int64)
    nodes = len(matrix)
    is_bin = np.arange(nodes) > 0
    windows = np.array(instance.windows or [(0, HORIZON_S)] * nodes, dtype=np.int64)
    prizes = np.array(instance.prizes or [0] * nodes, dtype=np.int64)
    trucks = Kind(tuple(range(trucks_offered(instance))), (instance.capacity,), 0, np.ones_like(is_bin))
    return Folded(
        cost=matrix,
        duration_s=matrix if instance.windows else np.zeros_like(matrix),
        service_s=np.array(instance.service, dtype=np.int64),
        windows=windows,
        loads=(np.array(instance.demand, dtype=np.int64),),
        must=is_bin & (instance.prizes is None),
        prize=prizes,
        kinds=(trucks,),
        sites=0,
        site_after=np.zeros(nodes, dtype=np.int64),
    )


class _Model:
    """Nodes: the folded model's without its sites, then copies of the sites."""

    def __init__(self, folded: Folded) -> None:
        self.folded = folded
        bins = range(folded.first_bin, len(folded.cost))
        self.copies = [site for site in range(1, folded.first_bin) for _ in range(self._copies_per_site())]
        self.nodes = np.array([0, *bins, *self.copies], dtype=np.int64)
        self.first_copy = 1 + len(bins)
        self.trucks = sorted((position, kind) for kind in folded.kinds for position in kind.positions)
        self.manager = pywrapcp.RoutingIndexManager(len(self.nodes), len(self.trucks), 0)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._costs()
        self._times()
        for number, load in enumerate(folded.loads):
            self._load(number, load)
        for number, load in enumerate(folded.daily):
            self._day(number, load)
        self._choices()

    def _copies_per_site(self) -> int:
        largest = [max(kind.capacities[at] for kind in self.folded.kinds) for at in range(len(self.folded.loads))]
        unloads = max(int(load.sum()) / room for load, room in zip(self.folded.loads, largest, strict=True))
        return math.ceil(SPARE_UNLOADS * unloads / max(1, self.folded.sites))

    def _by_node(self, matrix: Int64) -> Int64:
        expanded: Int64 = matrix[np.ix_(self.nodes, self.nodes)]
        return expanded

    def _costs(self) -> None:
        arc = self.routing.RegisterTransitMatrix(self._by_node(self.folded.cost).tolist())
        self.routing.SetArcCostEvaluatorOfAllVehicles(arc)
        for vehicle, (_, kind) in enumerate(self.trucks):
            self.routing.SetFixedCostOfVehicle(kind.fixed, vehicle)

    def _times(self) -> None:
        folded = self.folded
        arc = self._by_node(folded.duration_s) + folded.service_s[self.nodes][:, None]
        horizon = int(folded.windows.max()) + 1
        self.routing.AddDimension(self.routing.RegisterTransitMatrix(arc.tolist()), horizon, horizon, False, "time")
        time = self.routing.GetDimensionOrDie("time")
        for at, node in enumerate(self.nodes.tolist()):
            if at:
                time.CumulVar(self.manager.NodeToIndex(at)).SetRange(*folded.windows[node].tolist())
        for vehicle in range(len(self.trucks)):
            for end in (self.routing.Start(vehicle), self.routing.End(vehicle)):
                time.CumulVar(end).SetRange(*folded.windows[0].tolist())

    def _load(self, number: int, load: Int64) -> None:
        """Unloading takes off all that any truck holds; slack there keeps the load from going below nothing."""
        capacities = [kind.capacities[number] for _, kind in self.trucks]
        amounts = load[self.nodes].copy()
        amounts[self.first_copy :] = -max(capacities)
        transit = self.routing.RegisterUnaryTransitVector(amounts.tolist())
        name = f"load {number}"
        self.routing.AddDimensionWithVehicleCapacity(transit, max(capacities), capacities, True, name)
        dimension = self.routing.GetDimensionOrDie(name)
        for at in range(1, self.first_copy):
            dimension.SlackVar(self.manager.NodeToIndex(at)).SetValue(0)

    def _day(self, number: int, load: Int64) -> None:
        amounts = load[self.nodes].copy()
        amounts[self.first_copy :] = 0
        transit = self.routing.RegisterUnaryTransitVector(amounts.tolist())
        self.routing.AddDimension(transit, 0, self.folded.daily_limits[number], True, f"day {number}")

    def _choices(self) -> None:
        """Bins with a prize and unloadings may be left out."""
        for at, node in enumerate(self.nodes.tolist()):
            index = self.manager.NodeToIndex(at)
            if at >= self.first_copy:
                self.routing.AddDisjunction([index], 0)
            elif at and not self.folded.must[node]:
                self.routing.AddDisjunction([index], int(self.folded.prize[node]))
            takers = [vehicle for vehicle, (_, kind) in enumerate(self.trucks) if kind.takes[node]]
            if at and len(takers) < len(self.trucks):
                self.routing.VehicleVar(index).SetValues([-1, *takers])

    def search(self, seconds: float) -> Routes | None:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromNanoseconds(int(seconds * 1e9))
        assignment = self.routing.SolveWithParameters(parameters)
        if assignment is None:
            return None
        routes: list[tuple[int, ...]] = []
        for vehicle in range(len(self.trucks)):
            visits = []
            index = assignment.Value(self.routing.NextVar(self.routing.Start(vehicle)))
            while not self.routing.IsEnd(index):
                visits.append(int(self.nodes[self.manager.IndexToNode(index)]))
                index = assignment.Value(self.routing.NextVar(index))
            routes.append(self._tidy(visits))
        return tuple(routes)

    def _tidy(self, visits: Sequence[int]) -> tuple[int, ...]:
        """Put the last unloading back; a truck that only unloads stays at home."""
        if not any(node >= self.folded.first_bin for node in visits):
            return ()
        return self.folded.unfolded(visits) if self.folded.sites else tuple(visits)
