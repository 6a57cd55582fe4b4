"""Instances in the VRPLIB format: CVRP, VRPTW and its prize-collecting form, with the judge of their conventions.

Distances are Euclidean between the coordinates. The CVRP sets round each to the nearest whole number; those with
time windows follow the DIMACS challenge: everything times ten, each distance cut off.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vrplib  # type: ignore[import-untyped]

from routing.bench_solver.case import Published, Routes, Score
from tomma.errors import ConfigurationError

DEPOT = 0
TENTHS = 10
"""DIMACS: one decimal is kept."""


@dataclass(frozen=True)
class VrplibInstance:
    """One file's numbers, scaled as its set does; node 0 is the depot."""

    name: str
    group: str
    xy: tuple[tuple[float, float], ...]
    demand: tuple[int, ...]
    capacity: int
    vehicles: int | None
    """How many there are; None means as many as one likes."""
    windows: tuple[tuple[int, int], ...] | None
    service: tuple[int, ...]
    prizes: tuple[int, ...] | None
    """What leaving a node out costs; None where all must be visited."""

    @property
    def size(self) -> int:
        """Nodes without the depot."""
        return len(self.xy) - 1

    @property
    def scale(self) -> int:
        """Units of our whole numbers in one unit of the file."""
        return 1 if self.windows is None else TENTHS

    @property
    def published_in(self) -> int:
        """Units of our whole numbers in one unit of the published costs: prize-collecting ones are not scaled back."""
        return 1 if self.prizes is not None else self.scale

    def distance(self, here: int, there: int) -> int:
        """Return the scaled distance by the convention of the set."""
        length = math.dist(self.xy[here], self.xy[there])
        return round(length) if self.windows is None else int(self.scale * length)


def read_instance(path: Path) -> VrplibInstance:
    """Read one file.

    Raises:
        ConfigurationError: If it is no such file, or of a kind that is not known here.
    """
    try:
        raw = vrplib.read_instance(path)
        return _instance(raw)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as exc:
        raise ConfigurationError(f"{path} is no VRPLIB instance with coordinates: {exc}") from exc


def _instance(raw: dict[str, Any]) -> VrplibInstance:
    scale = TENTHS if "time_window" in raw else 1
    service = raw.get("service_time", 0)
    count = len(raw["node_coord"])
    if not hasattr(service, "__len__"):
        service = [0, *[service] * (count - 1)]  # a single number is for all nodes but the depot
    prizes = raw.get("prize")
    windows = raw.get("time_window")
    return VrplibInstance(
        name=str(raw["name"]).strip(),
        group="cvrp" if windows is None else "vrptw" if prizes is None else "pcvrptw",
        xy=tuple((float(x), float(y)) for x, y in raw["node_coord"]),
        demand=tuple(int(each) for each in raw["demand"]),
        capacity=int(raw["capacity"]),
        vehicles=int(raw["vehicles"]) if "vehicles" in raw else None,
        windows=None if windows is None else tuple((int(scale * a), int(scale * b)) for a, b in windows),
        service=tuple(int(scale * each) for each in service),
        prizes=None if prizes is None else tuple(int(scale * each) for each in prizes),
    )


def read_published(path: Path) -> tuple[Routes, Published]:
    """Return the routes and the cost of a .sol file."""
    raw = vrplib.read_solution(path)
    routes = tuple(tuple(int(node) for node in route) for route in raw["routes"] if route)
    cost = raw.get("cost", raw.get("cost:"))
    if cost is None:
        raise ConfigurationError(f"{path} names no cost")
    return routes, Published(float(cost), source=path.name)


def score(instance: VrplibInstance, routes: Routes) -> Score:
    """Judge routes by the set's conventions: one trip per vehicle, the objective in the published unit."""
    used = [route for route in routes if route]
    visits = Counter(node for route in used for node in route)
    faults = [f"node {node} is visited {count} times" for node, count in sorted(visits.items()) if count > 1]
    faults += [f"there is no node {node}" for node in sorted(visits) if not 0 < node <= instance.size]
    if faults:
        return Score(math.inf, len(used), tuple(faults))
    absent = [node for node in range(1, instance.size + 1) if node not in visits]
    if instance.prizes is None:
        faults += [f"node {node} is not visited" for node in absent]
    if instance.vehicles is not None and len(used) > instance.vehicles:
        faults.append(f"{len(used)} vehicles drive, there are {instance.vehicles}")
    total = sum(instance.prizes[node] for node in absent) if instance.prizes is not None else 0
    for number, route in enumerate(used):
        total += sum(
            instance.distance(here, there) for here, there in zip((DEPOT, *route), (*route, DEPOT), strict=True)
        )
        faults += _route_faults(instance, number, route)
    return Score(total / instance.published_in, len(used), tuple(faults))


def _route_faults(instance: VrplibInstance, number: int, route: Sequence[int]) -> list[str]:
    faults = []
    load = sum(instance.demand[node] for node in route)
    if load > instance.capacity:
        faults.append(f"route {number} carries {load} of {instance.capacity}")
    if instance.windows is None:
        return faults
    now, here = instance.windows[DEPOT][0], DEPOT
    for node in (*route, DEPOT):
        opens, closes = instance.windows[node]
        now = max(now + instance.distance(here, node), opens)
        if now > closes:
            faults.append(f"route {number} is at node {node} at {now}, after {closes}")
        now, here = now + instance.service[node], node
    return faults
