"""The policies that are compared. Each sees a `Morning` and nothing else.

`fixed` the municipality's rounds · `level` what the sensor says now · `risk` P(overflow) alone · `groningen_rule`
what Groningen does today, `groningen_prize` what Wouda, Aerts-Veenstra and Van Foreest propose (arXiv 2409.13386)
· `ours` the production choice.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from routing.alternatives.rules import LEVEL_FRACTION, at_level, districts, interval_days, is_turn
from routing.choice.demand import demands
from routing.planning.build import wanted
from simulator.proving.choices import choice_of
from simulator.proving.morning import Choice, Morning

FloatArray = NDArray[np.float64]

RISK = 0.05
REQUIRED_P = 0.99
"""Groningen's epsilon of 1 %: from here on a visit is required."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Every bin at its own interval, known by experience; sites of a district on the same days.

    `margin` is how much of the days to full at the bin's mean rate the interval may take: tuned.
    """

    margin: float

    def __call__(self, morning: Morning) -> Choice:
        """Return the bins whose turn it is."""
        town = morning.town
        interval = interval_days(town.volume_l, town.inflow.rate_l_per_day, self.margin)
        return choice_of(morning, is_turn(morning.number, districts(town.city, town.bin_ids), interval))


@dataclass(frozen=True, slots=True)
class Level:
    """Every bin whose newest reading says at least so much."""

    from_fraction: float = LEVEL_FRACTION

    def __call__(self, morning: Morning) -> Choice:
        """Return the bins above the threshold."""
        return choice_of(morning, at_level(morning.newest_fraction, self.from_fraction))


@dataclass(frozen=True, slots=True)
class Risk:
    """Every bin that overflows before the next opportunity with more than this probability."""

    accepted: float = RISK

    def __call__(self, morning: Morning) -> Choice:
        """Return the bins at risk."""
        return choice_of(morning, _p_next(morning) > self.accepted)


def _p_next(morning: Morning) -> FloatArray:
    next_utc = morning.at_utc + timedelta(hours=morning.planning.next_opportunity_h)
    return morning.forecast.p_overflow_at(next_utc)


@dataclass(frozen=True, slots=True)
class GroningenRule:
    """The municipality's rule: a fixed number of bins, those expected to be full soonest.

    Expected by rule of thumb: openings counted since the last emptying, an assumed volume per deposit and the bin's
    mean rate of deposits.
    """

    bins_a_day: int

    def __call__(self, morning: Morning) -> Choice:
        """Return the bins that fill up soonest."""
        town = morning.town
        room_l = np.maximum(town.volume_l - town.mean_deposit_l * morning.deposits_since, 0.0)
        days = room_l / np.maximum(town.inflow.rate_l_per_day, 1e-6)
        soonest = np.argsort(days, kind="stable")[: self.bins_a_day]
        must = np.zeros(len(days), dtype=np.bool_)
        must[soonest] = True
        return choice_of(morning, must)


@dataclass(frozen=True, slots=True)
class GroningenPrize:
    """Their integrated selection and routing: P(overflow within 24 h) times `rho` is the prize of a visit.

    `rho_minor` is what they state in kilometres, at the common price of one. Where locks count openings the probability
    is theirs: a normal with the moments of the deposits counted and of those to come, their sizes taken as learnt.
    Where sensors measure it is our forecast's.
    """

    rho_minor: float

    def __call__(self, morning: Morning) -> Choice:
        """Return every bin with its prize; those all but sure to overflow are required."""
        p = p_by_counts(morning) if morning.town.counts_deposits else _p_next(morning)
        return choice_of(morning, p > REQUIRED_P, np.where(p <= REQUIRED_P, self.rho_minor * p, 0.0))


def p_by_counts(morning: Morning) -> FloatArray:
    """Return P(overflow within 24 h) from openings since the emptying and the bin's rate of them."""
    town = morning.town
    low, mode, high = town.inflow.deposit_l.T
    mean_l = town.mean_deposit_l
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18.0
    came, coming = morning.deposits_since, town.inflow.rate_l_per_day / mean_l
    total_l = (came + coming) * mean_l
    sd_l = np.sqrt((came + coming) * variance + coming * mean_l**2)
    return np.asarray(ndtr((total_l - town.volume_l) / np.maximum(sd_l, 1e-9)))


def every_demand(morning: Morning) -> Choice:
    """Return what the production choice says of every bin, wanted or not."""
    return demands(
        morning.town.city,
        morning.forecast,
        morning.planning,
        morning.at_utc,
        morning.last_emptied,
        streets=morning.town.streets,
    )


def ours(morning: Morning) -> Choice:
    """Return the production choice: `routing.choice.demand.demands`."""
    return wanted(every_demand(morning))
