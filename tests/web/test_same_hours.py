"""The tablet and the follow-up tell the same hours: each reckons by itself, so both are given the same days."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from api.driver.view import told_route
from api.followup.day import truck_day
from routing.daytime import WorkingDay
from tests.routing.planning.small_city import small_city
from tomma.events import Event, EventKind, SkipReason
from tomma.fold import DayState, fold
from tomma.model import BinId, DisposalSiteId, PlanId, VehicleId
from tomma.plan import Plan, PlanStatus, RoadsSource, Route, Stop, StopKind

SIX = datetime(2026, 11, 23, 5, tzinfo=UTC)
CITY = small_city()
TRUCK, OTHER, TIP = VehicleId("v1"), VehicleId("v2"), DisposalSiteId("t0")


def at(minutes: float) -> datetime:
    """So many minutes after six."""
    return SIX + timedelta(minutes=minutes)


def stop(place: str, leg_min: int, begin_min: int, end_min: int) -> Stop:
    """A bin, the tip or the break, from one minute to another."""
    kind = StopKind.COLLECT if place in CITY.bins else StopKind.DISPOSE if place == TIP else StopKind.BREAK
    return Stop(kind, at(begin_min), at(end_min), 1_000, leg_min * 60, 0.0, 0.0, **named(place))


def named(place: str) -> dict[str, Any]:
    """What a stop or a tap names of its place."""
    if place in CITY.bins:
        return {"bin_id": BinId(place)}
    return {"disposal_site_id": TIP} if place == TIP else {}


ORDER = ("b1", "b2", "b3", "b4", "break", "b5", "t0")
STOPS = tuple(
    stop(place, *minutes)
    for place, minutes in zip(
        ORDER,
        [(10, 10, 12), (0, 12, 14), (5, 19, 21), (5, 26, 28), (0, 28, 58), (5, 63, 65), (17, 82, 97)],
        strict=True,
    )
)
"""The sites of b1 and b2, of b3, b4 and b5 stand in a line, five minutes apart; the tip is 17 behind, home 15 away."""
ROUTE = Route(TRUCK, SIX, at(112), STOPS, 20_000, 57 * 60)
PLAN = Plan(PlanId("p"), SIX.date(), SIX, SIX, PlanStatus.PUBLISHED, "x", RoadsSource.STREETS, (ROUTE,), (), 0, 0)
KINDS = {"break": EventKind.BREAK_STARTED, "break over": EventKind.BREAK_ENDED, "t0": EventKind.UNLOADED}

type Tap = tuple[str, float]
type Told = tuple[list[float], float]
"""Each arrival that is still to come, and the end, in minutes after six."""


@dataclass(frozen=True)
class Day:
    """What was tapped until now, and what then is expected."""

    taps: Sequence[Tap]
    now_min: float
    arrivals: Sequence[float]
    end_min: float
    by_other: Sequence[Tap] = ()


DAYS = {
    "nobody has left: the plan": Day([], 0, [10, 12, 19, 26, 28, 63, 82], 112),
    "as planned: the plan": Day([("b1", 12), ("b2", 14)], 14, [19, 26, 28, 63, 82], 112),
    "unloaded first: it comes back from the tip, and goes there no more": Day(
        [("b1", 12), ("b2", 14), ("t0", 61)], 61, [88, 95, 97, 132], 149
    ),
    "a bin of the end before its turn: the way back to the others, no jump of the hours": Day(
        [("b1", 12), ("b2", 14), ("b5", 31)], 31, [41, 48, 50, 102], 132
    ),
    "a site's second bin first: the other is beside it": Day([("b2", 12)], 12, [12, 19, 26, 28, 63, 82], 112),
    "another truck did one: this one need not go there": Day(
        [("b1", 12), ("b2", 14)], 14, [24, 26, 61, 80], 110, by_other=[("b3", 20)]
    ),
    "the break driven past: no pause in the pace": Day(
        [("b1", 12), ("b2", 14), ("b3", 21), ("b4", 28), ("break over", 28)], 28, [33, 52], 82
    ),
    "a break longer than planned: it goes on from now": Day(
        [("b1", 12), ("b2", 14), ("b3", 21), ("b4", 28), ("break", 28)], 70, [75, 94], 124
    ),
    "a long break that is over is no slow work": Day(
        [("b1", 12), ("b2", 14), ("b3", 21), ("b4", 28), ("break", 28), ("break over", 88), ("b5", 95)], 95, [112], 142
    ),
    "a bin beside the route takes its time": Day(
        [("b1", 12), ("b2", 14), ("b6", 40)], 40, [45, 52, 54, 89, 108], 138
    ),
    "half as slow again: so is the rest, but not the break": Day(
        [("b1", 12), ("b2", 45)], 45, [52.5, 63, 66, 103.5, 132], 177
    ),
    "silent for long: nobody arrives in the past": Day(
        [("b1", 12), ("b2", 14)], 100, [100, 107, 109, 144, 163], 193
    ),
    "all done: home is as far as it is": Day(
        [(place, end) for place, end in zip(ORDER, (12, 14, 21, 28, 28, 65, 97), strict=True)]
        + [("break over", 58)], 100, [], 112,
    ),
}  # fmt: skip


def event(n: int, tap: Tap, vehicle_id: VehicleId = TRUCK) -> Event:
    """The tap as it is kept."""
    place, minutes = tap
    kind, own = KINDS.get(place, EventKind.EMPTIED), named(place)
    if place.startswith("no "):
        kind, own = EventKind.SKIPPED, {"bin_id": BinId(place[3:]), "skip_reason": SkipReason.BLOCKED}
    key = f"tap-{vehicle_id}-{n:04}"
    return Event(key, vehicle_id, n, PLAN.id, vehicle_id, kind, at(minutes), at(minutes), **own)


def events(day: Day) -> tuple[list[Event], list[Event]]:
    """This truck's taps and the other's."""
    own = sorted(day.taps, key=lambda tap: tap[1])
    return [event(n, tap) for n, tap in enumerate(own)], [event(n, tap, OTHER) for n, tap in enumerate(day.by_other)]


def by_office(day: Day) -> Told:
    """What the follow-up expects."""
    own, others = events(day)
    truck = truck_day(ROUTE, fold([*own, *others]), CITY, WorkingDay(PLAN.day, "Europe/Stockholm"), at(day.now_min))
    return [_minutes(each.arrive_utc) for each in truck.rest.stops], _minutes(truck.rest.end_utc)


def _minutes(moment: datetime) -> float:
    return (moment - SIX) / timedelta(minutes=1)


def asked(day: Day, *, is_sent: bool) -> list[Any]:
    """What the tablet holds: its own taps in the outbox, or the server tells them all to another tablet."""
    own, others = events(day)
    state: DayState = fold([*others, *own] if is_sent else others)
    told = told_route(PLAN, ROUTE, CITY, PLAN.day, state, ()).model_dump(mode="json")
    return [{**told, "asked_ms": 1}, [] if is_sent else [_record(each) for each in own], day.now_min]


def _record(tap: Event) -> dict[str, Any]:
    place = tap.bin_id or tap.disposal_site_id or "break"
    told = {"kind": tap.kind.value, "tapped_utc": tap.tapped_utc.isoformat(), "key": tap.key, "vehicle_id": TRUCK}
    return {"key": tap.key, "stop_key": f"{place}#1", "status": "waiting", "event": {**told, "plan_id": PLAN.id}}


TABLET = """async ([route, records, nowMin]) => {
  const {currentStop, extraStops, foldStops} = await import("/static/driver/route.js");
  const {expectedTimes} = await import("/static/driver/arrivals.js");
  const sixMs = Date.parse("2026-11-23T05:00:00Z");
  const minutes = (ms) => (ms - sixMs) / 60_000;
  const stops = foldStops(route, records);
  const extra = extraStops(route, stops, records);
  const eta = expectedTimes(route, stops, extra, currentStop(stops, null), sixMs + nowMin * 60_000);
  const coming = stops.filter((stop) => stop.state === "todo" && !stop.on_break);
  return [coming.map((stop) => minutes(eta.stops[stop.key].arriveMs)), minutes(eta.endMs)];
}"""


@pytest.fixture(scope="module")
def by_tablet(plain: Page) -> Callable[..., Told]:
    """Ask the page's own functions, in the browser that runs them."""

    def told(day: Day, *, is_sent: bool = False) -> Told:
        arrivals, end = plain.evaluate(TABLET, asked(day, is_sent=is_sent))
        return arrivals, end

    return told


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_the_hours_are_the_same_in_the_office_and_in_the_cab(day: Day, by_tablet: Callable[..., Told]) -> None:
    """Reckoned by hand; a straight line is a few seconds off the minute."""
    hours = [*day.arrivals, day.end_min]
    office, cab = by_office(day), by_tablet(day)
    assert [*office[0], office[1]] == pytest.approx(hours, abs=0.2)
    assert [*cab[0], cab[1]] == pytest.approx(hours, abs=0.2)
    if not any(place.startswith(("break", "b6")) for place, _ in day.taps):
        known = by_tablet(day, is_sent=True)
        assert [*known[0], known[1]] == pytest.approx(hours, abs=0.2)


def test_a_hundred_days_without_a_plan_are_told_alike(by_tablet: Callable[..., Told]) -> None:
    """Whatever is tapped in whatever order, skipped, rested, by whom: to the second."""
    rng = random.Random(20261123)  # noqa: S311 - no secret
    for _ in range(100):
        places = rng.sample([*CITY.bins, "t0", "break", "break over"], k=rng.randint(0, 8))
        mine = [(f"no {each}" if each in ORDER[:4] and rng.random() < 0.2 else each) for each in places]
        taps = sorted(((each, rng.randint(1, 200)) for each in mine), key=lambda tap: tap[1])
        over_min = min((minute for each, minute in taps if each == "break over"), default=999)
        taps = [tap for tap in taps if tap[0] != "break" or tap[1] < over_min]  # the tablet offers no second break
        left = [each for each in ("b3", "b4", "b5") if each not in places]
        day = Day(taps, rng.randint(0, 260), [], 0, by_other=[(each, 50) for each in left if rng.random() < 0.3])
        office, cab = by_office(day), by_tablet(day)
        assert [*cab[0], cab[1]] == pytest.approx([*office[0], office[1]], abs=1 / 60), day
