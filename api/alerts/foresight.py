"""Bins that will be full soon and that no truck reaches before: the forecast's alerts. Pure.

Nor is one that lasts until trucks go out whose plan is not made yet: whether they take it is the morning's to say. In
the demo nine bins in ten of which this was told by night were on the morning's plan.

Raised and ended apart, so that a forecast that wavers around the limit tells once. A bin that today's plan reaches in
time is nobody's trouble, however full it gets; one that is full already is told of as overflowing instead.

Two servers on one data folder have a forecast each, up to an hour apart. What was said of a bin since the own one was
made is newer than it and holds, with its hours; else they would raise and end an alert in turn at every look.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from api.context import BinOutlook
from routing.daytime import WorkingDay, local_day
from tomma.city import City
from tomma.collection_days import CollectionDays
from tomma.fold import DayState, StopState
from tomma.model import Alert, AlertKind, BinId
from tomma.plan import Plan, StopKind

ENDS_FACTOR = 1.5
"""Raised within `soon_h`, it ends when the bin lasts half as long again, or a truck comes in two thirds of the time."""
PLAN_LATE = timedelta(hours=1)
"""A morning without a plan so long after its first truck should have left is one on which none comes."""
DAYS_OF_A_WEEK = 7
TRUCK_LATE = timedelta(hours=3)
"""A stop that is not done so long after its time is not counted on any more."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known at one moment of what is to come."""

    now_utc: datetime
    outlook: Callable[[BinId], BinOutlook | None]
    coming: Mapping[BinId, datetime]
    """When a truck that is on its way should be at a bin."""
    active: Mapping[tuple[AlertKind, BinId], Alert]
    """What is raised now about bins."""
    trucks_utc: datetime | None = None
    """When the next trucks go out whose plan is not made yet; None when no day is known to have any."""
    just_emptied: AbstractSet[BinId] = frozenset()
    """Emptied since the forecast was made: it speaks of waste that is gone."""
    said_since: Callable[[BinId], Sequence[Alert]] = lambda _: ()
    """What was said about a bin since the forecast was made, oldest first."""


def coming(plan: Plan | None, day: DayState, now_utc: datetime) -> Mapping[BinId, datetime]:
    """Return when trucks should be at the bins that they still have to empty today."""
    if plan is None:
        return {}
    return {
        stop.bin_id: stop.arrive_utc
        for route in plan.routes
        for stop in route.stops
        if stop.kind is StopKind.COLLECT
        and stop.bin_id is not None
        and day.state_of(stop.bin_id) is StopState.TODO
        and stop.arrive_utc + TRUCK_LATE > now_utc
    }


def next_trucks(city: City, days: CollectionDays, plan: Plan | None, now_utc: datetime) -> datetime | None:
    """Return when the first truck leaves on the next day that is still to be planned.

    `plan` is the newest that was published: today's, or yesterday's.
    """
    today = local_day(now_utc, city.organisation.timezone)
    for later in range(DAYS_OF_A_WEEK + 1):
        day = today + timedelta(days=later)
        if not days.has(day) or (plan is not None and plan.day == day) or not city.vehicles:
            continue
        leaves_s = min(each.shift.start_s for each in city.vehicles.values())
        leaves_utc = WorkingDay(day, city.organisation.timezone).at_utc(leaves_s)
        if leaves_utc + PLAN_LATE > now_utc:
            return leaves_utc
    return None


def just_emptied(day: DayState, as_of_utc: datetime) -> AbstractSet[BinId]:
    """Return the bins that were emptied since, as far as we heard."""
    return {
        each.bin_id
        for each in day.outcomes.values()
        if each.state is StopState.EMPTIED and max(each.at_utc, each.received_utc) >= as_of_utc
    }


def foresee(bins: Mapping[BinId, object], ahead: Ahead, soon_h: float) -> Iterator[Alert]:
    """Yield what is to be raised and what is over."""
    for bin_id in bins:
        outlook = ahead.outlook(bin_id)
        if outlook is None:
            continue
        is_raised = (AlertKind.OVERFLOW_SOON, bin_id) in ahead.active
        is_open = (AlertKind.OVERFLOW, bin_id) not in ahead.active and bin_id not in ahead.just_emptied
        counts = partial(_threatens, ahead=ahead, bin_id=bin_id, soon_h=soon_h, ends=ENDS_FACTOR if is_raised else 1.0)
        threatens = is_open and counts(outlook)
        if is_open and threatens is not is_raised:  # seldom: only then what others said has to be read
            outlook = _newest(outlook, ahead.said_since(bin_id))
            threatens = counts(outlook)
        if threatens is is_raised:
            continue
        numbers = {"hours_to_full": round(outlook.hours_to_full or 0.0, 2), "p_overflow_24h": outlook.p_overflow_24h}
        is_foreseen = is_open and outlook.hours_to_full is not None
        yield Alert(
            AlertKind.OVERFLOW_SOON,
            ahead.now_utc,
            active=threatens,
            bin_id=bin_id,
            values={name: round(value, 4) for name, value in numbers.items()} if is_foreseen else {},
        )
    for (kind, bin_id), alert in ahead.active.items():
        if kind is AlertKind.OVERFLOW_SOON and bin_id not in bins:
            yield Alert(kind, ahead.now_utc, active=False, bin_id=alert.bin_id)  # the bin was taken away


def _newest(outlook: BinOutlook, said: Sequence[Alert]) -> BinOutlook:
    """Return the outlook with the hours of the last word; an end without any said that it lasts, or was emptied."""
    last = next((each for each in reversed(said) if each.kind is AlertKind.OVERFLOW_SOON), None)
    return outlook if last is None else replace(outlook, hours_to_full=last.values.get("hours_to_full"))


def _threatens(outlook: BinOutlook, ahead: Ahead, bin_id: BinId, soon_h: float, ends: float) -> bool:
    if outlook.hours_to_full is None or outlook.hours_to_full > soon_h * ends:
        return False
    full_utc = ahead.now_utc + timedelta(hours=max(outlook.hours_to_full, 0.0) / ends)
    comes_utc = ahead.coming.get(bin_id, ahead.trucks_utc)
    return comes_utc is None or comes_utc > full_utc
