"""Tells a plan in the words of the public API: ids joined with the names and places of the city."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from api.plans.ahead_schemas import BinAheadOut, DayAheadOut, OutlookOut
from api.plans.compared_schemas import ChangedBinOut, DifferenceOut, MovedBinOut
from api.plans.schemas import (
    BrokenRuleOut,
    EditOut,
    LeftOutOut,
    LetGoOut,
    LockOut,
    PlannedRouteOut,
    PlanOut,
    PlanSummaryOut,
    StopOut,
    TotalsOut,
)
from api.schema import ReasonOut
from routing.ahead.days_ahead import DaysAhead
from routing.planning.totals import balance_of, route_totals, totals_of
from tomma.city import City, Site
from tomma.model import BinId, VehicleId
from tomma.natural import natural_key, truck_order
from tomma.plan import Plan, PlanStatus, Route, Stop, StopKind, difference
from tomma.reasons import Reason

UNMADE = frozenset({PlanStatus.QUEUED, PlanStatus.SOLVING, PlanStatus.FAILED})


def summary_out(plan: Plan) -> PlanSummaryOut:
    """Return the plan in figures."""
    return PlanSummaryOut(**_figures(plan), routes=len(plan.routes), left_out=len(plan.left_out))


def plan_out(plan: Plan, city: City) -> PlanOut:
    """Return the whole plan with the city's names."""
    return PlanOut(
        **_figures(plan),
        routes=_days_out(plan, city),
        left_out=[
            LeftOutOut(bin_id=each.bin_id, reasons=reasons_out(each.reasons))
            for each in sorted(plan.left_out, key=lambda each: natural_key(each.bin_id))
        ],
        locks=[LockOut(bin_id=bin_id, vehicle_id=vehicle_id) for bin_id, vehicle_id in sorted(plan.locks.items())],
        edits=[EditOut(**{**asdict(each), "kind": each.kind.value}) for each in plan.edits],
        warnings=[BrokenRuleOut(**{**asdict(each), "code": each.code.value}) for each in plan.warnings],
        balance=balance_of(plan),
    )


def _days_out(plan: Plan, city: City) -> list[PlannedRouteOut]:
    """Return the trucks' days in the order people count trucks, each with how long it is beside the others."""
    order = truck_order(city)
    routes = sorted(plan.routes, key=lambda route: order(route.vehicle_id))
    figures = [route_totals(route) for route in routes]
    average_s = max(sum(each.work_s for each in figures) / max(len(figures), 1), 1.0)
    return [
        PlannedRouteOut(
            **route_fields(route, city),
            stops=stops_out(route.stops, city),
            crew=plan.crews.get(route.vehicle_id, ""),
            done_stops=route.done_stops,
            work_s=own.work_s,
            work_share=round(own.work_s / average_s, 3),
            lifts=own.lifts,
            volume_l=own.volume_l,
        )
        for route, own in zip(routes, figures, strict=True)
    ]


def outlook_out(ahead: DaysAhead) -> OutlookOut:
    """Return the coming days."""
    return OutlookOut(
        days=[
            DayAheadOut(
                day=each.day,
                bins=[
                    BinAheadOut(bin_id=own.bin_id, due=own.due, p_overflow=round(own.p_overflow, 4))
                    for own in each.bins
                ],
                volume_l=round(each.volume_l, 1),
                work_h=round(each.work_h, 2),
                due_h=round(each.due_h, 2),
                shift_h=round(each.shift_h, 2),
                trucks=each.trucks,
                beyond_h=round(each.beyond_h, 2),
            )
            for each in ahead.days
        ]
    )


def difference_out(former: Plan, later: Plan) -> DifferenceOut:
    """Return what changes from one plan to another, each change with the later plan's reasons."""
    told = difference(former, later)
    why = {each.bin_id: each.reasons for each in later.left_out}
    why |= {stop.bin_id: stop.reasons for route in later.routes for stop in route.stops if stop.bin_id is not None}
    trucks = dict.fromkeys(route.vehicle_id for plan in (former, later) for route in plan.routes)

    def changed(bin_id: BinId, vehicle_id: VehicleId) -> ChangedBinOut:
        return ChangedBinOut(bin_id=bin_id, vehicle_id=vehicle_id, reasons=reasons_out(why.get(bin_id, ())))

    return DifferenceOut(
        from_plan_id=former.id,
        to_plan_id=later.id,
        added=[changed(*each) for each in told.added],
        removed=[changed(*each) for each in told.removed],
        moved=[
            MovedBinOut(
                bin_id=each.bin_id,
                from_vehicle_id=each.from_vehicle_id,
                to_vehicle_id=each.to_vehicle_id,
                reasons=reasons_out(why.get(each.bin_id, ())),
            )
            for each in told.moved
        ],
        reordered_vehicle_ids=list(told.reordered),
        concerned_vehicle_ids=[truck for truck in trucks if told.concerns(truck)],
    )


def _figures(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "day": plan.day,
        "status": plan.status.value,
        "created_utc": plan.created_utc,
        "snapshot_utc": plan.snapshot_utc,
        "engine": plan.engine,
        "roads_source": None if plan.status in UNMADE else plan.roads_source.value,
        "distance_m": sum(route.distance_m for route in plan.routes),
        "driving_s": sum(route.driving_s for route in plan.routes),
        "stops": sum(stop.kind is StopKind.COLLECT for route in plan.routes for stop in route.stops),
        "cost_minor": plan.cost_minor,
        "lost_prize_minor": plan.lost_prize_minor,
        "violations": list(plan.violations),
        "detail": plan.detail,
        "failure": plan.failure,
        "replaces": plan.replaces,
        "co2_kg": plan.co2_kg,
        "expected_overflows": plan.expected_overflows,
        "accepted_overflow_probability": plan.accepted_overflow_probability,
        "based_on": plan.based_on,
        "edited_from": plan.edited_from,
        "areas": sorted(plan.areas, key=natural_key),
        "gone_areas": sorted(plan.gone_areas, key=natural_key),
        "closed_disposal_site_ids": sorted(plan.closed, key=natural_key),
        "let_go": [
            LetGoOut(bin_id=bin_id, vehicle_id=plan.let_go[bin_id]) for bin_id in sorted(plan.let_go, key=natural_key)
        ],
        "totals": TotalsOut(**asdict(totals_of(plan))),
    }


def route_fields(route: Route, city: City) -> dict[str, Any]:
    """Return what every form of a route shows, but for its stops."""
    vehicle = city.vehicles.get(route.vehicle_id)
    return {
        "vehicle_id": route.vehicle_id,
        "vehicle_name": vehicle.name if vehicle else route.vehicle_id,
        "start_utc": route.start_utc,
        "end_utc": route.end_utc,
        "distance_m": route.distance_m,
        "driving_s": route.driving_s,
        "legs": route.legs_lonlat,
    }


def stops_out(stops: Iterable[Stop], city: City) -> list[StopOut]:
    """Return the stops with the city's names."""
    return [StopOut(**stop_fields(stop, city)) for stop in stops]


def stop_fields(stop: Stop, city: City) -> dict[str, Any]:
    """Return what every form of a stop shows."""
    return {
        "kind": stop.kind.value,
        "bin_id": stop.bin_id,
        "disposal_site_id": stop.disposal_site_id,
        **_place_fields(stop, city),
        "arrive_utc": stop.arrive_utc,
        "depart_utc": stop.depart_utc,
        "leg_distance_m": stop.leg_distance_m,
        "leg_driving_s": stop.leg_driving_s,
        "load_after_l": stop.load_after_l,
        "load_after_kg": stop.load_after_kg,
        "expected_fill_fraction": stop.expected_fill_fraction,
        "reasons": reasons_out(stop.reasons),
    }


def reasons_out(reasons: Iterable[Reason]) -> list[ReasonOut]:
    """Return reasons as codes with their numbers."""
    return [ReasonOut(code=each.code.value, values=dict(each.values)) for each in reasons]


def _place_fields(stop: Stop, city: City) -> dict[str, Any]:
    """Return where the stop is; a place the city no longer knows keeps its id as name."""
    site = _site_of(stop.bin_id, city)
    disposal = city.disposal_sites.get(stop.disposal_site_id) if stop.disposal_site_id else None
    position = site.position if site else disposal.position if disposal else None
    own = city.bins.get(stop.bin_id) if stop.bin_id else None
    fallback = stop.bin_id or stop.disposal_site_id or ""
    return {
        "site_id": site.id if site else None,
        "name": site.name if site else disposal.name if disposal else fallback,
        "access_note": site.access_note if site else "",
        "fraction": own.fraction_code if own else None,
        "lat_deg": position.lat_deg if position else None,
        "lon_deg": position.lon_deg if position else None,
    }


def _site_of(bin_id: BinId | None, city: City) -> Site | None:
    own = city.bins.get(bin_id) if bin_id else None
    return city.sites[own.site_id] if own else None
