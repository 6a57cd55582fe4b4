"""What the day's plans promised: when each stop should be done, by which version of the plan the driver had."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from tomma.events import EventKind
from tomma.fold import SETTLING, DayState, StopState
from tomma.loads import visits_of
from tomma.model import BinId, PlanId, VehicleId
from tomma.plan import Plan, PlanStatus, Route, Stop, StopKind
from tomma.ports import PlanStore
from tomma.rests import pauses

DRIVEN = frozenset({PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED})

type StopKey = BinId | tuple[VehicleId, StopKind, int]
"""A bin; or a truck's n-th unloading or break, from 0."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What one version of the plan said of a stop."""

    vehicle_id: VehicleId
    arrive_utc: datetime
    depart_utc: datetime
    volume_l: float
    weight_kg: float
    """Of a bin, what was expected in it; of an unloading, what should be aboard before it."""
    stop: Stop
    """As that version had it."""


@dataclass(frozen=True, slots=True)
class Promises:
    """Every version that was sent to the trucks on one day, the newest first."""

    versions: Mapping[PlanId, Mapping[StopKey, Promise]]

    def of(self, key: StopKey, plan_id: PlanId | None = None) -> Promise | None:
        """Return what `plan_id` promised, or the newest version that knows the stop; None when none does.

        A tap names the version that the tablet showed: nobody is late against a plan that came later.
        """
        own = self.versions.get(plan_id, {}).get(key) if plan_id is not None else None
        return own or next((version[key] for version in self.versions.values() if key in version), None)

    def done_of(self, vehicle_id: VehicleId, state: DayState) -> Mapping[StopKey, Promise]:
        """Return what the truck did of the routes that its tablet showed, whatever became of those routes since."""
        own = [event for event in state.standing if event.vehicle_id == vehicle_id]
        rests = {each.first.key for each in pauses(own)}
        found: dict[StopKey, Promise] = {}
        times: Counter[StopKind] = Counter()
        for event in own:
            key: StopKey | None = None
            if event.kind in SETTLING and event.bin_id is not None:
                outcome = state.outcomes.get(event.bin_id)
                key = event.bin_id if outcome is not None and outcome.event_key == event.key else None
            elif event.kind is EventKind.UNLOADED or event.key in rests:
                kind = StopKind.BREAK if event.key in rests else StopKind.DISPOSE
                key, times[kind] = (vehicle_id, kind, times[kind]), times[kind] + 1
            promise = self.versions.get(event.plan_id, {}).get(key) if key is not None else None
            if key is not None and promise is not None and promise.vehicle_id == vehicle_id:
                found[key] = promise
        return found

    @property
    def bins(self) -> Mapping[BinId, Promise]:
        """Each bin that was promised at any time of the day, as it was promised last."""
        found: dict[BinId, Promise] = {}
        for version in self.versions.values():
            for key, promise in version.items():
                if not isinstance(key, tuple):
                    found.setdefault(key, promise)
        return found


def stop_keys(route: Route) -> tuple[StopKey, ...]:
    """Return each stop's key, in the order of the route."""
    seen: dict[StopKind, int] = {}
    keys: list[StopKey] = []
    for stop in route.stops:
        if stop.bin_id is not None:
            keys.append(stop.bin_id)
        else:
            keys.append((route.vehicle_id, stop.kind, seen.get(stop.kind, 0)))
            seen[stop.kind] = seen.get(stop.kind, 0) + 1
    return tuple(keys)


def promises_of(plans: Iterable[Plan]) -> Promises:
    """Return what these plans, the newest first, promised."""
    return Promises({plan.id: _told(plan) for plan in plans})


def _told(plan: Plan) -> Mapping[StopKey, Promise]:
    found: dict[StopKey, Promise] = {}
    for route in plan.routes:
        visits = (each for each in visits_of(route) if not each.is_earlier)
        for key, each in zip(stop_keys(route), visits, strict=True):
            stop, load = each.stop, (each.grown_l, each.grown_kg)
            if stop.kind is StopKind.DISPOSE:
                load = each.before_l, each.before_kg
            found[key] = Promise(route.vehicle_id, stop.arrive_utc, stop.depart_utc, *load, stop)
    return found


def with_former(route: Route, promises: Promises, state: DayState) -> Route:
    """Return the route with what its truck did of earlier versions and this one does not name, before all else.

    What is aboard after each stop counts them: their litres and kilograms stay until the route's own unloading.
    """
    named = stop_keys(route)
    former = {key: each for key, each in promises.done_of(route.vehicle_id, state).items() if key not in named}
    if not former:
        return route
    done = [each.stop for each in former.values()]
    return replace(
        route,
        start_utc=min(route.start_utc, *(stop.arrive_utc for stop in done)),
        end_utc=max(route.end_utc, *(stop.depart_utc for stop in done)),
        stops=tuple(_loaded(former.values(), route, state)),
        distance_m=route.distance_m + sum(stop.leg_distance_m for stop in done),
        driving_s=route.driving_s + sum(stop.leg_driving_s for stop in done),
        legs_lonlat=(*((),) * len(former), *route.legs_lonlat),
    )


def _loaded(former: Iterable[Promise], route: Route, state: DayState) -> Iterator[Stop]:
    """Yield what was done before and then the route, each with what is aboard after it."""
    volume_l = weight_kg = 0.0
    for each in former:
        if each.stop.kind is StopKind.DISPOSE:
            volume_l = weight_kg = 0.0
        elif each.stop.bin_id is not None and state.state_of(each.stop.bin_id) is StopState.EMPTIED:
            volume_l, weight_kg = volume_l + each.volume_l, weight_kg + each.weight_kg
        yield replace(each.stop, load_after_l=volume_l, load_after_kg=weight_kg)
    for stop in route.stops:
        if stop.kind is StopKind.DISPOSE:
            volume_l = weight_kg = 0.0
        yield replace(stop, load_after_l=stop.load_after_l + volume_l, load_after_kg=stop.load_after_kg + weight_kg)


class PromiseKeeper:
    """Reads a day's versions when another one is published, and remembers them: the page asks every few seconds."""

    def __init__(self, plans: PlanStore) -> None:
        self._plans = plans
        self._lock = Lock()
        self._known: tuple[PlanId, Promises] | None = None

    def of(self, published: Plan) -> Promises:
        """Return what the versions of the day up to the published one promised."""
        with self._lock:
            if self._known is None or self._known[0] != published.id:
                driven = self._plans.of_day(published.day, DRIVEN)
                newest_first = [published, *(each for each in driven if each.id != published.id)]
                self._known = published.id, promises_of(newest_first)
            return self._known[1]
