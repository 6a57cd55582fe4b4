"""Learning from past and news together: rates, unevenness and weeks, each from the others, in a few rounds."""

import numpy as np
from numpy.typing import NDArray

from routing.forecast.evidence import Evidence
from routing.forecast.foretold import lasting
from routing.forecast.learned import Learned, Paces
from routing.forecast.level import leftover_of
from routing.forecast.observations import Observations
from routing.forecast.places import Places
from routing.forecast.rates import posterior
from routing.forecast.spread import noise_sd, spread_of
from routing.forecast.sums import Sums
from routing.forecast.week import weeks_of

FloatArray = NDArray[np.float64]

ROUNDS = 3
"""Rates, unevenness and weeks each need the others; after three rounds nothing moves by a percent."""
LITTLE = 0.3
"""News that is less than this share of what is known moves little: one round will do."""


def learn(seen: Observations, fresh_s: FloatArray, past: Sums, places: Places, paces: Paces) -> Learned:
    """Return what past and observations together teach.

    Args:
        seen: The levels, those that the past has in its sums included.
        fresh_s: What ends not later than this is in the sums already. By bin.
        past: The sums, faded to now.
        places: Where the bins belong.
        paces: The calendar.
    """
    found = Evidence.of(seen, fresh_s, np.full(seen.bins, np.inf), past, places, paces)
    known_h, new_h = past.activity_h[:, -1].sum(), found.simple.activity_h[:, -1].sum()
    knows = known_h > 0.0
    learned = from_sums(past if knows else past + found.simple, places, paces)
    for _ in range(ROUNDS if new_h > LITTLE * known_h else 1):
        learned = from_sums(past + found.sums(learned), places, paces, learned)
    return learned


def from_sums(sums: Sums, places: Places, paces: Paces, before: Learned | None = None) -> Learned:
    """Return what the sums say; `before` is what was known of the unevenness when the rates were learnt."""
    spread = before.spread if before else spread_of(sums, places.group)
    rate = before.rates.mean_per_h if before else sums.deposit[:, -1] / np.maximum(sums.activity_h[:, -1], 24.0)
    usual = (np.bincount(places.group, rate) / np.maximum(np.bincount(places.group), 1))[places.group]
    lump = (np.bincount(places.group, spread.lump) / np.maximum(np.bincount(places.group), 1))[places.group]
    dispersion = lump + 24.0 * spread.day_variance * usual
    rates = posterior(*lasting(sums, dispersion / (24.0 * np.maximum(rate, 1e-5))), dispersion, places.levels)
    spread = spread_of(sums, places.group)
    weeks = weeks_of(sums.arrived, sums.exposure, spread.city_lump)
    return Learned(rates, spread, weeks, paces.clocks(weeks), noise_sd(sums.falls), leftover_of(sums.left))
