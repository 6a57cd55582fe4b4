"""What the stores tell of one day, in the words of `tomma.saving`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.daytime import WorkingDay
from routing.saving.tape import Heard
from tomma.city import City
from tomma.events import EventKind
from tomma.fold import DayState, by_our_clock, confirmed_emptyings, fold
from tomma.model import UNTRUSTED, BinId, Emptying, EmptyingSource, Reading
from tomma.plan import Plan, PlanStatus, Route, StopKind
from tomma.ports import EventLog, PlanStore, ReadingStore
from tomma.saving import UNTOLD, Planned, Step, StepKind, Trip

BEFORE, AFTER = timedelta(hours=36), timedelta(hours=6)
"""Around the day: the level at midnight was measured the evening before, the last hours are told the next morning."""
ONE_EMPTYING = timedelta(hours=3)
"""A tap and what the sensor saw of it lie no further apart."""
TAPPED = {
    EventKind.EMPTIED: StepKind.COLLECT,
    EventKind.SKIPPED: StepKind.SKIP,
    EventKind.UNLOADED: StepKind.DISPOSE,
}
PLANNED = {StopKind.COLLECT: StepKind.COLLECT, StopKind.DISPOSE: StepKind.DISPOSE}
DRIVEN = frozenset({PlanStatus.PUBLISHED, PlanStatus.SUPERSEDED})


@dataclass(frozen=True)
class DayHeard:
    """One day as sensors and drivers told it."""

    of_bin: Mapping[BinId, Heard]
    emptied: tuple[Step, ...]
    driven: tuple[Trip, ...]
    planned: Planned | None
    weighed_kg: int | None


def hear(city: City, readings: ReadingStore, events: EventLog, plans: PlanStore, day: WorkingDay) -> DayHeard:
    """Return what is stored of a day that is over, and of the hours around it."""
    begin, end = day.at_utc(0), day.later(1).at_utc(0)
    of_day = plans.of_day(day.day, DRIVEN)
    state = fold(event for plan in of_day for event in events.of_plan(plan.id))
    seen = readings.emptyings(begin - BEFORE, end + AFTER)
    tapped = confirmed_emptyings(events.received_since(begin - BEFORE))
    both = _once_each((*seen, *tapped))
    published = next((each for each in of_day if each.status is PlanStatus.PUBLISHED), None)
    driven = _driven(state)
    planned, silent = (None, ()) if published is None else _planned(published, city, driven)
    return DayHeard(
        of_bin=_heard(city, readings.range_all(begin - BEFORE, end + AFTER), both),
        emptied=tuple(
            Step(StepKind.COLLECT, bin_id, _minute(_tap_of(group), begin))
            for bin_id, groups in sorted(both.items())
            for group in groups
            if begin <= _tap_of(group) < end and bin_id in city.bins
        ),
        driven=(*driven, *silent) if driven else (),
        planned=planned,
        weighed_kg=_weighed_kg(state),
    )


def _once_each(emptyings: Iterable[Emptying]) -> Mapping[BinId, Sequence[Sequence[Emptying]]]:
    """Return each bin's emptyings, oldest first; those told by driver and sensor together."""
    found: dict[BinId, list[list[Emptying]]] = defaultdict(list)
    for each in sorted(emptyings, key=lambda one: (one.at_utc, one.bin_id, one.source)):
        groups = found[each.bin_id]
        if groups and each.at_utc - groups[-1][0].at_utc <= ONE_EMPTYING:
            groups[-1].append(each)
        else:
            groups.append([each])
    return found


def _tap_of(group: Sequence[Emptying]) -> datetime:
    """Return when the driver tapped; else when the sensor first told a lower level."""
    taps = [each.at_utc for each in group if each.source is EmptyingSource.CONFIRMED]
    return (taps or [group[0].at_utc])[0]


def _drop_of(group: Sequence[Emptying]) -> float:
    """Return when the level was lower for the first time, else when it was tapped: what divides readings."""
    seen = [each.at_utc for each in group if each.source is not EmptyingSource.CONFIRMED]
    return (seen or [group[0].at_utc])[0].timestamp()


def _heard(
    city: City, readings: Mapping[BinId, Sequence[Reading]], emptied: Mapping[BinId, Sequence[Sequence[Emptying]]]
) -> Mapping[BinId, Heard]:
    found = {}
    for bin_id in city.bins:
        volume_l = city.container_type_of(bin_id).volume_l
        told = [each for each in readings.get(bin_id, ()) if not each.quality & UNTRUSTED]
        found[bin_id] = Heard(
            [each.measured_utc.timestamp() for each in told],
            [each.fill_fraction * volume_l for each in told],
            [_drop_of(group) for group in emptied.get(bin_id, ())],
        )
    return found


def _driven(state: DayState) -> tuple[Trip, ...]:
    """Return each truck's steps in the order they were done; when they were is nobody's business here.

    An unloading that was weighed is said again later, at its own time.
    """
    steps: dict[str, list[Step]] = defaultdict(list)
    for event in sorted(state.standing, key=by_our_clock):
        kind, subject = TAPPED.get(event.kind), event.bin_id or event.disposal_site_id
        if kind is not None and subject is not None:
            steps[event.vehicle_id].append(Step(kind, subject, UNTOLD))
    return tuple(Trip(vehicle_id, tuple(of_truck)) for vehicle_id, of_truck in sorted(steps.items()))


def _planned(plan: Plan, city: City, driven: Sequence[Trip]) -> tuple[Planned, tuple[Trip, ...]]:
    """Return what was planned, and the trips of trucks nobody tapped on: taken to have driven as planned.

    They leave out what another truck did, who told it after they had been given it.
    """
    tapped = {trip.vehicle_id for trip in driven}
    emptied = {step.id for trip in driven for step in trip.steps if step.kind is StepKind.COLLECT}
    untold = [_as_planned(route, emptied) for route in plan.routes if route.vehicle_id not in tapped]
    silent = tuple(trip for trip in untold if any(step.kind is StepKind.COLLECT for step in trip.steps))
    expected_kg = sum(
        _expected_kg(city, stop.bin_id, stop.expected_fill_fraction)
        for route in plan.routes
        for stop in route.stops
        if stop.bin_id is not None
    )
    bin_ids = tuple(sorted(plan.bins_collected))
    return Planned(plan.id, bin_ids, round(expected_kg), tuple(trip.vehicle_id for trip in silent)), silent


def _as_planned(route: Route, emptied: AbstractSet[str]) -> Trip:
    return Trip(
        route.vehicle_id,
        tuple(
            Step(PLANNED[stop.kind], stop.bin_id or stop.disposal_site_id or "", UNTOLD)
            for stop in route.stops
            if stop.kind in PLANNED and stop.bin_id not in emptied
        ),
    )


def _expected_kg(city: City, bin_id: BinId, fill_fraction: float | None) -> float:
    if bin_id not in city.bins or fill_fraction is None:
        return 0.0
    container = city.container_type_of(bin_id)
    return min(fill_fraction * container.volume_l * city.fraction_of(bin_id).density_kg_per_l, container.max_kg)


def _weighed_kg(state: DayState) -> int | None:
    told = [each.weight_kg for each in state.standing if each.weight_kg is not None]
    return round(sum(told)) if told else None


def _minute(moment: datetime, midnight_utc: datetime) -> int:
    return int((moment - midnight_utc).total_seconds() // 60)
