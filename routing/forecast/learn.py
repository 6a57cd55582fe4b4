"""What a city teaches about its bins: rates, unevenness, the week, the sensors' noise, what emptyings leave."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import Calendar, clock_of
from routing.forecast.increments import increments_of
from routing.forecast.level import Leftover, learn_leftover
from routing.forecast.observations import Observations
from routing.forecast.rates import Rates, gather_evidence, posterior
from routing.forecast.spread import STATED_DAY_VARIANCE, STATED_LUMP_FRACTION, Spread, learn_spread, noise_sd
from routing.forecast.week import STATED_WEEK, learn_week

FloatArray = NDArray[np.float64]

ROUNDS = 3
"""Rates, unevenness and week each need the others; after three rounds nothing moves by a percent."""


@dataclass(frozen=True)
class Learned:
    """All of it; what is by bin is in the bins' order."""

    rates: Rates
    spread: Spread
    week: FloatArray
    noise_sd: float
    leftover: Leftover


def learn(seen: Observations, group: NDArray[np.int64], calendar: Calendar, teachers: NDArray[np.bool_]) -> Learned:
    """Return what the observations teach; `group` numbers the kind of each bin, `teachers` teach the week."""
    found = increments_of(seen)
    taught = found.rows(teachers[found.bin_of])
    noise = noise_sd(found)
    rows = seen.last_of_bin
    newest_s = seen.time_s[rows] if len(seen.time_s) else np.zeros(seen.bins)
    week = STATED_WEEK
    spread = Spread(np.full(seen.bins, STATED_LUMP_FRACTION), STATED_DAY_VARIANCE, STATED_LUMP_FRACTION)
    rates = posterior(
        gather_evidence(found, np.zeros(len(found.bin_of)), spread.lump, spread.lump, newest_s), spread.lump, group
    )
    for _ in range(ROUNDS):
        clock = clock_of(calendar, week)
        activity_h = clock.hours_at(found.to_s) - clock.hours_at(found.from_s)
        evidence = gather_evidence(found, activity_h, rates.mean_per_h, spread.lump, newest_s)
        rates = posterior(evidence, spread.lump + 24.0 * spread.day_variance * rates.mean_per_h, group)
        spread = learn_spread(found, activity_h, rates.mean_per_h, noise, group)
        week = learn_week(taught, rates.mean_per_h, spread.city_lump, clock, calendar, week)
    return Learned(rates, spread, week, noise, learn_leftover(seen))
