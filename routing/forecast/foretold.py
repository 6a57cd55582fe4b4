"""How long the past counts: as long as would have foretold this city's days best.

How fast rates change is the city's own: where they hardly do, last season's evidence is worth keeping; where they
wander from week to week, all but the last days mislead. So what came is summed up with several half-lives side by
side, and each day is held against what every one of them would have said the evening before. From the squared errors
follows how far rates wander in a day (weights as in Bayesian model averaging; A. P. Dawid, Statistical Theory: The
Prequential Approach, 1984), and from that each bin's own half-life: the more its days differ by chance, the longer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.rates import Rates
from routing.forecast.spread import Blocks
from routing.forecast.sums import DAY_S, HABIT_HALF_LIFE_S, HALF_LIVES_S, Sums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WANDERS = 0.0035 * 2.0 ** np.arange(7)
"""How far rates may wander in a day, relative: from hardly at all in a season to by half in a week."""
STATED_SURPRISE = 2.0 * np.abs(np.log2(WANDERS / 0.028))
"""Before any day is foretold: some 3 % a day, with which a fortnight ago counts half for an ordinary bin."""
EVIDENCE = 0.5
"""A day's weather is the whole city's: its bins tell less than as many strangers would."""
MOST = 16.0
"""A day off by more than four standard deviations is no change of rate, but a sofa."""
TELLING = 1e-8
"""What has faded further, by the shortest half-life that is trusted, cannot be told from its rounding any more."""
PER_DAYS_SQUARED = 3.5
"""What n days tell is off by chance / n, and by how far the rate went meanwhile: wander^2 n / 3 where all count alike,
wander^2 n / 4 where they fade (then n is twice the mean age); so each counts 1 / (1 + wander^2 n^2 / (3.5 chance))."""


@dataclass(frozen=True)
class Days:
    """Stretches of a day at most, bin after bin, the oldest first."""

    bin_of: IntArray
    fading: FloatArray
    """What each still counts for its bin's rate: a column per half-life."""
    counts: FloatArray
    """What each still counts for all that changes slowly."""

    @classmethod
    def of(cls, daily: Blocks, newest_s: FloatArray) -> "Days":
        """Return the days of these blocks; `newest_s` is each bin's newest level."""
        age_s = newest_s[daily.bin_of] - daily.to_s
        return cls(daily.bin_of, 0.5 ** (age_s[:, None] / HALF_LIVES_S), 0.5 ** (age_s / HABIT_HALF_LIFE_S))

    def faded(self, came: FloatArray, bins: int) -> FloatArray:
        """Return what came, summed up by bin and half-life."""
        return self._by_bin(self.fading * came[:, None], bins)

    def surprises(
        self, came: FloatArray, hours: FloatArray, variance: FloatArray, past: Sums, rates: Rates
    ) -> FloatArray:
        """Return how far off the forecasts of these days were, by bin and half-life: squared errors over variance.

        Args:
            came: By day.
            hours: Of activity. By day.
            variance: How far chance takes what comes from what is expected. By day.
            past: What was known before the first of them, faded like them.
            rates: For what a bin's group tells of it.
        """
        known = past.deposit[self.bin_of] + self._before(came)
        known_h = past.activity_h[self.bin_of] + self._before(hours)
        group_h = self.fading * rates.group_h[self.bin_of, None]  # on that day it counted in full
        rate = (known + group_h * rates.group_mean_per_h[self.bin_of, None]) / (known_h + group_h)
        error = (came[:, None] - np.maximum(rate, 0.0) * hours[:, None]) ** 2 / variance[:, None]
        tells = self.counts * (self.fading[:, 1] > TELLING)
        return self._by_bin(tells[:, None] * np.minimum(error, MOST), len(rates.group_h))

    def _before(self, values: FloatArray) -> FloatArray:
        """Return the sum of the bin's days before each, by half-life."""
        faded = self.fading * values[:, None]
        above = np.cumsum(faded, axis=0) - faded
        return np.asarray(above - above[np.searchsorted(self.bin_of, self.bin_of)])

    def _by_bin(self, values: FloatArray, bins: int) -> FloatArray:
        return np.stack([np.bincount(self.bin_of, column, bins) for column in values.T], axis=1)


def lasting(sums: Sums, chance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what came, in how many hours of activity, and how many hours' evidence each is worth. By bin.

    Args:
        sums: The past.
        chance: Relative variance of what comes in a day. By bin.
    """
    shares = _shares(chance)
    likely = likely_wanders(np.einsum("wbh,bh->w", shares, sums.surprise))
    trust = np.einsum("w,wbh->bh", likely, shares)
    deposit, activity_h = (sums.deposit * trust).sum(axis=1), (sums.activity_h * trust).sum(axis=1)
    # Weights squared are the weights of half the half-life; of several, no more than if they were all of one mind.
    squared_h = (np.sqrt(sums.activity_h[:, :-1]) * trust[:, 1:]).sum(axis=1) ** 2
    worth = np.divide(activity_h, squared_h, out=np.ones(len(deposit)), where=squared_h > 0.0)
    days = worth * activity_h / 24.0
    wandered = (likely @ WANDERS**2) * days**2 / (PER_DAYS_SQUARED * chance)
    return deposit, activity_h, worth / (1.0 + wandered)


def _shares(chance: FloatArray) -> FloatArray:
    """Return which half-lives know a bin best: shares that add up to one, by wander, bin and half-life.

    Exponential smoothing of a rate that wanders does best with a weight of wander / sqrt(chance) for the newest day
    (J. F. Muth, Optimal Properties of Exponentially Weighted Forecasts, 1960, for small ones).
    """
    half_life_s = DAY_S * np.log(2.0) * np.sqrt(chance) / WANDERS[:, None]
    place = np.clip(np.log2(half_life_s / HALF_LIVES_S[0]), 1.0, len(HALF_LIVES_S) - 1.0)
    return np.asarray(np.maximum(1.0 - np.abs(place[:, :, None] - np.arange(len(HALF_LIVES_S))), 0.0))


def likely_wanders(surprise: FloatArray) -> FloatArray:
    """Return how likely each of `WANDERS` is, by the surprises that the half-lives it stands for had."""
    found = STATED_SURPRISE + EVIDENCE * surprise
    likely = np.exp(-0.5 * (found - found.min()))
    return np.asarray(likely / likely.sum())
