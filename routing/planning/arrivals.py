"""When a truck on the road will be where, from what it has done so far. Pure.

The rest of the route is driven in the plan's order with the plan's own minutes for each leg and stop, from the last tap
on. Those minutes are stretched or shrunk by how the day has gone so far, held close to the plan while little is known:
after one hour of taps the day's own pace weighs as much as the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tomma.plan import Route, Stop, StopKind

PRIOR = timedelta(hours=1)
"""How much work must be behind a truck before its own pace counts for half."""
PACE_MIN, PACE_MAX = 0.6, 1.8
"""A forgotten tablet, or forty taps made at once at the end, is no pace."""


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


def rest_of(route: Route, settled_utc: Sequence[datetime | None], free_utc: datetime | None, now_utc: datetime) -> Rest:
    """Return what is left of the route.

    Args:
        route: As it was planned.
        settled_utc: When each of its stops was done or skipped; None while it is to do.
        free_utc: When the truck was last heard to be done with something; None when it was not heard today.
        now_utc: No truck arrives anywhere before.
    """
    pace = pace_of(route, settled_utc)
    home_s = max(route.driving_s - sum(stop.leg_driving_s for stop in route.stops), 0)
    home_m = max(route.distance_m - sum(stop.leg_distance_m for stop in route.stops), 0)
    at_utc = free_utc or route.start_utc
    coming: list[Coming] = []
    for index, stop in enumerate(route.stops):
        if settled_utc[index] is None:
            arrive_utc = max(at_utc + pace * timedelta(seconds=stop.leg_driving_s), now_utc)
            at_utc = arrive_utc + _stay(stop) * (1.0 if stop.kind is StopKind.BREAK else pace)
            coming.append(Coming(index, stop, arrive_utc, at_utc))
    heard = free_utc is not None
    return Rest(
        stops=tuple(coming),
        end_utc=at_utc + pace * timedelta(seconds=home_s) if coming or heard else route.end_utc,
        distance_m=sum(each.stop.leg_distance_m for each in coming) + (home_m if coming else 0),
    )


def pace_of(route: Route, settled_utc: Sequence[datetime | None]) -> float:
    """Return the minutes that the day takes for each minute of the plan, near 1 while little is behind the truck."""
    done = sorted(
        (at_utc, index) for index, at_utc in enumerate(settled_utc) if at_utc is not None and _works(route.stops[index])
    )
    if len(done) < 2:
        return 1.0
    first_utc, last_utc = done[0][0], done[-1][0]
    planned = sum((_work(route.stops[index]) for _, index in done[1:]), timedelta())
    rests = sum(
        (
            _stay(stop)
            for stop, at_utc in zip(route.stops, settled_utc, strict=True)
            if at_utc is not None and not _works(stop) and first_utc <= at_utc <= last_utc
        ),
        timedelta(),
    )
    actual = max(last_utc - first_utc - rests, timedelta())
    return min(max((PRIOR + actual) / (PRIOR + planned), PACE_MIN), PACE_MAX)


def _works(stop: Stop) -> bool:
    return stop.kind is not StopKind.BREAK


def _stay(stop: Stop) -> timedelta:
    return stop.depart_utc - stop.arrive_utc


def _work(stop: Stop) -> timedelta:
    return timedelta(seconds=stop.leg_driving_s) + _stay(stop)
