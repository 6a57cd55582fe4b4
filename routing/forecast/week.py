"""The week's profile: at which hours and on which days people throw things away, learnt group by group.

A group's profile is shrunk to its city's, the city's to a stated one, as in credibility theory (Buehlmann): a cell
that expected E with a dispersion of d counts as E / (E + d / vary^2).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import HOUR_S, WEEK_CELLS, Calendar, Moments

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

HOURS_VARY = 0.5
"""How far (standard deviation of a ratio) a city's hours may lie from the stated ones before data is seen."""
DAYS_VARY = 0.1
"""The same of its weekdays: Edinburgh's differ by 0.08, Monday to Sunday."""
GROUP_HOURS_VARY, GROUP_DAYS_VARY = 0.25, 0.08
"""How far a group's hours and weekdays may lie from its city's."""
ROUNDS = 3
"""Hours and weekdays each need the other."""


def _stated_week() -> FloatArray:
    # Quiet nights, a peak from noon to six as in Groningen's underground containers (arXiv 2409.13386).
    by_hour = np.repeat([0.25, 0.8, 1.3, 1.7, 1.2, 0.6], [6, 3, 3, 6, 4, 2])
    return np.tile(by_hour / by_hour.mean(), 7)


STATED_WEEK = _stated_week()
"""What we take for granted of a city that never told anything: 168 local hours with a mean of 1."""


def weeks_of(arrived: FloatArray, exposure: FloatArray, dispersion: float) -> FloatArray:
    """Return each group's week (168 cells, mean 1) from what arrived, and what would have if all hours were alike."""
    city = _better(STATED_WEEK, arrived.sum(axis=0), exposure.sum(axis=0), dispersion, HOURS_VARY, DAYS_VARY)
    return np.array(
        [
            _better(city, came, would, dispersion, GROUP_HOURS_VARY, GROUP_DAYS_VARY)
            for came, would in zip(arrived, exposure, strict=True)
        ]
    ).reshape(-1, WEEK_CELLS)


def _better(
    week: FloatArray, arrived: FloatArray, exposure: FloatArray, dispersion: float, hours_vary: float, days_vary: float
) -> FloatArray:
    """Return `week` with its hours and its weekdays raised by what arrived over what was expected there."""
    came, base = arrived.reshape(7, 24), (exposure * week).reshape(7, 24)
    hours, days = np.ones(24), np.ones(7)
    for _ in range(ROUNDS):
        hours = _ratio(came.sum(axis=0), (base * days[:, None]).sum(axis=0), dispersion / hours_vary**2)
        days = _ratio(came.sum(axis=1), (base * hours).sum(axis=1), dispersion / days_vary**2)
    better = week.reshape(7, 24) * days[:, None] * hours
    return np.asarray(better / better.mean()).ravel()


def _ratio(arrived: FloatArray, expected: FloatArray, stated: float) -> FloatArray:
    level = max((arrived.sum() + stated) / (expected.sum() + stated), 1e-6)
    return np.clip((arrived + stated) / (expected * level + stated), 0.05, 5.0)


@dataclass(frozen=True)
class WeekSpans:
    """Spans of time, taken apart once so that what they brought can be laid over the week again and again."""

    begin: Moments
    end: Moments
    cell: IntArray
    """The cell of the week of each hour of each clock, counted through all groups."""
    weight: FloatArray
    """What an hour of the calendar still counts."""
    groups: int

    def by_cell(self, brought: FloatArray, edges_h: FloatArray) -> FloatArray:
        """Return how much each group brought in each cell: `brought` spread as the clocks with these edges run."""
        begin_h, end_h = self.begin.hours_on(edges_h), self.end.hours_on(edges_h)
        per_h = brought / np.maximum(end_h - begin_h, 1e-9)
        edges, size = edges_h.ravel(), edges_h.size
        # Whole hours in between: a slope that is switched on at the first and off at the last of them. The first
        # hour counts from the beginning on, the last one to the end only.
        slope = np.bincount(self.begin.hour, per_h, size) - np.bincount(self.end.hour, per_h, size)
        late = np.bincount(self.end.hour, per_h * (end_h - edges[self.end.hour]), size)
        early = np.bincount(self.begin.hour, per_h * (begin_h - edges[self.begin.hour]), size)
        whole = np.cumsum(slope.reshape(edges_h.shape), axis=1)[:, :-1] * np.diff(edges_h, axis=1)
        total = (whole + (late - early).reshape(edges_h.shape)[:, :-1]) * self.weight
        cells = np.bincount(self.cell.ravel(), total.ravel(), self.groups * WEEK_CELLS)
        return cells.reshape(self.groups, WEEK_CELLS)


def ages_s(calendar: Calendar, now_s: float) -> FloatArray:
    """Return how long ago each hour of the calendar was."""
    return np.asarray(np.maximum(now_s - calendar.start_s - HOUR_S * np.arange(len(calendar.cells)), 0.0))
