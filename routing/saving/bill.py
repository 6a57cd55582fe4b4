"""What a truck's day comes to: the same sum for what was done and for what a rule would have done."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from routing.saving.drives import KeptDrives, site_place
from tomma.city import City
from tomma.model import BinId, DisposalSiteId, VehicleId
from tomma.planning_settings import PlanningSettings
from tomma.saving import SideFigures, Step, StepKind, Trip
from tomma.trucks import Vehicle


@dataclass
class _Walk:
    """A truck on its way."""

    place: str
    distance_m: int = 0
    driving_s: int = 0
    work_s: int = 0
    stops: int = 0
    aboard: bool = False


def drive(trips: Sequence[Trip], city: City, drives: KeptDrives, planning: PlanningSettings) -> SideFigures:
    """Return kilometres, hours, halts, trucks and what they cost; what the lifts cost and emit is `with_lifts`.

    A truck starts at its depot and ends there. With waste aboard at its last step it unloads on the way home, at the
    site nearest to it. Places that the city no longer has are passed over.
    """
    total = SideFigures()
    for trip in trips:
        vehicle = city.vehicles.get(VehicleId(trip.vehicle_id))
        if vehicle is not None and trip.steps:
            total = _added(total, trip, vehicle, city, drives, planning)
    return total


def with_lifts(figures: SideFigures, lifts: int, planning: PlanningSettings) -> SideFigures:
    """Return the figures with so many lifts in them, and the CO2 of it all."""
    co2_kg = figures.distance_m / 1000.0 * planning.co2_kg_per_km + lifts * planning.co2_kg_per_lift
    cost_minor = figures.cost_minor + lifts * planning.cost_per_lift_minor
    return replace(figures, lifts=lifts, cost_minor=cost_minor, co2_g=round(co2_kg * 1000.0))


def _added(
    total: SideFigures, trip: Trip, vehicle: Vehicle, city: City, drives: KeptDrives, planning: PlanningSettings
) -> SideFigures:
    walk = _Walk(f"depot:{vehicle.depot_id}")
    for step in trip.steps:
        _step(walk, step, vehicle, city, drives)
    if walk.aboard:
        _unload_on_the_way_home(walk, vehicle, city, drives)
    _go(walk, f"depot:{vehicle.end_depot_id or vehicle.depot_id}", vehicle, drives)
    kinds = [step.kind for step in trip.steps]
    return replace(
        total,
        trucks=total.trucks + 1,
        distance_m=total.distance_m + walk.distance_m,
        driving_s=total.driving_s + walk.driving_s,
        work_s=total.work_s + walk.work_s,
        stops=total.stops + walk.stops,
        skipped=total.skipped + kinds.count(StepKind.SKIP),
        disposals=total.disposals + kinds.count(StepKind.DISPOSE),
        cost_minor=total.cost_minor + _cost_minor(walk, vehicle, planning),
    )


def _step(walk: _Walk, step: Step, vehicle: Vehicle, city: City, drives: KeptDrives) -> None:
    if step.kind is StepKind.DISPOSE:
        site = city.disposal_sites.get(DisposalSiteId(step.id))
        if site is not None:
            _go(walk, f"disposal:{site.id}", vehicle, drives)
            walk.work_s += site.unload_s
        walk.aboard = False
        return
    bin_ = city.bins.get(BinId(step.id))
    if bin_ is None:
        return
    if walk.place != site_place(bin_.site_id):
        _go(walk, site_place(bin_.site_id), vehicle, drives)
        walk.work_s += city.sites[bin_.site_id].service_s
        walk.stops += 1
    if step.kind is StepKind.COLLECT:
        walk.work_s += bin_.service_s
        walk.aboard = True


def _go(walk: _Walk, place: str, vehicle: Vehicle, drives: KeptDrives) -> None:
    metres, seconds = drives.leg(vehicle.id, walk.place, place)
    walk.distance_m += metres
    walk.driving_s += seconds
    walk.place = place


def _unload_on_the_way_home(walk: _Walk, vehicle: Vehicle, city: City, drives: KeptDrives) -> None:
    takes = [each for each in city.disposal_sites.values() if each.fractions & vehicle.fractions]
    if takes:
        ways = {each.id: drives.leg(vehicle.id, walk.place, f"disposal:{each.id}")[1] for each in takes}
        nearest = min(takes, key=lambda each: (ways[each.id], each.id))
        _go(walk, f"disposal:{nearest.id}", vehicle, drives)
        walk.work_s += nearest.unload_s


def _cost_minor(walk: _Walk, vehicle: Vehicle, planning: PlanningSettings) -> int:
    per_km, per_h = vehicle.cost_per_km_minor, vehicle.cost_per_h_minor
    per_km = planning.cost_per_km_minor if per_km is None else per_km
    per_h = planning.cost_per_h_minor if per_h is None else per_h
    driven = (walk.distance_m * per_km + 500) // 1000
    worked = ((walk.driving_s + walk.work_s) * per_h + 1800) // 3600
    return vehicle.fixed_cost_minor + driven + worked
