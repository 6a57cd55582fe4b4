"""Paired comparison: what one way costs more than another on the same days, and how sure that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where the true one lies, 95 times of 100."""

    mean: float
    low: float
    high: float
    samples: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the sign is sure."""
        return self.low > 0.0 or self.high < 0.0


def interval(samples: Sequence[float]) -> Interval:
    """Return Student's interval for the mean; infinite for a single sample."""
    values = np.asarray(samples, dtype=np.float64)
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return Interval(mean, -math.inf, math.inf, count)
    times = float(scipy.special.stdtrit(count - 1, 0.5 + CONFIDENCE / 2.0))
    half = times * float(values.std(ddof=1)) / math.sqrt(count)
    return Interval(mean, mean - half, mean + half, count)


def blocks(by_day: Sequence[float], length: int) -> list[float]:
    """Return the means of consecutive blocks of days; a rest shorter than half a block joins the last one.

    Days of one run depend on each other, since what is left today is there tomorrow; blocks longer than a bin's
    cycle hardly do.
    """
    count = max(1, round(len(by_day) / length))
    return [float(part.mean()) for part in np.array_split(np.asarray(by_day, dtype=np.float64), count)]


def paired(first: Sequence[Sequence[float]], second: Sequence[Sequence[float]], length: int) -> Interval:
    """Return the interval of first less second; each is the days of every seed, in the same order of seeds."""
    samples: list[float] = []
    for one, other in zip(first, second, strict=True):
        samples += blocks(np.subtract(one, other).tolist(), length)
    return interval(samples)
