"""Everything that happens whatever the planner does: deposits, sensors' whims, radio, silence. Pure and addressable.

Every number comes from a generator whose address is (seed, purpose, time), so each policy meets the same deposits,
the same noise and the same dead sensors: common random numbers by construction, not by care.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulator.deposits import Deposits, Inflow, deposits_of_hour
from simulator.draws import HOUR_S, Draw, generator
from simulator.proving.town import ProvingTown
from simulator.sensors import Reports, optics_of, reports_of_hour

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

START_FILL_MAX = 0.8
DIES_WITHIN_H = 14 * 24
"""Silent sensors fall silent within this time after the beginning: all are by the end of the warm-up."""


@dataclass(frozen=True, slots=True)
class Surge:
    """Some hours in which some bins get `factor` times as much: a market, a match, a holiday."""

    from_hour: int
    to_hour: int
    bins: BoolArray
    factor: float


@dataclass(frozen=True, slots=True)
class EmptyingDraws:
    """What chance says of one day's emptyings, for every bin."""

    leaves: FloatArray
    """Uniform: whether something is left behind."""
    size: FloatArray
    """Uniform: how much then."""
    heap: FloatArray
    """Standard normal: how uneven the next content will lie."""


class Tape:
    """One seed's course of events on one town."""

    def __init__(
        self, town: ProvingTown, seed: int, first_hour: int, *, silent_share: float, surges: Sequence[Surge] = ()
    ) -> None:
        self.town = town
        self.seed = seed
        self.first_hour = first_hour
        self.optics = optics_of(town.city, town.truths)
        self._zone = ZoneInfo(town.city.organisation.timezone)
        self._surges = tuple(surges)
        self._phase_s = np.asarray([truth.report_phase_s for truth in town.truths], dtype=np.float64)
        lots = generator(seed, Draw.SILENCE).random((2, len(town.truths)))
        # One lot per bin: the sensors silent at 10 % are among those silent at 20 %.
        dies = first_hour + np.ceil(lots[1] * DIES_WITHIN_H)
        self.silent_from_hour: FloatArray = np.where(lots[0] < silent_share, dies, np.inf)
        self._deposits = lru_cache(maxsize=4)(self._draw_deposits)
        self._inflow_l = lru_cache(maxsize=24 * 20)(self._sum_inflow)
        self._draws = lru_cache(maxsize=2)(self._draw_emptyings)

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.town.truths)

    def start_fraction(self) -> FloatArray:
        """Return how full each bin is at the beginning."""
        return generator(self.seed, Draw.START).uniform(0.0, START_FILL_MAX, self.bins)

    def local(self, hour: int) -> datetime:
        """Return the hour's beginning by the clock on the wall."""
        return datetime.fromtimestamp(hour * HOUR_S, tz=self._zone)

    def deposits(self, hour: int) -> Deposits:
        """Return what is thrown in within the hour."""
        return self._deposits(hour)

    def inflow_l(self, from_hour: int, hours: int) -> FloatArray:
        """Return the litres thrown in by hour and bin: the future, which only one policy may ask for."""
        return np.stack([self._inflow_l(hour) for hour in range(from_hour, from_hour + hours)])

    def emptying_draws(self, day_ordinal: int) -> EmptyingDraws:
        """Return what chance says of that day's emptyings."""
        return self._draws(day_ordinal)

    def reports(self, hour: int) -> Reports | None:
        """Return the reports due in the hour, sorted by second, or None when sensors rest."""
        if hour % self.town.report_every_h:
            return None
        return reports_of_hour(self._phase_s, hour, self.seed, 1)

    def _draw_deposits(self, hour: int) -> Deposits:
        return deposits_of_hour(self._surged(hour), self.local(hour), hour, self.seed)

    def _surged(self, hour: int) -> Inflow:
        inflow = self.town.inflow
        for surge in self._surges:
            if surge.from_hour <= hour < surge.to_hour:
                rate = np.where(surge.bins, inflow.rate_l_per_day * surge.factor, inflow.rate_l_per_day)
                inflow = replace(inflow, rate_l_per_day=rate)
        return inflow

    def _sum_inflow(self, hour: int) -> FloatArray:
        drawn = self.deposits(hour)
        return np.bincount(drawn.bin_index, drawn.volume_l, self.bins)

    def _draw_emptyings(self, day_ordinal: int) -> EmptyingDraws:
        rng = generator(self.seed, Draw.EMPTYING, day_ordinal)
        leaves, size = rng.random((2, self.bins))
        return EmptyingDraws(leaves, size, rng.standard_normal(self.bins))
