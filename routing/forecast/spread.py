"""How unevenly waste arrives: lumps, good and bad days, and the sensor's own noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.increments import Increments
from routing.forecast.sums import FALL_EDGES, Sums

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


@dataclass(frozen=True)
class Blocks:
    """Stretches of one segment within one block of the clock: over them deposits are added up and compared."""

    starts: IntArray
    """The first deposit of each."""
    bin_of: IntArray
    to_s: FloatArray
    unsure_var: FloatArray
    """What the flags of its levels add to the noise's variance."""

    @classmethod
    def of(cls, found: Increments, block_s: float) -> "Blocks":
        """Return the blocks of these deposits, which are in order."""
        block = np.floor(found.to_s / block_s)
        fresh = np.ones(len(block), dtype=np.bool_)
        fresh[1:] = (np.diff(found.segment) != 0) | (np.diff(block) != 0)
        starts = np.flatnonzero(fresh)
        unsure_var = np.maximum.reduceat(found.unsure_var, starts) if len(starts) else np.empty(0)
        return cls(starts, found.bin_of[starts], found.to_s[starts], unsure_var)

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the sum of the deposits' values in each."""
        return np.add.reduceat(values, self.starts) if len(self.starts) else np.empty(0)

    def errors(
        self,
        arrived: FloatArray,
        beyond_var: FloatArray,
        activity_h: FloatArray,
        rate_per_h: FloatArray,
        known_h: FloatArray,
        noise: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Return what should have arrived in each block, and the squared error less what noise explains.

        Args:
            arrived: How much the deposits were, as far as one can say.
            beyond_var: Variance of what one cannot say: how much more than full it was.
            activity_h: Their hours of activity.
            rate_per_h: The bins' rates, which were learnt from these very deposits.
            known_h: The hours of activity from which each rate was learnt, those of its prior included.
            noise: Standard deviation of a look.
        """
        hours = self.sums(activity_h)
        expected = hours * rate_per_h[self.bin_of]
        # A rate that was learnt from a block lies closer to it than the truth does.
        own_share = np.minimum(hours / known_h[self.bin_of], 0.5)
        error = (self.sums(arrived) - expected) ** 2 / (1.0 - own_share)
        return expected, error + self.sums(beyond_var) - 2 * noise**2 - self.unsure_var


def noise_sd(falls: FloatArray) -> float:
    """Return the sensors' noise: a level that falls between two near looks does so by noise alone."""
    count = float(falls.sum())
    # The median of a half-normal lies at 0.674 of its sd; the difference of two readings has twice the variance.
    measured = _median(falls) / 0.674 / np.sqrt(2) if count else 0.0
    trust = count / (count + 50)
    return float(max(trust * measured + (1 - trust) * STATED_NOISE_SD, 0.003))


def _median(falls: FloatArray) -> float:
    below = np.concatenate(([0.0], np.cumsum(falls)))
    return float(np.interp(below[-1] / 2.0, below, FALL_EDGES))


def spread_of(sums: Sums, group: IntArray) -> Spread:
    """Return the spread around the rates, each bin's lump shrunk to its group's, that to the city's."""
    day_variance = _day_variance(sums)
    expected = sums.expected
    excess = sums.excess - day_variance * sums.expected_sq
    measured = (excess.sum() + STATED_FILLS * STATED_LUMP_FRACTION) / (expected.sum() + STATED_FILLS)
    city = max(float(measured), SMALLEST_LUMP_FRACTION)
    by_group = (np.bincount(group, excess) + STATED_FILLS * city) / (np.bincount(group, expected) + STATED_FILLS)
    own = (excess + STATED_FILLS * np.maximum(by_group, SMALLEST_LUMP_FRACTION)[group]) / (expected + STATED_FILLS)
    return Spread(np.clip(own, SMALLEST_LUMP_FRACTION, 1.0), day_variance, city)


def _day_variance(sums: Sums) -> float:
    """Split the spread by how it grows with the block: lumps with the amount, good and bad days with its square."""
    mass_short, mass_daily = float(sums.short_expected.sum()), float(sums.expected.sum())
    if mass_short <= 0.0 or mass_daily <= 0.0:
        return STATED_DAY_VARIANCE
    square_short, square_daily = sums.short_expected_sq.sum() / mass_short, sums.expected_sq.sum() / mass_daily
    spread_short, spread_daily = sums.short_excess.sum() / mass_short, sums.excess.sum() / mass_daily
    if square_daily < 1.2 * square_short:
        return STATED_DAY_VARIANCE  # readings too far apart to tell one from the other
    measured = float(np.clip((spread_daily - spread_short) / (square_daily - square_short), 0.0, 1.0))
    trust = mass_daily / (mass_daily + 20.0)
    return float(trust * measured + (1 - trust) * STATED_DAY_VARIANCE)
