"""The answer of a forecast: every bin's fill as a distribution, at any time from now on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import HOUR_S, Clocks
from routing.forecast.fills import Arrivals, Fills
from routing.forecast.futures import draw_fills
from routing.forecast.level import Leftover
from routing.forecast.state import SensorState
from tomma.model import BinId

FloatArray = NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(3)
PIECE_H = 8.0
"""A risk is integrated over pieces of at most so many hours, three looks each: to some minutes in three days."""
FURTHEST_H = 90 * 24.0
"""Beyond a quarter of a year nobody asks when a bin will be full."""


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
    """Never a level and never an emptying in the history: the widest forecast there is."""
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

    Arrays have one row per bin in the order of `bin_ids`; those by step have a column per entry of `steps_utc`,
    the first of which is `as_of_utc` itself. They are computed when first asked for, lie within [0, 1], never
    fall along the steps, and hold no NaN.
    """

    as_of_utc: datetime
    bin_ids: tuple[BinId, ...]
    steps_utc: tuple[datetime, ...]
    sensor_states: tuple[SensorState, ...]
    silent_h: tuple[float | None, ...]
    is_overdue: tuple[bool, ...]
    """Whether a reading is so late that the level is a guess, as when the radio is gone for some hours."""
    no_data: tuple[bool, ...]
    fills: Fills = field(repr=False)
    clocks: Clocks = field(repr=False)
    leftover: Leftover = field(repr=False)
    volume_l: FloatArray = field(repr=False)
    """How much each bin holds."""

    @cached_property
    def row_of(self) -> Mapping[BinId, int]:
        """Each bin's row in the arrays."""
        return {bin_id: row for row, bin_id in enumerate(self.bin_ids)}

    @cached_property
    def p10(self) -> FloatArray:
        """The fill that nine of ten futures exceed, by bin and step."""
        return self._quantile(0.1)

    @cached_property
    def p50(self) -> FloatArray:
        """The median fill, by bin and step."""
        return np.maximum(self._quantile(0.5), self.p10)

    @cached_property
    def p90(self) -> FloatArray:
        """The fill that one of ten futures exceeds, by bin and step."""
        return np.maximum(self._quantile(0.9), self.p50)

    @cached_property
    def p_overflow_steps(self) -> FloatArray:
        """P(overflow at or before the step), by bin and step."""
        return _rising(self.fills.p_overflow(self._steps_h))

    @cached_property
    def level_fraction(self) -> FloatArray:
        """Expected fill now, by bin."""
        return self.expected_fill_at(self.as_of_utc)

    @cached_property
    def level_sd_fraction(self) -> FloatArray:
        """Standard deviation of the fill now, by bin."""
        return self.fills.sd(self._hours((self.as_of_utc,)))[:, 0]

    @cached_property
    def hours_to_full(self) -> FloatArray:
        """Hours until overflow is as likely as not; infinite when further off than 90 days. By bin."""
        return self.hours_until(0.5)

    def p_overflow(self, bin_id: BinId, at_utc: datetime) -> float:
        """Return P(the bin reaches 1.0 at or before `at_utc`); also beyond the steps, and now's for the past."""
        row = self.row_of[bin_id]
        one = slice(row, row + 1)
        return float(self.fills.rows(one).p_overflow(self._hours((at_utc,), one))[0, 0])

    def p_overflow_at(self, at_utc: datetime) -> FloatArray:
        """Return `p_overflow` of every bin."""
        return self.fills.p_overflow(self._hours((at_utc,)))[:, 0]

    def expected_fill_at(self, at_utc: datetime) -> FloatArray:
        """Return E[min(fill, 1)] of every bin."""
        return self.fills.expected(self._hours((at_utc,)))[:, 0]

    def expected_overflow_h(self, from_utc: datetime, until_utc: datetime) -> FloatArray:
        """Return how many hours within [from_utc, until_utc] each bin is expected to stand overflowing.

        As everywhere, if nobody empties it; `if_emptied` tells the same of a bin that somebody does. The past is left
        out, and a span that ends before it begins has no hours. By bin.
        """
        begin_s = max(from_utc, self.as_of_utc).timestamp()
        length_h = max(until_utc.timestamp() - begin_s, 0.0) / HOUR_S
        pieces = max(int(np.ceil(length_h / PIECE_H)), 1)
        piece_h = length_h / pieces
        ahead_h = (np.arange(pieces)[:, None] + (NODES + 1.0) / 2.0) * piece_h
        at_h = self.clocks.hours_at(begin_s + HOUR_S * ahead_h.ravel())
        return np.asarray(self.fills.p_overflow(at_h) @ np.tile(WEIGHTS * piece_h / 2.0, pieces))

    def expected_overflow_l(self, from_utc: datetime, until_utc: datetime) -> FloatArray:
        """Return how many litres are expected to land beside each bin within [from_utc, until_utc]. By bin."""
        begin, end = (self.fills.beyond_full(self._hours((moment,)))[:, 0] for moment in (from_utc, until_utc))
        return np.asarray(np.maximum(end - begin, 0.0) * self.volume_l)

    def arrivals(self, from_utc: datetime, until_utc: Sequence[datetime]) -> Arrivals:
        """Return what arrives from one moment until each of some others, whatever is there before."""
        return self.fills.arrivals(self._hours(tuple(until_utc)) - self._hours((from_utc,)))

    def usual_arrivals(self, hours: Sequence[float]) -> Arrivals:
        """Return what arrives in so many hours of an average week."""
        return self.fills.arrivals(np.array(hours, dtype=np.float64)[None, :])

    def if_emptied(self, at_utc: datetime) -> "CityForecast":
        """Return the forecast from `at_utc` on as if every bin were emptied then, down to what is usual here."""
        at_utc = max(at_utc, self.as_of_utc)
        later = at_utc - self.as_of_utc
        return replace(
            self,
            as_of_utc=at_utc,
            steps_utc=tuple(each + later for each in self.steps_utc),
            fills=self.fills.emptied_to(self.leftover.mean, self.leftover.sd, self._hours((at_utc,))[:, 0]),
        )

    def draw_fills(self, at_utc: Sequence[datetime], rng: np.random.Generator) -> FloatArray:
        """Return one future: every bin's fill at these rising times if nobody empties it. Shape [bins, times].

        Not capped: what exceeds 1 lies beside the bin. Draws agree with all other answers of this forecast.
        """
        moments = tuple(at_utc)
        days = np.array([int(each.timestamp() // (24 * HOUR_S)) for each in moments], dtype=np.int64)
        return draw_fills(self.fills, self._hours(moments), days, rng)

    def quantiles_at(self, at_utc: datetime, levels: FloatArray, rows: slice = slice(None)) -> FloatArray:
        """Return the fill's quantiles at these `levels`; one row per bin in `rows`, one column per level."""
        at_h, some = self._hours((at_utc,), rows), self.fills.rows(rows)
        return np.column_stack([each[:, 0] for each in some.quantiles(levels.tolist(), at_h)])

    def hours_until(self, p_overflow: float) -> FloatArray:
        """Return the hours from now until P(overflow) reaches `p_overflow`, infinite beyond 90 days. By bin."""
        now_s = self.as_of_utc.timestamp()
        reached_s = self.fills.first_reach(p_overflow, now_s, now_s + FURTHEST_H * HOUR_S, self.clocks.hours_at)
        return (reached_s - now_s) / HOUR_S

    def hours_from_empty(self, p_overflow: float) -> FloatArray:
        """Return how long each bin lasts, emptied as is usual here, until P(overflow) reaches `p_overflow`.

        In hours of an average week; infinite beyond 90 days. By bin.
        """
        emptied = self.fills.emptied_to(self.leftover.mean, self.leftover.sd)
        return emptied.first_reach(p_overflow, 0.0, FURTHEST_H, lambda hours: hours)

    def of(self, bin_id: BinId) -> BinForecast:
        """Return one bin's forecast; KeyError for a bin the city does not have."""
        row = self.row_of[bin_id]
        to_full = float(self.hours_to_full[row])
        return BinForecast(
            bin_id=bin_id,
            level_fraction=float(self.level_fraction[row]),
            level_sd_fraction=float(self.level_sd_fraction[row]),
            sensor_state=self.sensor_states[row],
            silent_h=self.silent_h[row],
            no_data=self.no_data[row],
            hours_to_full=to_full if np.isfinite(to_full) else None,
            steps_utc=self.steps_utc,
            p10=tuple(self.p10[row].tolist()),
            p50=tuple(self.p50[row].tolist()),
            p90=tuple(self.p90[row].tolist()),
            p_overflow=tuple(self.p_overflow_steps[row].tolist()),
        )

    @cached_property
    def _steps_h(self) -> FloatArray:
        return self._hours(self.steps_utc)

    def _hours(self, moments: tuple[datetime, ...], rows: slice = slice(None)) -> FloatArray:
        """Return activity hours of the moments on each bin's clock; the past counts as now."""
        now_s = self.as_of_utc.timestamp()
        return self.clocks.rows(rows).hours_at(np.array([max(moment.timestamp(), now_s) for moment in moments]))

    def _quantile(self, p: float) -> FloatArray:
        return _rising(self.fills.quantiles((p,), self._steps_h)[0])


def _rising(by_step: FloatArray) -> FloatArray:
    # The shifted gamma is an approximation; a level that nobody empties never falls.
    return np.maximum.accumulate(by_step, axis=1)
