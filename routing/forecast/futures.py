"""Drawn futures: how the bins may fill if nobody empties them, deposit by deposit, for whoever plays plans through."""

import numpy as np
from numpy.typing import NDArray

from routing.forecast.fills import Fills

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def draw_fills(fills: Fills, at_h: FloatArray, day_of: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return one future of every bin's fill at rising times; beyond 1 it lies beside the bin. Shape [bins, times].

    Args:
        fills: What is known of the bins.
        at_h: Their clocks at the times. [bins, times]
        day_of: The number of each time's day: one day's deposits share what makes it good or bad.
        rng: Chance.
    """
    bins = len(fills.level)
    rate_shape = fills.rate_per_h**2 / np.maximum(fills.rate_var, 1e-30)
    rate = rng.gamma(rate_shape) * fills.rate_per_h / rate_shape
    level = np.maximum(fills.level + np.sqrt(fills.level_var) * rng.standard_normal(bins), 0.0)
    hours = np.diff(np.column_stack((fills.since_h, at_h)), axis=1)
    _, day = np.unique(day_of, return_inverse=True)
    good = _good_days(fills.day_variance, (bins, int(day.max(initial=0)) + 1), rng)
    expected = rate[:, None] * np.maximum(hours, 0.0) * good[:, day]
    size = fills.lump[:, None] / 2.0  # deposits are spread exponentially: their lump is twice their mean
    count = rng.poisson(expected / size)
    return np.asarray(level[:, None] + np.cumsum(rng.gamma(count) * size, axis=1))


def _good_days(variance: float, shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    if variance <= 0.0:
        return np.ones(shape)
    return rng.gamma(1.0 / variance, variance, shape)
