"""What a city teaches about its bins: rates, unevenness, weeks, the sensors' noise, what emptyings leave."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import Calendar, Clocks, clocks_of
from routing.forecast.fills import deposits
from routing.forecast.increments import Increments, increments_of
from routing.forecast.level import Leftover, first_looks, leftover_of
from routing.forecast.observations import Observations
from routing.forecast.places import Places
from routing.forecast.rates import Rates, moments_beyond, posterior
from routing.forecast.spread import (
    DAY_BLOCK_S,
    SHORT_BLOCK_S,
    Spread,
    blocks_of,
    noise_sd,
    spread_of,
)
from routing.forecast.sums import FALL_EDGES, HABIT_HALF_LIFE_S, RATE_HALF_LIFE_S, Sums
from routing.forecast.week import ages_s, by_cell, weeks_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ROUNDS = 3
"""Rates, unevenness and weeks each need the others; after three rounds nothing moves by a percent."""
NEAR_S = 6 * 3600.0


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


def learn(seen: Observations, fresh_s: FloatArray, past: Sums, places: Places, paces: Paces) -> tuple[Learned, Sums]:
    """Return what past and observations together teach, and the sums of both.

    Args:
        seen: The levels, those that the past has in its sums included.
        fresh_s: What ends not later than this is in the sums already. By bin.
        past: The sums, faded to now.
        places: Where the bins belong.
        paces: The calendar.
    """
    found = increments_of(seen)
    found = found.rows(found.to_s > fresh_s[found.bin_of])
    total = past + _simple_sums(seen, fresh_s, found, past)
    learned = from_sums(total, places, paces)
    for _ in range(ROUNDS if len(found.bin_of) else 0):
        total = past + sums_of(seen, fresh_s, found, past, learned, places, paces)
        learned = from_sums(total, places, paces, learned)
    return learned, total


def from_sums(sums: Sums, places: Places, paces: Paces, before: Learned | None = None) -> Learned:
    """Return what the sums say; `before` is what was known of the unevenness when the rates were learnt."""
    spread = before.spread if before else spread_of(sums, places.group)
    rate = before.rates.mean_per_h if before else sums.deposit / np.maximum(sums.activity_h, 24.0)
    dispersion = spread.lump + 24.0 * spread.day_variance * rate
    rates = posterior(sums.deposit, sums.activity_h, dispersion, places.levels)
    spread = spread_of(sums, places.group)
    weeks = weeks_of(sums.arrived, sums.exposure, spread.city_lump)
    return Learned(rates, spread, weeks, paces.clocks(weeks), noise_sd(sums.falls), leftover_of(sums.left))


def sums_of(
    seen: Observations,
    fresh_s: FloatArray,
    found: Increments,
    past: Sums,
    learned: Learned,
    places: Places,
    paces: Paces,
    until_s: FloatArray | None = None,
) -> Sums:
    """Return the sums of what was found, as it looks by what was learnt so far; of levels after `fresh_s`."""
    simple = _simple_sums(seen, fresh_s, found, past, until_s)
    bins, groups = seen.bins, len(past.short_expected)
    clocks, rate, lump = learned.clocks, learned.rates.mean_per_h, learned.spread.lump
    clock = clocks.clock_of[found.bin_of]
    activity_h = clocks.hours_of(found.to_s, clock) - clocks.hours_of(found.from_s, clock)
    arrived, unsure_var = _arrived(found, activity_h, learned)
    faded = _fading(past.newest_s[found.bin_of] - found.to_s, RATE_HALF_LIFE_S)
    known_h = learned.rates.hours * (lump + 24.0 * learned.spread.day_variance * rate)
    daily = blocks_of(found, arrived, unsure_var, activity_h, rate, known_h, learned.noise_sd, DAY_BLOCK_S)
    short = blocks_of(found, arrived, unsure_var, activity_h, rate, known_h, learned.noise_sd, SHORT_BLOCK_S)
    habit = _fading(past.newest_s[daily.bin_of] - daily.to_s, HABIT_HALF_LIFE_S)
    recent = _fading(past.as_of_s - short.to_s, HABIT_HALF_LIFE_S)
    group = places.group[short.bin_of]
    usable = (found.to_s - found.from_s > 60.0) & ~found.filled_up
    weekly, came = found.rows(usable), arrived[usable]
    weight = _fading(ages_s(paces.calendar, past.as_of_s), HABIT_HALF_LIFE_S)
    even = paces.clocks()
    hours = even.hours_of(weekly.to_s, clock[usable]) - even.hours_of(weekly.from_s, clock[usable])
    cells = (paces.calendar, weight, paces.group_of_clock, groups)
    return replace(
        simple,
        deposit=np.maximum(np.bincount(found.bin_of, faded * arrived, bins), 0.0),
        activity_h=np.bincount(found.bin_of, faded * activity_h, bins),
        expected=np.bincount(daily.bin_of, habit * daily.expected, bins),
        expected_sq=np.bincount(daily.bin_of, habit * daily.expected**2, bins),
        excess=np.bincount(daily.bin_of, habit * daily.excess, bins),
        short_expected=np.bincount(group, recent * short.expected, groups),
        short_expected_sq=np.bincount(group, recent * short.expected**2, groups),
        short_excess=np.bincount(group, recent * short.excess, groups),
        arrived=by_cell(weekly, came, clocks, *cells),
        exposure=by_cell(weekly, rate[weekly.bin_of] * hours, even, *cells),
    )


def _simple_sums(
    seen: Observations, fresh_s: FloatArray, found: Increments, past: Sums, until_s: FloatArray | None = None
) -> Sums:
    """Return the sums that need no knowledge: rates by the sun, falls, what emptyings left."""
    bins = seen.bins
    faded = _fading(past.newest_s[found.bin_of] - found.to_s, RATE_HALF_LIFE_S)
    first = first_looks(seen)
    first = first[seen.time_s[first] > fresh_s[seen.bin_of[first]]]
    if until_s is not None:
        first = first[seen.time_s[first] <= until_s[seen.bin_of[first]]]
    counts = _fading(past.as_of_s - seen.time_s[first], HABIT_HALF_LIFE_S)
    left = seen.fill[first]
    near = (found.deposit < 0) & (found.to_s - found.from_s <= NEAR_S) & (found.unsure_var == 0.0)
    weight = _fading(past.as_of_s - found.to_s[near], HABIT_HALF_LIFE_S)
    return replace(
        Sums.nothing(bins, len(past.short_expected), past.as_of_s),
        newest_s=past.newest_s,
        deposit=np.maximum(np.bincount(found.bin_of, faded * found.deposit, bins), 0.0),
        activity_h=np.bincount(found.bin_of, faded * (found.to_s - found.from_s) / 3600.0, bins),
        falls=np.histogram(-found.deposit[near], FALL_EDGES, weights=weight)[0],
        left=np.array([counts.sum(), counts @ left, counts @ left**2]),
    )


def _arrived(found: Increments, activity_h: FloatArray, learned: Learned) -> tuple[FloatArray, FloatArray]:
    """Return the deposits; where a bin filled up, mean and variance of what one at least so large may have been."""
    arrived, unsure_var = found.deposit.copy(), np.zeros(len(found.deposit))
    full = np.flatnonzero(found.filled_up)
    owner, spread = found.bin_of[full], learned.spread
    rate = learned.rates.mean_per_h[owner]
    mean, var = deposits(
        np.maximum(activity_h[full], 1e-3), rate, np.zeros(len(full)), spread.lump[owner], spread.day_variance
    )
    arrived[full], unsure_var[full] = moments_beyond(arrived[full], mean, var)
    return arrived, unsure_var


def _fading(age_s: FloatArray, half_life_s: float) -> FloatArray:
    return np.asarray(0.5 ** (age_s / half_life_s))
