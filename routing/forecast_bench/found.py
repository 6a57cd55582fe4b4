"""What crews found after such and such had been told: turns any number that was told into a distribution.

Only days before the one that is told count: nothing looks ahead.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast_bench.library import Trees
from routing.forecast_bench.score import LEVELS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NEIGHBOURS = 200
"""So many earlier collections stand for what may be found: enough for the tenth and the ninetieth percentile."""
RELEARN_DAYS = 7


@dataclass(frozen=True)
class Told:
    """Collections in order of days: what was found, and what was known before."""

    day: IntArray
    truth: FloatArray
    features: FloatArray


def found_before(told: Told, numbers: FloatArray, first_day: int) -> FloatArray:
    """Return `LEVELS` of what is found from `first_day` on, from the earlier collections with the nearest numbers."""
    found: list[FloatArray] = []
    for day in range(first_day, int(told.day[-1]) + 1):
        past, here = told.day < day, told.day == day
        if not here.any():
            continue
        scale = np.maximum(numbers[past].std(axis=0), 1e-9)
        far = np.zeros((int(here.sum()), int(past.sum())))
        for column, size in zip(numbers.T, scale, strict=True):
            far += np.subtract.outer(column[here], column[past]) ** 2 / size**2
        nearest = np.argpartition(far, min(NEIGHBOURS, far.shape[1]) - 1, axis=1)[:, :NEIGHBOURS]
        found.append(np.quantile(told.truth[past][nearest], LEVELS, axis=1).T)
    return np.vstack(found)


def learnt_before(told: Told, first_day: int) -> FloatArray:
    """Return the same by the library model, from all features; it learns anew every week."""
    found: list[FloatArray] = []
    for day in range(first_day, int(told.day[-1]) + 1, RELEARN_DAYS):
        past, here = told.day < day, (told.day >= day) & (told.day < day + RELEARN_DAYS)
        if here.any():
            found.append(Trees(told.features[past], told.truth[past], seed=0).quantiles(told.features[here]))
    return np.vstack(found)
