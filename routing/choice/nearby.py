"""Which other stops lie near each bin, and what the way there and back costs: what a truck could pass by.

A *stand* is what the same trucks collect at one site in one halt: bins of streams that share a truck. A glass truck
that passes is no help to a paper bin. Ways come from a matrix of the streets where there is one for both ends, else
from straight lines, so that a city of ten thousand bins needs no matrix of them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from routing.roads.port import Matrix
from tomma.city import City
from tomma.earth import M_PER_DEG
from tomma.model import FractionCode, SiteId
from tomma.planning_settings import PlanningSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NEIGHBOURS = 24
"""Somebody within the nearest two dozen stands is nearly always collected on the same day."""
STREET_DETOUR, STREET_SPEED_KMH = 1.35, 22.0
"""Of straight lines, where no matrix tells; only to weigh a detour, the planner charges the real legs."""


@dataclass(frozen=True)
class Streets:
    """A matrix and which of its rows stands for which site."""

    matrix: Matrix
    site_row: Mapping[SiteId, int]


@dataclass(frozen=True)
class Nearby:
    """The stands around each stand."""

    stand_of: IntArray
    """[bins], in the order of the city's bins."""
    near: IntArray
    """[stands, up to NEIGHBOURS] the nearest others, the cheapest way first; the stand itself where there are fewer."""
    trip_minor: FloatArray
    """[stands, as many] driving there and back; infinite in place of a neighbour that is not there."""

    @property
    def stands(self) -> int:
        """How many there are."""
        return len(self.near)


def nearby(city: City, planning: PlanningSettings, streets: Streets | None = None) -> Nearby:
    """Return each stand's neighbours, by the streets as far as they are known."""
    group_of = truck_groups(city)
    keys = [(group_of[each.fraction_code], each.site_id) for each in city.bins.values()]
    stands = {key: at for at, key in enumerate(sorted(set(keys)))}
    near = np.tile(np.arange(len(stands))[:, None], (1, NEIGHBOURS))
    metres = np.full(near.shape, np.inf)
    place = [(city.sites[site].position.lat_deg, city.sites[site].position.lon_deg) for _, site in stands]
    flat_m = _flat_m(np.array(place, dtype=np.float64).reshape(-1, 2))
    groups = np.array([group for group, _ in stands], dtype=np.int64)
    for group in np.unique(groups):
        own = np.flatnonzero(groups == group)
        count = min(NEIGHBOURS, len(own) - 1)
        if count < 1:
            continue
        line_m, at = scipy.spatial.cKDTree(flat_m[own]).query(flat_m[own], k=count + 1)
        others, line_m = _without_self(at, line_m)
        near[own, :count] = own[others]
        metres[own, :count] = line_m * STREET_DETOUR
    seconds = metres / (STREET_SPEED_KMH / 3.6)
    trips = 2.0 * (metres / 1000.0 * per_km_minor(planning) + seconds / 3600.0 * planning.cost_per_h_minor)
    if streets is not None:
        rows = np.array([streets.site_row.get(site, -1) for _, site in stands], dtype=np.int64)
        _by_streets(streets.matrix, rows, near, trips, planning)
    order = np.argsort(trips, axis=1, kind="stable")
    stand_of = np.array([stands[key] for key in keys], dtype=np.int64)
    return Nearby(stand_of, np.take_along_axis(near, order, axis=1), np.take_along_axis(trips, order, axis=1))


def per_km_minor(planning: PlanningSettings) -> float:
    """Return what a kilometre costs with the CO2 it makes."""
    return planning.cost_per_km_minor + planning.co2_kg_per_km * planning.co2_price_per_tonne_minor / 1000.0


def per_lift_minor(planning: PlanningSettings) -> float:
    """Return what emptying one container costs beside the crew's time: wear, and the CO2 of lift and press."""
    return planning.cost_per_lift_minor + planning.co2_kg_per_lift * planning.co2_price_per_tonne_minor / 1000.0


def truck_groups(city: City) -> Mapping[FractionCode, int]:
    """Return a number per waste stream; streams that some truck takes together share it."""
    group = {code: number for number, code in enumerate(sorted(city.fractions))}
    for vehicle in city.vehicles.values():
        joined = {group[code] for code in vehicle.fractions if code in group}
        group = {code: min(joined) if number in joined else number for code, number in group.items()}
    return group


def _flat_m(at_deg: FloatArray) -> FloatArray:
    """Return metres north and east: flat enough within a city."""
    if not len(at_deg):
        return at_deg
    return at_deg * (M_PER_DEG, M_PER_DEG * np.cos(np.radians(at_deg[:, 0].mean())))


def _without_self(at: IntArray, line_m: FloatArray) -> tuple[IntArray, FloatArray]:
    """Drop each point's own entry; two at one place may stand in either order."""
    own = at == np.arange(len(at))[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(at), at.shape[1] - 1)
    return at[~own].reshape(shape), line_m[~own].reshape(shape)


def _by_streets(matrix: Matrix, rows: IntArray, near: IntArray, trips: FloatArray, planning: PlanningSettings) -> None:
    """Put the ways of the streets in place of the lines where both ends have a row."""
    here = np.broadcast_to(rows[:, None], near.shape)
    there = rows[near]
    known = (here >= 0) & (there >= 0) & np.isfinite(trips)
    to, back = (here[known], there[known]), (there[known], here[known])
    open_ = matrix.reachable[to] & matrix.reachable[back]
    km = (matrix.distance_m[to].astype(np.float64) + matrix.distance_m[back]) / 1000.0
    hours = (matrix.duration_s[to].astype(np.float64) + matrix.duration_s[back]) / 3600.0
    trips[known] = np.where(open_, km * per_km_minor(planning) + hours * planning.cost_per_h_minor, np.inf)
