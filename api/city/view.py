"""Tells a `City` in the words of the public API."""

from datetime import datetime

from api.city.schemas import (
    CityOut,
    ClockOut,
    CompartmentOut,
    DisposalSiteOut,
    FractionOut,
    OpenHoursOut,
    OrganisationOut,
    PlaceOut,
    ShiftOut,
    VehicleOut,
)
from tomma.city import City
from tomma.natural import truck_order
from tomma.trucks import Vehicle

Bounds = tuple[float, float, float, float]


def city_out(city: City, bounds: Bounds, now_utc: datetime, clock_factor: float) -> CityOut:
    """Return what `/city` answers."""
    own = city.organisation
    return CityOut(
        organisation=OrganisationOut(id=own.id, name=own.name, timezone=own.timezone, currency=own.currency),
        bounds=bounds,
        fractions=[
            FractionOut(code=each.code, name_sv=each.name_sv, name_en=each.name_en) for each in city.fractions.values()
        ],
        depots=[
            PlaceOut(id=each.id, name=each.name, lat_deg=each.position.lat_deg, lon_deg=each.position.lon_deg)
            for each in city.depots.values()
        ],
        disposal_sites=[
            DisposalSiteOut(
                id=each.id,
                name=each.name,
                lat_deg=each.position.lat_deg,
                lon_deg=each.position.lon_deg,
                opens_s=each.opens_s,
                closes_s=each.closes_s,
                hours=[
                    OpenHoursOut(opens_s=span.opens_s, closes_s=span.closes_s, weekdays=sorted(span.weekdays))
                    for span in each.hours
                ],
            )
            for each in city.disposal_sites.values()
        ],
        vehicles=[_vehicle_out(city.vehicles[each]) for each in sorted(city.vehicles, key=truck_order(city))],
        clock=ClockOut(now_utc=now_utc, factor=clock_factor),
    )


def bounds_of(city: City) -> Bounds:
    """Return (west, south, east, north) around every site, depot and disposal site; zeros for an empty city."""
    positions = [site.position for site in city.sites.values()]
    positions += [depot.position for depot in city.depots.values()]
    positions += [disposal.position for disposal in city.disposal_sites.values()]
    if not positions:
        return (0.0, 0.0, 0.0, 0.0)
    lats, lons = [each.lat_deg for each in positions], [each.lon_deg for each in positions]
    return (min(lons), min(lats), max(lons), max(lats))


def _vehicle_out(vehicle: Vehicle) -> VehicleOut:
    return VehicleOut(
        id=vehicle.id,
        name=vehicle.name,
        capacity_l=vehicle.capacity_l,
        capacity_kg=vehicle.capacity_kg,
        fractions=sorted(vehicle.fractions),
        shift=ShiftOut(start_s=vehicle.shift.start_s, end_s=vehicle.shift.end_s),
        depot_id=vehicle.depot_id,
        end_depot_id=vehicle.end_depot_id,
        compartments=[
            CompartmentOut(fractions=sorted(each.fractions), capacity_l=each.capacity_l, capacity_kg=each.capacity_kg)
            for each in vehicle.compartments
        ],
        skills=sorted(vehicle.skills),
        overtime_s=vehicle.overtime_s,
        max_unloads_per_day=vehicle.max_unloads_per_day,
        max_bins_per_day=vehicle.max_bins_per_day,
        max_l_per_day=vehicle.max_l_per_day,
        max_kg_per_day=vehicle.max_kg_per_day,
        weight_kg=vehicle.weight_kg,
        height_m=vehicle.height_m,
    )
