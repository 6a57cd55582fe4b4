"""What residents throw in: a compound Poisson process, drawn hour by hour. Pure and addressable.

Every hour has a generator of its own, made from the seed and the hour. So the same seed brings the same
deposits whether the world is advanced in one go or in many small steps, in history or live.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import DAY_FACTOR_CV, HOUR_WEIGHT, WEEKDAY_FACTOR
from simulator.draws import Draw, generator
from simulator.truth import BinTruth

MINUTES = 60


@dataclass(frozen=True)
class Inflow:
    """Every bin's inflow, as arrays in the order of the truths."""

    rate_l_per_day: NDArray[np.float64]
    deposit_l: NDArray[np.float64]
    """Smallest, most frequent and largest deposit of each bin, shape (bins, 3)."""
    day_cv: float = DAY_FACTOR_CV
    """How much a bin's days differ: coefficient of variation; 0: not at all."""
    weekday_factor: tuple[float, ...] = WEEKDAY_FACTOR
    """Monday first."""


@dataclass(frozen=True)
class Deposits:
    """What was thrown in within one hour, by minute."""

    starts: NDArray[np.intp]
    """Index of each minute's first deposit, 61 numbers."""
    bin_index: NDArray[np.intp]
    volume_l: NDArray[np.float64]

    def of_minute(self, minute: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return (bin_index, volume_l) of the deposits within one minute, 0 to 59."""
        part = slice(int(self.starts[minute]), int(self.starts[minute + 1]))
        return self.bin_index[part], self.volume_l[part]


def inflow_of(truths: Sequence[BinTruth]) -> Inflow:
    """Return the inflow of each bin as arrays."""
    return Inflow(
        rate_l_per_day=np.asarray([truth.rate_l_per_day for truth in truths], dtype=np.float64),
        deposit_l=np.asarray([truth.stream.deposit_l for truth in truths], dtype=np.float64).reshape(-1, 3),
    )


def deposits_of_hour(inflow: Inflow, hour_local: datetime, hour_index: int, seed: int) -> Deposits:
    """Draw one hour's deposits.

    Args:
        inflow: Every bin's rate and sizes.
        hour_local: The hour's beginning by the clock on the wall: people follow that one.
        hour_index: Hours since 1970, UTC: which generator to use.
        seed: The town's seed.
    """
    rng = generator(seed, Draw.DEPOSITS, hour_index)
    expected = _expected_count(inflow, hour_local, seed)
    bins = np.repeat(np.arange(len(expected)), rng.poisson(expected))
    minute = rng.integers(0, MINUTES, len(bins))
    order = np.argsort(minute, kind="stable")
    bins, minute = bins[order], minute[order]
    low, mode, high = inflow.deposit_l[bins].T
    volume_l = rng.triangular(low, mode, high) if len(bins) else np.zeros(0)
    return Deposits(np.searchsorted(minute, np.arange(MINUTES + 1)), bins, volume_l)


def _expected_count(inflow: Inflow, hour_local: datetime, seed: int) -> NDArray[np.float64]:
    share_of_day = HOUR_WEIGHT[hour_local.hour] / sum(HOUR_WEIGHT)
    weekday = inflow.weekday_factor[hour_local.weekday()] * 7 / sum(inflow.weekday_factor)
    today = _day_factors(len(inflow.rate_l_per_day), hour_local.toordinal(), seed, inflow.day_cv)
    volume_l: NDArray[np.float64] = inflow.rate_l_per_day * share_of_day * weekday * today
    return volume_l / inflow.deposit_l.mean(axis=1)  # a triangular distribution's mean is that of its corners


@lru_cache(maxsize=4)
def _day_factors(count: int, day_ordinal: int, seed: int, day_cv: float) -> NDArray[np.float64]:
    """Some days bring more than others, bin by bin: gamma with mean one."""
    if not day_cv:
        return np.ones(count)
    shape = 1.0 / day_cv**2
    return generator(seed, Draw.DAYS, day_ordinal).gamma(shape, 1.0 / shape, count)
