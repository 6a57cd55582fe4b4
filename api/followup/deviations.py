"""What goes otherwise than planned, the gravest first.

Each kind has a weight of its own, and up to nine more by how bad this one is. A truck has at most one line of a kind
that could come forty times a day: the stops themselves show the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from api.context import ForecastView
from api.driver.flags import Flag, flags_of
from api.followup.day import LATE, RoadDay, TruckDay, collected_kg
from tomma.events import Event, EventKind, ReportKind, SkipReason
from tomma.fold import SKEW_TOLD_S, StopState, by_our_clock
from tomma.model import BinId, VehicleId

QUIET = timedelta(minutes=30)
"""So long after the next tap was due: a queue at the tip, or a truck that stands still."""
WEIGHT_OFF_FRACTION, WEIGHT_OFF_KG = 0.25, 150.0
"""Forecasts of weight are no better than this: densities differ by season and street."""


class DeviationKind(StrEnum):
    """What it is. The number is its weight at the least."""

    UNFINISHED = "unfinished"
    """The shift is over and bins are left. values: left"""
    BEYOND_SHIFT = "beyond_shift"
    """Bins that will not be reached in time. values: left, late_s (home after the shift)"""
    QUIET = "quiet"
    """No tap for long. values: quiet_s"""
    NOT_STARTED = "not_started"
    """No tap at all, though the first stop should be done. values: late_s"""
    SKIPPED = "skipped"
    """values: p_overflow (within a day), when a forecast is there"""
    CONTRADICTED = "contradicted"
    """One tablet said emptied, another skipped."""
    REPORTED = "reported"
    LATE = "late"
    """values: late_s"""
    WEIGHT_OFF = "weight_off"
    """values: collected_kg (expected), weighed_kg"""
    FAR_AWAY = "far_away"
    """Taps far from their bins. values: n"""
    OTHER_TRUCK = "other_truck"
    """Bins that were another truck's. values: n"""
    EXTRA = "extra"
    """Bins that no plan had. values: n"""
    CLOCK_OFF = "clock_off"
    """values: skew_s"""


WEIGHTS = {
    DeviationKind.UNFINISHED: 90,
    DeviationKind.BEYOND_SHIFT: 80,
    DeviationKind.QUIET: 70,
    DeviationKind.NOT_STARTED: 70,
    DeviationKind.SKIPPED: 60,
    DeviationKind.CONTRADICTED: 50,
    DeviationKind.REPORTED: 50,
    DeviationKind.LATE: 40,
    DeviationKind.WEIGHT_OFF: 30,
    DeviationKind.FAR_AWAY: 20,
    DeviationKind.OTHER_TRUCK: 10,
    DeviationKind.EXTRA: 10,
    DeviationKind.CLOCK_OFF: 5,
}
SENSOR_WAS_WRONG = 20
"""The weight of a bin that was empty already: nobody is waiting for a truck."""
SPREAD = 9


@dataclass(frozen=True, slots=True)
class Deviation:
    """One line of the list."""

    kind: DeviationKind
    size: float
    """How bad it is among its kind, 0 to 1."""
    vehicle_id: VehicleId | None = None
    bin_id: BinId | None = None
    at_utc: datetime | None = None
    skip_reason: SkipReason | None = None
    report: ReportKind | None = None
    note: str = ""
    key: str = ""
    """The event's, where there is one."""
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Where it stands in the list, 0 to 100."""
        least = WEIGHTS[self.kind]
        if self.skip_reason is SkipReason.ALREADY_EMPTY:
            least = SENSOR_WAS_WRONG
        return least + round(SPREAD * min(max(self.size, 0.0), 1.0))

    @property
    def id(self) -> str:
        """The same line, the next time it is told."""
        return ":".join([self.kind.value, self.key or self.bin_id or self.vehicle_id or ""])


def deviations_of(day: RoadDay, forecast: ForecastView | None) -> list[Deviation]:
    """Return everything that strays, by weight."""
    found = [
        *_of_bins(day, forecast),
        *(each for truck in day.trucks for each in _of_truck(truck, day)),
        *_reports(day),
    ]
    return sorted(found, key=lambda each: (-each.weight, each.at_utc or day.now_utc, each.id))


def _of_bins(day: RoadDay, forecast: ForecastView | None) -> Iterator[Deviation]:
    for bin_id, outcome in day.state.outcomes.items():
        told = partial(
            Deviation, vehicle_id=outcome.vehicle_id, bin_id=bin_id, at_utc=outcome.at_utc, key=outcome.event_key
        )
        if outcome.state is StopState.SKIPPED:
            outlook = forecast.outlook(bin_id) if forecast else None
            risk = outlook.p_overflow_24h if outlook else 0.0
            values = {"p_overflow": round(risk, 4)} if outlook else {}
            yield told(DeviationKind.SKIPPED, risk, skip_reason=outcome.skip_reason, values=values)
        if outcome.contradicted:
            yield told(DeviationKind.CONTRADICTED, 0.5)


def _of_truck(truck: TruckDay, day: RoadDay) -> Iterator[Deviation]:
    yield from _of_time(truck, day)
    yield from _of_weight(truck, day)
    promised = day.promises.bins
    others = [event for event in truck.extra if event.bin_id in promised]
    far = [event for event in truck.own if Flag.FAR_AWAY in flags_of(event, day.city, contradicted=False)]
    counted = (
        (DeviationKind.OTHER_TRUCK, others),
        (DeviationKind.EXTRA, [event for event in truck.extra if event.bin_id not in promised]),
        (DeviationKind.FAR_AWAY, far),
    )
    for kind, events in counted:
        if events:
            at_utc, n = by_our_clock(events[-1]), len(events)
            only = events[0].bin_id if n == 1 else None
            yield Deviation(kind, n / 10, truck.vehicle_id, at_utc=at_utc, bin_id=only, values={"n": n})
    skews = [event.clock_skew_s for event in truck.own if abs(event.clock_skew_s or 0.0) > SKEW_TOLD_S]
    if skews:
        worst_s = max((each or 0.0 for each in skews), key=abs)
        yield Deviation(
            DeviationKind.CLOCK_OFF, abs(worst_s) / 86_400, truck.vehicle_id, values={"skew_s": round(worst_s)}
        )


def _of_time(truck: TruckDay, day: RoadDay) -> Iterator[Deviation]:
    vehicle_id, left, now_utc = truck.vehicle_id, len(truck.left), day.now_utc
    if not left:
        return
    if now_utc > truck.limit_utc:
        yield Deviation(DeviationKind.UNFINISHED, left / 20, vehicle_id, at_utc=truck.limit_utc, values={"left": left})
        return
    late_s = _late_s(truck, day)
    beyond = len(truck.beyond_shift())
    if beyond:
        over_s = round((truck.rest.end_utc - truck.limit_utc).total_seconds())
        values = {"left": beyond, "late_s": max(over_s, 0)}
        yield Deviation(DeviationKind.BEYOND_SHIFT, beyond / 20, vehicle_id, values=values)
    elif late_s > LATE.total_seconds():
        yield Deviation(DeviationKind.LATE, late_s / 7_200, vehicle_id, values={"late_s": late_s})
    yield from _silence(truck, day)


def _late_s(truck: TruckDay, day: RoadDay) -> int:
    """Return how far behind the plan the truck's next stop is."""
    coming = truck.rest.stops[0]
    promise = day.promise(truck.keys[coming.index], None)
    return round((coming.arrive_utc - promise.arrive_utc).total_seconds()) if promise else 0


def _silence(truck: TruckDay, day: RoadDay) -> Iterator[Deviation]:
    heard_utc, coming = truck.heard_utc, truck.rest.stops[0].stop
    if heard_utc is None:
        late = day.now_utc - coming.depart_utc
        if late > LATE:
            late_s = round(late.total_seconds())
            yield Deviation(DeviationKind.NOT_STARTED, late_s / 7_200, truck.vehicle_id, values={"late_s": late_s})
        return
    since_utc = max(heard_utc, day.plan.created_utc)  # a truck may have been home when a second round was planned
    due_utc = since_utc + timedelta(seconds=coming.leg_driving_s) + (coming.depart_utc - coming.arrive_utc)
    if not truck.is_resting and day.now_utc - due_utc > QUIET:
        quiet_s = round((day.now_utc - heard_utc).total_seconds())
        values = {"quiet_s": quiet_s}
        yield Deviation(DeviationKind.QUIET, quiet_s / 14_400, truck.vehicle_id, at_utc=heard_utc, values=values)


def _of_weight(truck: TruckDay, day: RoadDay) -> Iterator[Deviation]:
    for event, since in loads_of(truck):
        expected_kg = collected_kg(day, since)
        if event.weight_kg is None or not expected_kg:
            continue
        apart_kg = abs(event.weight_kg - expected_kg)
        if apart_kg > max(WEIGHT_OFF_KG, WEIGHT_OFF_FRACTION * expected_kg):
            yield Deviation(
                DeviationKind.WEIGHT_OFF,
                apart_kg / max(expected_kg, event.weight_kg),
                truck.vehicle_id,
                at_utc=by_our_clock(event),
                key=event.key,
                values={"collected_kg": round(expected_kg), "weighed_kg": round(event.weight_kg)},
            )


def loads_of(truck: TruckDay) -> list[tuple[Event, tuple[Event, ...]]]:
    """Return each unloading with what was tapped since the one before."""
    found: list[tuple[Event, tuple[Event, ...]]] = []
    since: list[Event] = []
    for event in truck.own:
        if event.kind is EventKind.UNLOADED:
            found.append((event, tuple(since)))
            since = []
        else:
            since.append(event)
    return found


def _reports(day: RoadDay) -> Iterator[Deviation]:
    for event in day.state.standing:
        if event.kind is EventKind.REPORTED:
            size = 0.9 if event.report in (ReportKind.OVERFLOWING, ReportKind.BIN_DAMAGED) else 0.2
            yield Deviation(
                DeviationKind.REPORTED,
                size,
                event.vehicle_id,
                event.bin_id,
                by_our_clock(event),
                report=event.report,
                note=event.note,
                key=event.key,
            )
