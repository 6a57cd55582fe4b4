"""How the bins' sensors are doing, in one word each."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from routing.forecast.looks import SAID, Levels
from tomma.model import UNTRUSTED
from tomma.silence import patience_s

FloatArray = NDArray[np.float64]

OVERDUE_GAPS = 3.0
"""Radio loses a quarter of messages in bursts: one or two missing are no news."""
OVERDUE_AT_LEAST_S, OVERDUE_AT_MOST_S = 6 * 3600.0, 96 * 3600.0
STATED_GAP_S = 8 * 3600.0
"""When neither the bin nor its city shows how often sensors speak."""
NEWEST = 64
"""So many readings show a sensor's usual gap."""


class SensorState(StrEnum):
    """How far a bin's level can be believed. The first that holds of none, silent, odd, ok is told."""

    OK = "ok"
    SILENT = "silent"
    """The newest reading is older than the sensor's patience: `tomma.silence`, by which alerts go, too."""
    ODD = "odd"
    """Most of the newest three readings carry a flag of `tomma.model.UNTRUSTED`."""
    NONE = "none"
    """There is no reading at all."""


@dataclass(frozen=True)
class Heard:
    """What the sensors as such are like, whatever they say. By bin."""

    newest_s: FloatArray
    """Time of the newest reading, trusted or not; -inf when there is none."""
    usual_gap_s: FloatArray
    """The median time between the newest readings; NaN below three of them."""
    longest_gap_s: FloatArray
    """The longest time between them; NaN likewise."""
    gaps: NDArray[np.int64]
    """How many of them there are."""
    odd: NDArray[np.bool_]
    """Most of the newest three readings are not to be trusted."""


def heard_of(bins: int, levels: Levels) -> Heard:
    """Return how the sensors speak; `levels` are in order of bin and time."""
    levels = levels.rows((levels.quality & SAID) == 0)
    end = np.searchsorted(levels.bin_of, np.arange(bins), side="right")
    count = end - np.searchsorted(levels.bin_of, np.arange(bins), side="left")
    back = np.arange(NEWEST)
    rows = np.maximum(end[:, None] - 1 - back, 0)
    if not len(levels.fill):
        unknown, none = np.full(bins, np.nan), np.zeros(bins, dtype=np.int64)
        return Heard(np.full(bins, -np.inf), unknown, unknown, none, np.zeros(bins, dtype=np.bool_))
    time_s = np.where(back < count[:, None], levels.time_s[rows], np.nan)
    gaps = np.sort(-np.diff(time_s, axis=1), axis=1)  # those that are not come last
    known = np.minimum(count, NEWEST) - 1
    here = np.arange(bins)
    median = (gaps[here, np.maximum(known - 1, 0) // 2] + gaps[here, np.maximum(known, 0) // 2]) / 2.0
    trusted = (levels.quality[rows[:, :3]] & int(UNTRUSTED)) == 0
    among = back[:3] < count[:, None]
    share = (trusted & among).sum(axis=1) / np.maximum(among.sum(axis=1), 1)
    longest = gaps[here, np.maximum(known - 1, 0)]
    return Heard(
        newest_s=np.where(count > 0, time_s[:, 0], -np.inf),
        usual_gap_s=np.where(known >= 2, median, np.nan),
        longest_gap_s=np.where(known >= 2, longest, np.nan),
        gaps=np.maximum(known, 0),
        odd=(count > 0) & (share < 0.5),
    )


def overdue(heard: Heard, now_s: float) -> tuple[bool, ...]:
    """Return whose newest reading is older than three usual gaps (at least 6 h, at most 96 h): its level is a guess.

    Most of them speak again; of those that do not, `SensorState.SILENT` is told later.
    """
    due_s = np.clip(OVERDUE_GAPS * _usual_s(heard), OVERDUE_AT_LEAST_S, OVERDUE_AT_MOST_S)
    late = np.isfinite(heard.newest_s) & (now_s - heard.newest_s > due_s)
    return tuple(late.tolist())


def sensor_states(heard: Heard, now_s: float) -> tuple[SensorState, ...]:
    """Return the states."""
    usual_s = _usual_s(heard)
    longest_s = np.where(np.isfinite(heard.longest_gap_s), heard.longest_gap_s, usual_s)
    patiences_s = map(patience_s, heard.gaps.tolist(), usual_s.tolist(), longest_s.tolist())
    silent = now_s - heard.newest_s > np.fromiter(patiences_s, dtype=np.float64, count=len(usual_s))
    choice = np.select([~np.isfinite(heard.newest_s), silent, heard.odd], [3, 1, 2], 0)
    names = (SensorState.OK, SensorState.SILENT, SensorState.ODD, SensorState.NONE)
    return tuple(names[each] for each in choice.tolist())


def _usual_s(heard: Heard) -> FloatArray:
    """Return the usual gaps; the city's stands in for a bin that has spoken too rarely to show its own."""
    known = heard.usual_gap_s[np.isfinite(heard.usual_gap_s)]
    city_s = float(np.median(known)) if len(known) else STATED_GAP_S
    return np.where(np.isfinite(heard.usual_gap_s), heard.usual_gap_s, city_s)
