"""What a setting of the risk knob comes to in the weeks ahead: kilometres against overflowing bins. Expected figures.

A day alone would flatter the bold, who put off today what somebody has to drive tomorrow. So a fortnight is lived
through: one future of all bins is drawn from the forecast, each morning the levels that sensors would show then are
looked at, the planner's own rules choose (`routing.choice.demand`), routes are laid by insertion alone, and what was
emptied fills anew. The first week lets a setting get into its stride; the second one is told. Every setting meets the
same future, so that their difference is theirs and not chance's.

Overflows are summed as probabilities, not counted in the one future: how likely each bin is to overflow before the next
morning, or before its visit, given its level in the morning. Left out: requests, replans.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.ahead.outlook import Outlook
from routing.answer import Solution, VisitKind
from routing.choice.demand import demands
from routing.choice.nearby import per_lift_minor
from routing.daytime import WorkingDay, hours_of
from routing.engines.hopeless import reduce
from routing.engines.sectors import first_answer
from routing.forecast import CityForecast, SensorState
from routing.planning.build import Built, Fleet, Points, build_problem, points_of, wanted
from routing.planning.drives import Drives, ask_drives
from routing.roads.port import Roads
from routing.solve_run import StopSign
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.trucks import Vehicle

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

STRIDE_DAYS, TOLD_DAYS = 7, 7
SENSOR_SD = 0.03
"""How far off a level in the morning is, where a sensor says it."""
KNOWN = frozenset({SensorState.OK, SensorState.ODD})
LEAD = timedelta(hours=1)
"""Plans are made so long before the first truck leaves."""

AskDrives = Callable[[Points], Drives]


@dataclass(frozen=True, slots=True)
class Weekly:
    """What a setting comes to in a week."""

    km: float
    expected_overflows: float
    lifts: float
    cost_minor: int
    """As plans count it: driving, hours, trucks and lifts."""


@dataclass(frozen=True)
class Fortnight:
    """The days ahead, the same for every setting.

    Attributes:
        city: The snapshot the outlook was made from.
        outlook: Every bin's fill, and what else is known.
        first_day: Local date.
        vehicles: The trucks on duty.
        ask_drives: Answers with the drives between points.
        seed: Of the one future.
    """

    city: City
    outlook: Outlook
    first_day: date
    vehicles: tuple[Vehicle, ...]
    ask_drives: AskDrives
    seed: int

    @cached_property
    def days(self) -> tuple[WorkingDay, ...]:
        """The days of the fortnight, and the one after it: its morning ends the last."""
        zone = self.city.organisation.timezone
        return tuple(WorkingDay(self.first_day, zone).later(at) for at in range(STRIDE_DAYS + TOLD_DAYS + 1))

    @cached_property
    def moments(self) -> tuple[tuple[datetime, datetime], ...]:
        """The morning of each day, when is planned, and the middle of its work, when a truck comes on average."""
        found = []
        for day in self.days:
            begins_s, ends_s = hours_of(self.vehicles, day, 0)
            morning = max(day.after_midnight_utc(begins_s) - LEAD, self.outlook.forecast.as_of_utc)
            found.append((morning, max(morning, day.after_midnight_utc((begins_s + ends_s) // 2))))
        return tuple(found)

    @cached_property
    def drawn(self) -> FloatArray:
        """One future: every bin's fill at each morning and each middle if nobody empties it. [bins, 2 * days]."""
        times = [each for pair in self.moments for each in pair]
        return self.outlook.forecast.draw_fills(times, np.random.default_rng(self.seed))

    @cached_property
    def _points(self) -> Points:
        """Every place of the city: the drives between them are asked for once."""
        everywhere = demands(
            self.city, self.outlook.forecast, PlanningSettings(), self.moments[0][1], self.outlook.unemptied_since
        )
        return points_of(self.city, everywhere, self.vehicles)

    @cached_property
    def _drives(self) -> Drives:
        return self.ask_drives(self._points)

    def lived(self, planning: PlanningSettings, stop: StopSign | None = None) -> Weekly | None:
        """Return what a week of these settings comes to; None once `stop` is set: somebody waits for a plan."""
        state = _State.at_first(self)
        planned = planning.collection_days.within(self.first_day, len(self.days))
        told = np.zeros(3)
        overflows = 0.0
        for number, day in enumerate(self.days[:-1]):
            if stop is not None and stop.is_set():
                return None
            forecast = state.seen(self, number)
            collected, solution = frozenset[BinId](), Solution(())
            if day.day in planned:
                built, solution = self._routes(forecast, planning.on(day.day), day, number, state)
                collected = _collected(built, solution)
            if number >= STRIDE_DAYS:
                lifts = float(len(collected))
                cost = solution.cost_minor + lifts * per_lift_minor(planning)
                told += (sum(route.distance_m for route in solution.routes) / 1000.0, lifts, cost)
                overflows += self._overflows(forecast, number, collected)
            state.pass_on(self, number, collected)
        weeks = TOLD_DAYS / 7.0
        km, lifts, cost = (told / weeks).tolist()
        return Weekly(round(km, 2), round(overflows / weeks, 3), round(lifts, 1), round(cost))

    def _routes(
        self, forecast: CityForecast, planning: PlanningSettings, day: WorkingDay, number: int, state: "_State"
    ) -> tuple[Built, Solution]:
        """Return the day's routes by insertion alone: a light hand, the same for every setting."""
        asked = wanted(demands(self.city, forecast, planning, self.moments[number][1], state.unemptied_since))
        fleet, drives = Fleet(self.vehicles, day), self._drives
        built = build_problem(self.city, asked, self._points, fleet, drives.matrices, planning, drives.profile_of)
        if not built.problem.bins or not built.problem.trucks:
            return built, Solution(())
        reduced = reduce(built.problem)
        return built, reduced.restore(first_answer(reduced.problem))

    def _overflows(self, forecast: CityForecast, number: int, collected: frozenset[BinId]) -> float:
        """Return how many bins are expected to begin to overflow until the next morning."""
        visit, after = self.moments[number][1], self.moments[number + 1][0]
        full = forecast.p_overflow_at(forecast.as_of_utc)
        taken = np.array([bin_id in collected for bin_id in forecast.bin_ids], dtype=np.bool_)
        later = np.where(taken, forecast.p_overflow_at(visit), forecast.p_overflow_at(after))
        return float(np.maximum(later - full, 0.0).sum())


@dataclass
class _State:
    """The bins as a setting has left them."""

    level: FloatArray
    """True fill on the morning; beyond 1 it lies beside the bin."""
    told: BoolArray
    """Whose level somebody knows: by a sensor."""
    emptied_at: list[datetime | None]
    unemptied_since: dict[BinId, datetime]

    @classmethod
    def at_first(cls, weeks: Fortnight) -> "_State":
        forecast = weeks.outlook.forecast
        return cls(
            level=weeks.drawn[:, 0].copy(),
            told=np.array([each in KNOWN for each in forecast.sensor_states], dtype=np.bool_),
            emptied_at=[None] * len(forecast.bin_ids),
            unemptied_since=dict(weeks.outlook.unemptied_since),
        )

    def seen(self, weeks: Fortnight, number: int) -> CityForecast:
        """Return the forecast of that morning: sensors tell the level; of other bins, what emptyings tell."""
        base, morning = weeks.outlook.forecast, weeks.moments[number][0]
        since = np.array([(each or base.as_of_utc).timestamp() for each in self.emptied_at])[:, None]
        emptied = np.array([each is not None for each in self.emptied_at], dtype=np.bool_)
        now_h = base.clocks.hours_at(np.full((len(base.bin_ids), 1), morning.timestamp()))[:, 0]
        emptied_h = base.clocks.hours_at(since)[:, 0]
        fills = base.fills
        guessed = np.where(emptied, base.leftover.mean, fills.level)
        guessed_var = np.where(emptied, base.leftover.sd**2, fills.level_var)
        guessed_h = np.where(emptied, emptied_h, fills.since_h)
        later = morning - base.as_of_utc
        return replace(
            base,
            as_of_utc=morning,
            steps_utc=tuple(each + later for each in base.steps_utc),
            fills=replace(
                fills,
                level=np.where(self.told, np.clip(self.level, 0.0, 1.2), guessed),
                level_var=np.where(self.told, SENSOR_SD**2, guessed_var),
                since_h=np.where(self.told, now_h, guessed_h),
            ),
        )

    def pass_on(self, weeks: Fortnight, number: int, collected: frozenset[BinId]) -> None:
        """Let the day and the night pass: emptied bins begin anew in the middle of the work."""
        drawn, forecast = weeks.drawn, weeks.outlook.forecast
        morning, visit, after = (drawn[:, 2 * number + at] for at in range(3))
        taken = np.array([bin_id in collected for bin_id in forecast.bin_ids], dtype=np.bool_)
        self.level = np.where(taken, forecast.leftover.mean + after - visit, self.level + after - morning)
        for row in np.flatnonzero(taken):
            self.emptied_at[row] = weeks.moments[number][1]
            self.unemptied_since[forecast.bin_ids[row]] = weeks.moments[number][1]


def _collected(built: Built, solution: Solution) -> frozenset[BinId]:
    visits = (visit for route in solution.routes for visit in route.visits)
    return frozenset(built.bin_ids[visit.index] for visit in visits if visit.kind is VisitKind.COLLECT)


def fortnight(city: City, outlook: Outlook, first_day: date, roads: Roads, seed: int) -> Fortnight:
    """Return the fortnight from that day on with all the city's trucks."""
    vehicles = tuple(city.vehicles[each] for each in sorted(city.vehicles))
    hours = hours_of(vehicles, WorkingDay(first_day, city.organisation.timezone), 0)

    def asked(points: Points) -> Drives:
        return ask_drives(roads, points.positions, vehicles, first_day, *hours)

    return Fortnight(city, outlook, first_day, vehicles, asked, seed)
