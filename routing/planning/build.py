"""From the city to a problem: who may go where, when, and for how much. Pure; `nodes` does the scaling."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from routing.choice.demand import Demand
from routing.daytime import WorkingDay
from routing.integers import Int32
from routing.planning.nodes import Duty, Hours, bin_node, carried_today, disposal_node, rates_of, truck_node, words_of
from routing.problem import Problem, RoadProfile
from routing.roads.port import KerbPosition, Matrix
from tomma.city import City, Position, Site
from tomma.model import BinId, DisposalSiteId, FractionCode, SiteId, VehicleId
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Vehicle


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
class Fleet:
    """The trucks of one day."""

    vehicles: Sequence[Vehicle]
    day: WorkingDay
    not_before_s: int = 0
    """No truck leaves earlier than this many seconds after local midnight."""

    @property
    def on_duty(self) -> list[Vehicle]:
        """Those whose shift is not over before they may leave."""
        return [each for each in self.vehicles if self.day.elapsed_s(each.shift.end_s) > self.not_before_s]


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
    return points_at(city, {city.bins[each.bin_id].site_id for each in demands}, vehicles)


def points_at(city: City, sites: Collection[SiteId], vehicles: Sequence[Vehicle]) -> Points:
    """Return the places of the vehicles' depots, of all disposal sites and of these sites, each once."""
    ends = {vehicle.end_depot_id for vehicle in vehicles if vehicle.end_depot_id is not None}
    depot_ids = sorted({vehicle.depot_id for vehicle in vehicles} | ends)
    disposal_ids = tuple(sorted(city.disposal_sites))
    site_ids = sorted(sites)
    first_site = len(depot_ids) + len(disposal_ids)
    return Points(
        depot_row={depot_id: row for row, depot_id in enumerate(depot_ids)},
        disposal_ids=disposal_ids,
        site_row={site_id: first_site + row for row, site_id in enumerate(site_ids)},
        positions=(
            *(city.depots[each].position for each in depot_ids),
            *(city.disposal_sites[each].position for each in disposal_ids),
            *(_stopping_point(city.sites[each]) for each in site_ids),
        ),
    )


def _stopping_point(site: Site) -> Position:
    return KerbPosition(site.position.lat_deg, site.position.lon_deg) if site.kerb else site.position


def build_problem(
    city: City,
    demands: Sequence[Demand],
    points: Points,
    fleet: Fleet,
    matrices: Sequence[Matrix],
    planning: PlanningSettings,
    profile_of: Mapping[VehicleId, int] = MappingProxyType({}),
) -> Built:
    """Return the day's problem.

    Args:
        city: The snapshot the demands were made from.
        demands: The bins to choose from (`wanted`).
        points: The rows of each matrix.
        fleet: The trucks; one whose shift is over before any may leave is left out.
        matrices: Between `points.positions`: first that of most trucks, then those of sizes that some streets do not
            carry.
        planning: What a kilometre and an hour cost.
        profile_of: By which of the matrices a truck drives; the first if it is not named.
    """
    words = words_of(city)
    on_duty = fleet.on_duty
    hours = Hours(fleet.day, max((each.shift.end_s + each.overtime_s for each in on_duty), default=0))
    trucks = [
        truck_node(each, _duty(each, codes, points, fleet, profile_of.get(each.id, 0)), words, fleet.day, planning)
        for each, codes in zip(on_duty, carried_today(city, demands, on_duty, hours), strict=True)
    ]
    first, *others = (_profile(each) for each in matrices)
    problem = Problem(
        distance_m=first.distance_m,
        duration_s=first.duration_s,
        reachable=first.reachable,
        road_profiles=tuple(others),
        halt_s=_halt_s(city, points),
        bins=tuple(
            bin_node(city, each, points.site_row[city.bins[each.bin_id].site_id], words, hours) for each in demands
        ),
        disposals=tuple(
            disposal_node(city.disposal_sites[each], points.disposal_row(index), words, hours)
            for index, each in enumerate(points.disposal_ids)
        ),
        trucks=tuple(trucks),
        rates=rates_of(planning),
    )
    return Built(problem, points, tuple(demands), tuple(each.id for each in on_duty))


def _duty(vehicle: Vehicle, carried: frozenset[FractionCode], points: Points, fleet: Fleet, profile: int) -> Duty:
    start, end = vehicle.depot_id, vehicle.end_depot_id or vehicle.depot_id
    return Duty(points.depot_row[start], points.depot_row[end], carried, profile, fleet.not_before_s)


def _halt_s(city: City, points: Points) -> Int32:
    """[places] what a halt takes at each site; nothing at depots and disposal sites."""
    halt_s = np.zeros(len(points.positions), dtype=np.int32)
    for site_id, row in points.site_row.items():
        halt_s[row] = city.sites[site_id].service_s
    return halt_s


def _profile(matrix: Matrix) -> RoadProfile:
    return RoadProfile(_known(matrix, matrix.distance_m), _known(matrix, matrix.duration_s), matrix.reachable)


def _known(matrix: Matrix, values: Int32) -> Int32:
    """Return the values with 0 where there is no drive: engines add before they look."""
    return np.where(matrix.reachable, values, 0).astype(np.int32, copy=False)
