"""One day on the road, brought together: the plan, what the drivers tapped, and when the rest will be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from api.driver.promises import Promise, Promises, StopKey, stop_keys, with_former
from api.driver.settling import done_utc, settling
from routing.daytime import WorkingDay
from routing.planning.arrivals import Rest, Settled, rest_of
from tomma.city import City, Position
from tomma.events import Event, EventKind
from tomma.fold import DayState, by_our_clock, tried_again
from tomma.model import BinId, PlanId, VehicleId
from tomma.natural import truck_order
from tomma.plan import Plan, Route, Stop
from tomma.rests import RESTING, pauses

LATE = timedelta(minutes=15)
"""Closer than this no plan is meant: a resident may stand before the lift."""
WORK = frozenset({EventKind.EMPTIED, EventKind.SKIPPED, EventKind.UNLOADED})


@dataclass(frozen=True)
class TruckDay:
    """One truck of the plan."""

    route: Route
    keys: tuple[StopKey, ...]
    settled: tuple[Event | None, ...]
    settled_utc: tuple[datetime | None, ...]
    own: tuple[Event, ...]
    """What its driver tapped and did not take back, in order; an unloading that was weighed later at its own time."""
    rest: Rest
    limit_utc: datetime
    """Later than this it is not at work: the end of its shift, overtime and what the plan allowed included."""
    earlier: frozenset[str] = frozenset()
    """Keys of taps on bins that the plan has anew: of a visit before, on the route of then."""

    @property
    def vehicle_id(self) -> VehicleId:
        """Whose day it is."""
        return self.route.vehicle_id

    @property
    def heard_utc(self) -> datetime | None:
        """When the last tap was made."""
        return max((by_our_clock(event) for event in self.own), default=None)

    @property
    def left(self) -> tuple[BinId, ...]:
        """The bins still to do."""
        return tuple(each.stop.bin_id for each in self.rest.stops if each.stop.bin_id is not None)

    @property
    def extra(self) -> tuple[Event, ...]:
        """What it emptied beside its route."""
        on_route = {stop.bin_id for stop in self.route.stops}
        first: dict[BinId, Event] = {}
        for event in self.own:
            if event.kind is not EventKind.EMPTIED or event.key in self.earlier:
                continue
            if event.bin_id is not None and event.bin_id not in on_route:
                first.setdefault(event.bin_id, event)
        return tuple(first.values())

    @property
    def is_resting(self) -> bool:
        """Whether a break was begun and not ended."""
        return any(each.goes_on for each in pauses(self.own))

    def beyond_shift(self) -> tuple[BinId, ...]:
        """Return the bins that it will not reach in time."""
        return tuple(
            each.stop.bin_id
            for each in self.rest.stops
            if each.stop.bin_id is not None and each.depart_utc > self.limit_utc
        )


@dataclass(frozen=True)
class RoadDay:
    """The whole fleet's day."""

    day: date
    plan: Plan
    promises: Promises
    state: DayState
    city: City
    now_utc: datetime
    trucks: tuple[TruckDay, ...]

    @classmethod
    def of(cls, plan: Plan, promises: Promises, state: DayState, city: City, now_utc: datetime) -> Self:
        """Bring a plan and a day together."""
        state = tried_again(state, plan)
        working = WorkingDay(plan.day, city.organisation.timezone)
        order = truck_order(city)
        routes = sorted(_routes(plan, promises, state), key=lambda route: order(route.vehicle_id))
        trucks = tuple(truck_day(route, state, city, working, now_utc) for route in routes)
        return cls(plan.day, plan, promises, state, city, now_utc, trucks)

    def name_of_truck(self, vehicle_id: VehicleId | None) -> str:
        """Return what people call it."""
        vehicle = self.city.vehicles.get(vehicle_id) if vehicle_id is not None else None
        return vehicle.name if vehicle else vehicle_id or ""

    def name_of_bin(self, bin_id: BinId | None) -> str:
        """Return where it stands."""
        own = self.city.bins.get(bin_id) if bin_id is not None else None
        return self.city.sites[own.site_id].name if own else bin_id or ""

    def promise(self, key: StopKey, event: Event | None) -> Promise | None:
        """Return what was promised of a stop by the version the driver had; of one to do, by the newest."""
        return self.promises.of(key, event.plan_id if event is not None else self.plan.id)


def _routes(plan: Plan, promises: Promises, state: DayState) -> list[Route]:
    """Return the plan's routes, and with them what was done of earlier ones.

    A plan that came later takes no work away: neither from a truck that it leaves out, nor from one whose tablet was
    without a network and drove on by the version before.
    """
    routes = {route.vehicle_id: route for route in plan.routes}
    begins_utc = min((route.start_utc for route in plan.routes), default=plan.created_utc)
    heard = (event.vehicle_id for event in state.standing)
    return [
        with_former(routes.get(each) or Route(each, begins_utc, begins_utc, (), 0, 0), promises, state)
        for each in dict.fromkeys((*routes, *sorted(plan.unavailable), *heard))
    ]


def truck_day(route: Route, state: DayState, city: City, working: WorkingDay, now_utc: datetime) -> TruckDay:
    """Return one truck's day under this route."""
    settled = settling(route, state)
    settled_utc = [done_utc(event, state) if event else None for event in settled]
    own = sorted((event for event in state.standing if event.vehicle_id == route.vehicle_id), key=by_our_clock)
    return TruckDay(
        route=route,
        keys=stop_keys(route),
        settled=tuple(settled),
        settled_utc=tuple(settled_utc),
        own=tuple(own),
        rest=rest_of(
            route,
            [_position(stop, city) for stop in route.stops],
            [_settled(event, own, state) for event in settled],
            _free_utc(own, route, settled, now_utc),
            now_utc,
        ),
        limit_utc=_limit_utc(route, city, working),
        earlier=state.earlier,
    )


def shift_end_utc(vehicle_id: VehicleId, city: City, working: WorkingDay) -> datetime | None:
    """Return when the truck's shift ends; None for a truck the city no longer has."""
    vehicle = city.vehicles.get(vehicle_id)
    return working.at_utc(vehicle.shift.end_s) if vehicle else None


def _limit_utc(route: Route, city: City, working: WorkingDay) -> datetime:
    vehicle, end_utc = city.vehicles.get(route.vehicle_id), shift_end_utc(route.vehicle_id, city, working)
    if vehicle is None or end_utc is None:
        return route.end_utc
    return max(end_utc + timedelta(seconds=vehicle.overtime_s), route.end_utc)


def _settled(event: Event | None, own: Sequence[Event], state: DayState) -> Settled | None:
    if event is None:
        return None
    at_utc = done_utc(event, state)
    if event not in own:
        return Settled(at_utc, is_own=False)
    pause = next((each for each in pauses(own) if each.begun is event), None)
    if pause is not None and pause.ended is not None:
        ended_utc = by_our_clock(pause.ended)
        return Settled(ended_utc, rest=max(ended_utc - at_utc, timedelta()))
    return Settled(at_utc)


def _position(stop: Stop, city: City) -> Position | None:
    if stop.bin_id is not None and stop.bin_id in city.bins:
        return city.position_of(stop.bin_id)
    site = city.disposal_sites.get(stop.disposal_site_id) if stop.disposal_site_id is not None else None
    return site.position if site else None


def _free_utc(
    own: Sequence[Event], route: Route, settled: Sequence[Event | None], now_utc: datetime
) -> datetime | None:
    """Return when the truck is done with what it was last heard of; a break lasts as planned, and until it is ended."""
    free_utc = max((by_our_clock(each) for each in own if each.kind in WORK or each.kind in RESTING), default=None)
    going_on = [each.first for each in pauses(own) if each.goes_on]
    if free_utc is None or not going_on:
        return free_utc
    (begun,) = going_on
    stay = next((s.depart_utc - s.arrive_utc for s, e in zip(route.stops, settled, strict=True) if e is begun), None)
    return max(free_utc, by_our_clock(begun) + (stay or timedelta()), now_utc)


def collected_kg(day: RoadDay, events: Sequence[Event]) -> float:
    """Return what was expected in the bins these events emptied; of those nobody planned, nothing is known.

    A bin that was emptied twice held what each plan expected; one that two tablets tapped was emptied once.
    """
    found: dict[tuple[BinId, PlanId | None], float] = {}
    for event in events:
        if event.kind is EventKind.EMPTIED and event.bin_id is not None:
            promise = day.promises.of(event.bin_id, event.plan_id)
            visit = event.plan_id if event.key in day.state.earlier else None
            found.setdefault((event.bin_id, visit), promise.weight_kg if promise else 0.0)
    return sum(found.values())
