"""The week's profile: at which hours and on which days people throw things away, learnt from the whole city."""

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import WEEK_CELLS, ActivityClock, Calendar
from routing.forecast.increments import Increments

FloatArray = NDArray[np.float64]

HOURS_VARY = 0.5
"""How far (standard deviation of a ratio) a city's hours may lie from the stated ones before data is seen."""
DAYS_VARY = 0.1
"""The same of its weekdays: Edinburgh's differ by 0.08, Monday to Sunday."""


def _stated_week() -> FloatArray:
    # Quiet nights, a peak from noon to six as in Groningen's underground containers (arXiv 2409.13386).
    by_hour = np.repeat([0.25, 0.8, 1.3, 1.7, 1.2, 0.6], [6, 3, 3, 6, 4, 2])
    return np.tile(by_hour / by_hour.mean(), 7)


STATED_WEEK = _stated_week()
"""What we take for granted of a city that never told anything: 168 local hours with a mean of 1."""


def learn_week(
    seen: Increments,
    rate_per_h: FloatArray,
    dispersion: float,
    clock: ActivityClock,
    calendar: Calendar,
    week: FloatArray,
) -> FloatArray:
    """Return a better week than `week` (on which `clock` runs): one step of expectation and maximisation.

    Each deposit is spread over its interval as `week` would have it; then hours and weekdays are raised by
    what arrived over what was expected there, shrunk as in credibility theory (Buehlmann): a cell that
    expected E with a dispersion of d counts as E / (E + d / vary^2).
    """
    start_h, end_h = clock.hours_at(seen.from_s), clock.hours_at(seen.to_s)
    usable = (end_h - start_h > 0.01) & ~seen.filled_up
    start_h, end_h = start_h[usable], end_h[usable]
    arrived = _by_cell(start_h, end_h, seen.deposit[usable] / (end_h - start_h), clock, calendar)
    expected = _by_cell(start_h, end_h, rate_per_h[seen.bin_of[usable]], clock, calendar)
    hours = _ratio(arrived.sum(axis=0), expected.sum(axis=0), dispersion / HOURS_VARY**2)
    days = _ratio(arrived.sum(axis=1), (expected * hours).sum(axis=1), dispersion / DAYS_VARY**2)
    better = week.reshape(7, 24) * days[:, None] * hours
    return np.asarray(better / better.mean()).ravel()


def _ratio(arrived: FloatArray, expected: FloatArray, stated: float) -> FloatArray:
    level = max((arrived.sum() + stated) / (expected.sum() + stated), 1e-6)
    return np.clip((arrived + stated) / (expected * level + stated), 0.2, 5.0)


def _by_cell(
    start_h: FloatArray, end_h: FloatArray, per_h: FloatArray, clock: ActivityClock, calendar: Calendar
) -> FloatArray:
    """Return how much falls into each weekday and hour when each row brings `per_h` an hour of activity."""
    knots = np.concatenate((start_h, end_h))
    order = np.argsort(knots, kind="stable")
    slope = np.cumsum(np.concatenate((per_h, -per_h))[order])
    at = knots[order]
    total = np.concatenate(([0.0], np.cumsum(slope[:-1] * np.diff(at)))) if len(at) else np.zeros(0)
    by_hour = np.diff(np.interp(clock.edges_h, at, total)) if len(at) else np.zeros(len(calendar.cells))
    return np.bincount(calendar.cells, by_hour, WEEK_CELLS).reshape(7, 24)
