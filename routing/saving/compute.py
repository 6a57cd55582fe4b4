"""From a day's inputs to its results, and from nothing else: called when the day is over, and by whoever doubts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.alternatives.counterfactual import due_by_calendar, routed
from routing.alternatives.rules import asked_by_rule, at_level
from routing.answer import Solution, VisitKind
from routing.choice.demand import Demand
from routing.daytime import WorkingDay, hours_of
from routing.planning.build import Built
from routing.saving.bill import drive, with_lifts
from routing.saving.drives import KeptDrives
from routing.saving.shadow import Lived, Waste, by_bin, live
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.saving import NEVER, BinState, DayInputs, DayResults, Side, SideFigures, Step, StepKind, Trip
from tomma.trucks import Vehicle

BoolArray = NDArray[np.bool_]

NEEDLESS_PCT = 40
"""A lift below is called needless."""
DAY_MIN = 24 * 60
DAYS_BACK = 7
"""How far a turn that fell on a day without trucks is caught up."""


@dataclass(frozen=True)
class Case:
    """A day with what its digests stand for."""

    inputs: DayInputs
    city: City
    drives: KeptDrives
    """On empty streets."""

    @cached_property
    def planning(self) -> PlanningSettings:
        """Prices and rates."""
        return PlanningSettings.model_validate(dict(self.inputs.planning))

    @cached_property
    def day(self) -> WorkingDay:
        """The day on the wall's clock."""
        return WorkingDay(self.inputs.day, self.city.organisation.timezone)

    @cached_property
    def streets(self) -> KeptDrives:
        """The drives at the day's pace."""
        return self.drives.at_pace(self.inputs.pace)

    @cached_property
    def bin_ids(self) -> tuple[BinId, ...]:
        """In the order of the inputs."""
        return tuple(BinId(each) for each in self.inputs.bin_ids)

    @cached_property
    def holds_dl(self) -> tuple[int, ...]:
        """What fits in each bin."""
        return tuple(round(self.city.container_type_of(each).volume_l * 10.0) for each in self.bin_ids)

    @cached_property
    def vehicles(self) -> tuple[Vehicle, ...]:
        """By id."""
        return tuple(self.city.vehicles[each] for each in sorted(self.city.vehicles))

    @cached_property
    def waste(self) -> Waste:
        """What arrives."""
        return Waste(self.inputs.inflow_dl, self.inputs.minutes)

    @cached_property
    def shift_min(self) -> tuple[int, int]:
        """When the first truck leaves and the last one is home, in minutes after midnight."""
        begins_s, ends_s = hours_of(self.vehicles, self.day)
        return min(begins_s // 60, self.inputs.minutes), min(ends_s // 60, self.inputs.minutes)


def compute(case: Case) -> DayResults:
    """Return what the day came to for every side."""
    trips = {side: _by_rule(case, side) for side in (Side.FIXED, Side.THRESHOLD)}
    return results_of(case, {side: found[0] for side, found in trips.items()}, {s: f[1] for s, f in trips.items()})


def results_of(case: Case, trips: Mapping[Side, tuple[Trip, ...]], left: Mapping[Side, tuple[str, ...]]) -> DayResults:
    """Return the results that follow from the rules' routes: needs no engine.

    Args:
        case: The day.
        trips: The routes of each rule.
        left: The bins each rule wanted and had no truck for.
    """
    inputs = case.inputs
    outcome = {Side.DONE: _lived(case, Side.DONE, inputs.driven, inputs.emptied, ())}
    for side, routes in trips.items():
        emptied = [step for trip in routes for step in trip.steps if step.kind is StepKind.COLLECT]
        outcome[side] = _lived(case, side, routes, emptied, left.get(side, ()))
    wanted = frozenset(inputs.planned.bin_ids) if inputs.planned else frozenset()
    done = wanted & {step.id for step in inputs.emptied}
    return DayResults(
        figures={side: figures for side, (figures, _) in outcome.items()},
        trips=dict(trips),
        after={side: state for side, (_, state) in outcome.items()},
        planned_bins=len(wanted),
        planned_bins_emptied=len(done),
    )


def asked_of(case: Case, side: Side) -> tuple[Demand, ...]:
    """Return what a rule takes that day: its own choice, the law's, and what it owes from the day before."""
    inputs = case.inputs
    if inputs.day.isoweekday() not in inputs.rules.weekdays:
        return ()
    begins, ends = case.shift_min
    held = inputs.before[side].held_dl
    holds = np.asarray(case.holds_dl, dtype=np.float64)
    level = case.waste.held_at(held, begins) / holds
    chosen = at_level(level, inputs.rules.threshold_fraction) if side is Side.THRESHOLD else _turns(case)
    owed = frozenset(inputs.before[side].owed)
    musts = chosen | _hygiene(case, side, ends) | np.array([each in owed for each in inputs.bin_ids], dtype=np.bool_)
    # The rule's trucks know what they will find: they never have to drive back for what no plan foresaw.
    found = case.waste.held_at(held, (begins + ends) // 2) / holds
    return asked_by_rule(case.city, case.bin_ids, musts, found)


def _by_rule(case: Case, side: Side) -> tuple[tuple[Trip, ...], tuple[str, ...]]:
    """Return the rule's routes, and what it had no truck for."""
    inputs, asked = case.inputs, asked_of(case, side)
    if not asked:
        is_free = inputs.day.isoweekday() not in inputs.rules.weekdays
        return (), inputs.before[side].owed if is_free else ()
    built, solution = routed(
        case.city,
        asked,
        case.vehicles,
        case.day,
        case.planning,
        case.streets.ask,
        iterations=inputs.rules.iterations,
        seed=inputs.rules.seed,
    )
    return trips_of(built, solution), tuple(built.bin_ids[index] for index in sorted(solution.unvisited))


def trips_of(built: Built, solution: Solution) -> tuple[Trip, ...]:
    """Return the routes in the city's words."""
    kinds = {VisitKind.COLLECT: StepKind.COLLECT, VisitKind.DISPOSE: StepKind.DISPOSE}
    names = {VisitKind.COLLECT: built.bin_ids, VisitKind.DISPOSE: built.points.disposal_ids}
    return tuple(
        Trip(
            built.vehicle_ids[route.truck],
            tuple(
                Step(kinds[visit.kind], names[visit.kind][visit.index], visit.begin_s // 60)
                for visit in route.visits
                if visit.kind is not VisitKind.BREAK
            ),
        )
        for route in solution.routes
    )


def _turns(case: Case) -> BoolArray:
    """Return whose turn it is, those of the days before without trucks included."""
    inputs = case.inputs
    interval = np.asarray(inputs.interval_days, dtype=np.int64)
    turn = np.zeros(len(case.bin_ids), dtype=np.bool_)
    for back in range(DAYS_BACK):
        day = inputs.day - timedelta(days=back)
        if back and day.isoweekday() in inputs.rules.weekdays:
            break
        turn |= due_by_calendar(case.city, case.bin_ids, day, interval)
    return turn


def _hygiene(case: Case, side: Side, minute: int) -> BoolArray:
    """Return which bins would stand longer than the law allows before the next opportunity."""
    midnight = _minute_of(case)
    next_min = midnight + minute + round(case.planning.next_opportunity_h * 60)
    limits = [case.city.fraction_of(each).hygiene_interval_days for each in case.bin_ids]
    since = case.inputs.before[side].emptied_minute
    return np.array(
        [
            limit is not None and at != NEVER and next_min - at > limit * DAY_MIN
            for limit, at in zip(limits, since, strict=True)
        ],
        dtype=np.bool_,
    )


def _minute_of(case: Case) -> int:
    """Return the day's midnight in minutes since 1970."""
    return int(case.day.at_utc(0).timestamp()) // 60


def _lived(
    case: Case, side: Side, trips: Sequence[Trip], emptied: Sequence[Step], left: tuple[str, ...]
) -> tuple[SideFigures, BinState]:
    """Return one side's figures, and where it stands at the end."""
    inputs, before = case.inputs, case.inputs.before[side]
    row_of = {bin_id: row for row, bin_id in enumerate(inputs.bin_ids)}
    last = inputs.minutes - 1
    lifts = by_bin([(row_of[each.id], min(each.minute, last)) for each in emptied if each.id in row_of])
    driven = drive(trips, case.city, case.streets, case.planning)
    figures = replace(
        with_lifts(driven, sum(map(len, lifts.values())), case.planning),
        left_behind=len(left),
    )
    held, since = [], list(before.emptied_minute)
    midnight = _minute_of(case)
    for row, bin_id in enumerate(case.bin_ids):
        holds_dl = case.holds_dl[row]
        minutes = lifts.get(row, [])
        lived = live(case.waste, row, before.held_dl[row], holds_dl, minutes)
        held.append(lived.after_dl)
        if minutes:
            since[row] = midnight + minutes[-1]
        figures = _with_bin(figures, lived, holds_dl, case.city.fraction_of(bin_id).density_kg_per_l)
    return figures, BinState(tuple(held), tuple(since), left)


def _with_bin(figures: SideFigures, lived: Lived, holds_dl: int, density_kg_per_l: float) -> SideFigures:
    """Return the figures with one bin's day added, in whole numbers: sums then do not depend on the order."""
    fills_pct = [min(100, 100 * each // holds_dl) for each in lived.taken_dl]
    return replace(
        figures,
        needless=figures.needless + sum(each < NEEDLESS_PCT for each in fills_pct),
        volume_dl=figures.volume_dl + sum(lived.taken_dl),
        weight_kg=figures.weight_kg + round(sum(lived.taken_dl) * density_kg_per_l / 10.0),
        fill_pct=figures.fill_pct + sum(fills_pct),
        fill_pct_squared=figures.fill_pct_squared + sum(each * each for each in fills_pct),
        overflow_min=figures.overflow_min + lived.overflow_min,
        overflow_dl=figures.overflow_dl + lived.overflow_dl,
    )
