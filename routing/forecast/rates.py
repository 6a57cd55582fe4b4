"""How fast each bin fills, as a gamma distribution: its own past, shrunk to its group's, shrunk to the city's.

Deposits arrive as a compound Poisson process in activity time. With a gamma prior on the rate the posterior is
gamma again (deposit over lump plays the count), so one sum per bin is all there is to keep: new readings add to
it, old ones fade. The prior is the group's, by credibility theory (H. Buehlmann and A. Gisler, A Course in
Credibility Theory, 2005, chapter 4).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from routing.forecast.increments import Increments

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

HALF_LIFE_S = 14 * 24 * 3600.0
"""A fortnight ago counts half: short enough to follow a season, long enough to know a bin."""
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

    @property
    def mean_per_h(self) -> FloatArray:
        """The expected rates."""
        return self.shape / self.hours

    @property
    def variance(self) -> FloatArray:
        """What is not known of the rates."""
        return self.shape / self.hours**2


@dataclass(frozen=True)
class Evidence:
    """What each bin's past says of its rate, fading with age."""

    deposit: FloatArray
    activity_h: FloatArray


def gather_evidence(
    seen: Increments, activity_h: FloatArray, rate_per_h: FloatArray, lump: FloatArray, newest_s: FloatArray
) -> Evidence:
    """Sum up deposits and hours by bin; ages count from the bin's own newest level, so that silence forgets nothing."""
    bins = len(rate_per_h)
    weight = 0.5 ** ((newest_s[seen.bin_of] - seen.to_s) / HALF_LIFE_S)
    deposit = seen.deposit.copy()
    full = np.flatnonzero(seen.filled_up)
    owner = seen.bin_of[full]
    deposit[full] = mean_beyond(deposit[full], rate_per_h[owner] * activity_h[full], lump[owner])
    return Evidence(
        np.maximum(np.bincount(seen.bin_of, weight * deposit, bins), 0.0),
        np.bincount(seen.bin_of, weight * activity_h, bins),
    )


def mean_beyond(least: FloatArray, expected: FloatArray, lump: FloatArray) -> FloatArray:
    """Return E[deposit | deposit >= least] of a gamma with this mean and a variance of `lump * mean`."""
    shape = np.maximum(expected, 1e-9) / lump
    beyond = gammaincc(shape, least / lump)
    mean = expected * gammaincc(shape + 1.0, least / lump) / np.maximum(beyond, 1e-12)
    # Far out in the tail both functions vanish; the tail itself is exponential there.
    return np.where(beyond > 1e-9, np.maximum(mean, least), least + lump)


def posterior(evidence: Evidence, dispersion: FloatArray, group: IntArray) -> Rates:
    """Return every bin's rate; one without a past has its group's distribution."""
    prior_mean, variance = _prior(evidence, dispersion, group)
    shape = 1.0 / variance
    return Rates(
        shape=shape + evidence.deposit / dispersion,
        hours=shape / prior_mean + evidence.activity_h / dispersion,
    )


def _prior(evidence: Evidence, dispersion: FloatArray, group: IntArray) -> tuple[FloatArray, float]:
    """Return the group's mean rate for each bin, and the relative variance of bins around it."""
    known = evidence.activity_h > 1.0
    own = np.where(known, evidence.deposit / np.maximum(evidence.activity_h, 1.0), 0.0)
    mean, variance = np.full(len(own), STATED_RATE_PER_H), STATED_VARIANCE
    for _ in range(3):  # each needs the other; three rounds settle it
        noise = dispersion / (mean * np.maximum(evidence.activity_h, 1.0))
        trust = np.where(known, variance / (variance + noise), 0.0)
        mean = _group_means(own, trust, group)
        scatter = np.where(known, (own / mean - 1.0) ** 2 - noise, 0.0)
        measured = (trust @ scatter + VARIANCE_AS_BINS * STATED_VARIANCE) / (trust.sum() + VARIANCE_AS_BINS)
        variance = float(np.clip(measured, 0.05, 4.0))
    return mean, variance


def _group_means(own: FloatArray, trust: FloatArray, group: IntArray) -> FloatArray:
    city = (trust @ own + STATED_RATE_PER_H) / (trust.sum() + 1.0)
    means = (np.bincount(group, trust * own) + CITY_AS_BINS * city) / (np.bincount(group, trust) + CITY_AS_BINS)
    return np.asarray(np.maximum(means, 1e-5))[group]
