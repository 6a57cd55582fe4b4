"""What was done before a plan was changed, put back into the new one: routes, costs and reasons. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from routing.choice.nearby import per_lift_minor
from routing.planning.morning import Morning
from routing.planning.nodes import rates_of
from routing.planning.standing import Standing
from routing.planning.wishes import in_areas
from tomma.city import City, Position
from tomma.fold import StopState
from tomma.model import BinId, DisposalSiteId
from tomma.plan import LeftOut, Route, Stop, StopKind, Wishes
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode
from tomma.trucks import Vehicle

type Line = tuple[tuple[float, float], ...]
type Ends = tuple[str | None, str]
"""Where a leg begins and ends; None is the depot."""


def with_history(routes: Sequence[Route], morning: Morning, city: City) -> tuple[Route, ...]:
    """Return the routes with what was done before: also those of trucks that drive no further.

    A bin that is to be emptied again is on them once, ahead; what was driven to it before stays driven.
    """
    ahead = {route.vehicle_id: route for route in routes}
    former = {route.vehicle_id: route for route in morning.plan.routes}
    again = frozenset(stop.bin_id for route in routes for stop in route.stops if stop.bin_id is not None)
    joined = []
    for vehicle_id in (*former, *(each for each in ahead if each not in former)):
        standing = morning.standings.get(vehicle_id)
        lines = _lines(former[vehicle_id]) if vehicle_id in former else {}
        done = _without(again, standing.done, tuple(_driven(standing.done, lines, city))) if standing else ()
        earlier = _earlier(again, standing, way_is_kept=bool(done)) if standing else ()
        route = _joined(former.get(vehicle_id), done, earlier, ahead.get(vehicle_id))
        if route is not None:
            joined.append(route)
    return tuple(joined)


@dataclass(frozen=True, slots=True)
class _Done:
    """A stop that was made, and the line of the way to it."""

    stop: Stop
    leg: Line

    def after(self, way: "_Done") -> "_Done":
        """Return it with the way to another stop before its own."""
        legs = (self.stop, way.stop)
        metres, seconds = sum(each.leg_distance_m for each in legs), sum(each.leg_driving_s for each in legs)
        return _Done(replace(self.stop, leg_distance_m=metres, leg_driving_s=seconds), (*way.leg, *self.leg))


def _without(again: frozenset[BinId], done: Sequence[Stop], legs: Sequence[Line]) -> tuple[_Done, ...]:
    """Return what was done but for those bins; the way to them is part of the way to what came next."""
    kept: list[_Done] = []
    way: _Done | None = None
    for each in (_Done(stop, leg) for stop, leg in zip(done, legs, strict=True)):
        own = each if way is None else each.after(way)
        if each.stop.bin_id in again:
            way = own
        else:
            kept.append(own)
            way = None
    if kept and way is not None:  # nothing came next yet, and ahead everything is timed from here
        last = kept.pop()
        kept.append(replace(last.after(way), leg=(*last.leg, *way.leg)))
    return tuple(kept)


def _earlier(again: frozenset[BinId], standing: Standing, *, way_is_kept: bool) -> tuple[Stop, ...]:
    """Return what was done at those bins; the way there is told once, by the stop that came next if there is one."""
    own = (stop for stop in standing.done if stop.bin_id in again)
    if way_is_kept:
        own = (replace(stop, leg_distance_m=0, leg_driving_s=0) for stop in own)
    return (*standing.earlier, *own)


def _joined(
    former: Route | None, done: Sequence[_Done], earlier: tuple[Stop, ...], ahead: Route | None
) -> Route | None:
    if former is None or not (done or (earlier and ahead)):
        return ahead
    stops = tuple(each.stop for each in done)
    driven = (*stops, *earlier)
    return Route(
        vehicle_id=former.vehicle_id,
        start_utc=former.start_utc,
        end_utc=ahead.end_utc if ahead else stops[-1].depart_utc,
        stops=(*stops, *(ahead.stops if ahead else ())),
        distance_m=sum(stop.leg_distance_m for stop in driven) + (ahead.distance_m if ahead else 0),
        driving_s=sum(stop.leg_driving_s for stop in driven) + (ahead.driving_s if ahead else 0),
        legs_lonlat=(*(each.leg for each in done), *(ahead.legs_lonlat if ahead else ((),))),
        done_stops=len(done),
        earlier=earlier,
    )


def _driven(done: Sequence[Stop], lines: Mapping[Ends, Line], city: City) -> Iterator[Line]:
    """Yield the line to each stop from the place before; a break is had where the truck was."""
    before: str | None = None
    for stop in done:
        place = stop.bin_id or stop.disposal_site_id
        if place is None:
            yield ()
        else:
            yield lines.get((before, place)) or _straight(before, place, city)
            before = place


def _lines(route: Route) -> Mapping[Ends, Line]:
    """Return the line of each leg by its ends; one to a break on arrival leads to what is done there."""
    found: dict[Ends, Line] = {}
    before: str | None = None
    line: Line = ()
    for stop, leg in zip(route.stops, route.legs_lonlat, strict=False):
        place = stop.bin_id or stop.disposal_site_id
        line = (*line, *leg)
        if place is not None:
            found[before, place] = line
            before, line = place, ()
    return found


def _straight(before: str | None, after: str, city: City) -> Line:
    """Return a line between stops that no plan had in this order."""
    ends = [_position(each, city) for each in (before, after)]
    if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
        return ()
    return tuple((each.lon_deg, each.lat_deg) for each in ends if each is not None)


def _position(place: str | None, city: City) -> Position | None:
    if place is not None and place in city.bins:
        return city.position_of(BinId(place))
    site = city.disposal_sites.get(DisposalSiteId(place)) if place is not None else None
    return site.position if site else None


def spent_minor(morning: Morning, city: City, planning: PlanningSettings) -> int:
    """Return what the day cost until now: kilometres, hours and lifts of what was done, and the trucks that went out.

    At the prices of what lies ahead, so that a change of plan neither gains nor loses by being made.
    """
    return sum(
        _spent_minor(route, morning.standings[route.vehicle_id], city.vehicles.get(route.vehicle_id), planning)
        for route in morning.plan.routes
        if morning.standings[route.vehicle_id].started
    )


def _spent_minor(route: Route, standing: Standing, vehicle: Vehicle | None, planning: PlanningSettings) -> int:
    rates = rates_of(planning, vehicle)
    rests = sum((s.depart_utc - s.arrive_utc for s in standing.done if s.kind is StopKind.BREAK), timedelta())
    at_work = max(standing.free_utc - route.start_utc - rests, timedelta())
    driven = rates.leg_minor(sum(stop.leg_distance_m for stop in (*standing.done, *standing.earlier)), 0)
    worked = rates.handling_minor(round(at_work.total_seconds()))
    lifted = round(standing.collected.bins * per_lift_minor(planning))
    return driven + worked + lifted + (vehicle.fixed_cost_minor if vehicle else 0)


def told_apart(
    left_out: Sequence[LeftOut], morning: Morning | None, wishes: Wishes, now_utc: datetime, city: City
) -> tuple[LeftOut, ...]:
    """Return the bins that are left out with what settled it first: a person, or a driver today."""
    return tuple(LeftOut(each.bin_id, _settled(each, morning, wishes, now_utc, city)) for each in left_out)


def _settled(
    each: LeftOut, morning: Morning | None, wishes: Wishes, now_utc: datetime, city: City
) -> tuple[Reason, ...]:
    outcome = morning.state.outcomes.get(each.bin_id) if morning else None
    if outcome is not None:
        ago = {"ago_h": max((now_utc - outcome.at_utc) / timedelta(hours=1), 0.0)}
        if outcome.state is StopState.EMPTIED:
            return (Reason(ReasonCode.EMPTIED_TODAY, ago),)
        return (Reason(ReasonCode.SKIPPED_TODAY, ago), *each.reasons)
    if each.bin_id in wishes.excluded:
        return (Reason(ReasonCode.EXCLUDED), *each.reasons)
    if not in_areas(each.bin_id, wishes, city):
        return (Reason(ReasonCode.OTHER_AREA), *each.reasons)
    return each.reasons
