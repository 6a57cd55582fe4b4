"""How much slower the streets are at which hours: one factor for a day's work. Pure.

The planner's matrix holds one time per drive, so the table is averaged over the hours that a truck is out; that is
exact for the sum of a day and a few minutes off for a single drive at the edge of the rush.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from tomma.planning_settings import TrafficHours

HOUR_S = 3_600
DAY_S = 24 * HOUR_S


def factor_for(traffic: Sequence[TrafficHours], day: date, begins_s: int, ends_s: int) -> float:
    """Return by how much the streets' own times are multiplied, on average over [begins_s, ends_s).

    Where several rows hold at the same hour the last one counts; where none does, 1.

    Args:
        traffic: The table of the settings.
        day: Local date on which the work begins.
        begins_s: Seconds after that day's midnight; the work may end on the next day.
        ends_s: The same.
    """
    if not traffic or ends_s <= begins_s:
        return 1.0
    cuts = sorted({begins_s, ends_s, *(cut for cut in _cuts(traffic, ends_s) if begins_s < cut < ends_s)})
    weighted = sum((end - begin) * _at(traffic, day, begin) for begin, end in pairwise(cuts))
    return weighted / (ends_s - begins_s)


def _cuts(traffic: Sequence[TrafficHours], ends_s: int) -> list[int]:
    """Return the moments at which a row may begin or end to hold."""
    hours = {0.0} | {hour for row in traffic for hour in (row.from_h, row.to_h)}
    return [round(hour * HOUR_S) + day * DAY_S for day in range(ends_s // DAY_S + 1) for hour in hours]


def _at(traffic: Sequence[TrafficHours], day: date, moment_s: int) -> float:
    days_on, second = divmod(moment_s, DAY_S)
    weekday = (day.weekday() + days_on) % 7
    factors = [
        row.factor
        for row in traffic
        if weekday in row.days and round(row.from_h * HOUR_S) <= second < round(row.to_h * HOUR_S)
    ]
    return factors[-1] if factors else 1.0
