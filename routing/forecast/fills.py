"""What one bin's fill may be some activity hours after it was last known: level plus deposits, in closed form.

Deposits over t hours have mean m = r t and variance V = lump m + day_variance r^2 d(t) + var(r) t^2: lumps,
good and bad days, and what is not known of the rate. A gamma with these moments stands for them; its shape m^2/V
and its scale V/m both grow with t, so P(overflow) can only grow while nobody empties the bin. The level it starts
from is a normal, integrated by Gauss-Hermite quadrature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import scipy  # whose parts load when they are first asked for: half a second that no start of a server waits for
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_nodes, _weights = np.polynomial.legendre.leggauss(5)
NODES: FloatArray = (_nodes + 1.0) / 2.0
WEIGHTS: FloatArray = _weights / 2.0
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

    def emptied_to(self, level: float, sd: float, at_h: FloatArray | float = 0.0) -> "Fills":
        """Return the same bins, emptied at these hours of their clocks."""
        empty = np.zeros(len(self.level))
        return replace(self, level=empty + level, level_var=empty + sd**2, since_h=empty + at_h)

    def first_reach(
        self, p: float, start: float, end: float, hours_at: Callable[[FloatArray], FloatArray]
    ) -> FloatArray:
        """Return when P(overflow) reaches `p`: `start` if it has, infinite if not by `end`. By bin.

        `hours_at` turns moments (in the unit of start and end; shape [bins, 1]) into activity hours.
        """
        bins = len(self.level)
        low, high = np.full((bins, 1), start), np.full((bins, 1), end)
        never = self.p_overflow(hours_at(high)) < p
        already = self.p_overflow(hours_at(low)) >= p
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            reached = self.p_overflow(hours_at(middle)) >= p
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return np.where(already, start, np.where(never, np.inf, high))[:, 0]

    def _deposits(self, at_h: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of what arrives until `at_h`; shape [bins, times]."""
        hours = np.maximum(at_h - self.since_h[:, None], 1e-6)
        return deposits(hours, self.rate_per_h[:, None], self.rate_var[:, None], self.lump[:, None], self.day_variance)

    def arrivals(self, hours: FloatArray) -> "Arrivals":
        """Return what arrives in that many activity hours, whatever was there before; shape [bins or 1, times]."""
        rate, lump = self.rate_per_h[:, None], self.lump[:, None]
        mean, var = deposits(np.maximum(hours, 1e-6), rate, self.rate_var[:, None], lump, self.day_variance)
        return Arrivals.of(mean, var, lump)

    def _arrivals(self, at_h: FloatArray) -> "Arrivals":
        mean, var = self._deposits(at_h)
        return Arrivals.of(mean, var, self.lump[:, None])

    @cached_property
    def _full(self) -> FloatArray:
        """P(the bin is full already). By bin."""
        return np.asarray(scipy.special.ndtr((self.level - 1.0) / np.sqrt(self.level_var)))

    @cached_property
    def _rooms(self) -> FloatArray:
        """How much still fits in, at some quantiles of a level below full; shape [bins, nodes]."""
        below = np.maximum(1.0 - self._full, 1e-12)[:, None]
        level = self.level[:, None] + np.sqrt(self.level_var)[:, None] * scipy.special.ndtri(NODES * below)
        return np.asarray(1.0 - np.clip(level, 0.0, 1.0))

    def p_overflow(self, at_h: FloatArray) -> FloatArray:
        """Return P(fill reaches 1 until `at_h`) for `at_h` of shape [bins or 1, times]."""
        arrivals = self._arrivals(at_h)
        later = np.zeros(arrivals.mean.shape)
        for weight, room in zip(WEIGHTS, self._rooms.T, strict=True):
            later += weight * arrivals.p_beyond(room[:, None])
        full = self._full[:, None]
        return np.clip(full + (1.0 - full) * later, 0.0, 1.0)

    def expected(self, at_h: FloatArray) -> FloatArray:
        """Return E[min(fill, 1)], same shapes as `p_overflow`."""
        arrivals = self._arrivals(at_h)
        total = np.zeros(arrivals.mean.shape)
        for weight, room in zip(WEIGHTS, self._rooms.T, strict=True):
            total += weight * (1.0 - room[:, None] + arrivals.mean - arrivals.mean_beyond(room[:, None]))
        full = self._full[:, None]
        return np.clip(full + (1.0 - full) * total, 0.0, 1.0)

    def beyond_full(self, at_h: FloatArray) -> FloatArray:
        """Return E[max(fill - 1, 0)], what lies beside the bin as a fraction of it; same shapes as `p_overflow`."""
        arrivals = self._arrivals(at_h)
        later = np.zeros(arrivals.mean.shape)
        for weight, room in zip(WEIGHTS, self._rooms.T, strict=True):
            later += weight * arrivals.mean_beyond(room[:, None])
        sd, full = np.sqrt(self.level_var), self._full
        heaped = sd * np.exp(-0.5 * ((self.level - 1.0) / sd) ** 2) / np.sqrt(2 * np.pi) + (self.level - 1.0) * full
        return np.asarray(heaped[:, None] + full[:, None] * arrivals.mean + (1.0 - full[:, None]) * later)

    def sd(self, at_h: FloatArray) -> FloatArray:
        """Return the standard deviation of the fill, at most that of a coin between empty and full."""
        return np.minimum(np.sqrt(self.level_var[:, None] + self._deposits(at_h)[1]), 0.5)

    def quantiles(self, levels: Sequence[float], at_h: FloatArray) -> list[FloatArray]:
        """Return the fill's quantiles, same shapes, by a shifted gamma with the sum's first three moments."""
        mean, var = self._deposits(at_h)
        total_sd = np.sqrt(self.level_var[:, None] + var)
        skew = SKEW_OF_LUMPS * var**2 / mean / total_sd**3
        middle = self.level[:, None] + mean
        return [np.clip(middle + total_sd * _standard_quantile(level, skew), 0.0, 1.0) for level in levels]


@dataclass(frozen=True)
class Arrivals:
    """What arrives: nothing with probability `p_none`, else a gamma; mean and variance are those of the whole."""

    mean: FloatArray
    p_none: FloatArray
    shape: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, mean: FloatArray, var: FloatArray, lump: FloatArray) -> "Arrivals":
        """Return the arrivals; single deposits are spread exponentially, so they are half a lump large on average."""
        count = 2.0 * mean / lump
        # What the lumps do not explain is shared by all deposits of the span: a gamma factor, so their number is
        # negative binomial.
        common = np.maximum(var / mean**2 - lump / mean, 1e-9)
        some = -np.expm1(-np.log1p(common * count) / common)
        some = np.clip(some, 1e-9, 1.0)
        shape = 1.0 / np.maximum((1.0 + var / mean**2) * some - 1.0, 1e-6)
        return cls(mean, 1.0 - some, shape, mean / some / shape)

    def at(self, time: int) -> "Arrivals":
        """Return the column of one time, to be asked for many rooms at once."""
        column = slice(time, time + 1)
        return Arrivals(self.mean[:, column], self.p_none[:, column], self.shape[:, column], self.scale[:, column])

    def p_beyond(self, room: FloatArray) -> FloatArray:
        """Return P(at least `room` arrives)."""
        return np.where(room > 0.0, (1.0 - self.p_none) * scipy.special.gammaincc(self.shape, room / self.scale), 1.0)

    def mean_beyond(self, room: FloatArray) -> FloatArray:
        """Return E[what arrives beyond `room`]."""
        x = room / self.scale
        tail = scipy.special.gammaincc(self.shape, x)
        more = np.exp(self.shape * np.log(np.maximum(x, 1e-300)) - x - scipy.special.gammaln(self.shape + 1.0))
        spilled = self.mean * (tail + more) - (1.0 - self.p_none) * room * tail
        return np.asarray(np.maximum(spilled, 0.0))


def deposits(
    hours: FloatArray, rate: FloatArray, rate_var: FloatArray, lump: FloatArray, day_variance: float
) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of what arrives in `hours` of activity."""
    mean = rate * hours
    # Good and bad days follow each other unrelated, and a span begins at any time of a day: over all beginnings the
    # squared shares of the days come to this.
    within = np.minimum(hours, DAY_H)
    days = within**2 * (1.0 - within / (3.0 * DAY_H)) + DAY_H * (hours - within)
    return mean, lump * mean + day_variance * rate**2 * days + rate_var * hours**2


def _standard_quantile(p: float, skew: FloatArray) -> FloatArray:
    """Return the p-quantile of a gamma with mean 0, variance 1 and this skew; a normal where there is none."""
    found: FloatArray = np.interp(skew, SKEWS, _quantile_by_skew(p))
    return found


@cache
def _quantile_by_skew(p: float) -> FloatArray:
    shape = 4.0 / SKEWS**2
    return np.asarray((scipy.special.gammaincinv(shape, p) - shape) / np.sqrt(shape))
