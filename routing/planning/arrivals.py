"""When a truck on the road will be where, from what it has done so far. Pure.

One rule, kept twice: here for the office, and in `api/web/static/driver/arrivals.js` for the tablet, which may have no
network to ask over. `tests/web/test_same_hours.py` tries both with the same days.

- What was done is done, in whatever order. The truck is at the stop that it did last.
- What is left is driven in the plan's order from there. Where the truck comes from where the plan thought, the leg
  takes the plan's own time; else it is the straight line at the speed of the route's legs over their straight lines.
- All of it is stretched or shrunk by how the day has gone so far, held close to the plan while little is known: after
  one hour of work the day's own pace weighs as much as the plan.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tomma.city import Position
from tomma.plan import Route, Stop, StopKind

PRIOR = timedelta(hours=1)
"""How much work must be behind a truck before its own pace counts for half."""
PACE_MIN, PACE_MAX = 0.6, 1.8
"""A forgotten tablet, or forty taps made at once at the end, is no pace."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A stop that is no longer to do."""

    at_utc: datetime
    is_own: bool = True
    """This truck did it: it was there then."""
    rest: timedelta = timedelta()
    """Of a break, how long it was: a driver may drive on instead."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A stop that is still to do, and when."""

    index: int
    """Its place among the route's stops."""
    stop: Stop
    arrive_utc: datetime
    depart_utc: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a truck's day."""

    stops: tuple[Coming, ...]
    end_utc: datetime
    """Back at its depot."""
    distance_m: int
    """Still to drive, the way home included."""


type Leg = Callable[[int | None, int], timedelta]
"""From the stop where the truck was last, None while that was none, to the stop that it drives to: by their indices."""


def rest_of(
    route: Route,
    positions: Sequence[Position | None],
    settled: Sequence[Settled | None],
    free_utc: datetime | None,
    now_utc: datetime,
) -> Rest:
    """Return what is left of the route.

    Args:
        route: As it was planned.
        positions: Where each of its stops is; None for a break and for what the city no longer knows.
        settled: What became of each of its stops; None while it is to do.
        free_utc: When the truck was last heard to be done with something; None when it was not heard today.
        now_utc: No truck arrives anywhere before.
    """
    leg = legs_of(route, positions)
    pace = pace_of(route, settled, leg)
    home_s = max(route.driving_s - sum(stop.leg_driving_s for stop in route.stops), 0)
    home_m = max(route.distance_m - sum(stop.leg_distance_m for stop in route.stops), 0)
    at_utc, here = free_utc or route.start_utc, _last_place(route, settled)
    coming: list[Coming] = []
    for index, stop in enumerate(route.stops):
        if settled[index] is not None:
            continue
        is_break = stop.kind is StopKind.BREAK
        arrive_utc = max(at_utc if is_break else at_utc + pace * leg(here, index), now_utc)
        at_utc = arrive_utc + _stay(stop) * (1.0 if is_break else pace)
        here = here if is_break else index
        coming.append(Coming(index, stop, arrive_utc, at_utc))
    heard = free_utc is not None
    return Rest(
        stops=tuple(coming),
        end_utc=at_utc + pace * timedelta(seconds=home_s) if coming or heard else route.end_utc,
        distance_m=sum(each.stop.leg_distance_m for each in coming) + (home_m if coming else 0),
    )


def legs_of(route: Route, positions: Sequence[Position | None]) -> Leg:
    """Return how long the truck drives between two stops of the route, in the plan's order or not."""
    places = [index for index, stop in enumerate(route.stops) if stop.kind is not StopKind.BREAK]
    comes_from = {after: before for before, after in pairwise(places)}
    lines = {after: _line_deg(positions[before], positions[after]) for after, before in comes_from.items()}
    straight_deg = sum(line or 0.0 for line in lines.values())
    driving_s = sum(route.stops[index].leg_driving_s for index in lines)

    def leg(before: int | None, after: int) -> timedelta:
        planned = timedelta(seconds=route.stops[after].leg_driving_s)
        if before is None or comes_from.get(after) == before or not straight_deg:
            return planned
        line_deg = _line_deg(positions[before], positions[after])
        return planned if line_deg is None else timedelta(seconds=driving_s * line_deg / straight_deg)

    return leg


def pace_of(route: Route, settled: Sequence[Settled | None], leg: Leg) -> float:
    """Return the minutes that the day takes for each minute of the plan, near 1 while little is behind the truck."""
    planned, actual, rests = timedelta(), timedelta(), timedelta()
    here: tuple[int, datetime] | None = None
    for at_utc, index, rest in _own(settled):
        stop = route.stops[index]
        if stop.kind is StopKind.BREAK:
            rests += rest
            continue
        if here is not None:
            planned += leg(here[0], index) + _stay(stop)
            actual += at_utc - here[1] - rests
        here, rests = (index, at_utc), timedelta()
    return min(max((PRIOR + max(actual, timedelta())) / (PRIOR + planned), PACE_MIN), PACE_MAX)


def _own(settled: Sequence[Settled | None]) -> list[tuple[datetime, int, timedelta]]:
    """Return what the truck did itself, in the order it did it: when, which stop, how long it rested there."""
    return sorted(
        (each.at_utc, index, each.rest) for index, each in enumerate(settled) if each is not None and each.is_own
    )


def _last_place(route: Route, settled: Sequence[Settled | None]) -> int | None:
    done = [index for _, index, _ in _own(settled) if route.stops[index].kind is not StopKind.BREAK]
    return done[-1] if done else None


def _line_deg(one: Position | None, other: Position | None) -> float | None:
    """Return the straight line in degrees of latitude; within a city the earth is flat."""
    if one is None or other is None:
        return None
    east = (one.lon_deg - other.lon_deg) * math.cos(math.radians(one.lat_deg))
    return math.hypot(east, one.lat_deg - other.lat_deg)


def _stay(stop: Stop) -> timedelta:
    return stop.depart_utc - stop.arrive_utc
