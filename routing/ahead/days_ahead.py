"""What the coming days hold: from a city and its forecast to work per day, levelled, with a day for every bin due.

Work is an estimate (`routing.ahead.days_task`). What no truck has time for is told as hours beyond the shifts, on the
day it would have to be done: nothing that cannot be kept is promised in silence.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.ahead.days_task import Due, horizon_of
from routing.ahead.horizon import OVERTIME_FACTOR, Horizon, Levelled, as_due
from routing.ahead.horizon_child import level
from routing.choice.demand import Demand
from routing.daytime import WorkingDay, hours_of
from routing.forecast import CityForecast
from tomma.city import City
from tomma.model import BinId
from tomma.planning_settings import PlanningSettings
from tomma.reasons import Reason, ReasonCode
from tomma.trucks import Vehicle

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEVEL_S = 2.0


@dataclass(frozen=True, slots=True)
class BinAhead:
    """A bin that is to be emptied on that day."""

    bin_id: BinId
    due: date
    """The last day on which it may be."""
    p_overflow: float
    """Were it left until the opportunity after that."""


@dataclass(frozen=True, slots=True)
class DayAhead:
    """One day of the outlook. Bins that passing trucks will take early are not in it."""

    day: date
    bins: tuple[BinAhead, ...]
    volume_l: float
    work_h: float
    shift_h: float
    """What all trucks together can work."""
    trucks: int
    """How many of them it takes."""
    beyond_h: float
    """Work for which there is no truck; not 0 means that promises will break unless somebody helps."""
    due_h: float
    """What the work would be if everything waited until its last day."""


@dataclass(frozen=True)
class DaysAhead:
    """The outlook, and what it asks of its first day."""

    days: tuple[DayAhead, ...]
    engine: str
    early: Mapping[BinId, Reason]
    """Bins to take on the first day because the day they would be due on has no time for them."""
    early_prize_minor: Mapping[BinId, int]
    """What the hours that they save there are worth."""


def look_ahead(
    city: City,
    forecast: CityForecast,
    planning: PlanningSettings,
    days: Sequence[WorkingDay],
    unemptied_since: Mapping[BinId, datetime],
    requested: Collection[BinId] = (),
    vehicles: Sequence[Vehicle] | None = None,
    *,
    budget_s: float = LEVEL_S,
    only_if_needed: bool = False,
) -> DaysAhead:
    """Return what the days hold, the work levelled over them.

    Args:
        city: The snapshot the forecast was made from.
        forecast: Every bin's fill.
        planning: What things cost and what risk is accepted.
        days: The coming working days, in order.
        unemptied_since: What hygiene intervals count from.
        requested: Bins that a person asked to empty: due on the first day.
        vehicles: The trucks there are; None means all.
        budget_s: What the levelling may take.
        only_if_needed: Whether to level only where some day has more work than its trucks can do.
    """
    trucks = list(city.vehicles.values() if vehicles is None else vehicles)
    due = _due(city, forecast, planning, _visits(days, trucks, planning), unemptied_since, requested)
    horizon, unit_of = horizon_of(city, forecast, planning, due, trucks, len(days))
    waiting = as_due(horizon)
    overloaded = any(any(of_day) for of_day in waiting.beyond_s(horizon))
    levelled = waiting
    if overloaded or not only_if_needed:
        levelled = level(horizon, budget_s=budget_s, memory_limit_mb=planning.memory_limit_mb, seed=planning.seed)
    visited = np.array([levelled.day_of[unit] for unit in unit_of], dtype=np.int64)
    early, prizes = _early(forecast, planning, due, visited, unit_of, horizon, waiting, [each.day for each in days])
    return DaysAhead(
        days=_days(forecast, due, visited, horizon, waiting, levelled, [each.day for each in days]),
        engine=levelled.engine,
        early=early,
        early_prize_minor=prizes,
    )


def taken_early(demands: Sequence[Demand], ahead: DaysAhead) -> tuple[Demand, ...]:
    """Return the demands with those raised that have to be taken today to keep a later day possible."""

    def raised(each: Demand) -> Demand:
        why = ahead.early.get(each.bin_id)
        if why is None or each.must:
            return each
        prize = max(each.prize_minor, ahead.early_prize_minor[each.bin_id])
        left = (Reason(ReasonCode.NOT_WORTH_THE_DETOUR, {"prize_minor": float(prize)}), why)
        return replace(each, prize_minor=prize, reasons=(why,), reasons_if_left=left)

    return tuple(raised(each) for each in demands)


def _visits(
    days: Sequence[WorkingDay], vehicles: Sequence[Vehicle], planning: PlanningSettings
) -> list[tuple[datetime, datetime]]:
    """Return when a truck comes on each day, on average, and when it comes next if not then."""
    middles = [each.after_midnight_utc(sum(hours_of(vehicles, each)) // 2) for each in days]
    hours = [planning.on(each.day).next_opportunity_h for each in days]
    return [(at, at + timedelta(hours=gap_h)) for at, gap_h in zip(middles, hours, strict=True)]


def _due(
    city: City,
    forecast: CityForecast,
    planning: PlanningSettings,
    visits: Sequence[tuple[datetime, datetime]],
    unemptied_since: Mapping[BinId, datetime],
    requested: Collection[BinId],
) -> Due:
    alpha = planning.accepted_overflow_probability
    p = np.column_stack([forecast.p_overflow_at(next_utc) for _, next_utc in visits])
    must = p > alpha
    for row, bin_id in enumerate(forecast.bin_ids):
        limit_days, since = city.fraction_of(bin_id).hygiene_interval_days, unemptied_since.get(bin_id)
        if bin_id in requested:
            must[row] = True
        elif limit_days is not None and since is not None:
            must[row] |= [next_utc - since > timedelta(days=limit_days) for _, next_utc in visits]
    rows = np.flatnonzero(must.any(axis=1))
    day = must[rows].argmax(axis=1)
    fill = np.column_stack([forecast.expected_fill_at(at_utc) for at_utc, _ in visits])[rows, day]
    room_l = np.array([city.container_type_of(forecast.bin_ids[row]).volume_l for row in rows], dtype=np.float64)
    lasts_h = np.maximum(forecast.hours_from_empty(alpha)[rows], 1.0)
    return Due(rows, day, p[rows, day], fill * room_l, lasts_h)


def _early(
    forecast: CityForecast,
    planning: PlanningSettings,
    due: Due,
    visited: IntArray,
    unit_of: IntArray,
    horizon: Horizon,
    waiting: Levelled,
    days: Sequence[date],
) -> tuple[dict[BinId, Reason], dict[BinId, int]]:
    """Return the bins that the first day takes over from one that has no time for them."""
    work, beyond = waiting.work_s(horizon), waiting.beyond_s(horizon)
    early: dict[BinId, Reason] = {}
    prizes: dict[BinId, int] = {}
    for row, day, last, unit in zip(
        due.rows.tolist(), visited.tolist(), due.day.tolist(), unit_of.tolist(), strict=True
    ):
        group = horizon.clusters[horizon.units[unit].cluster].group
        if day != 0 or last == 0 or not beyond[group][last]:
            continue
        fleet = horizon.fleets[group]
        values = {
            "days_early": float((days[last] - days[0]).days),
            "work_h": work[group][last] / 3600.0,
            "shift_h": fleet.trucks * fleet.shift_s / 3600.0,
        }
        early[forecast.bin_ids[row]] = Reason(ReasonCode.LEVELLED, values)
        share = int((unit_of == unit).sum())
        hours = horizon.units[unit].work_s / share / 3600.0
        prizes[forecast.bin_ids[row]] = round(hours * planning.cost_per_h_minor * OVERTIME_FACTOR)
    return early, prizes


def _days(
    forecast: CityForecast,
    due: Due,
    visited: IntArray,
    horizon: Horizon,
    waiting: Levelled,
    levelled: Levelled,
    days: Sequence[date],
) -> tuple[DayAhead, ...]:
    def hours(by_group: Sequence[Sequence[int]], day: int) -> float:
        return sum(of_day[day] for of_day in by_group) / 3600.0

    found = []
    for number, day in enumerate(days):
        own = np.flatnonzero(visited == number)
        found.append(
            DayAhead(
                day=day,
                bins=tuple(
                    BinAhead(forecast.bin_ids[due.rows[at]], days[due.day[at]], float(due.p_overflow[at])) for at in own
                ),
                volume_l=float(due.volume_l[own].sum()),
                work_h=hours(levelled.work_s(horizon), number),
                shift_h=sum(fleet.trucks * fleet.shift_s for fleet in horizon.fleets) / 3600.0,
                trucks=sum(of_day[number] for of_day in levelled.trucks(horizon)),
                beyond_h=hours(levelled.beyond_s(horizon), number),
                due_h=hours(waiting.work_s(horizon), number),
            )
        )
    return tuple(found)
