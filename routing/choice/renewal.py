"""When a bin is worth emptying: the cheapest moment to stop waiting, by average cost over all cycles to come.

A bin fills, overflows at a price and is emptied at a price, again and again. At each opportunity one either empties it
now (for `visit_minor`, then it starts anew) or waits for the next. With g the least average cost of an opportunity and
x the level found, waiting costs, over what starting anew costs,

    W(x) = overflow(x) - g + E[min(W(x + arrivals), visit_minor)]        and W(left after an emptying) = 0

(relative values of a renewal-reward process, Howard 1960). Levels only rise between emptyings, so W follows from full
downwards in one pass; g is the one for which W of an emptied bin is 0, found by halving. `W(x)` is what a visit today
is worth: it saves the overflow until the next opportunity, and the earlier visit that waiting does not avoid for long.

All in money, vectorised over the bins; a level is a multiple of 1/32 of a bin, arrivals keep their mean on that grid.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.choice.overflow_cost import overflow_minor
from routing.forecast import CityForecast
from routing.forecast.fills import Arrivals
from tomma.planning_settings import PlanningSettings

FloatArray = NDArray[np.float64]

GRID = 32
ROOMS: FloatArray = np.linspace(1.0, 0.0, GRID + 1)
"""What still fits in, by level; the last level stands for full and beyond."""
PIECES = 6
"""The hours until the next opportunity are looked at in the middle of so many pieces."""
USUAL_STEP_H = 24.0
"""Between the opportunities of the cycles to come; the mean of a week without its weekends gained nothing
(docs/benchmarks/evaluate.md)."""
HALVINGS = 24
LEVELS: FloatArray = np.linspace(0.05, 0.95, 10)
"""Quantiles of the level at the visit, weighed alike."""


@dataclass(frozen=True)
class _Step:
    """What one wait brings, by bin and level."""

    overflow_minor: FloatArray
    """Expected cost of overflowing until the next opportunity, [bins, levels]."""
    rises: FloatArray
    """P(the level rises by so many grid steps), [bins, levels]; the last entry takes all larger rises."""


def waiting_minor(
    forecast: CityForecast, planning: PlanningSettings, at_utc: datetime, visit_minor: FloatArray
) -> FloatArray:
    """Return what it costs to let each bin wait at `at_utc` until the next opportunity instead of emptying it. By bin.

    Args:
        forecast: Every bin's fill.
        planning: What overflowing costs and when the next opportunity is.
        at_utc: When the truck would come.
        visit_minor: What a visit costs on the day it will be made if not today.
    """
    usual = _usual_step(forecast, planning)
    emptied = np.full(len(visit_minor), forecast.leftover.mean * GRID)
    average, after = _relative_values(usual, visit_minor, emptied)
    today = _wait(_next_step(forecast, planning, at_utc), average, np.minimum(after, visit_minor[:, None]))
    levels = forecast.quantiles_at(at_utc, LEVELS) * GRID
    here = np.mean([_at(today, levels[:, number]) for number in range(len(LEVELS))], axis=0)
    return np.asarray(here - _at(today, emptied))


def _usual_step(forecast: CityForecast, planning: PlanningSettings) -> _Step:
    hours = USUAL_STEP_H * (np.arange(PIECES) + 0.5) / PIECES
    return _step(forecast.usual_arrivals((*hours, USUAL_STEP_H)), USUAL_STEP_H, planning, forecast.volume_l)


def _next_step(forecast: CityForecast, planning: PlanningSettings, at_utc: datetime) -> _Step:
    step_h = planning.next_opportunity_h
    hours = (*(step_h * (number + 0.5) / PIECES for number in range(PIECES)), step_h)
    arriving = forecast.arrivals(at_utc, [at_utc + timedelta(hours=each) for each in hours])
    return _step(arriving, step_h, planning, forecast.volume_l)


def _step(arriving: Arrivals, step_h: float, planning: PlanningSettings, volume_l: FloatArray) -> _Step:
    """Return the step in which this arrives by the middle of each piece and, last, by its end."""
    bins = len(volume_l)
    full = np.zeros((bins, GRID + 1))
    for piece in range(PIECES):
        full += arriving.at(piece).p_beyond(ROOMS) / PIECES
    end = arriving.at(PIECES)
    beyond = end.mean_beyond(ROOMS)
    cost = overflow_minor(planning, end.p_beyond(ROOMS), step_h * full, volume_l[:, None] * beyond)
    return _Step(cost, _rises(end))


def _rises(arriving: Arrivals) -> FloatArray:
    """Return the distribution of the rise on the grid: each amount is shared by its two neighbours, by nearness."""
    past = arriving.mean_beyond(np.arange(GRID + 2) / GRID) * GRID
    rises = np.empty((len(past), GRID + 1))
    rises[:, 0] = 1.0 - (past[:, 0] - past[:, 1])
    rises[:, 1:] = past[:, :-2] - 2.0 * past[:, 1:-1] + past[:, 2:]
    rises = np.clip(rises, 0.0, 1.0)
    rises[:, -1] += np.maximum(1.0 - rises.sum(axis=1), 0.0)
    return rises


def _relative_values(usual: _Step, visit_minor: FloatArray, emptied: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least average cost of an opportunity and W by level."""
    low, high = np.zeros(len(visit_minor)), visit_minor + usual.overflow_minor[:, -1]
    for _ in range(HALVINGS):
        average = (low + high) / 2.0
        too_low = _at(_values(usual, visit_minor, average), emptied) > 0.0
        low, high = np.where(too_low, average, low), np.where(too_low, high, average)
    average = (low + high) / 2.0
    return average, _values(usual, visit_minor, average)


def _values(usual: _Step, visit_minor: FloatArray, average: FloatArray) -> FloatArray:
    """Return W by level for that average, from full downwards."""
    values, capped = np.empty(usual.rises.shape), np.empty(usual.rises.shape)
    beyond = np.cumsum(usual.rises[:, ::-1], axis=1)[:, ::-1]
    values[:, -1] = usual.overflow_minor[:, -1] - average + visit_minor
    capped[:, -1] = np.minimum(values[:, -1], visit_minor)
    stays = np.minimum(usual.rises[:, 0], 1.0 - 1e-9)
    for level in range(GRID - 1, -1, -1):
        steps = GRID - level
        later = np.einsum("ij,ij->i", usual.rises[:, 1:steps], capped[:, level + 1 : GRID])
        waits = usual.overflow_minor[:, level] - average + later + beyond[:, steps] * capped[:, -1]
        alone = waits / (1.0 - stays)  # if it waits on, also where nothing came
        values[:, level] = np.where(alone <= visit_minor, alone, waits + stays * visit_minor)
        capped[:, level] = np.minimum(values[:, level], visit_minor)
    return values


def _wait(step: _Step, average: FloatArray, after: FloatArray) -> FloatArray:
    """Return what one such wait costs by level, `after` being worth what follows."""
    values = np.empty(step.rises.shape)
    beyond = np.cumsum(step.rises[:, ::-1], axis=1)[:, ::-1]
    for level in range(GRID + 1):
        steps = GRID - level
        later = np.einsum("ij,ij->i", step.rises[:, :steps], after[:, level:GRID])
        values[:, level] = step.overflow_minor[:, level] - average + later + beyond[:, steps] * after[:, -1]
    return values


def _at(values: FloatArray, level: FloatArray) -> FloatArray:
    """Return the values at these levels (in grid steps), by straight lines between the grid's."""
    below = np.clip(level.astype(np.intp), 0, GRID - 1)
    rows = np.arange(len(values))
    part = np.clip(level - below, 0.0, 1.0)
    return np.asarray(values[rows, below] * (1.0 - part) + values[rows, below + 1] * part)
