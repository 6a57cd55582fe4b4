"""One bin's history as arrays: trusted levels in order, and the emptyings between them told once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.forecast.history import BinHistory
from tomma.model import UNTRUSTED, Emptying, EmptyingSource, Quality

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SAME_EMPTYING_S = 2 * 3600.0
"""Two tellings within this time mean one emptying: a driver taps a little after the level fell."""

BUMP_S = 72 * 3600.0
"""The longest that a bump is looked back for: a sensor may be blocked for days."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the sensor as such is like, whatever it says."""

    newest_s: float
    """Time of the newest reading, trusted or not; -inf when there is none."""
    usual_gap_s: float
    """The median time between readings; NaN below three readings."""
    odd: bool
    """Most of the newest three readings are not to be trusted."""


SILENT_SENSOR = Heard(-np.inf, np.nan, odd=False)


@dataclass(frozen=True, slots=True)
class BinSeries:
    """Levels in order of time; `run` counts the emptyings before each, `resets_s` are their times."""

    time_s: FloatArray
    fill: FloatArray
    run: IntArray
    resets_s: FloatArray
    heard: Heard


def gather(had: BinHistory, now_s: float) -> BinSeries:
    """Return what the history tells up to `now_s`, without untrusted readings."""
    time_s, fill, heard = _read(had, now_s)
    if not had.emptyings:
        return BinSeries(time_s, fill, np.zeros(len(time_s), dtype=np.int64), np.empty(0), heard)
    told = [each for each in had.emptyings if each.at_utc.timestamp() <= now_s]
    told.sort(key=lambda each: (each.at_utc, each.source, each.fill_before_fraction or 0.0))
    resets = _once_each(told, time_s)
    resets_s = np.array([each.at_s for each in resets])
    run = np.searchsorted(resets_s, time_s, side="right")
    return _with_told_levels(resets, BinSeries(time_s, fill, run, resets_s, heard))


def _read(had: BinHistory, now_s: float) -> tuple[FloatArray, FloatArray, Heard]:
    count = len(had.readings)
    if not count:
        return np.empty(0), np.empty(0), SILENT_SENSOR
    good = Quality.GOOD  # `&` on flags is slow, and nearly every reading is good
    time_s = np.fromiter((each.measured_utc.timestamp() for each in had.readings), np.float64, count)
    fill = np.fromiter((each.fill_fraction for each in had.readings), np.float64, count)
    trusted = np.fromiter(
        (each.quality is good or not each.quality & UNTRUSTED for each in had.readings), np.bool_, count
    )
    order = np.lexsort((fill, time_s))
    order = order[time_s[order] <= now_s]
    if not len(order):
        return np.empty(0), np.empty(0), SILENT_SENSOR
    gap_s = float(np.median(np.diff(time_s[order]))) if len(order) > 2 else np.nan
    heard = Heard(float(time_s[order[-1]]), gap_s, odd=bool(np.mean(trusted[order[-3:]]) < 0.5))
    order = order[trusted[order]]
    order = _without_bumps(order, time_s, fill, had)
    return time_s[order], fill[order], heard


def _without_bumps(order: IntArray, time_s: FloatArray, fill: FloatArray, had: BinHistory) -> IntArray:
    """Leave out what was no waste: the high levels before a reading that says that something unfolded or fell down."""
    good = Quality.GOOD
    told = {
        number
        for number, each in enumerate(had.readings)
        if each.quality is not good and each.quality & Quality.UNFOLDED
    }
    if not told:  # nearly always
        return order
    ends = [row for row, number in enumerate(order.tolist()) if number in told]
    keep = np.ones(len(order), dtype=np.bool_)
    for end in ends:
        here, start = order[end], end - 1
        if start < 0:
            continue
        middle = (fill[order[start]] + fill[here]) / 2.0
        while start >= 0 and fill[order[start]] > middle and time_s[here] - time_s[order[start]] <= BUMP_S:
            keep[start] = False
            start -= 1
    return order[keep]


@dataclass(slots=True)
class _Reset:
    at_s: float
    before: float | None
    after: float | None


def _once_each(told: Sequence[Emptying], time_s: FloatArray) -> list[_Reset]:
    """Merge a driver's tap with the drop that the sensor showed: earliest time, and every level that either tells."""
    resets: list[_Reset] = []
    for emptying in told:
        at_s = emptying.at_utc.timestamp()
        if resets and _is_same(resets[-1].at_s, at_s, emptying.source, time_s):
            last = resets[-1]
            last.before = last.before if last.before is not None else emptying.fill_before_fraction
            last.after = emptying.fill_after_fraction if emptying.fill_after_fraction is not None else last.after
        else:
            resets.append(_Reset(at_s, emptying.fill_before_fraction, emptying.fill_after_fraction))
    return resets


def _is_same(former_s: float, at_s: float, source: EmptyingSource, time_s: FloatArray) -> bool:
    if at_s - former_s <= SAME_EMPTYING_S:
        return True
    if source is EmptyingSource.CONFIRMED:
        return False
    # A drop seen in the first reading after a tap is that tap's, however rarely the sensor speaks.
    first_after, here = np.searchsorted(time_s, (former_s, at_s), side="left")
    return bool(first_after < len(time_s) and here == first_after)


def _with_told_levels(resets: Sequence[_Reset], seen: BinSeries) -> BinSeries:
    """Add the levels that the emptyings themselves tell, in those runs of which no reading tells anything."""
    extra: list[tuple[float, float, int]] = []
    spoken = set(seen.run.tolist())
    for number, reset in enumerate(resets):
        if reset.before is not None and number not in spoken:
            extra.append((reset.at_s, reset.before, number))
        if reset.after is not None and number + 1 not in spoken:
            extra.append((reset.at_s, reset.after, number + 1))
    if not extra:
        return seen
    more = np.array(extra)
    time_s = np.concatenate((seen.time_s, more[:, 0]))
    fill = np.concatenate((seen.fill, more[:, 1]))
    run = np.concatenate((seen.run, more[:, 2].astype(np.int64)))
    order = np.lexsort((time_s, run))
    return BinSeries(time_s[order], fill[order], run[order], seen.resets_s, seen.heard)
