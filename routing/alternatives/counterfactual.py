"""What a day would cost by the municipality's fixed rounds, or by a threshold rule: same streets, engine and checker.

Pure: whoever calls hands in the levels and a way to ask for drives. The audited saving (`routing.saving`) lets both
rules live on from day to day with what really arrived in the bins; the planner's comparison asks for one day only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.alternatives.rules import (
    LEVEL_FRACTION,
    asked_by_rule,
    at_level,
    districts,
    hygiene_due,
    interval_days,
    is_turn,
)
from routing.answer import Solution, VisitKind
from routing.choice.demand import Demand
from routing.choice.nearby import per_lift_minor
from routing.daytime import WorkingDay
from routing.forecast import CityForecast
from routing.planning.build import Built, Fleet, Points, build_problem, points_of
from routing.planning.drives import Drives
from routing.solve_here import solve_here
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.rounds import comes_on
from tomma.trucks import Vehicle

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

ITERATIONS = 300
"""Of the engine: the proving ground's figure for towns."""
MARGIN = 0.6
"""Of the days to full that a round's interval takes where the city names no rounds: what was best for fixed rounds on
the proving ground (docs/decisions/0020-proving-ground.md)."""

AskDrives = Callable[[Points], Drives]
"""Answers with the drives between the points: `planning.drives.ask_drives` on streets, or a matrix that was kept."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a day's routes come to."""

    distance_m: int
    driving_s: int
    work_s: int
    """Halting, emptying and unloading."""
    lifts: int
    stops: int
    """Halts to empty: the bins of one site in one go are one."""
    disposals: int
    volume_l: float
    """Expected, of what is collected."""
    co2_kg: float
    expected_overflows: float
    """Bins expected to overflow before the next opportunity, those not collected and those collected too late."""
    cost_minor: int
    """As a plan counts it: driving, hours, trucks and lifts, with the price of their CO2."""
    trucks: int = 0
    left_behind: int = 0
    """Bins the rule wanted and no truck had time or room for."""


@dataclass(frozen=True)
class RuleDay:
    """One day as a rule sees it in the morning."""

    city: City
    day: WorkingDay
    vehicles: Sequence[Vehicle]
    """On duty."""
    planning: PlanningSettings
    forecast: CityForecast
    """Of the snapshot that the plan beside it was made from."""
    at_utc: datetime
    """The middle of the shift: when a truck comes, on average."""
    last_emptied: Mapping[BinId, datetime]
    ask_drives: AskDrives
    iterations: int = ITERATIONS
    seed: int = 0

    @property
    def next_utc(self) -> datetime:
        """The next opportunity."""
        return self.at_utc + timedelta(hours=self.planning.next_opportunity_h)


def fixed_rounds(task: RuleDay, margin: float = MARGIN) -> Totals:
    """Return the day by the calendar: the city's own rounds, or for bins without any, rounds that fit their rate."""
    bin_ids = task.forecast.bin_ids
    volume_l = task.forecast.volume_l
    rate_l_per_day = task.forecast.usual_arrivals((24.0,)).mean[:, 0] * volume_l
    interval = interval_days(volume_l, np.asarray(rate_l_per_day), margin)
    return _by_rule(task, due_by_calendar(task.city, bin_ids, task.day.day, interval))


def threshold_rule(task: RuleDay, from_fraction: float = LEVEL_FRACTION) -> Totals:
    """Return the day that takes every bin whose level at the snapshot is at least so high."""
    level = np.where(np.asarray(task.forecast.no_data), np.nan, task.forecast.level_fraction)
    return _by_rule(task, at_level(level, from_fraction))


def due_by_calendar(city: City, bin_ids: Sequence[BinId], day: date, interval: NDArray[np.int64]) -> BoolArray:
    """Return whose turn it is on a day.

    Args:
        city: With the rounds that the municipality drove (`Bin.fixed_rounds`), as far as it told them.
        bin_ids: In the order of the answer.
        day: Local date.
        interval: The days between two visits of the bins without rounds of their own. By bin.
    """
    turn = is_turn(day.toordinal(), districts(city, bin_ids), interval)
    own = [city.bins[bin_id].fixed_rounds for bin_id in bin_ids]
    return np.array([comes_on(rounds, day) if rounds else turn[row] for row, rounds in enumerate(own)], dtype=np.bool_)


def routed(
    city: City,
    asked: Sequence[Demand],
    vehicles: Sequence[Vehicle],
    day: WorkingDay,
    planning: PlanningSettings,
    ask_drives: AskDrives,
    *,
    iterations: int,
    seed: int,
) -> tuple[Built, Solution]:
    """Return the day's problem and its routes: the planner's own, in this process and without a clock."""
    points = points_of(city, asked, vehicles)
    drives = ask_drives(points)
    built = build_problem(city, asked, points, Fleet(vehicles, day), drives.matrices, planning, drives.profile_of)
    return built, solve_here(built.problem, iterations, seed)


def totals_of(built: Built, solution: Solution, planning: PlanningSettings, expected_overflows: float) -> Totals:
    """Return what the routes come to."""
    problem = built.problem
    collected = [visit.index for route in solution.routes for visit in route.visits if visit.kind is VisitKind.COLLECT]
    unloads = [visit.index for route in solution.routes for visit in route.visits if visit.kind is VisitKind.DISPOSE]
    halts = halts_of(built, solution)
    distance_m = sum(route.distance_m for route in solution.routes)
    return Totals(
        distance_m=distance_m,
        driving_s=sum(route.driving_s for route in solution.routes),
        work_s=sum(int(problem.halt_s[place]) for place in halts)
        + sum(problem.bins[index].service_s for index in collected)
        + sum(problem.disposals[index].unload_s for index in unloads),
        lifts=len(collected),
        stops=len(halts),
        disposals=len(unloads),
        volume_l=sum(built.demands[index].volume_l for index in collected),
        co2_kg=round(distance_m / 1000.0 * planning.co2_kg_per_km + len(collected) * planning.co2_kg_per_lift, 1),
        expected_overflows=expected_overflows,
        cost_minor=solution.cost_minor + round(len(collected) * per_lift_minor(planning)),
        trucks=len(solution.routes),
        left_behind=len(solution.unvisited),
    )


def halts_of(built: Built, solution: Solution) -> list[int]:
    """Return the place of every halt to empty; a break in the middle of one does not begin a new one."""
    halts: list[int] = []
    for route in solution.routes:
        place = built.problem.trucks[route.truck].start_place
        for visit in route.visits:
            if visit.kind is VisitKind.COLLECT and visit.place != place:
                halts.append(visit.place)
            if visit.kind is not VisitKind.BREAK:
                place = visit.place
    return halts


def expected_overflows(
    forecast: CityForecast, at_utc: datetime, next_utc: datetime, collected: frozenset[BinId]
) -> float:
    """Return how many bins are expected to overflow before the next opportunity when these are emptied today.

    A bin that is emptied may overflow before the truck comes, one that is not until the next opportunity.
    """
    emptied = np.array([bin_id in collected for bin_id in forecast.bin_ids], dtype=np.bool_)
    return float(np.where(emptied, forecast.p_overflow_at(at_utc), forecast.p_overflow_at(next_utc)).sum())


def _by_rule(task: RuleDay, chosen: BoolArray) -> Totals:
    bin_ids = task.forecast.bin_ids
    musts = chosen | hygiene_due(task.city, bin_ids, task.last_emptied, task.next_utc)
    asked = asked_by_rule(task.city, bin_ids, musts, task.forecast.expected_fill_at(task.at_utc))
    built, solution = routed(
        task.city,
        asked,
        task.vehicles,
        task.day,
        task.planning,
        task.ask_drives,
        iterations=task.iterations,
        seed=task.seed,
    )
    left = {built.bin_ids[index] for index in solution.unvisited}
    collected = frozenset(each.bin_id for each in asked) - left
    overflows = expected_overflows(task.forecast, task.at_utc, task.next_utc, collected)
    return totals_of(built, solution, task.planning, overflows)
