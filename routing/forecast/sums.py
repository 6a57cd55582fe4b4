"""What the past comes down to: sums that new readings add to and that fade with age. Nothing else is remembered of it.

A bin's own sums fade from its own newest level on, so that silence forgets nothing; the city's fade with time.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DAY_S = 24 * 3600.0
HALF_LIVES_S = 1.75 * DAY_S * 2.0 ** np.arange(7)
"""Of what is known of rates: from two days to a third of a year, each twice the one before (`foretold`)."""
HABIT_HALF_LIFE_S = 42 * DAY_S
"""How unevenly waste comes, and at which hours, changes more slowly than how much."""
FALL_EDGES = np.concatenate(([0.0], np.geomspace(1e-4, 0.25, 96)))
"""Limits of the histogram of small falls, which show the sensors' noise."""


@dataclass(frozen=True)
class Sums:
    """All of it. `Sums.nothing` begins; `+` adds what is about the same bins at the same time."""

    newest_s: FloatArray
    """From when a bin's own sums fade: its newest level, -inf before there is one. By bin."""
    as_of_s: float
    deposit: FloatArray
    """What arrived. By bin and half-life."""
    activity_h: FloatArray
    """In how many hours of activity. By bin and half-life."""
    surprise: FloatArray
    """How far off the forecast of each day was, by each half-life: squared errors over their variance. By bin."""
    expected: FloatArray
    """What should have arrived, in blocks of a day. By bin."""
    expected_sq: FloatArray
    """The same, block by block squared. By bin."""
    excess: FloatArray
    """The squared errors of those expectations, less what noise explains. By bin."""
    short_expected: FloatArray
    """The same three in blocks of four hours. By group."""
    short_expected_sq: FloatArray
    short_excess: FloatArray
    arrived: FloatArray
    """What arrived in each local hour of the week. By group."""
    exposure: FloatArray
    """What would have, if all hours were alike. By group."""
    falls: FloatArray
    """How many levels fell a little between two near looks, by `FALL_EDGES`."""
    left: FloatArray
    """First levels after emptyings: how many, their sum and the sum of their squares."""

    @classmethod
    def nothing(cls, bins: int, groups: int, as_of_s: float) -> "Sums":
        """Return the sums of a past that nobody knows."""
        by_bin = {name: np.zeros(bins) for name in OF_SPREAD}
        by_bin |= {name: np.zeros((bins, len(HALF_LIVES_S))) for name in OF_HALF_LIVES}
        by_group = {name: np.zeros(groups) for name in OF_GROUPS} | {name: np.zeros((groups, 168)) for name in OF_WEEKS}
        return cls(
            newest_s=np.full(bins, -np.inf),
            as_of_s=as_of_s,
            falls=np.zeros(len(FALL_EDGES) - 1),
            left=np.zeros(3),
            **by_bin,
            **by_group,
        )

    def faded(self, newest_s: FloatArray, as_of_s: float) -> "Sums":
        """Return what is left of them when the bins' newest levels are these, and the time is `as_of_s`."""
        newest_s = np.maximum(newest_s, self.newest_s)
        known = np.isfinite(self.newest_s)
        older_s = np.zeros(len(newest_s))
        older_s[known] = newest_s[known] - self.newest_s[known]
        fading = 0.5 ** (older_s[:, None] / HALF_LIVES_S)
        changed: dict[str, Any] = {name: getattr(self, name) * fading for name in OF_RATES}
        habit = 0.5 ** (older_s / HABIT_HALF_LIFE_S)
        changed |= {name: getattr(self, name) * habit for name in OF_SPREAD}
        changed["surprise"] = self.surprise * habit[:, None]
        city = 0.5 ** (max(as_of_s - self.as_of_s, 0.0) / HABIT_HALF_LIFE_S)  # 0 when there is no past
        for name in (*OF_GROUPS, *OF_WEEKS, *OF_CITY):
            changed[name] = getattr(self, name) * city
        return replace(self, newest_s=newest_s, as_of_s=max(as_of_s, self.as_of_s), **changed)

    def __add__(self, other: "Sums") -> "Sums":
        """Return both together."""
        names = (*OF_BINS, *OF_GROUPS, *OF_WEEKS, *OF_CITY)
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})

    def renumbered(self, bins: IntArray, bin_count: int, groups: IntArray, group_count: int) -> "Sums":
        """Return the sums with bin k called `bins[k]` and group g `groups[g]`; what is called -1 is left out."""
        fresh = Sums.nothing(bin_count, group_count, self.as_of_s)
        here, there = bins >= 0, groups >= 0
        changed: dict[str, Any] = {}
        for name in ("newest_s", *OF_BINS):
            changed[name] = getattr(fresh, name)
            changed[name][bins[here]] = getattr(self, name)[here]
        for name in (*OF_GROUPS, *OF_WEEKS):
            changed[name] = getattr(fresh, name)
            changed[name][groups[there]] = getattr(self, name)[there]
        return replace(self, **changed)

    def arrays(self) -> dict[str, FloatArray]:
        """Return all that is an array, by name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "as_of_s"}


OF_RATES = ("deposit", "activity_h")
OF_HALF_LIVES = (*OF_RATES, "surprise")
OF_SPREAD = ("expected", "expected_sq", "excess")
OF_BINS = (*OF_HALF_LIVES, *OF_SPREAD)
OF_GROUPS = ("short_expected", "short_expected_sq", "short_excess")
OF_WEEKS = ("arrived", "exposure")
OF_CITY = ("falls", "left")
