"""What is in each bin by its newest look: a Kalman filter over the last few levels since the last emptying.

Between looks the level rises by the expected deposits and grows uncertain by their variance; each look pulls it
back. "At least full" is a bound, not a value: the moments of the truncated normal stand in (as in a tobit model), and
nobody may say that a bin which reads full is not.
A level off by more than three standard deviations is followed rather than averaged: someone threw in a sofa.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from routing.forecast.activity import Clocks
from routing.forecast.fills import deposits
from routing.forecast.observations import Observations
from routing.forecast.rates import Rates
from routing.forecast.spread import Spread

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LOOKS = 16
"""How many levels back the filter starts: what lies earlier has no weight left."""
UNKNOWN_LEVEL, UNKNOWN_SD = 0.5, 0.3
"""A bin of which nothing is known may be anywhere between empty and full."""
SURPRISE_SD = 3.0
HEAP_SD = 0.02
"""A heap is no plane: by so much a look is off, and the next one by the same, until the bin is emptied."""
SOON_S = 6 * 3600.0
"""What is seen so soon after the look before an emptying shows what was left."""


@dataclass(frozen=True)
class Levels:
    """Level, its variance and when it held, by bin."""

    level: FloatArray
    variance: FloatArray
    at_s: FloatArray


@dataclass(frozen=True)
class Leftover:
    """What is left in a bin after an emptying when no reading tells: mean and standard deviation in the city."""

    mean: float = 0.05
    sd: float = 0.10


def first_looks(seen: Observations) -> IntArray:
    """Return the rows of the first levels soon after emptyings that fell between two looks."""
    first = np.flatnonzero((np.diff(seen.segment) != 0) & (np.diff(seen.bin_of) == 0)) + 1
    near = seen.time_s[first] - seen.time_s[first - 1] <= SOON_S if len(first) else first.astype(np.bool_)
    return np.asarray(first[near])


def leftover_of(left: FloatArray) -> Leftover:
    """Return what emptyings leave in this city, from `Sums.left`; few of them count little."""
    stated, weight = Leftover(), 10.0
    count, total, squares = left
    mean = (total + weight * stated.mean) / (count + weight)
    squared = (squares - 2.0 * mean * total + count * mean**2 + weight * stated.sd**2) / (count + weight)
    return Leftover(float(mean), float(np.sqrt(max(squared, 1e-6))))


def last_levels(
    seen: Observations,
    rates: Rates,
    spread: Spread,
    clocks: Clocks,
    noise: float,
    leftover: Leftover,
    now_s: float,
) -> Levels:
    """Return each bin's level when it was last known: at its newest look or its newest emptying."""
    rows = seen.last_of_bin
    had = rows >= 0
    level, variance = _filtered(seen, rows, rates, spread, clocks, noise)
    variance = variance + (HEAP_SD * np.minimum(5.0 * level, 1.0)) ** 2
    at_s = np.where(had, seen.time_s[rows] if len(seen.time_s) else now_s, now_s)
    emptied = np.isfinite(seen.reset_s) & ~(had & (at_s >= seen.reset_s))
    # An emptying never puts anything in: what was there before bounds what is left.
    most = np.where(had, level + np.sqrt(variance), 1.0)
    level = np.where(emptied, np.where(had, np.minimum(level, leftover.mean), leftover.mean), level)
    variance = np.where(emptied, np.minimum(leftover.sd, most) ** 2, variance)
    unknown = ~had & ~emptied
    return Levels(
        np.where(unknown, UNKNOWN_LEVEL, level),
        np.where(unknown, UNKNOWN_SD**2, variance),
        np.where(emptied, seen.reset_s, at_s),
    )


def _filtered(
    seen: Observations, rows: IntArray, rates: Rates, spread: Spread, clocks: Clocks, noise: float
) -> tuple[FloatArray, FloatArray]:
    level, variance = np.zeros(len(rows)), np.full(len(rows), noise**2)
    if not len(seen.fill):
        return level, variance
    activity_h = clocks.hours_of(seen.time_s, clocks.clock_of[seen.bin_of])
    before = np.zeros(len(rows), dtype=np.bool_)
    for back in range(LOOKS - 1, -1, -1):
        row = rows - back
        here = (row >= 0) & (rows >= 0)
        row = np.maximum(row, 0)
        here &= (seen.bin_of[row] == np.arange(len(rows))) & (seen.segment[row] == seen.segment[rows])
        hours = np.where(before, activity_h[row] - activity_h[np.maximum(row - 1, 0)], 0.0)
        mean, var = deposits(hours, rates.mean_per_h, rates.variance, spread.lump, spread.day_variance)
        guess = np.where(before, level + mean, seen.fill[row])
        look_var = noise**2 + seen.unsure_sd[row] ** 2
        guess_var = np.where(before, variance + var, look_var)
        better, better_var = _update(guess, guess_var, seen.fill[row], seen.censored[row], look_var)
        level, variance = np.where(here, better, level), np.where(here, better_var, variance)
        before |= here
    return level, variance


def _update(
    level: FloatArray, variance: FloatArray, fill: FloatArray, censored: np.ndarray, look_var: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return level and variance after one look."""
    surprise = fill - level
    follow = np.abs(surprise) > SURPRISE_SD * np.sqrt(variance + look_var)
    follow &= ~censored | (surprise > 0)
    variance = np.where(follow, np.maximum(variance, surprise**2), variance)
    total = variance + look_var
    gain = variance / total
    seen_level, seen_var = level + gain * surprise, variance * (1.0 - gain)
    short = (1.0 - level) / np.sqrt(total)
    # The inverse Mills ratio, by logarithms so that it holds far out in the tail.
    mills = np.exp(-0.5 * short**2 - 0.5 * np.log(2 * np.pi) - scipy.special.log_ndtr(-short))
    full_level = np.maximum(level + variance / np.sqrt(total) * mills, 1.0)
    full_var = variance * (1.0 - gain * mills * (mills - short))
    return np.where(censored, full_level, seen_level), np.maximum(np.where(censored, full_var, seen_var), 1e-6)
