"""How a bin's sensor is doing, in one word."""

from enum import StrEnum

import numpy as np

from routing.forecast.gather import Heard

SILENT_GAPS = 3.0
"""Radio loses a quarter of messages in bursts: one or two missing are no news."""
SILENT_AT_LEAST_S, SILENT_AT_MOST_S = 6 * 3600.0, 96 * 3600.0
STATED_GAP_S = 8 * 3600.0
"""When neither the bin nor its city shows how often sensors speak."""


class SensorState(StrEnum):
    """How far a bin's level can be believed. The first that holds of none, silent, odd, ok is told."""

    OK = "ok"
    SILENT = "silent"
    """The newest reading is older than three times the bin's usual gap (at least 6 h, at most 96 h)."""
    ODD = "odd"
    """Most of the newest three readings carry a flag of `tomma.model.UNTRUSTED`."""
    NONE = "none"
    """There is no reading at all."""


def sensor_state(heard: Heard, now_s: float, city_gap_s: float) -> SensorState:
    """Return the state; the city's usual gap stands in for a bin that has spoken too rarely to show its own."""
    if not np.isfinite(heard.newest_s):
        return SensorState.NONE
    gap_s = next(gap for gap in (heard.usual_gap_s, city_gap_s, STATED_GAP_S) if np.isfinite(gap))
    limit_s = np.clip(SILENT_GAPS * gap_s, SILENT_AT_LEAST_S, SILENT_AT_MOST_S)
    if now_s - heard.newest_s > limit_s:
        return SensorState.SILENT
    return SensorState.ODD if heard.odd else SensorState.OK
