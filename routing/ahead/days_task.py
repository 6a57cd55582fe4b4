"""The task of levelling the days ahead, estimated from a city: units of work, neighbourhoods, fleets. Pure.

The estimate is made to weigh days against each other: minutes at the bins, hops within a neighbourhood, one way to
each neighbourhood, a share of an unloading. The plan of a day itself is made of streets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from routing.ahead.horizon import Cluster, Fleet, Horizon, Unit
from routing.choice.nearby import STREET_DETOUR, STREET_SPEED_KMH, per_km_minor, per_lift_minor, truck_groups
from routing.forecast import CityForecast
from tomma.city import City, Position
from tomma.earth import M_PER_DEG
from tomma.model import BinId, FractionCode
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Vehicle

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CELL_M = 500.0
"""A neighbourhood: a few streets that one truck does in one go."""
HOP_M = 150.0
"""Between two stops of one neighbourhood, as the crow flies."""
SPEED_MPS = STREET_SPEED_KMH / 3.6


@dataclass(frozen=True)
class Due:
    """Bins that fall due within the days, as arrays."""

    rows: IntArray
    """In the forecast."""
    day: IntArray
    p_overflow: FloatArray
    volume_l: FloatArray
    lasts_h: FloatArray


def horizon_of(
    city: City,
    forecast: CityForecast,
    planning: PlanningSettings,
    due: Due,
    vehicles: Sequence[Vehicle],
    days: int,
) -> tuple[Horizon, IntArray]:
    """Return the task, and which unit each of the due bins belongs to."""
    bin_ids = [forecast.bin_ids[row] for row in due.rows]
    groups = truck_groups(city)
    group_of = [groups[city.bins[each].fraction_code] for each in bin_ids]
    group_number = {group: at for at, group in enumerate(sorted(set(groups.values())))}
    places_m = _flat_m([city.position_of(each) for each in bin_ids])
    cells = np.floor(places_m / CELL_M).astype(np.int64).reshape(-1, 2)
    keys = [(group_number[group], *cell) for group, cell in zip(group_of, cells.tolist(), strict=True)]
    clusters = {key: at for at, key in enumerate(sorted(set(keys)))}
    cluster_of = np.array([clusters[key] for key in keys], dtype=np.int64)
    pairs = list(zip(cluster_of.tolist(), due.day.tolist(), strict=True))
    units = {pair: at for at, pair in enumerate(sorted(set(pairs)))}
    unit_of = np.array([units[pair] for pair in pairs], dtype=np.int64)
    way_s = _way_s(places_m, cluster_of, len(clusters))
    per_s = (planning.cost_per_h_minor + STREET_SPEED_KMH * per_km_minor(planning)) / 3600.0
    work_s, early = _work(city, planning, bin_ids, due, unit_of, len(units), vehicles)
    fleets = tuple(_fleet(city, vehicles, group, groups) for group in group_number)
    return (
        Horizon(
            days=days,
            units=tuple(
                Unit(cluster, day, round(work_s[at]), round(early[at])) for (cluster, day), at in units.items()
            ),
            clusters=tuple(Cluster(key[0], round(way_s), round(way_s * per_s)) for key in clusters),
            fleets=fleets or (Fleet(0, 1, 0),),
            hour_minor=planning.cost_per_h_minor,
        ),
        unit_of,
    )


def _flat_m(places: Sequence[Position]) -> FloatArray:
    at = np.array([(each.lat_deg, each.lon_deg) for each in places], dtype=np.float64).reshape(-1, 2)
    if not len(at):
        return at
    return at * (M_PER_DEG, M_PER_DEG * np.cos(np.radians(np.median(at[:, 0]))))


def _way_s(places_m: FloatArray, cluster_of: IntArray, clusters: int) -> float:
    """Return what it takes from one neighbourhood to the next: between the nearest ones."""
    if clusters < 2:
        return HOP_M * STREET_DETOUR / SPEED_MPS
    count = np.bincount(cluster_of, minlength=clusters)[:, None]
    middles = np.zeros((clusters, 2))
    np.add.at(middles, cluster_of, places_m)
    nearest_m = scipy.spatial.cKDTree(middles / count).query(middles / count, k=2)[0][:, 1]
    return float(np.median(nearest_m)) * STREET_DETOUR / SPEED_MPS


def _work(
    city: City,
    planning: PlanningSettings,
    bin_ids: Sequence[BinId],
    due: Due,
    unit_of: IntArray,
    units: int,
    vehicles: Sequence[Vehicle],
) -> tuple[FloatArray, FloatArray]:
    """Return each unit's seconds, and what each day of taking it early costs."""
    capacity_l = float(np.mean([each.capacity_l for each in vehicles])) if vehicles else 10_000.0
    unload_s = float(np.mean([each.unload_s for each in city.disposal_sites.values()])) if city.disposal_sites else 0.0
    own_s = np.array([city.bins[each].service_s for each in bin_ids], dtype=np.float64)
    own_s += due.volume_l / capacity_l * (unload_s + _to_disposal_s(city, bin_ids))
    stops: dict[tuple[int, str], float] = {}
    for bin_id, unit in zip(bin_ids, unit_of.tolist(), strict=True):
        site = city.sites[city.bins[bin_id].site_id]
        stops[unit, site.id] = site.service_s + HOP_M * STREET_DETOUR / SPEED_MPS
    work_s = np.bincount(unit_of, own_s, minlength=units)
    for (unit, _), seconds in stops.items():
        work_s[unit] += seconds
    site_s = np.array([city.sites[city.bins[each].site_id].service_s for each in bin_ids], dtype=np.float64)
    visit = (own_s + site_s) * planning.cost_per_h_minor / 3600.0 + per_lift_minor(planning)
    wasted = visit * np.minimum(planning.next_opportunity_h / due.lasts_h, 1.0)
    return work_s, np.bincount(unit_of, wasted, minlength=units)


def _to_disposal_s(city: City, bin_ids: Sequence[BinId]) -> float:
    """Return what a trip to unload takes, there and back, from the middle of the bins."""
    if not bin_ids or not city.disposal_sites:
        return 0.0
    places = [city.position_of(each) for each in bin_ids]
    sites = [each.position for each in city.disposal_sites.values()]
    at = _flat_m([*places, *sites])
    middle = np.median(at[: len(places)], axis=0)
    nearest_m = float(np.hypot(*(at[len(places) :] - middle).T).min())
    return 2.0 * nearest_m * STREET_DETOUR / SPEED_MPS


def _fleet(city: City, vehicles: Sequence[Vehicle], group: int, groups: Mapping[FractionCode, int]) -> Fleet:
    """Return the trucks of a group; a truck's day loses its rests, one unloading, and the way from and to its depot."""
    own = [each for each in vehicles if any(groups.get(code) == group for code in each.fractions)]
    if not own:
        return Fleet(0, 1, 0)
    unload_s = max((each.unload_s for each in city.disposal_sites.values()), default=0)
    net_s = [
        each.shift.end_s - each.shift.start_s - sum(rest.duration_s for rest in each.shift.breaks) - unload_s
        for each in own
    ]
    home_s = _to_disposal_s(city, list(city.bins)[:1_000])
    shift_s = max(1, round(float(np.mean(net_s)) - home_s))
    return Fleet(len(own), shift_s, round(float(np.mean([each.fixed_cost_minor for each in own]))))
