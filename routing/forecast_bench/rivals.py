"""The simple rules a forecast has to beat. Each gives one number; its own past errors make it a distribution."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from routing.forecast import BinHistory
from routing.forecast_bench.score import LEVELS
from tomma.model import BinId

FloatArray = NDArray[np.float64]
Rule = Callable[[Mapping[BinId, BinHistory], datetime, Sequence[int]], FloatArray]
"""(histories, now, hours ahead) -> expected fill, one row per bin, one column per distance."""

SMOOTHING = 0.15
"""Of the EWMA over days: a memory of about a fortnight's half-life would be 0.05, of a week's 0.10."""
HOUR_S = 3600.0


def last_and_slope(history: Mapping[BinId, BinHistory], now_utc: datetime, ahead_h: Sequence[int]) -> FloatArray:
    """Return the newest level plus what a bin's last seven days brought an hour: the rule of most products."""
    rows = []
    for had in history.values():
        past = _Past.of(had)
        week = past.time_h[1:] > now_utc.timestamp() / HOUR_S - 168.0
        per_h = past.rise[week].sum() / max(np.diff(past.time_h)[week].sum(), 24.0)
        rows.append([past.ahead(per_h, now_utc, hours) for hours in ahead_h])
    return np.array(rows)


def ewma_by_weekday(history: Mapping[BinId, BinHistory], now_utc: datetime, ahead_h: Sequence[int]) -> FloatArray:
    """Return the newest level plus an exponentially weighted daily amount, times the city's weekday factors."""
    pasts = [_Past.of(had) for had in history.values()]
    days = [past.by_day() for past in pasts]
    factor = _weekday_factors(days)
    midway = [int((now_utc.timestamp() + hours * HOUR_S / 2) // (24 * HOUR_S)) % 7 for hours in ahead_h]
    rows = []
    for past, (day, amount) in zip(pasts, days, strict=True):
        mean = float(amount[:3].mean()) if len(amount) else 0.0
        for weekday, each in zip(day % 7, amount, strict=True):
            mean += SMOOTHING * (each / factor[weekday] - mean)
        rows.append(
            [past.ahead(mean * factor[day_of] / 24.0, now_utc, h) for h, day_of in zip(ahead_h, midway, strict=True)]
        )
    return np.array(rows)


def dressed(expected: FloatArray, past: FloatArray, past_truth: FloatArray) -> FloatArray:
    """Return quantiles (`LEVELS`) of a rule's numbers plus the errors it made at an earlier time, by bin."""
    errors = np.quantile(past_truth - past, LEVELS)
    return np.clip(expected[:, None] + errors, 0.0, 1.0)


@dataclass(frozen=True)
class _Past:
    time_h: FloatArray
    fill: FloatArray
    rise: FloatArray

    @classmethod
    def of(cls, had: BinHistory) -> "_Past":
        time_h = np.array([each.measured_utc.timestamp() / HOUR_S for each in had.readings])
        fill = np.array([each.fill_fraction for each in had.readings])
        rise = np.diff(fill)
        return cls(time_h, fill, np.where(rise < -0.2, 0.0, rise))  # an emptying is no negative deposit

    def by_day(self) -> tuple[NDArray[np.int64], FloatArray]:
        day, row = np.unique((self.time_h[1:] // 24).astype(np.int64), return_inverse=True)
        return day, np.bincount(row, self.rise, len(day))

    def ahead(self, per_h: float, now_utc: datetime, ahead_h: int) -> float:
        if not len(self.time_h):
            return 0.5
        hours = now_utc.timestamp() / HOUR_S + ahead_h - self.time_h[-1]
        return float(np.clip(self.fill[-1] + max(per_h, 0.0) * hours, 0.0, 1.0))


def _weekday_factors(days: list[tuple[NDArray[np.int64], FloatArray]]) -> FloatArray:
    weekday = np.concatenate([np.empty(0, dtype=np.int64), *(day % 7 for day, _ in days)])
    amount = np.concatenate([np.empty(0), *(each for _, each in days)])
    mean = (np.bincount(weekday, amount, 7) + 1e-9) / (np.bincount(weekday, minlength=7) + 1e-9)
    return np.maximum(mean / mean.mean(), 0.2)
