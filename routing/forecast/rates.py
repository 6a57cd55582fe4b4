"""How fast each bin fills, as a gamma distribution: its own past, shrunk to its group's, shrunk to the city's.

Deposits arrive as a compound Poisson process in activity time. With a gamma prior on the rate the posterior is
gamma again (deposit over lump plays the count), so one sum per bin is all there is to keep: new readings add to
it, old ones fade. The prior is the group's, by credibility theory (H. Buehlmann and A. Gisler, A Course in
Credibility Theory, 2005, chapter 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

STATED_RATE_PER_H = 0.20 / 24
"""Before any data: between household containers (about 0.1 a day) and Edinburgh's litter bins (0.49 a day)."""
STATED_VARIANCE = 0.27
"""Relative variance between bins of a group, before data: 1 / 3.70, the gamma shape of Edinburgh's sites."""
CITY_AS_BINS = 3.0
"""A group believes its city as much as this many bins of its own that are known well."""
VARIANCE_AS_BINS = 10.0


@dataclass(frozen=True)
class Rates:
    """Gamma distributions of the bins' rates, a fraction an hour of activity."""

    shape: FloatArray
    hours: FloatArray
    """The gamma's rate parameter: mean = shape / hours."""
    group_mean_per_h: FloatArray
    """What a bin's group tells of it ..."""
    group_h: FloatArray
    """... and how many hours of its own activity that counts as."""
    known_h: FloatArray
    """From how many hours of activity, those included, the mean was drawn."""

    @property
    def mean_per_h(self) -> FloatArray:
        """The expected rates."""
        return self.shape / self.hours

    @property
    def variance(self) -> FloatArray:
        """What is not known of the rates."""
        return self.shape / self.hours**2


def moments_beyond(least: FloatArray, mean: FloatArray, var: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of a gamma with this mean and variance, given that it is at least `least`."""
    scale = var / np.maximum(mean, 1e-9)
    shape, x = np.maximum(mean, 1e-9) / scale, np.maximum(least, 0.0) / scale
    beyond = np.maximum(scipy.special.gammaincc(shape, x), 1e-300)
    first = shape * scale * scipy.special.gammaincc(shape + 1.0, x) / beyond
    second = shape * (shape + 1.0) * scale**2 * scipy.special.gammaincc(shape + 2.0, x) / beyond
    # Far out in the tail the functions vanish; the tail itself is exponential there.
    near = beyond > 1e-9
    first = np.where(near, np.maximum(first, least), least + scale)
    return first, np.where(near, np.maximum(second - first**2, 0.0), scale**2)


def posterior(
    deposit: FloatArray,
    activity_h: FloatArray,
    worth: FloatArray,
    dispersion: FloatArray,
    levels: Sequence[IntArray],
) -> Rates:
    """Return every bin's rate; one without a past has its group's distribution.

    Args:
        deposit: What arrived. By bin.
        activity_h: In how many hours. By bin.
        worth: How many hours' evidence each of them is: those of faded sums are worth more than their weight. By bin.
        dispersion: Variance over mean of what arrives in a day. By bin.
        levels: Numbers of the groups that a bin belongs to, the widest first: each corrects the one before.
    """
    deposit, activity_h = worth * deposit, worth * activity_h
    group_mean, variance = _prior(deposit, activity_h, dispersion, levels)
    shape = 1.0 / variance
    group_h = dispersion * shape / group_mean
    return Rates(
        shape=shape + deposit / dispersion,
        hours=(group_h + activity_h) / dispersion,
        group_mean_per_h=group_mean,
        group_h=group_h / worth,
        known_h=(group_h + activity_h) / worth,
    )


def _prior(
    deposit: FloatArray, activity_h: FloatArray, dispersion: FloatArray, levels: Sequence[IntArray]
) -> tuple[FloatArray, float]:
    """Return the groups' mean rate for each bin, and the relative variance of bins around it."""
    known = activity_h > 1.0
    own = np.where(known, deposit / np.maximum(activity_h, 1.0), 0.0)
    mean, variance = np.full(len(own), STATED_RATE_PER_H), STATED_VARIANCE
    for _ in range(3):  # each needs the other; three rounds settle it
        noise = dispersion / (mean * np.maximum(activity_h, 1.0))
        trust = np.where(known, variance / (variance + noise), 0.0)
        mean = _group_means(own, trust, levels)
        scatter = np.where(known, (own / mean - 1.0) ** 2 - noise, 0.0)
        measured = (trust @ scatter + VARIANCE_AS_BINS * STATED_VARIANCE) / (trust.sum() + VARIANCE_AS_BINS)
        variance = float(np.clip(measured, 0.05, 4.0))
    return mean, variance


def _group_means(own: FloatArray, trust: FloatArray, levels: Sequence[IntArray]) -> FloatArray:
    city = (trust @ own + STATED_RATE_PER_H) / (trust.sum() + 1.0)
    mean = np.full(len(own), city)
    for group in levels:
        mean = mean * _ratios(own, mean, trust, group)
    return np.asarray(np.maximum(mean, 1e-5))


def _ratios(own: FloatArray, mean: FloatArray, trust: FloatArray, group: IntArray) -> FloatArray:
    """Return by bin how the others of its group compare with what was expected of them: itself it tells anyway."""
    seen = trust * own / np.maximum(mean, 1e-9)
    others = np.bincount(group, seen)[group] - seen
    return np.asarray((others + CITY_AS_BINS) / (np.bincount(group, trust)[group] - trust + CITY_AS_BINS))
