"""Waste collection made ready for any vehicle routing library, in the obvious way: what both peers start from.

No library knows "empty at the end": the way from a bin to the depot goes by the disposal site that makes it cheapest.
None knows a break that may be had anywhere without long waits for it: deadlines are shrunk so that one fits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.bench_solver.kim_case import FEET_ARE_MONEY, TENTHS, KimCase
from routing.bench_solver.kim_instance import LUNCH_FROM_S, KimInstance
from routing.bench_solver.waste_city import DEPOT, FIRST_BIN, SITES, WasteCity
from routing.integers import Int64

assert FEET_ARE_MONEY.per_km_minor == 1_000  # noqa: S101  (feet are the peers' money, too)


@dataclass(frozen=True)
class Kind:
    """Like trucks."""

    positions: tuple[int, ...]
    """Where these trucks stand among all."""
    capacities: tuple[int, ...]
    """By load dimension."""
    fixed: int
    takes: NDArray[np.bool_]
    """[nodes] what they may visit."""


@dataclass(frozen=True)
class Folded:
    """Nodes: 0 the depot, then the disposal sites, then the bins. Times in seconds, money as the case counts it."""

    cost: Int64
    duration_s: Int64
    service_s: Int64
    windows: Int64
    """[nodes, 2]"""
    loads: tuple[Int64, ...]
    must: NDArray[np.bool_]
    prize: Int64
    kinds: tuple[Kind, ...]
    sites: int
    site_after: Int64
    """[nodes] where a truck unloads on its way from here to the depot."""
    daily: tuple[Int64, ...] = ()
    """[nodes] loads that unloading does not take off a truck's account of the day, with their limits."""
    daily_limits: tuple[int, ...] = ()

    @property
    def first_bin(self) -> int:
        """Return the first node that is a bin."""
        return 1 + self.sites

    def unfolded(self, visits: Sequence[int]) -> tuple[int, ...]:
        """Return a truck's visits with the last unloading put back."""
        if not visits or visits[-1] < self.first_bin:
            return tuple(visits)
        return (*visits, int(self.site_after[visits[-1]]))


def folded_waste_city(city: WasteCity) -> Folded:
    """Fold a waste_city with the benchmark's own helpers."""
    instance = city.instance
    cost, duration_s, site_after = city.module.folded(instance)
    crane, nodes = np.asarray(instance["crane"]), np.arange(instance["n"])
    unlike: dict[tuple[object, ...], list[int]] = {}
    for position, truck in enumerate(instance["trucks"]):
        unlike.setdefault((*truck["cap"], truck["fixed"], truck["crane"]), []).append(position)
    return Folded(
        cost=cost,
        duration_s=duration_s,
        service_s=np.asarray(instance["svc"]),
        windows=np.asarray(city.module.break_safe_tw(instance)),
        loads=(np.asarray(instance["wt"]), np.asarray(instance["vol"])),
        must=np.asarray(instance["must"]) & (nodes >= FIRST_BIN),
        prize=np.asarray(instance["prize"]),
        kinds=tuple(_city_kind(instance["trucks"][same[0]], same, crane) for same in unlike.values()),
        sites=len(SITES),
        site_after=np.asarray(site_after),
    )


def _city_kind(truck: dict[str, object], positions: Sequence[int], crane: NDArray[np.bool_]) -> Kind:
    capacities = truck["cap"]
    assert isinstance(capacities, list)  # noqa: S101  (weight and volume, as the loads)
    return Kind(
        positions=tuple(positions),
        capacities=tuple(int(each) for each in capacities),
        fixed=int(str(truck["fixed"])),
        takes=np.ones_like(crane) if truck["crane"] else ~crane,
    )


def folded_kim(case: KimCase, *, with_daily_limits: bool) -> Folded:
    """Fold an instance of Kim et al.

    Args:
        case: The instance; trucks and their price are those our own solver is offered.
        with_daily_limits: Whether the library can hold a limit that unloading leaves in force. If not, a truck holds
            less, so that as many trips as the limit asks for stay below it.
    """
    instance, problem = case.instance, case.problem
    cost, duration_s = problem.distance_m.astype(np.int64), problem.duration_s.astype(np.int64)
    sites = np.arange(1, 1 + len(instance.landfills))
    service_s = np.array([node.service_s for node in instance.nodes], dtype=np.int64)
    site_after = sites[(cost[:, sites] + cost[sites, DEPOT]).argmin(axis=1)]
    bins = np.arange(1 + len(sites), len(cost))
    for matrix, extra in ((cost, np.zeros_like(service_s)), (duration_s, service_s)):
        matrix[bins, DEPOT] = matrix[bins, site_after[bins]] + extra[site_after[bins]] + matrix[site_after[bins], DEPOT]
    yards = np.array([math.ceil(TENTHS * node.yards) for node in instance.nodes], dtype=np.int64)
    capacity = problem.trucks[0].capacity_l if with_daily_limits else _capacity_within_day(instance)
    is_bin = np.arange(len(cost)) >= bins[0]
    return Folded(
        cost=cost,
        duration_s=duration_s,
        service_s=service_s,
        windows=_before_lunch(instance),
        loads=(yards,),
        must=is_bin,
        prize=np.zeros(len(cost), dtype=np.int64),
        kinds=tuple(
            Kind(like, (capacity,), problem.trucks[like[0]].fixed_minor, np.ones_like(is_bin))
            for like in problem.like_trucks
        ),
        sites=len(sites),
        site_after=site_after,
        daily=(yards, is_bin.astype(np.int64)),
        daily_limits=(int(TENTHS * instance.yards_a_day), instance.stops_a_day),
    )


def trips_within_day(instance: KimInstance) -> int:
    """Return how many trips the day's yards ask for."""
    return max(1, math.ceil(instance.yards_a_day / instance.capacity_yards))


def _capacity_within_day(instance: KimInstance) -> int:
    yards = min(instance.capacity_yards, instance.yards_a_day / trips_within_day(instance))
    return int(TENTHS * yards)


def _before_lunch(instance: KimInstance) -> Int64:
    windows = np.array([(node.open_s, node.latest_s) for node in instance.nodes], dtype=np.int64)
    late = windows[:, 1] > LUNCH_FROM_S
    windows[late, 1] = np.maximum(LUNCH_FROM_S, windows[late, 1] - instance.lunch_s)
    windows[:, 0] = np.minimum(windows[:, 0], windows[:, 1])
    return windows
