"""What one bin's fill may be some activity hours after it was last known: level plus deposits, in closed form.

Deposits over t hours have mean m = r t and variance V = lump m + day_variance r^2 t min(t, 24) + var(r) t^2: lumps,
good and bad days, and what is not known of the rate. A gamma with these moments stands for them; its shape m^2/V
and its scale V/m both grow with t, so P(overflow) can only grow while nobody empties the bin. The level it starts
from is a normal, integrated by Gauss-Hermite quadrature.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, gammaincinv

FloatArray = NDArray[np.float64]

NODES, _weights = np.polynomial.hermite_e.hermegauss(5)
WEIGHTS: FloatArray = _weights / _weights.sum()
DAY_H = 24.0
HALVINGS = 16
"""Of at most 90 days: to two minutes."""
SKEW_OF_LUMPS = 1.5
"""Third moment of the deposits over V^2/m, if single deposits are spread exponentially; a gamma would have 2."""
SKEWS = np.linspace(0.0, 12.0, 601)[1:]


@dataclass(frozen=True)
class Fills:
    """The bins' fill as last known, at `since_h` on the activity clock, and how it grows from there. All by bin."""

    level: FloatArray
    level_var: FloatArray
    since_h: FloatArray
    rate_per_h: FloatArray
    rate_var: FloatArray
    lump: FloatArray
    day_variance: float

    def rows(self, index: slice) -> "Fills":
        """Return the same of some bins."""
        return Fills(
            self.level[index],
            self.level_var[index],
            self.since_h[index],
            self.rate_per_h[index],
            self.rate_var[index],
            self.lump[index],
            self.day_variance,
        )

    def emptied_to(self, level: float, sd: float, at_h: float = 0.0) -> "Fills":
        """Return the same bins, emptied at this hour of the activity clock."""
        bins = len(self.level)
        return replace(self, level=np.full(bins, level), level_var=np.full(bins, sd**2), since_h=np.full(bins, at_h))

    def first_reach(self, p: float, from_h: float, to_h: float) -> FloatArray:
        """Return the activity hour at which P(overflow) reaches `p`: from_h if it has, infinite if not by to_h."""
        bins = len(self.level)
        low, high = np.full(bins, from_h), np.full(bins, to_h)
        never = self.p_overflow(high[:, None])[:, 0] < p
        already = self.p_overflow(low[:, None])[:, 0] >= p
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            reached = self.p_overflow(middle[:, None])[:, 0] >= p
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return np.where(already, from_h, np.where(never, np.inf, high))

    def _deposits(self, at_h: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of what arrives until `at_h`; shape [bins, times]."""
        hours = np.maximum(at_h - self.since_h[:, None], 1e-6)
        return deposits(hours, self.rate_per_h[:, None], self.rate_var[:, None], self.lump[:, None], self.day_variance)

    def _rooms(self) -> FloatArray:
        """Return how much still fits in, for each node of the level; shape [bins, nodes]."""
        return 1.0 - np.maximum(self.level[:, None] + np.sqrt(self.level_var)[:, None] * NODES, 0.0)

    def p_overflow(self, at_h: FloatArray) -> FloatArray:
        """Return P(fill reaches 1 until `at_h`) for `at_h` of shape [bins or 1, times]."""
        mean, var = self._deposits(at_h)
        shape, scale = mean**2 / var, var / mean
        p = np.zeros(mean.shape)
        for weight, room in zip(WEIGHTS, self._rooms().T, strict=True):
            p += weight * gammaincc(shape, np.maximum(room, 0.0)[:, None] / scale)
        return np.clip(p, 0.0, 1.0)

    def expected(self, at_h: FloatArray) -> FloatArray:
        """Return E[min(fill, 1)], same shapes as `p_overflow`."""
        mean, var = self._deposits(at_h)
        shape, scale = mean**2 / var, var / mean
        total = np.zeros(mean.shape)
        for weight, room in zip(WEIGHTS, self._rooms().T, strict=True):
            space = np.maximum(room, 0.0)[:, None]
            x = space / scale
            beyond = gammaincc(shape, x)
            added = mean * (1.0 - gammaincc(shape + 1.0, x)) + space * beyond
            total += weight * (np.minimum(1.0 - room, 1.0)[:, None] + added)
        return np.clip(total, 0.0, 1.0)

    def beyond_full(self, at_h: FloatArray) -> FloatArray:
        """Return E[max(fill - 1, 0)], what lies beside the bin as a fraction of it; same shapes as `p_overflow`."""
        mean, var = self._deposits(at_h)
        shape, scale = mean**2 / var, var / mean
        total = np.zeros(mean.shape)
        for weight, room in zip(WEIGHTS, self._rooms().T, strict=True):
            x = np.maximum(room, 0.0)[:, None] / scale
            spilled = mean * gammaincc(shape + 1.0, x) - room[:, None] * gammaincc(shape, x)
            total += weight * np.maximum(spilled, 0.0)
        return total

    def sd(self, at_h: FloatArray) -> FloatArray:
        """Return the standard deviation of the fill, at most that of a coin between empty and full."""
        return np.minimum(np.sqrt(self.level_var[:, None] + self._deposits(at_h)[1]), 0.5)

    def quantile(self, p: float, at_h: FloatArray) -> FloatArray:
        """Return the p-quantile of the fill, same shapes, by a shifted gamma with the sum's first three moments."""
        mean, var = self._deposits(at_h)
        total_sd = np.sqrt(self.level_var[:, None] + var)
        skew = SKEW_OF_LUMPS * var**2 / mean / total_sd**3
        return np.clip(self.level[:, None] + mean + total_sd * _standard_quantile(p, skew), 0.0, 1.0)


def deposits(
    hours: FloatArray, rate: FloatArray, rate_var: FloatArray, lump: FloatArray, day_variance: float
) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of what arrives in `hours` of activity."""
    mean = rate * hours
    return mean, lump * mean + day_variance * rate**2 * hours * np.minimum(hours, DAY_H) + rate_var * hours**2


def _standard_quantile(p: float, skew: FloatArray) -> FloatArray:
    """Return the p-quantile of a gamma with mean 0, variance 1 and this skew; a normal where there is none."""
    found: FloatArray = np.interp(skew, SKEWS, _quantile_by_skew(p))
    return found


@cache
def _quantile_by_skew(p: float) -> FloatArray:
    shape = 4.0 / SKEWS**2
    return np.asarray((gammaincinv(shape, p) - shape) / np.sqrt(shape))
