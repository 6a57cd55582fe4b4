"""What a city teaches about its bins: rates, unevenness, weeks, the sensors' noise, what emptyings leave."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import WEEK_CELLS, Calendar, Clocks, Moments, clocks_of
from routing.forecast.fills import deposits
from routing.forecast.increments import Increments, increments_of
from routing.forecast.level import Leftover, first_looks, leftover_of
from routing.forecast.observations import Observations
from routing.forecast.places import Places
from routing.forecast.rates import FADED_COUNTS, Rates, moments_beyond, posterior
from routing.forecast.spread import (
    DAY_BLOCK_S,
    SHORT_BLOCK_S,
    Blocks,
    Spread,
    noise_sd,
    spread_of,
)
from routing.forecast.sums import FALL_EDGES, HABIT_HALF_LIFE_S, RATE_HALF_LIFE_S, Sums
from routing.forecast.week import WeekSpans, ages_s, weeks_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ROUNDS = 3
"""Rates, unevenness and weeks each need the others; after three rounds nothing moves by a percent."""
LITTLE = 0.3
"""News that is less than this share of what is known moves little: one round will do."""
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
    known_h, new_h = past.activity_h.sum(), found.simple.activity_h.sum()
    knows = known_h > 0.0
    learned = from_sums(past if knows else past + found.simple, places, paces)
    for _ in range(ROUNDS if new_h > LITTLE * known_h else 1):
        learned = from_sums(past + found.sums(learned), places, paces, learned)
    return learned


def from_sums(sums: Sums, places: Places, paces: Paces, before: Learned | None = None) -> Learned:
    """Return what the sums say; `before` is what was known of the unevenness when the rates were learnt."""
    spread = before.spread if before else spread_of(sums, places.group)
    rate = before.rates.mean_per_h if before else sums.deposit / np.maximum(sums.activity_h, 24.0)
    usual = (np.bincount(places.group, rate) / np.maximum(np.bincount(places.group), 1))[places.group]
    lump = (np.bincount(places.group, spread.lump) / np.maximum(np.bincount(places.group), 1))[places.group]
    dispersion = lump + 24.0 * spread.day_variance * usual
    rates = posterior(sums.deposit, sums.activity_h, dispersion, places.levels)
    spread = spread_of(sums, places.group)
    weeks = weeks_of(sums.arrived, sums.exposure, spread.city_lump)
    return Learned(rates, spread, weeks, paces.clocks(weeks), noise_sd(sums.falls), leftover_of(sums.left))


@dataclass(frozen=True)
class Evidence:
    """What the observations bring to the sums: all that does not depend on what was learnt, reckoned once."""

    found: Increments
    begin: Moments
    end: Moments
    day_end: Moments
    """Of the day on which a deposit filled a bin; one for each that did."""
    weight: FloatArray
    """What each deposit still counts for its bin's rate."""
    daily: Blocks
    daily_weight: FloatArray
    short: Blocks
    short_weight: FloatArray
    weekly: BoolArray
    """Which deposits tell of the week."""
    spans: WeekSpans
    even_h: FloatArray
    """`Clocks.edges_h` of weeks whose hours are all alike."""
    group: IntArray
    """By bin."""
    simple: Sums
    """Those sums that need no knowledge, with rates by the sun."""

    @classmethod
    def of(
        cls, seen: Observations, after_s: FloatArray, until_s: FloatArray, past: Sums, places: Places, paces: Paces
    ) -> "Evidence":
        """Return what ends after `after_s` and not after `until_s` (both by bin)."""
        found = increments_of(seen)
        found = found.rows((found.to_s > after_s[found.bin_of]) & (found.to_s <= until_s[found.bin_of]))
        clock = paces.clock_of[found.bin_of]
        begin, end = (Moments.of(paces.calendar, each, clock) for each in (found.from_s, found.to_s))
        full_s = found.to_s[found.filled_up]
        weight = _fading(past.newest_s[found.bin_of] - found.to_s, RATE_HALF_LIFE_S)
        daily, short = Blocks.of(found, DAY_BLOCK_S), Blocks.of(found, SHORT_BLOCK_S)
        weekly = (found.to_s - found.from_s > 60.0) & ~found.filled_up & places.teaches[found.bin_of]
        cell = paces.group_of_clock[:, None] * WEEK_CELLS + paces.calendar.cells
        hours = _fading(ages_s(paces.calendar, past.as_of_s), HABIT_HALF_LIFE_S)
        return cls(
            found=found,
            begin=begin,
            end=end,
            day_end=Moments.of(paces.calendar, np.ceil(full_s / DAY_BLOCK_S) * DAY_BLOCK_S, clock[found.filled_up]),
            weight=weight,
            daily=daily,
            daily_weight=_fading(past.newest_s[daily.bin_of] - daily.to_s, HABIT_HALF_LIFE_S),
            short=short,
            short_weight=_fading(past.as_of_s - short.to_s, HABIT_HALF_LIFE_S),
            weekly=weekly,
            spans=WeekSpans(begin.rows(weekly), end.rows(weekly), cell, hours, len(past.short_expected)),
            even_h=paces.clocks().edges_h,
            group=places.group,
            simple=_simple_sums(seen, found, weight, after_s, until_s, past),
        )

    def sums(self, learned: Learned) -> Sums:
        """Return the sums as they look by what was learnt so far."""
        found, bins, groups = self.found, len(self.group), self.spans.groups
        rate, edges_h = learned.rates.mean_per_h, learned.clocks.edges_h
        activity_h = self.end.hours_on(edges_h) - self.begin.hours_on(edges_h)
        arrived, beyond_var = _arrived(found, activity_h, learned)
        dispersion = learned.spread.lump + 24.0 * learned.spread.day_variance * rate
        known_h = learned.rates.hours * dispersion / FADED_COUNTS
        with_these = (arrived, beyond_var, activity_h, rate, known_h, learned.noise_sd)
        expected, excess = self.daily.errors(*with_these)
        short_expected, short_excess = self.short.errors(*with_these)
        unseen = self._unseen(arrived, expected, edges_h, learned)
        owner, group = self.daily.bin_of, self.group[self.short.bin_of]
        even_h = self.spans.end.hours_on(self.even_h) - self.spans.begin.hours_on(self.even_h)
        return replace(
            self.simple,
            deposit=np.maximum(np.bincount(found.bin_of, self.weight * (arrived + unseen), bins), 0.0),
            activity_h=np.bincount(found.bin_of, self.weight * activity_h, bins),
            expected=np.bincount(owner, self.daily_weight * expected, bins),
            expected_sq=np.bincount(owner, self.daily_weight * expected**2, bins),
            excess=np.bincount(owner, self.daily_weight * excess, bins),
            short_expected=np.bincount(group, self.short_weight * short_expected, groups),
            short_expected_sq=np.bincount(group, self.short_weight * short_expected**2, groups),
            short_excess=np.bincount(group, self.short_weight * short_excess, groups),
            arrived=self.spans.by_cell(arrived[self.weekly], edges_h),
            exposure=self.spans.by_cell(rate[found.bin_of[self.weekly]] * even_h, self.even_h),
        )

    def _unseen(self, arrived: FloatArray, expected: FloatArray, edges_h: FloatArray, learned: Learned) -> FloatArray:
        """Return by deposit how much more than usual came after it filled the bin, on the rest of its day.

        Bins fill up on good days, and nobody sees how those end; left out, they would make every bin look slower.
        """
        more = np.zeros(len(arrived))
        full = np.flatnonzero(self.found.filled_up)
        if not len(full):
            return more
        block = np.searchsorted(self.daily.starts, full, side="right") - 1
        came = np.add.reduceat(arrived, self.daily.starts)[block] - expected[block]
        owner, day_variance = self.found.bin_of[full], learned.spread.day_variance
        # How good the day is, by what came until then: the regression of a day's factor on its deposits.
        factor = day_variance * came / (learned.spread.lump[owner] + day_variance * expected[block])
        rest_h = self.day_end.hours_on(edges_h) - self.end.rows(self.found.filled_up).hours_on(edges_h)
        more[full] = np.maximum(factor, -1.0) * learned.rates.mean_per_h[owner] * rest_h
        return more


def _simple_sums(
    seen: Observations,
    found: Increments,
    weight: FloatArray,
    after_s: FloatArray,
    until_s: FloatArray,
    past: Sums,
) -> Sums:
    """Return the sums that need no knowledge: rates by the sun, falls, what emptyings left."""
    bins = seen.bins
    first = first_looks(seen)
    at_s, owner = seen.time_s[first], seen.bin_of[first]
    first = first[(at_s > after_s[owner]) & (at_s <= until_s[owner])]
    counts, left = _fading(past.as_of_s - seen.time_s[first], HABIT_HALF_LIFE_S), seen.fill[first]
    near = (found.deposit < 0) & (found.to_s - found.from_s <= NEAR_S) & (found.unsure_var == 0.0)
    counting = _fading(past.as_of_s - found.to_s[near], HABIT_HALF_LIFE_S)
    return replace(
        Sums.nothing(bins, len(past.short_expected), past.as_of_s),
        newest_s=past.newest_s,
        deposit=np.maximum(np.bincount(found.bin_of, weight * found.deposit, bins), 0.0),
        activity_h=np.bincount(found.bin_of, weight * (found.to_s - found.from_s) / 3600.0, bins),
        falls=np.histogram(-found.deposit[near], FALL_EDGES, weights=counting)[0],
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
