"""PyVRP as it comes: what a user of the library writes in an afternoon, all trucks offered, its own defaults.

Instances in its own format are read by its own reader. For waste collection the obvious model is built: disposal
sites are reload depots, the rest is `folding`. There is no fleet sweep, no start from elsewhere, no polishing.
"""

from typing import Any

import numpy as np
from pyvrp import Client, Depot, Location, ProblemData, Route, VehicleType, read, solve
from pyvrp.stop import MaxRuntime

from routing.bench_solver.case import Case, Routes
from routing.bench_solver.folding import Folded, Kind, folded_kim, folded_waste_city, trips_within_day
from routing.bench_solver.kim_case import KimCase
from routing.bench_solver.vrplib_case import VrplibCase
from routing.bench_solver.waste_city_case import WasteCityCase

FORBIDDEN = 10**8
"""An arc that a truck without a crane does not drive: longer than any shift, dearer than any plan."""


def plan(case: Case, seconds: float, seed: int) -> Routes | None:
    """Return the best routes PyVRP finds, None when it finds none that keep its rules."""
    if isinstance(case, VrplibCase):
        return _plan_vrplib(case, seconds, seed)
    if isinstance(case, KimCase):
        unloads = trips_within_day(case.instance)
        return _plan_waste(folded_kim(case, with_daily_limits=False), unloads, seconds, seed)
    if isinstance(case, WasteCityCase):
        return _plan_waste(folded_waste_city(case.city), None, seconds, seed)
    raise TypeError(f"no PyVRP model for {type(case).__name__}")


def _plan_vrplib(case: VrplibCase, seconds: float, seed: int) -> Routes | None:
    data = read(case.path, round_func="round" if case.instance.windows is None else "dimacs")
    result = solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False)
    if not result.is_feasible():
        return None
    return tuple(
        tuple(activity.idx + 1 for activity in route if activity.is_client()) for route in result.best.routes()
    )


def _plan_waste(folded: Folded, unloads: int | None, seconds: float, seed: int) -> Routes | None:
    result = solve(_data(folded, unloads), MaxRuntime(seconds), seed=seed, collect_stats=False)
    if not result.is_feasible():
        return None
    by_position: list[tuple[int, ...]] = [()] * sum(len(kind.positions) for kind in folded.kinds)
    free = [list(kind.positions) for kind in folded.kinds]
    for route in result.best.routes():
        by_position[free[route.vehicle_type()].pop(0)] = folded.unfolded(_visits(folded, route))
    return tuple(by_position)


def _visits(folded: Folded, route: Route) -> list[int]:
    activities = list(route)
    return [
        activity.idx + folded.first_bin if activity.is_client() else activity.idx
        for activity in activities
        if activity.is_client() or activity.idx > 0
    ]


def _data(folded: Folded, unloads: int | None) -> ProblemData:
    # PyVRP's stubs ask for "ndarray[int]", which no array is.
    costs: list[Any] = []
    durations: list[Any] = []
    for kind in folded.kinds:
        costs.append(_forbidding(folded.cost, kind))
        durations.append(_forbidding(folded.duration_s, kind))
    nodes = range(len(folded.cost))
    return ProblemData(
        [Location(0, 0) for _ in nodes],
        [_client(folded, node) for node in nodes[folded.first_bin :]],
        [_depot(folded, node) for node in nodes[: folded.first_bin]],
        [_vehicle(folded, profile, unloads) for profile in range(len(folded.kinds))],
        costs,
        durations,
    )


def _forbidding(matrix: np.ndarray[Any, Any], kind: Kind) -> np.ndarray[Any, Any]:
    own = matrix.astype(np.int64)
    own[:, ~kind.takes] = FORBIDDEN
    np.fill_diagonal(own, 0)
    return own


def _client(folded: Folded, node: int) -> Client:
    return Client(
        location=node,
        pickup=[int(load[node]) for load in folded.loads],
        service_duration=int(folded.service_s[node]),
        tw_early=int(folded.windows[node, 0]),
        tw_late=int(folded.windows[node, 1]),
        prize=int(folded.prize[node]),
        required=bool(folded.must[node]),
    )


def _depot(folded: Folded, node: int) -> Depot:
    return Depot(
        location=node,
        tw_early=int(folded.windows[node, 0]),
        tw_late=int(folded.windows[node, 1]),
        service_duration=int(folded.service_s[node]),
    )


def _vehicle(folded: Folded, profile: int, unloads: int | None) -> VehicleType:
    kind = folded.kinds[profile]
    return VehicleType(
        num_available=len(kind.positions),
        capacity=list(kind.capacities),
        fixed_cost=kind.fixed,
        tw_early=int(folded.windows[0, 0]),
        tw_late=int(folded.windows[0, 1]),
        profile=profile,
        reload_depots=list(range(1, folded.first_bin)),
        max_reloads=len(folded.cost) if unloads is None else unloads - 1,
    )
