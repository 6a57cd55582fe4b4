"""What each visit of a truck's day brought aboard, read from the loads that its route tells. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tomma.plan import Route, Stop


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop of a truck's day, and what it means for the load."""

    stop: Stop
    is_earlier: bool
    """Of a bin that the route has once more: it stands in `Route.earlier`."""
    before_l: float
    before_kg: float
    grown_l: float
    """Expected in the bin; nothing at an unloading."""
    grown_kg: float


def visits_of(route: Route) -> Iterator[Visit]:
    """Yield every stop of the truck's day, earlier visits among them, in the order they are made."""
    done = [*((stop, False) for stop in route.stops[: route.done_stops]), *((stop, True) for stop in route.earlier)]
    ahead = ((stop, False) for stop in route.stops[route.done_stops :])
    told = (*sorted(done, key=lambda each: each[0].depart_utc), *ahead)
    loads = [(0.0, 0.0), *((stop.load_after_l, stop.load_after_kg) for stop, _ in told)]
    for (stop, is_earlier), (before, after) in zip(told, pairwise(loads), strict=True):
        grown = (max(late - soon, 0.0) for soon, late in zip(before, after, strict=True))
        yield Visit(stop, is_earlier, *before, *grown)
