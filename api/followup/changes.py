"""A proposed plan beside the one on the road, in what each truck still has to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from api.context import ForecastView
from api.followup.day import LATE, RoadDay, TruckDay
from api.followup.schemas import ArrivalOut, ChangedRouteOut, ChangesOut, HandedOverOut
from api.plans.view import reasons_out
from routing.planning.arrivals import Coming
from tomma.fold import StopState
from tomma.model import BinId, VehicleId
from tomma.plan import Plan
from tomma.reasons import Reason


@dataclass(frozen=True)
class _Side:
    """One of the two plans: what is still to do under it."""

    day: RoadDay
    trucks: Mapping[VehicleId, TruckDay]
    truck_of: Mapping[BinId, VehicleId]
    coming: Mapping[BinId, Coming]

    @property
    def last_home(self) -> TruckDay | None:
        return max((each for each in self.trucks.values() if _works(each)), key=lambda t: t.rest.end_utc, default=None)


def changes_out(former: RoadDay, later: RoadDay, forecast: ForecastView | None, on_road: Plan | None) -> ChangesOut:
    """Return what `later` changes; both are seen with the same taps at the same moment."""
    before, after = _side(former), _side(later)
    why = _reasons(later.plan)
    trucks = dict.fromkeys([*before.trucks, *after.trucks])
    ends = [side.last_home.rest.end_utc if side.last_home else None for side in (before, after)]
    return ChangesOut(
        from_plan_id=former.plan.id,
        to_plan_id=later.plan.id,
        is_stale=on_road is None or on_road.id not in (former.plan.id, later.plan.id),
        bins_before=len(before.truck_of),
        bins_after=len(after.truck_of),
        distance_before_m=_distance_m(before.trucks.values()),
        distance_after_m=_distance_m(after.trucks.values()),
        work_before_s=_work_s(before),
        work_after_s=_work_s(after),
        end_before_utc=ends[0],
        end_after_utc=ends[1],
        overflows_before=_overflows(before, forecast),
        overflows_after=_overflows(after, forecast),
        routes=[_route(each, before, after, why) for each in trucks],
    )


def _side(day: RoadDay) -> _Side:
    coming = {
        each.stop.bin_id: (truck.vehicle_id, each)
        for truck in day.trucks
        for each in truck.rest.stops
        if each.stop.bin_id is not None
    }
    return _Side(
        day=day,
        trucks={truck.vehicle_id: truck for truck in day.trucks},
        truck_of={bin_id: own for bin_id, (own, _) in coming.items()},
        coming={bin_id: each for bin_id, (_, each) in coming.items()},
    )


def _works(truck: TruckDay | None) -> bool:
    return truck is not None and bool(truck.rest.stops)


def _distance_m(trucks: Iterable[TruckDay]) -> int:
    return sum(truck.rest.distance_m for truck in trucks)


def _work_s(side: _Side) -> int:
    """Return the hours ahead: from now, or from when a truck leaves, until it is home."""
    now_utc = side.day.now_utc
    spans = (each.rest.end_utc - max(now_utc, each.route.start_utc) for each in side.trucks.values() if _works(each))
    return round(sum((max(span, timedelta()) for span in spans), timedelta()).total_seconds())


def _overflows(side: _Side, forecast: ForecastView | None) -> float | None:
    """Return how many of the bins that stay as they are will overflow within a day, on average."""
    if forecast is None:
        return None
    emptied = {id_ for id_, each in side.day.state.outcomes.items() if each.state is StopState.EMPTIED}
    left = (forecast.outlook(id_) for id_ in side.day.city.bins if id_ not in emptied and id_ not in side.truck_of)
    return round(sum(each.p_overflow_24h for each in left if each is not None), 3)


def _reasons(plan: Plan) -> Mapping[BinId, tuple[Reason, ...]]:
    left = {each.bin_id: each.reasons for each in plan.left_out}
    return left | {s.bin_id: s.reasons for route in plan.routes for s in route.stops if s.bin_id is not None}


def _route(
    vehicle_id: VehicleId, before: _Side, after: _Side, why: Mapping[BinId, tuple[Reason, ...]]
) -> ChangedRouteOut:
    had = [id_ for id_, own in before.truck_of.items() if own == vehicle_id]
    has = [id_ for id_, own in after.truck_of.items() if own == vehicle_id]
    kept = set(had) & set(has)
    shifts = {id_: after.coming[id_].arrive_utc - before.coming[id_].arrive_utc for id_ in has if id_ in kept}
    old, new = before.trucks.get(vehicle_id), after.trucks.get(vehicle_id)
    return ChangedRouteOut(
        vehicle_id=vehicle_id,
        vehicle_name=after.day.name_of_truck(vehicle_id),
        bins_before=len(had),
        bins_after=len(has),
        distance_before_m=old.rest.distance_m if old else 0,
        distance_after_m=new.rest.distance_m if new else 0,
        end_before_utc=old.rest.end_utc if old and _works(old) else None,
        end_after_utc=new.rest.end_utc if new and _works(new) else None,
        gets=[_handed(id_, before.truck_of.get(id_), after, why) for id_ in has if id_ not in kept],
        loses=[_handed(id_, after.truck_of.get(id_), after, why) for id_ in had if id_ not in kept],
        is_reordered=[id_ for id_ in had if id_ in kept] != [id_ for id_ in has if id_ in kept],
        later=sum(shift > LATE for shift in shifts.values()),
        earlier=sum(shift < -LATE for shift in shifts.values()),
        most=_most_shifted(shifts, before, after),
    )


def _handed(
    bin_id: BinId, other: VehicleId | None, after: _Side, why: Mapping[BinId, tuple[Reason, ...]]
) -> HandedOverOut:
    """Return a bin that changed trucks; `other` is the one that had it, or has it now."""
    coming = after.coming.get(bin_id)
    return HandedOverOut(
        bin_id=bin_id,
        name=after.day.name_of_bin(bin_id),
        other_vehicle_id=other,
        arrive_utc=coming.arrive_utc if coming else None,
        reasons=reasons_out(why.get(bin_id, ())),
    )


def _most_shifted(shifts: Mapping[BinId, timedelta], before: _Side, after: _Side) -> ArrivalOut | None:
    """Return the arrival that moved most; None when none moved by a minute, which nobody can tell."""
    bin_id = max(shifts, key=lambda id_: abs(shifts[id_]), default=None)
    if bin_id is None or abs(shifts[bin_id]) < timedelta(minutes=1):
        return None
    return ArrivalOut(
        bin_id=bin_id,
        name=after.day.name_of_bin(bin_id),
        before_utc=before.coming[bin_id].arrive_utc,
        after_utc=after.coming[bin_id].arrive_utc,
    )
