"""Which event settled which stop of a route."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tomma.events import Event, EventKind
from tomma.fold import DayState, by_our_clock
from tomma.model import VehicleId
from tomma.plan import Route, StopKind
from tomma.rests import Pause, pauses


def settling(route: Route, done: DayState) -> list[Event | None]:
    """Return the event that settled each stop, in the order of the route; None while it is to do.

    A bin is settled by what was said of it, whichever truck said it. The n-th unloading and the n-th break of the
    route are settled by the n-th such event of the truck: a driver may unload at another place than planned. Who
    unloads more often than planned has done the last unloading of the route when the last of them was.
    """
    by_key = {event.key: event for event in done.standing}
    own = _of_truck(route.vehicle_id, done)
    others = {
        StopKind.DISPOSE: _unloadings(own, sum(stop.kind is StopKind.DISPOSE for stop in route.stops)),
        StopKind.BREAK: iter([each.first for each in pauses(own)]),
    }
    found: list[Event | None] = []
    for stop in route.stops:
        if stop.bin_id is None:
            found.append(next(others[stop.kind], None))
        else:
            outcome = done.outcomes.get(stop.bin_id)
            found.append(by_key[outcome.event_key] if outcome else None)
    return found


def done_utc(event: Event, done: DayState) -> datetime:
    """Return when the stop was done that this event settled; a bin at the first tap that stands."""
    outcome = done.outcomes.get(event.bin_id) if event.bin_id is not None else None
    return outcome.at_utc if outcome else by_our_clock(event)


def pause_of(event: Event, done: DayState) -> Pause:
    """Return the break that this event settled."""
    return next(each for each in pauses(_of_truck(event.vehicle_id, done)) if each.first is event)


def _of_truck(vehicle_id: VehicleId, done: DayState) -> list[Event]:
    return [event for event in done.standing if event.vehicle_id == vehicle_id]


def _unloadings(own: Iterable[Event], planned: int) -> Iterator[Event]:
    unloaded = [event for event in own if event.kind is EventKind.UNLOADED]
    return iter([*unloaded[: planned - 1], unloaded[-1]] if 0 < planned < len(unloaded) else unloaded)
