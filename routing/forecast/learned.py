"""What a city has taught about its bins: rates, unevenness, weeks, the sensors' noise, what emptyings leave."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import Calendar, Clocks, clocks_of
from routing.forecast.level import Leftover
from routing.forecast.rates import Rates
from routing.forecast.spread import Spread

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """All of it; what is by bin is in the bins' order."""

    rates: Rates
    spread: Spread
    weeks: FloatArray
    """A row of 168 cells per group."""
    clocks: Clocks
    noise_sd: float
    leftover: Leftover


@dataclass(frozen=True)
class Paces:
    """The calendar, and what besides the week makes its hours quick or slow: a row per clock."""

    calendar: Calendar
    influence: FloatArray
    """Factor on each hour of the calendar; 1 on ordinary days."""
    group_of_clock: IntArray
    clock_of: IntArray
    """By bin."""

    def clocks(self, weeks: FloatArray | None = None) -> Clocks:
        """Return the clocks with these weeks; without any, all hours of a week are alike."""
        pace = self.influence if weeks is None else self.influence * weeks[self.group_of_clock][:, self.calendar.cells]
        return clocks_of(self.calendar, pace, self.clock_of)
