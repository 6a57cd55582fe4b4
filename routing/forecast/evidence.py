"""What observations bring to the sums of the past."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import WEEK_CELLS, Moments
from routing.forecast.fills import deposits
from routing.forecast.foretold import Days
from routing.forecast.increments import Increments, increments_of
from routing.forecast.learned import Learned, Paces
from routing.forecast.level import first_looks
from routing.forecast.observations import Observations
from routing.forecast.places import Places
from routing.forecast.rates import moments_beyond
from routing.forecast.spread import DAY_BLOCK_S, SHORT_BLOCK_S, Blocks
from routing.forecast.sums import FALL_EDGES, HABIT_HALF_LIFE_S, Sums
from routing.forecast.week import WeekSpans, ages_s

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NEAR_S = 6 * 3600.0


@dataclass(frozen=True)
class Evidence:
    """What the observations bring to the sums: all that does not depend on what was learnt, reckoned once."""

    found: Increments
    begin: Moments
    end: Moments
    day_end: Moments
    """Of the day on which a deposit filled a bin; one for each that did."""
    daily: Blocks
    days: Days
    """The same, and what they still count."""
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
    past: Sums
    """What was known before."""

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
        daily, short = Blocks.of(found, DAY_BLOCK_S), Blocks.of(found, SHORT_BLOCK_S)
        days = Days.of(daily, past.newest_s)
        weekly = (found.to_s - found.from_s > 60.0) & ~found.filled_up & places.teaches[found.bin_of]
        cell = paces.group_of_clock[:, None] * WEEK_CELLS + paces.calendar.cells
        hours = _fading(ages_s(paces.calendar, past.as_of_s), HABIT_HALF_LIFE_S)
        return cls(
            found=found,
            begin=begin,
            end=end,
            day_end=Moments.of(paces.calendar, np.ceil(full_s / DAY_BLOCK_S) * DAY_BLOCK_S, clock[found.filled_up]),
            daily=daily,
            days=days,
            short=short,
            short_weight=_fading(past.as_of_s - short.to_s, HABIT_HALF_LIFE_S),
            weekly=weekly,
            spans=WeekSpans(begin.rows(weekly), end.rows(weekly), cell, hours, len(past.short_expected)),
            even_h=paces.clocks().edges_h,
            group=places.group,
            simple=_simple_sums(seen, found, daily, days, after_s, until_s, past),
            past=past,
        )

    def sums(self, learned: Learned) -> Sums:
        """Return the sums as they look by what was learnt so far."""
        found, bins, groups = self.found, len(self.group), self.spans.groups
        rate, edges_h = learned.rates.mean_per_h, learned.clocks.edges_h
        activity_h = self.end.hours_on(edges_h) - self.begin.hours_on(edges_h)
        arrived, beyond_var = _arrived(found, activity_h, learned)
        with_these = (arrived, beyond_var, activity_h, rate, learned.rates.known_h, learned.noise_sd)
        expected, excess = self.daily.errors(*with_these)
        short_expected, short_excess = self.short.errors(*with_these)
        unseen = self._unseen(arrived, expected, edges_h, learned)
        counts, group = self.days.counts, self.group[self.short.bin_of]
        even_h = self.spans.end.hours_on(self.even_h) - self.spans.begin.hours_on(self.even_h)
        return replace(
            self._of_rates(arrived + unseen, activity_h, beyond_var, expected, learned),
            expected=np.bincount(self.daily.bin_of, counts * expected, bins),
            expected_sq=np.bincount(self.daily.bin_of, counts * expected**2, bins),
            excess=np.bincount(self.daily.bin_of, counts * excess, bins),
            short_expected=np.bincount(group, self.short_weight * short_expected, groups),
            short_expected_sq=np.bincount(group, self.short_weight * short_expected**2, groups),
            short_excess=np.bincount(group, self.short_weight * short_excess, groups),
            arrived=self.spans.by_cell(arrived[self.weekly], edges_h),
            exposure=self.spans.by_cell(rate[found.bin_of[self.weekly]] * even_h, self.even_h),
        )

    def _of_rates(
        self,
        arrived: FloatArray,
        activity_h: FloatArray,
        beyond_var: FloatArray,
        expected: FloatArray,
        learned: Learned,
    ) -> Sums:
        """Return the simple sums with rates by hours of activity, and how well each half-life foretold the days."""
        bins, owner, spread = len(self.group), self.daily.bin_of, learned.spread
        came, hours = self.daily.sums(arrived), self.daily.sums(activity_h)
        chance = spread.lump[owner] * expected + spread.day_variance * expected**2
        noise = 2 * learned.noise_sd**2 + self.daily.unsure_var + self.daily.sums(beyond_var)
        return replace(
            self.simple,
            deposit=np.maximum(self.days.faded(came, bins), 0.0),
            activity_h=self.days.faded(hours, bins),
            surprise=self.days.surprises(came, hours, chance + noise, self.past, learned.rates),
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
        came = self.daily.sums(arrived)[block] - expected[block]
        owner, day_variance = self.found.bin_of[full], learned.spread.day_variance
        # How good the day is, by what came until then: the regression of a day's factor on its deposits.
        factor = day_variance * came / (learned.spread.lump[owner] + day_variance * expected[block])
        rest_h = self.day_end.hours_on(edges_h) - self.end.rows(self.found.filled_up).hours_on(edges_h)
        more[full] = np.maximum(factor, -1.0) * learned.rates.mean_per_h[owner] * rest_h
        return more


def _simple_sums(
    seen: Observations,
    found: Increments,
    daily: Blocks,
    days: Days,
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
        deposit=np.maximum(days.faded(daily.sums(found.deposit), bins), 0.0),
        activity_h=days.faded(daily.sums(found.to_s - found.from_s) / 3600.0, bins),
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
