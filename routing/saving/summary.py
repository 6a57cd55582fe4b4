"""From days to what a page or a report tells: sums by day, week or month, and the saving with its interval. Pure.

A saving is the mean of daily differences, rule less done, over the days that count. Pairing day by day takes out what
both sides share: weather, weekdays, feasts. The interval is Student's. From four weeks on its samples are means of
seven consecutive days: neighbouring days depend on each other, since what is left today is there tomorrow, and a week
also levels its weekdays. With fewer the days themselves are the samples, and the interval is called provisional;
under five days none is told.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum

from routing.alternatives.paired import Interval, blocks, interval
from tomma.saving import DayFigures, Side, SideFigures, digest_of

FEWEST_DAYS = 5
BLOCK_DAYS = 7
WEEKS_FROM_DAYS = 4 * BLOCK_DAYS


class Span(StrEnum):
    """Over which days figures are added up."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Method(StrEnum):
    """How the interval was made."""

    TOO_FEW = "too_few"
    DAYS = "days"
    WEEKS = "weeks"


@dataclass(frozen=True, slots=True)
class Period:
    """Some consecutive days together."""

    first: date
    last: date
    days: int
    """That were computed."""
    counted: int
    """Of them, those that count for the saving."""
    figures: Mapping[Side, SideFigures]
    counted_figures: Mapping[Side, SideFigures]
    """Of the days that count."""
    planned_bins: int
    planned_bins_emptied: int
    planned_kg: int | None
    weighed_kg: int | None
    measured_pct: int


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a saving."""

    name: str
    total: int
    """Over all days that count."""
    of: int
    """What the rule comes to in them: what the saving is a share of."""
    per_day: float
    low: float | None
    high: float | None
    """Where the true mean a day lies, 95 times of 100; None with too few days."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What was saved against one rule."""

    against: Side
    counted: int
    method: Method
    measures: tuple[Measure, ...]


MEASURES: Mapping[str, Callable[[SideFigures], int]] = {
    "distance_m": lambda each: each.distance_m,
    "time_s": lambda each: each.driving_s + each.work_s,
    "cost_minor": lambda each: each.cost_minor,
    "co2_g": lambda each: each.co2_g,
    "lifts": lambda each: each.lifts,
    "overflow_min": lambda each: each.overflow_min,
}
"""What a saving is told in; whole numbers, so that sums are exact."""
RULES = (Side.FIXED, Side.THRESHOLD)


def periods(days: Sequence[DayFigures], by: Span) -> tuple[Period, ...]:
    """Return the days added up, oldest first."""
    groups: dict[date, list[DayFigures]] = {}
    for each in days:
        groups.setdefault(_first_of(each.day, by), []).append(each)
    return tuple(_period(first, groups[first], by) for first in sorted(groups))


def savings(days: Sequence[DayFigures]) -> tuple[Saving, ...]:
    """Return what was saved against each rule on the days that count."""
    counted = [each for each in days if each.counts]
    return tuple(_saving(counted, side) for side in RULES)


def seal(digests: Sequence[str]) -> str:
    """Return one digest for a range of days: who has the same has the same days."""
    return digest_of("\n".join(digests).encode())


def added(figures: Sequence[SideFigures]) -> SideFigures:
    """Return the sum, field by field."""
    return SideFigures(*(sum(getattr(each, field.name) for each in figures) for field in fields(SideFigures)))


def _first_of(day: date, by: Span) -> date:
    if by is Span.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if by is Span.WEEK else day


def _last_of(first: date, by: Span) -> date:
    if by is Span.MONTH:
        return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first + timedelta(days=6) if by is Span.WEEK else first


def _period(first: date, days: Sequence[DayFigures], by: Span) -> Period:
    counted = [each for each in days if each.counts]
    planned = [each.planned_kg for each in days if each.planned_kg is not None]
    weighed = [each.weighed_kg for each in days if each.weighed_kg is not None]
    return Period(
        first=first,
        last=_last_of(first, by),
        days=len(days),
        counted=len(counted),
        figures={side: added([each.figures[side] for each in days]) for side in Side},
        counted_figures={side: added([each.figures[side] for each in counted]) for side in Side},
        planned_bins=sum(each.planned_bins for each in days),
        planned_bins_emptied=sum(each.planned_bins_emptied for each in days),
        planned_kg=sum(planned) if planned else None,
        weighed_kg=sum(weighed) if weighed else None,
        measured_pct=round(sum(each.measured_pct for each in days) / len(days)),
    )


def _saving(days: Sequence[DayFigures], side: Side) -> Saving:
    method = Method.TOO_FEW if len(days) < FEWEST_DAYS else Method.DAYS if len(days) < WEEKS_FROM_DAYS else Method.WEEKS
    return Saving(side, len(days), method, tuple(_measure(days, side, name, method) for name in MEASURES))


def _measure(days: Sequence[DayFigures], side: Side, name: str, method: Method) -> Measure:
    of = MEASURES[name]
    by_day = [of(each.figures[side]) - of(each.figures[Side.DONE]) for each in days]
    found = _interval(by_day, method)
    told = found is not None and math.isfinite(found.low)
    return Measure(
        name=name,
        total=sum(by_day),
        of=sum(of(each.figures[side]) for each in days),
        per_day=sum(by_day) / len(by_day) if by_day else 0.0,
        low=found.low if found is not None and told else None,
        high=found.high if found is not None and told else None,
    )


def _interval(by_day: Sequence[int], method: Method) -> Interval | None:
    if method is Method.TOO_FEW:
        return None
    return interval(blocks(by_day, BLOCK_DAYS) if method is Method.WEEKS else by_day)
