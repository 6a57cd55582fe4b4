"""How unevenly waste arrives: lumps, good and bad days, and the sensor's own noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.increments import Increments

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STATED_LUMP_FRACTION = 0.05
"""Mean square over mean of a deposit, before data: a bag in a bin that holds some forty."""
STATED_DAY_VARIANCE = 0.04
"""Relative variance of one day's rate around the usual, before data."""
STATED_NOISE_SD = 0.015
SHORT_BLOCK_S, DAY_BLOCK_S = 4 * 3600.0, 24 * 3600.0
SMALLEST_LUMP_FRACTION = 0.001
STATED_FILLS = 3.0
"""What is stated, and what a group tells its bins, counts as much as this many fills of own data."""


@dataclass(frozen=True)
class Spread:
    """Variance of the deposits over t hours of expected amount m: `lump * m + day_variance * m^2 * min(t, 24) / t`."""

    lump: FloatArray
    """By bin. [fraction]"""
    day_variance: float
    city_lump: float


def noise_sd(seen: Increments) -> float:
    """Return the sensors' noise: a level that falls between two near looks does so by noise alone."""
    fell = seen.deposit[(seen.deposit < 0) & (seen.to_s - seen.from_s <= 6 * 3600.0)]
    # The median of a half-normal lies at 0.674 of its sd; the difference of two readings has twice the variance.
    measured = float(np.median(-fell)) / 0.674 / np.sqrt(2) if len(fell) else 0.0
    trust = len(fell) / (len(fell) + 50)
    return max(trust * measured + (1 - trust) * STATED_NOISE_SD, 0.003)


@dataclass(frozen=True)
class _Blocks:
    bin_of: IntArray
    expected: FloatArray
    excess: FloatArray
    """Squared residual less what noise explains."""


def learn_spread(
    seen: Increments, activity_h: FloatArray, rate_per_h: FloatArray, noise: float, group: IntArray
) -> Spread:
    """Return the spread around `rate_per_h` (by bin), each bin's lump shrunk to its group's, that to the city's."""
    short = _blocks(seen, activity_h, rate_per_h, noise, SHORT_BLOCK_S)
    daily = _blocks(seen, activity_h, rate_per_h, noise, DAY_BLOCK_S)
    day_variance = _day_variance(short, daily)
    bins = len(rate_per_h)
    excess = np.bincount(daily.bin_of, daily.excess - day_variance * daily.expected**2, bins)
    expected = np.bincount(daily.bin_of, daily.expected, bins)
    measured = (excess.sum() + STATED_FILLS * STATED_LUMP_FRACTION) / (expected.sum() + STATED_FILLS)
    city = max(float(measured), SMALLEST_LUMP_FRACTION)
    by_group = (np.bincount(group, excess) + STATED_FILLS * city) / (np.bincount(group, expected) + STATED_FILLS)
    own = (excess + STATED_FILLS * np.maximum(by_group, SMALLEST_LUMP_FRACTION)[group]) / (expected + STATED_FILLS)
    return Spread(np.clip(own, SMALLEST_LUMP_FRACTION, 1.0), day_variance, city)


def _blocks(seen: Increments, activity_h: FloatArray, rate_per_h: FloatArray, noise: float, block_s: float) -> _Blocks:
    use = ~seen.filled_up
    bin_of, segment = seen.bin_of[use], seen.segment[use]
    block = np.floor(seen.to_s[use] / block_s)
    fresh = np.ones(len(bin_of), dtype=np.bool_)
    fresh[1:] = (np.diff(segment) != 0) | (np.diff(block) != 0)
    starts = np.flatnonzero(fresh)
    if not len(starts):
        return _Blocks(bin_of, np.empty(0), np.empty(0))
    owner = bin_of[starts]
    expected = np.add.reduceat(activity_h[use], starts) * rate_per_h[owner]
    arrived = np.add.reduceat(seen.deposit[use], starts)
    return _Blocks(owner, expected, (arrived - expected) ** 2 - 2 * noise**2)


def _day_variance(short: _Blocks, daily: _Blocks) -> float:
    """Split the spread by how it grows with the block: lumps with the amount, good and bad days with its square."""
    mass_short, mass_daily = short.expected.sum(), daily.expected.sum()
    if mass_short <= 0.0 or mass_daily <= 0.0:
        return STATED_DAY_VARIANCE
    square_short, square_daily = (short.expected**2).sum() / mass_short, (daily.expected**2).sum() / mass_daily
    spread_short, spread_daily = short.excess.sum() / mass_short, daily.excess.sum() / mass_daily
    if square_daily < 1.2 * square_short:
        return STATED_DAY_VARIANCE  # readings too far apart to tell one from the other
    measured = float(np.clip((spread_daily - spread_short) / (square_daily - square_short), 0.0, 1.0))
    trust = mass_daily / (mass_daily + 20.0)
    return float(trust * measured + (1 - trust) * STATED_DAY_VARIANCE)
