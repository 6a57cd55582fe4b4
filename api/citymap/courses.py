"""A bin's coming three days in five letters: when its level passes each band, and when overflow becomes likely.

The letters count steps of six hours: A is now, B within 6 h, M within 72 h, and a dot is later than that. The first
three are the median fill reaching 50, 75 and 90 %; the last two the risk of overflow reaching 10 and 50 %. Nobody
empties in a forecast, so nothing falls, and five moments say where the bin is at every step between.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from api.context import ForecastView

STEP_H, LAST_H = 6, 72
HOURS = tuple(range(0, LAST_H + 1, STEP_H))
FILLS = (0.5, 0.75, 0.9)
RISKS = (0.1, 0.5)
LETTERS = "ABCDEFGHIJKLM"
LATER = "."
NO_FORECAST = "?????"
BANDS = ("low", "mid", "high", "full")


def courses_of(forecast: ForecastView) -> Mapping[str, str]:
    """Return the five letters of every bin that the forecast knows."""
    ahead = forecast.ahead(HOURS)
    marks = [_first_step(ahead.p50_fraction, fill) for fill in FILLS]
    marks += [_first_step(ahead.p_overflow, risk) for risk in RISKS]
    return {bin_id: "".join(letters) for bin_id, *letters in zip(ahead.bin_ids, *marks, strict=True)}


def band_at(course: str, hour: int) -> str:
    """Return the band at so many hours, or "over" where overflow by then is as likely as not; "none" without forecast.

    >>> band_at("ABE.I", 0), band_at("ABE.I", 24), band_at("ABE.I", 48)
    ('mid', 'high', 'over')
    """
    if course == NO_FORECAST:
        return "none"
    reached = [letter != LATER and LETTERS.index(letter) * STEP_H <= hour for letter in course]
    return "over" if reached[4] else BANDS[sum(reached[:3])]


def _first_step(values: NDArray[np.float32], mark: float) -> list[str]:
    """Return the letter of the first step at which each row reaches the mark."""
    reached = values >= np.float32(mark)
    return [
        LETTERS[step] if ever else LATER
        for step, ever in zip(reached.argmax(axis=1).tolist(), reached.any(axis=1).tolist(), strict=True)
    ]
