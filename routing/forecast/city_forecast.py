"""The answer of a forecast: every bin's fill as a distribution, at any time from now on."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.forecast.state import SensorState
from tomma.model import BinId

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BinForecast:
    """One bin's share of a `CityForecast`, in plain numbers. Step 0 is now."""

    bin_id: BinId
    level_fraction: float
    """Expected fill now, within [0, 1]."""
    level_sd_fraction: float
    sensor_state: SensorState
    silent_h: float | None
    """Age of the newest reading; None when there is none."""
    no_data: bool
    """Never a reading and never an emptying in the history: the widest forecast there is."""
    hours_to_full: float | None
    """When overflow becomes as likely as not; 0 when it already is, None when further off than 90 days."""
    steps_utc: tuple[datetime, ...]
    p10: tuple[float, ...]
    p50: tuple[float, ...]
    p90: tuple[float, ...]
    p_overflow: tuple[float, ...]


@dataclass(frozen=True)
class CityForecast:
    """Every bin's fill from `as_of_utc` on, if nobody empties it.

    Arrays have one row per bin in the order of `bin_ids`; those by step have a column per entry of
    `steps_utc`, the first of which is `as_of_utc` itself. All are within [0, 1] and free of NaN.
    """

    as_of_utc: datetime
    bin_ids: tuple[BinId, ...]
    steps_utc: tuple[datetime, ...]
    sensor_states: tuple[SensorState, ...]

    @cached_property
    def p10(self) -> FloatArray:
        """The fill that nine of ten futures exceed. [bins, steps]"""
        raise NotImplementedError

    @cached_property
    def p50(self) -> FloatArray:
        """The median fill. [bins, steps]"""
        raise NotImplementedError

    @cached_property
    def p90(self) -> FloatArray:
        """The fill that one of ten futures exceeds. [bins, steps]"""
        raise NotImplementedError

    @cached_property
    def p_overflow_steps(self) -> FloatArray:
        """P(overflow at or before the step). [bins, steps]"""
        raise NotImplementedError

    @cached_property
    def level_fraction(self) -> FloatArray:
        """Expected fill now. [bins]"""
        raise NotImplementedError

    @cached_property
    def level_sd_fraction(self) -> FloatArray:
        """Standard deviation of the fill now. [bins]"""
        raise NotImplementedError

    @cached_property
    def hours_to_full(self) -> FloatArray:
        """Hours until overflow is as likely as not; infinite when further off than 90 days. [bins]"""
        raise NotImplementedError

    def p_overflow(self, bin_id: BinId, at_utc: datetime) -> float:
        """Return P(the bin reaches 1.0 at or before `at_utc`); also beyond the steps, and now's for the past."""
        raise NotImplementedError

    def p_overflow_at(self, at_utc: datetime) -> FloatArray:
        """Return `p_overflow` of every bin. [bins]"""
        raise NotImplementedError

    def expected_fill_at(self, at_utc: datetime) -> FloatArray:
        """Return E[min(fill, 1)] of every bin. [bins]"""
        raise NotImplementedError

    def of(self, bin_id: BinId) -> BinForecast:
        """Return one bin's forecast; KeyError for a bin the city does not have."""
        raise NotImplementedError
