"""Which event settled which stop of a route."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tomma.events import Event, EventKind
from tomma.fold import DayState, by_our_clock
from tomma.plan import Route, StopKind

RESTING = frozenset({EventKind.BREAK_STARTED, EventKind.BREAK_ENDED})


def settling(route: Route, done: DayState) -> list[Event | None]:
    """Return the event that settled each stop, in the order of the route; None while it is to do.

    A bin is settled by what was said of it, whichever truck said it. The n-th unloading and the n-th break of the
    route are settled by the n-th such event of the truck: a driver may unload at another place than planned. Who
    unloads more often than planned has done the last unloading of the route when the last of them was.
    """
    by_key = {event.key: event for event in done.standing}
    own = [event for event in done.standing if event.vehicle_id == route.vehicle_id]
    others = {
        StopKind.DISPOSE: _unloadings(own, sum(stop.kind is StopKind.DISPOSE for stop in route.stops)),
        StopKind.BREAK: _rests(own),
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


def break_end(event: Event, done: DayState) -> Event | None:
    """Return what ended the break that this event settled: itself when it was driven past, None while it goes on.

    Whichever tablet said so: the break is the truck's.
    """
    rests = iter([each for each in done.standing if each.vehicle_id == event.vehicle_id and each.kind in RESTING])
    begun = next(each for each in rests if each is event)
    return (
        begun
        if begun.kind is EventKind.BREAK_ENDED
        else next((e for e in rests if e.kind is EventKind.BREAK_ENDED), None)
    )


def _unloadings(own: Iterable[Event], planned: int) -> Iterator[Event]:
    unloaded = [event for event in own if event.kind is EventKind.UNLOADED]
    return iter([*unloaded[: planned - 1], unloaded[-1]] if 0 < planned < len(unloaded) else unloaded)


def _rests(own: Iterable[Event]) -> Iterator[Event]:
    """Yield the event that settled each break: its beginning, or an end without one: the driver drove on."""
    is_open = False
    for event in own:
        if event.kind is EventKind.BREAK_STARTED or (event.kind is EventKind.BREAK_ENDED and not is_open):
            yield event
        if event.kind in RESTING:
            is_open = event.kind is EventKind.BREAK_STARTED
