"""The simple rules a forecast has to beat. Each gives one number; its own past errors make it a distribution."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast_bench.score import LEVELS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Rule = Callable[["Past", Sequence[int]], FloatArray]
"""(what was seen, hours ahead) -> expected fill, one row per bin, one column per distance."""

SMOOTHING = 0.15
"""Of the EWMA over days: a memory of about a fortnight's half-life would be 0.05, of a week's 0.10."""
EMPTIED_FRACTION = 0.2
"""A fall as deep as this is an emptying and no negative deposit."""


@dataclass(frozen=True)
class Past:
    """The levels seen, hour by hour up to now; what was not seen is as it was before."""

    hour: int
    """Now, on the town's clock."""
    level: FloatArray
    """Of each bin, with the last look carried on. [bins, hours]"""
    age_h: FloatArray
    """How old each bin's last look is now."""
    rise: FloatArray
    """What each hour brought, as far as the looks tell. [bins, hours - 1]"""

    @classmethod
    def of(cls, seen: FloatArray, hour: int) -> "Past":
        """Return the past from levels that are NaN where nothing was seen; a bin never seen counts as half full."""
        hours = np.arange(seen.shape[1])
        last = np.maximum.accumulate(np.where(np.isfinite(seen), hours, -1), axis=1)
        level = np.take_along_axis(seen, np.maximum(last, 0), axis=1)
        # Before the first look all is as it was then: no rise.
        first = np.argmax(np.isfinite(seen), axis=1)[:, None]
        level = np.where(last < 0, np.take_along_axis(seen, first, axis=1), level)
        level = np.where(np.isfinite(level), level, 0.5)
        rise = np.diff(level, axis=1)
        return cls(
            hour, level, (hours[-1] - last[:, -1]).astype(np.float64), np.where(rise < -EMPTIED_FRACTION, 0.0, rise)
        )

    def per_h(self, hours: int) -> FloatArray:
        """Return what the last hours brought, by the hour and bin."""
        span = self.rise[:, -hours:]
        return np.asarray(np.maximum(span.sum(axis=1) / span.shape[1], 0.0))


def last_and_slope(past: Past, ahead_h: Sequence[int]) -> FloatArray:
    """Return the newest level plus what a bin's last seven days brought an hour: the rule of most products."""
    per_h = past.per_h(168)
    return np.column_stack([past.level[:, -1] + per_h * (past.age_h + ahead) for ahead in ahead_h]).clip(0.0, 1.0)


def ewma_by_weekday(past: Past, ahead_h: Sequence[int]) -> FloatArray:
    """Return the newest level plus an exponentially weighted daily amount, times the city's weekday factors."""
    hours = past.hour - past.rise.shape[1] + 1 + np.arange(past.rise.shape[1])
    day = hours // 24
    amount = np.column_stack([past.rise[:, day == each].sum(axis=1) for each in np.unique(day)])
    weekday = np.unique(day) % 7
    factor = _weekday_factors(amount, weekday)
    mean = amount[:, :3].mean(axis=1)
    for each, of_day in zip(amount.T, weekday, strict=True):
        mean = mean + SMOOTHING * (each / factor[of_day] - mean)
    midway = [((past.hour + ahead // 2) // 24) % 7 for ahead in ahead_h]
    told = [
        past.level[:, -1] + np.maximum(mean, 0.0) * factor[of_day] / 24.0 * (past.age_h + ahead)
        for ahead, of_day in zip(ahead_h, midway, strict=True)
    ]
    return np.column_stack(told).clip(0.0, 1.0)


def _weekday_factors(amount: FloatArray, weekday: IntArray) -> FloatArray:
    city = amount.mean(axis=0)
    mean = (np.bincount(weekday, city, 7) + 1e-9) / (np.bincount(weekday, minlength=7) + 1e-9)
    return np.asarray(np.maximum(mean / mean.mean(), 0.2))


def dressed(expected: FloatArray, past: FloatArray, past_truth: FloatArray) -> FloatArray:
    """Return quantiles (`LEVELS`) of a rule's numbers plus the errors it made at an earlier time, by bin."""
    errors = np.quantile(past_truth - past, LEVELS)
    return np.asarray(np.clip(expected[:, None] + errors, 0.0, 1.0))
