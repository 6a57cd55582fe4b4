"""A VRPLIB instance as our problem: the depot is where trucks unload, a distance is a second and a minor unit."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from routing.answer import Order, Solution, VisitKind
from routing.bench_solver.case import Published, Routes, Score
from routing.bench_solver.vrplib_instance import DEPOT, VrplibInstance, read_instance, read_published, score
from routing.integers import HORIZON_S, Int32
from routing.problem import BinNode, DisposalNode, Problem
from routing.truck import Rates, Truck

DISTANCE_IS_MONEY = Rates(per_km_minor=1_000, per_h_minor=0, per_handling_h_minor=0)
EVERYTHING = frozenset({0})
SPARE_TRUCKS = 10


@dataclass(frozen=True)
class VrplibCase:
    """One CVRP, VRPTW or prize-collecting VRPTW."""

    path: Path
    instance: VrplibInstance
    published: Published | None

    @property
    def name(self) -> str:
        """The instance's name, told apart from that of its prize-collecting twin."""
        return f"{self.instance.name}-prizes" if self.instance.prizes else self.instance.name

    @property
    def group(self) -> str:
        """The set it belongs to."""
        return self.instance.group

    @property
    def size(self) -> int:
        """Nodes without the depot."""
        return self.instance.size

    @cached_property
    def problem(self) -> Problem:
        """Return the instance for our solvers. Time is in the instance's scaled units, also where it is unbounded."""
        matrix = distances(self.instance)
        timed = self.instance.windows is not None
        return Problem(
            distance_m=matrix,
            duration_s=matrix if timed else np.zeros_like(matrix),
            reachable=np.broadcast_to(np.True_, matrix.shape),
            halt_s=np.zeros(len(matrix), dtype=np.int32),
            bins=tuple(self._bin(node) for node in range(1, self.size + 1)),
            disposals=(DisposalNode(DEPOT, EVERYTHING),),
            trucks=(self._truck(),) * trucks_offered(self.instance),
            rates=DISTANCE_IS_MONEY,
        )

    def _bin(self, node: int) -> BinNode:
        instance = self.instance
        bare = BinNode(node, instance.demand[node], 0, instance.service[node], must=instance.prizes is None)
        if instance.prizes is not None:
            bare = replace(bare, prize_minor=instance.prizes[node])
        if instance.windows is not None:
            opens, closes = instance.windows[node]
            bare = replace(bare, open_s=opens, latest_s=closes)
        return bare

    def _truck(self) -> Truck:
        opens, closes = self.instance.windows[DEPOT] if self.instance.windows else (0, HORIZON_S)
        return Truck(DEPOT, DEPOT, self.instance.capacity, 0, EVERYTHING, opens, closes, max_unloads=1)

    def routes(self, solution: Solution) -> Routes:
        """Return one route per trip: each begins and ends at the depot."""
        trips: list[tuple[int, ...]] = []
        for route in solution.routes:
            trip: list[int] = []
            for visit in route.visits:
                if visit.kind is VisitKind.COLLECT:
                    trip.append(visit.place)
                elif visit.kind is VisitKind.DISPOSE:
                    trips.append(tuple(trip))
                    trip = []
            trips.append(tuple(trip))
        return tuple(trip for trip in trips if trip)

    def orders(self, routes: Routes) -> dict[int, Order]:
        """Return routes as our trucks' orders."""
        return {
            truck: (*((VisitKind.COLLECT, node - 1) for node in route), (VisitKind.DISPOSE, 0))
            for truck, route in enumerate(routes)
        }

    def score(self, routes: Routes) -> Score:
        """Judge by the set's conventions."""
        return score(self.instance, routes)


def open_case(path: Path) -> VrplibCase:
    """Read an instance and, if it lies beside it, its best known solution."""
    solved = path.with_suffix(".sol")
    return VrplibCase(path, read_instance(path), read_published(solved)[1] if solved.is_file() else None)


def distances(instance: VrplibInstance) -> Int32:
    """Return all scaled distances at once, by the same convention as `VrplibInstance.distance`."""
    xy = np.array(instance.xy)
    exact = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    whole = np.rint(exact) if instance.windows is None else np.floor(instance.scale * exact)
    matrix: Int32 = whole.astype(np.int32)
    return matrix


def trucks_offered(instance: VrplibInstance) -> int:
    """Return as many as the instance says, else enough for any good solution: the peers are offered no fewer."""
    if instance.vehicles:
        return min(instance.vehicles, instance.size)
    fewest = -(-sum(instance.demand) // instance.capacity)
    return max(1, min(instance.size, 2 * fewest + SPARE_TRUCKS))
