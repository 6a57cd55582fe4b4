"""Makes demands of plain masks and prizes: what the simpler rules answer with."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from routing.alternatives.rules import asked_by_rule, hygiene_due
from simulator.proving.morning import Choice, Morning


def choice_of(morning: Morning, must: NDArray[np.bool_], prize_minor: NDArray[np.float64] | None = None) -> Choice:
    """Return the demands; loads are those the forecast expects, so that every rule's trucks are planned alike.

    Bins whose hygiene interval would end before the next opportunity are a must for every rule: that is the law.
    """
    city, bin_ids = morning.town.city, morning.town.bin_ids
    next_utc = morning.at_utc + timedelta(hours=morning.planning.next_opportunity_h)
    musts = must | hygiene_due(city, bin_ids, morning.last_emptied, next_utc)
    return asked_by_rule(city, bin_ids, musts, morning.forecast.expected_fill_at(morning.at_utc), prize_minor)
