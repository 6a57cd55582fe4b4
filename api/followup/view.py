"""Tells one day on the road in the words of the public API."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import zip_longest

from api.context import ForecastView
from api.driver.flags import Flag, flags_of
from api.followup.day import LATE, RoadDay, TruckDay, collected_kg, shift_end_utc
from api.followup.deviations import Deviation, deviations_of, loads_of
from api.followup.missed import Missed
from api.followup.schemas import (
    BreakOut,
    DaySumsOut,
    DeviationOut,
    FollowedRouteOut,
    FollowedStopOut,
    FollowUpOut,
    MissedOut,
    ReportOut,
    TripOut,
)
from routing.daytime import WorkingDay
from routing.planning.arrivals import Coming
from tomma.events import Event, EventKind
from tomma.fold import StopState, by_our_clock
from tomma.model import BinId
from tomma.natural import natural_key
from tomma.plan import Stop, StopKind
from tomma.rests import pauses


def followup_out(
    day: RoadDay, forecast: ForecastView | None, missed: Sequence[Missed], asked: Mapping[BinId, str]
) -> FollowUpOut:
    """Return today: `asked` are the requests that take a missed bin into the next plan."""
    routes = [_route_out(truck, day) for truck in day.trucks]
    return FollowUpOut(
        day=day.day,
        now_utc=day.now_utc,
        plan_id=day.plan.id,
        closed_disposal_site_ids=sorted(day.plan.closed & day.city.disposal_sites.keys(), key=natural_key),
        sums=sums_out(day),
        late=sum(route.late for route in routes),
        expected_end_utc=max((route.expected_end_utc for route in routes), default=None),
        planned_end_utc=max((route.planned_end_utc for route in routes), default=None),
        routes=routes,
        deviations=[_deviation_out(each, day) for each in deviations_of(day, forecast)],
        missed=[_missed_out(each, day, asked) for each in missed],
    )


def sums_out(day: RoadDay) -> DaySumsOut:
    """Return the fleet's day in figures: no truck, no driver, no hour of the day."""
    planned = {stop.bin_id for truck in day.trucks for stop in truck.route.stops if stop.bin_id is not None}
    outcomes = day.state.outcomes
    emptied = {bin_id for bin_id, each in outcomes.items() if each.state is StopState.EMPTIED}
    skipped = {bin_id: each for bin_id, each in outcomes.items() if each.state is StopState.SKIPPED}
    unloaded = [event for event in day.state.standing if event.kind is EventKind.UNLOADED]
    reports = [event.report for event in day.state.standing if event.report is not None]
    return DaySumsOut(
        day=day.day,
        plan_id=day.plan.id,
        versions=len(day.promises.versions),
        trucks=sum(bool(truck.route.stops or truck.own) for truck in day.trucks),
        bins=len(planned),
        emptied=len(planned & emptied),
        skipped=len(planned & skipped.keys()),
        left=len(planned - emptied - skipped.keys()),
        extra=len(emptied - planned),
        skipped_by_reason=dict(Counter(each.skip_reason for each in skipped.values() if each.skip_reason)),
        reports_by_kind=dict(Counter(reports)),
        unloadings=len(unloaded),
        collected_kg=round(collected_kg(day, day.state.standing), 1),
        weighed_kg=round(sum(event.weight_kg or 0.0 for event in unloaded), 1),
    )


def no_sums(day: date) -> DaySumsOut:
    """Return a day on which no plan was on the road."""
    return DaySumsOut(
        day=day,
        plan_id=None,
        versions=0,
        trucks=0,
        bins=0,
        emptied=0,
        skipped=0,
        left=0,
        extra=0,
        skipped_by_reason={},
        reports_by_kind={},
        unloadings=0,
        collected_kg=0.0,
        weighed_kg=0.0,
    )


def _route_out(truck: TruckDay, day: RoadDay) -> FollowedRouteOut:
    stops = [*_planned_out(truck, day), *(_extra_out(event, day) for event in truck.extra)]
    bins = [each for each in stops if each.kind == StopKind.COLLECT.value and not each.is_extra]
    working = WorkingDay(day.day, day.city.organisation.timezone)
    return FollowedRouteOut(
        vehicle_id=truck.vehicle_id,
        vehicle_name=day.name_of_truck(truck.vehicle_id),
        state=_state(truck, day),
        planned_start_utc=truck.route.start_utc,
        planned_end_utc=truck.route.end_utc,
        expected_end_utc=truck.rest.end_utc,
        shift_end_utc=shift_end_utc(truck.vehicle_id, day.city, working),
        heard_utc=truck.heard_utc,
        bins=len(bins),
        emptied=sum(each.state == StopState.EMPTIED.value for each in bins),
        skipped=sum(each.state == StopState.SKIPPED.value for each in bins),
        left=sum(each.state == StopState.TODO.value for each in bins),
        extra=len(truck.extra),
        late=sum(each.is_late for each in bins),
        beyond_shift=len(truck.beyond_shift()),
        left_m=truck.rest.distance_m,
        aboard_kg=round(collected_kg(day, _since_unloading(truck)), 1),
        stops=stops,
        trips=_trips(truck, day),
        breaks=_breaks(truck),
        reports=[_report_out(event, day) for event in truck.own if event.kind is EventKind.REPORTED],
    )


def _state(truck: TruckDay, day: RoadDay) -> str:
    if truck.vehicle_id in day.plan.unavailable:
        return "taken_out"
    if not truck.rest.stops:
        return "done"
    return "out" if truck.own else "waiting"


def _since_unloading(truck: TruckDay) -> Sequence[Event]:
    at = max((n + 1 for n, event in enumerate(truck.own) if event.kind is EventKind.UNLOADED), default=0)
    return truck.own[at:]


def _planned_out(truck: TruckDay, day: RoadDay) -> list[FollowedStopOut]:
    coming = {each.index: each for each in truck.rest.stops}
    found = []
    number = 0
    for index, stop in enumerate(truck.route.stops):
        number += stop.kind is not StopKind.BREAK
        shown = None if stop.kind is StopKind.BREAK else number
        found.append(_stop_out(truck, day, index, shown, coming.get(index)))
    return found


def _stop_out(truck: TruckDay, day: RoadDay, index: int, number: int | None, coming: Coming | None) -> FollowedStopOut:
    stop, event, done_utc = truck.route.stops[index], truck.settled[index], truck.settled_utc[index]
    promise = day.promise(truck.keys[index], event)
    outcome = day.state.outcomes.get(stop.bin_id) if stop.bin_id is not None else None
    state = outcome.state if outcome else StopState.EMPTIED if event else StopState.TODO
    late_s: int | None = None
    if promise is not None and done_utc is not None:
        late_s = round((done_utc - _due_utc(stop, promise.arrive_utc, promise.depart_utc)).total_seconds())
    elif promise is not None and coming is not None:
        late_s = round((coming.arrive_utc - promise.arrive_utc).total_seconds())
    return FollowedStopOut(
        kind=stop.kind.value,
        number=number,
        bin_id=stop.bin_id,
        disposal_site_id=stop.disposal_site_id,
        name=_name(stop, event, day),
        fraction=_fraction(stop.bin_id, day),
        state=state.value,
        planned_utc=promise.arrive_utc if promise else None,
        expected_utc=coming.arrive_utc if coming else None,
        done_utc=done_utc,
        late_s=late_s,
        is_late=late_s is not None and late_s > LATE.total_seconds() and state is not StopState.SKIPPED,
        skip_reason=outcome.skip_reason if outcome else None,
        flags=_flags(event, day),
        overflowing=event is not None and event.overflowing,
        done_by_vehicle_id=event.vehicle_id if event and event.vehicle_id != truck.vehicle_id else None,
        is_extra=False,
    )


def _due_utc(stop: Stop, arrive_utc: datetime, depart_utc: datetime) -> datetime:
    """Return when the tap was due: at the end of a stop, but at the beginning of a break."""
    return arrive_utc if stop.kind is StopKind.BREAK else depart_utc


def _extra_out(event: Event, day: RoadDay) -> FollowedStopOut:
    return FollowedStopOut(
        kind=StopKind.COLLECT.value,
        number=None,
        bin_id=event.bin_id,
        disposal_site_id=None,
        name=day.name_of_bin(event.bin_id),
        fraction=_fraction(event.bin_id, day),
        state=StopState.EMPTIED.value,
        planned_utc=None,
        expected_utc=None,
        done_utc=by_our_clock(event),
        late_s=None,
        is_late=False,
        skip_reason=None,
        flags=_flags(event, day),
        overflowing=event.overflowing,
        done_by_vehicle_id=None,
        is_extra=True,
    )


def _flags(event: Event | None, day: RoadDay) -> list[Flag]:
    if event is None:
        return []
    outcome = day.state.outcomes.get(event.bin_id) if event.bin_id is not None else None
    return flags_of(event, day.city, contradicted=outcome is not None and outcome.contradicted)


def _name(stop: Stop, event: Event | None, day: RoadDay) -> str:
    if stop.kind is StopKind.DISPOSE:
        return _gate(stop, event, day)[1]
    return day.name_of_bin(stop.bin_id)


def _gate(stop: Stop | None, event: Event | None, day: RoadDay) -> tuple[str, str]:
    """Return where it was unloaded, else where it should be: the site's id and its name."""
    site_id = (event.disposal_site_id if event else None) or (stop.disposal_site_id if stop else None)
    known = day.city.disposal_sites.get(site_id) if site_id else None
    return site_id or "", known.name if known else site_id or ""


def _fraction(bin_id: BinId | None, day: RoadDay) -> str | None:
    own = day.city.bins.get(bin_id) if bin_id is not None else None
    return own.fraction_code if own else None


def _trips(truck: TruckDay, day: RoadDay) -> list[TripOut]:
    """Return planned and driven trips side by side, the n-th with the n-th."""
    planned = [
        (stop, truck.keys[index]) for index, stop in enumerate(truck.route.stops) if stop.kind is StopKind.DISPOSE
    ]
    found = []
    for own, load in zip_longest(planned, loads_of(truck)):
        stop, promise = (own[0], day.promise(own[1], load[0] if load else None)) if own else (None, None)
        event, since = load or (None, ())
        site_id, name = _gate(stop, event, day)
        found.append(
            TripOut(
                disposal_site_id=site_id,
                name=name,
                planned_utc=promise.arrive_utc if promise else None,
                done_utc=by_our_clock(event) if event else None,
                planned_kg=round(promise.weight_kg, 1) if promise else None,
                collected_kg=round(collected_kg(day, since), 1) if event else None,
                weighed_kg=event.weight_kg if event else None,
                ticket=event.ticket if event else "",
            )
        )
    return found


def _breaks(truck: TruckDay) -> list[BreakOut]:
    """Return planned and taken rests side by side, the n-th with the n-th."""
    planned = [stop for stop in truck.route.stops if stop.kind is StopKind.BREAK]
    return [
        BreakOut(
            planned_utc=stop.arrive_utc if stop else None,
            planned_s=round((stop.depart_utc - stop.arrive_utc).total_seconds()) if stop else None,
            begun_utc=by_our_clock(had.begun) if had and had.begun else None,
            ended_utc=by_our_clock(had.ended) if had and had.ended else None,
        )
        for stop, had in zip_longest(planned, pauses(truck.own))
    ]


def _report_out(event: Event, day: RoadDay) -> ReportOut:
    return ReportOut(
        at_utc=by_our_clock(event),
        kind=event.report,
        bin_id=event.bin_id,
        name=day.name_of_bin(event.bin_id),
        note=event.note,
        flags=_flags(event, day),
    )


def _deviation_out(each: Deviation, day: RoadDay) -> DeviationOut:
    return DeviationOut(
        id=each.id,
        kind=each.kind,
        weight=each.weight,
        vehicle_id=each.vehicle_id,
        vehicle_name=day.name_of_truck(each.vehicle_id),
        bin_id=each.bin_id,
        name=day.name_of_bin(each.bin_id),
        at_utc=each.at_utc,
        skip_reason=each.skip_reason,
        report=each.report,
        note=each.note,
        values=dict(each.values),
    )


def _missed_out(each: Missed, day: RoadDay, asked: Mapping[BinId, str]) -> MissedOut:
    return MissedOut(
        bin_id=each.bin_id,
        name=day.name_of_bin(each.bin_id),
        vehicle_id=each.vehicle_id,
        why=each.why,
        skip_reason=each.skip_reason,
        p_overflow_24h=each.p_overflow_24h,
        request_id=asked.get(each.bin_id),
    )
