"""A forecast that knows the future: the same questions as `CityForecast`, answered by what will truly come.

Only the bound with perfect information is given one. Its probabilities are 0 or 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import override

import numpy as np
from numpy.typing import NDArray

from routing.forecast import CityForecast
from routing.forecast.fills import Arrivals
from tomma.model import BinId

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class _Sure(Arrivals):
    """What arrives, known to the litre."""

    @override
    def at(self, time: int) -> Arrivals:
        return _sure(self.mean[:, time : time + 1])

    @override
    def p_beyond(self, room: FloatArray) -> FloatArray:
        return np.where(self.mean >= room, 1.0, 0.0)

    @override
    def mean_beyond(self, room: FloatArray) -> FloatArray:
        return np.maximum(self.mean - room, 0.0)


def _sure(mean: FloatArray) -> Arrivals:
    return _Sure(mean, np.zeros_like(mean), np.ones_like(mean), np.ones_like(mean))


@dataclass(frozen=True)
class Foresight(CityForecast):
    """Every bin's true fill from `as_of_utc` on, if nobody empties it.

    It stands on an ordinary forecast of the same morning, which answers for what lies beyond the known future.
    """

    level_l: FloatArray = field(default_factory=lambda: np.zeros(0), repr=False)
    """What is in and beside each bin now."""
    capacity_l: FloatArray = field(default_factory=lambda: np.zeros(0), repr=False)
    arrived_l: FloatArray = field(default_factory=lambda: np.zeros((1, 0)), repr=False)
    """What will have come by the end of each hour from now, [hours + 1, bins], the first row zeros."""
    mean_l_per_h: FloatArray = field(default_factory=lambda: np.zeros(0), repr=False)

    @override
    def p_overflow_at(self, at_utc: datetime) -> FloatArray:
        return np.where(self._level_l(at_utc) >= self.capacity_l, 1.0, 0.0)

    @override
    def p_overflow(self, bin_id: BinId, at_utc: datetime) -> float:
        return float(self.p_overflow_at(at_utc)[self.row_of[bin_id]])

    @override
    def expected_fill_at(self, at_utc: datetime) -> FloatArray:
        return np.minimum(self._level_l(at_utc) / self.capacity_l, 1.0)

    @override
    def hours_until(self, p_overflow: float) -> FloatArray:
        full = self.level_l + self.arrived_l >= self.capacity_l
        first = np.argmax(full, axis=0).astype(np.float64)
        beyond = (self.capacity_l - self.level_l - self.arrived_l[-1]) / np.maximum(self.mean_l_per_h, 1e-9)
        return np.where(full.any(axis=0), first, len(self.arrived_l) - 1 + np.maximum(beyond, 0.0))

    @override
    def hours_from_empty(self, p_overflow: float) -> FloatArray:
        return self.capacity_l / np.maximum(self.mean_l_per_h, 1e-9)

    @override
    def expected_overflow_h(self, from_utc: datetime, until_utc: datetime) -> FloatArray:
        marks = self._marks(from_utc, until_utc)
        over = self._levels_l(marks) > self.capacity_l
        return np.asarray(over[:-1].T @ np.diff(marks))

    @override
    def expected_overflow_l(self, from_utc: datetime, until_utc: datetime) -> FloatArray:
        levels = self._levels_l(np.array([self._hour(from_utc), self._hour(until_utc)]))
        over = np.maximum(levels - self.capacity_l, 0.0)
        return np.asarray(over[1] - over[0])

    @override
    def arrivals(self, from_utc: datetime, until_utc: Sequence[datetime]) -> Arrivals:
        hours = np.array([self._hour(from_utc), *map(self._hour, until_utc)])
        come = self._arrived_l(hours) / self.capacity_l
        return _sure((come[1:] - come[0]).T)

    @override
    def usual_arrivals(self, hours: Sequence[float]) -> Arrivals:
        return _sure((self.mean_l_per_h / self.capacity_l)[:, None] * np.asarray(hours)[None, :])

    @override
    def quantiles_at(self, at_utc: datetime, levels: FloatArray, rows: slice = slice(None)) -> FloatArray:
        return np.repeat(self.expected_fill_at(at_utc)[rows, None], len(levels), axis=1)

    @override
    def if_emptied(self, at_utc: datetime) -> "Foresight":
        hour = self._hour(at_utc)
        come = self._arrived_l(np.array([hour]))[0]
        grid = np.arange(0.0, max(2.0, len(self.arrived_l) - hour))
        ahead = self._arrived_l(hour + grid) - come
        return replace(self, as_of_utc=at_utc, level_l=self.leftover.mean * self.capacity_l, arrived_l=ahead)

    def _marks(self, from_utc: datetime, until_utc: datetime) -> FloatArray:
        start, end = self._hour(from_utc), self._hour(until_utc)
        return np.unique(np.concatenate(([start], np.arange(np.ceil(start), end), [end])))

    def _hour(self, at_utc: datetime) -> float:
        return max(0.0, (at_utc - self.as_of_utc) / timedelta(hours=1))

    def _level_l(self, at_utc: datetime) -> FloatArray:
        return np.asarray(self._levels_l(np.array([self._hour(at_utc)]))[0])

    def _levels_l(self, hours: FloatArray) -> FloatArray:
        return self.level_l + self._arrived_l(hours)

    def _arrived_l(self, hours: FloatArray) -> FloatArray:
        last = len(self.arrived_l) - 1
        low = np.minimum(hours.astype(np.intp), last)
        high = np.minimum(low + 1, last)
        part = np.minimum(hours - low, 1.0)[:, None] * (high > low)[:, None]
        inside = self.arrived_l[low] + (self.arrived_l[high] - self.arrived_l[low]) * part
        return np.asarray(inside + np.maximum(hours - last, 0.0)[:, None] * self.mean_l_per_h)


def foresee(
    forecast: CityForecast, level_l: FloatArray, capacity_l: FloatArray, ahead_l: FloatArray, mean_l_per_h: FloatArray
) -> Foresight:
    """Return the forecast of who knows what is in the bins and what will come.

    Args:
        forecast: The ordinary one of that morning.
        level_l: In and beside each bin.
        capacity_l: What each bin holds.
        ahead_l: What will come, by hour from now and bin.
        mean_l_per_h: What comes afterwards.
    """
    arrived_l = np.concatenate((np.zeros((1, ahead_l.shape[1])), np.cumsum(ahead_l, axis=0)))
    known = {each.name: getattr(forecast, each.name) for each in fields(CityForecast)}
    return Foresight(**known, level_l=level_l, capacity_l=capacity_l, arrived_l=arrived_l, mean_l_per_h=mean_l_per_h)
