"""From the city to integers: who may go where, when, and for how much. Pure; the only place that scales.

Loads are rounded up (a truck is never planned fuller than it is), capacities down. Times of day become seconds
elapsed since local midnight, so the night of a clock change keeps its true length.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.daytime import WorkingDay
from routing.demand import Demand
from routing.nearby import per_km_minor
from routing.problem import HORIZON_S, BinNode, BreakRule, DisposalNode, Problem, Rates, RoadProfile, Truck
from routing.roads.port import Matrix
from tomma.city import City, DisposalSite, Position, Vehicle
from tomma.model import BinId, DisposalSiteId, FractionCode, SiteId, VehicleId
from tomma.settings import PlanningSettings


@dataclass(frozen=True)
class Points:
    """The rows of the matrix: depots of the vehicles, all disposal sites, then the sites of the wanted bins."""

    depot_row: dict[str, int]
    disposal_ids: tuple[DisposalSiteId, ...]
    site_row: dict[SiteId, int]
    positions: tuple[Position, ...]

    def disposal_row(self, index: int) -> int:
        """Return the row of the disposal site at `index`."""
        return len(self.depot_row) + index


@dataclass(frozen=True)
class Built:
    """A problem and whose numbers are whose."""

    problem: Problem
    points: Points
    demands: tuple[Demand, ...]
    """By the problem's bins."""
    vehicle_ids: tuple[VehicleId, ...]
    """By the problem's trucks."""

    @property
    def bin_ids(self) -> tuple[BinId, ...]:
        """By the problem's bins."""
        return tuple(each.bin_id for each in self.demands)


def wanted(demands: Sequence[Demand]) -> tuple[Demand, ...]:
    """Return the bins a planner should know of: those that must be emptied and those worth something."""
    return tuple(each for each in demands if each.must or each.prize_minor > 0)


def points_of(city: City, demands: Sequence[Demand], vehicles: Sequence[Vehicle]) -> Points:
    """Return the places a matrix is needed for, each once."""
    depot_ids = sorted({vehicle.depot_id for vehicle in vehicles})
    disposal_ids = tuple(sorted(city.disposal_sites))
    site_ids = sorted({city.bins[each.bin_id].site_id for each in demands})
    first_site = len(depot_ids) + len(disposal_ids)
    return Points(
        depot_row={depot_id: row for row, depot_id in enumerate(depot_ids)},
        disposal_ids=disposal_ids,
        site_row={site_id: first_site + row for row, site_id in enumerate(site_ids)},
        positions=(
            *(city.depots[each].position for each in depot_ids),
            *(city.disposal_sites[each].position for each in disposal_ids),
            *(city.sites[each].position for each in site_ids),
        ),
    )


def build_problem(
    city: City,
    demands: Sequence[Demand],
    matrix: Matrix,
    points: Points,
    vehicles: Sequence[Vehicle],
    day: WorkingDay,
    planning: PlanningSettings,
    *,
    not_before_s: int = 0,
    further: Sequence[Matrix] = (),
    profile_of: Mapping[VehicleId, int] | None = None,
) -> Built:
    """Return the day's problem.

    Args:
        city: The snapshot the demands were made from.
        demands: The bins to choose from (`wanted`).
        matrix: Between `points.positions`.
        points: The rows of the matrix.
        vehicles: The trucks on duty; one whose shift is over by `not_before_s` is left out.
        day: Turns times of day into seconds.
        planning: What a kilometre and an hour cost.
        not_before_s: No truck leaves earlier than this many seconds after local midnight.
        further: The same drives for trucks of other sizes, which some streets do not carry.
        profile_of: By which of them a truck drives: 0 or not named is `matrix`, 1 the first of `further`.
    """
    fractions = {code: index for index, code in enumerate(sorted(city.fractions))}
    on_duty = [each for each in vehicles if day.elapsed_s(each.shift.end_s) > not_before_s]
    carried = _carried(city, demands, on_duty)
    halt_s = np.zeros(len(points.positions), dtype=np.int32)
    for site_id, row in points.site_row.items():
        halt_s[row] = city.sites[site_id].service_s
    return Built(
        problem=Problem(
            distance_m=_known(matrix, matrix.distance_m),
            duration_s=_known(matrix, matrix.duration_s),
            reachable=matrix.reachable,
            road_profiles=tuple(
                RoadProfile(_known(each, each.distance_m), _known(each, each.duration_s), each.reachable)
                for each in further
            ),
            halt_s=halt_s,
            bins=tuple(_bin(city, each, points, fractions) for each in demands),
            disposals=tuple(
                _disposal(city.disposal_sites[each], points.disposal_row(index), day, fractions)
                for index, each in enumerate(points.disposal_ids)
            ),
            trucks=tuple(
                replace(
                    _truck(each, points, day, not_before_s, frozenset(fractions[code] for code in codes)),
                    profile=(profile_of or {}).get(each.id, 0),
                )
                for each, codes in zip(on_duty, carried, strict=True)
            ),
            rates=Rates(round(per_km_minor(planning)), planning.cost_per_h_minor, planning.cost_per_h_minor),
        ),
        points=points,
        demands=tuple(demands),
        vehicle_ids=tuple(each.id for each in on_duty),
    )


def _known(matrix: Matrix, values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the values with 0 where there is no drive: engines add before they look."""
    return np.where(matrix.reachable, values, 0).astype(np.int32, copy=False)


def _bin(city: City, demand: Demand, points: Points, fractions: dict[FractionCode, int]) -> BinNode:
    standing = city.bins[demand.bin_id]
    return BinNode(
        place=points.site_row[standing.site_id],
        volume_l=math.ceil(demand.volume_l),
        weight_kg=math.ceil(demand.weight_kg),
        service_s=standing.service_s,
        fraction=fractions[standing.fraction_code],
        must=demand.must,
        prize_minor=demand.prize_minor,
    )


def _disposal(site: DisposalSite, row: int, day: WorkingDay, fractions: dict[FractionCode, int]) -> DisposalNode:
    """A truck must be unloaded by closing time; a site open for less than an unloading takes none."""
    opens_s, closes_s = day.elapsed_s(site.opens_s), day.elapsed_s(site.closes_s)
    latest_s = closes_s - site.unload_s
    takes = frozenset(fractions[code] for code in site.fractions if code in fractions)
    return DisposalNode(
        place=row,
        fractions=takes if latest_s >= opens_s else frozenset(),
        unload_s=site.unload_s,
        open_s=opens_s,
        latest_s=max(0, latest_s),
    )


def _truck(vehicle: Vehicle, points: Points, day: WorkingDay, not_before_s: int, fractions: frozenset[int]) -> Truck:
    start_s = max(day.elapsed_s(vehicle.shift.start_s), not_before_s)
    row = points.depot_row[vehicle.depot_id]
    return Truck(
        start_place=row,
        end_place=row,
        capacity_l=math.floor(vehicle.capacity_l),
        capacity_kg=math.floor(vehicle.capacity_kg),
        fractions=fractions,
        shift_start_s=start_s,
        shift_end_s=min(HORIZON_S, day.elapsed_s(vehicle.shift.end_s)),
        fixed_minor=vehicle.fixed_cost_minor,
        breaks=_breaks(vehicle, day, start_s),
    )


def _breaks(vehicle: Vehicle, day: WorkingDay, start_s: int) -> tuple[BreakRule, ...]:
    """Breaks still ahead at the start, in order; of two that overlap the later one waits for the first's window."""
    rules: list[BreakRule] = []
    for each in sorted(vehicle.shift.breaks, key=lambda rest: (rest.earliest_s, rest.latest_s)):
        earliest_s, latest_s = day.elapsed_s(each.earliest_s), day.elapsed_s(each.latest_s)
        if latest_s < start_s:
            continue
        earliest_s = max([earliest_s, *(rule.latest_s for rule in rules)])
        rules.append(BreakRule(earliest_s, max(earliest_s, latest_s), each.duration_s))
    return tuple(rules)


def _carried(city: City, demands: Sequence[Demand], vehicles: Sequence[Vehicle]) -> list[frozenset[FractionCode]]:
    """Return which streams each truck collects today: all it may, unless no site takes them all together.

    A load is one load (compartments are not modelled), so such a truck keeps to the streams of one site: those
    with most waste not yet spoken for by a truck before it.
    """
    waiting_l: dict[FractionCode, float] = {}
    for each in demands:
        code = city.bins[each.bin_id].fraction_code
        waiting_l[code] = waiting_l.get(code, 0.0) + each.volume_l
    chosen: list[frozenset[FractionCode]] = []
    for vehicle in vehicles:
        may = vehicle.fractions & frozenset(waiting_l)
        loads = {may & site.fractions for site in city.disposal_sites.values()}
        if may in loads or not any(loads):
            chosen.append(vehicle.fractions)
            continue
        best = max(loads, key=lambda load: (sum(waiting_l[code] for code in load), sorted(load)))
        for code in best:  # the next truck looks elsewhere if this one has room
            waiting_l[code] = max(0.0, waiting_l[code] - vehicle.capacity_l / len(best))
        chosen.append(best)
    return chosen
