"""Makes demands of plain masks and prizes: what the simpler rules answer with."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from routing.demand import Demand
from simulator.proving.morning import Choice, Morning
from tomma.model import Reason, ReasonCode


def choice_of(morning: Morning, must: NDArray[np.bool_], prize_minor: NDArray[np.float64] | None = None) -> Choice:
    """Return the demands; loads are those the forecast expects, so that every rule's trucks are planned alike.

    Bins whose hygiene interval would end before the next opportunity are a must for every rule: that is the law.
    """
    prizes = np.zeros(len(must)) if prize_minor is None else prize_minor
    musts = must | hygiene_due(morning)
    fill = morning.forecast.expected_fill_at(morning.at_utc)
    volume_l = fill * morning.town.volume_l
    weight_kg = volume_l * morning.town.density_kg_per_l
    city, why = morning.town.city, (Reason(ReasonCode.REQUESTED),)
    return tuple(
        Demand(
            bin_id=bin_id,
            fill_fraction=float(fill[row]),
            volume_l=float(volume_l[row]),
            weight_kg=min(float(weight_kg[row]), city.container_type_of(bin_id).max_kg),
            must=bool(musts[row]),
            prize_minor=0 if musts[row] else round(float(prizes[row])),
            p_overflow=0.0,
            reasons=why,
        )
        for row, bin_id in enumerate(morning.town.bin_ids)
        if musts[row] or prizes[row] > 0.0
    )


def hygiene_due(morning: Morning) -> NDArray[np.bool_]:
    """Return which bins would stand longer than their waste stream may before the next opportunity."""
    next_utc = morning.at_utc + timedelta(hours=morning.planning.next_opportunity_h)
    city, emptied = morning.town.city, morning.last_emptied
    limits = [city.fraction_of(bin_id).hygiene_interval_days for bin_id in morning.town.bin_ids]
    return np.array(
        [
            limit is not None and bin_id in emptied and next_utc - emptied[bin_id] > timedelta(days=limit)
            for bin_id, limit in zip(morning.town.bin_ids, limits, strict=True)
        ],
        dtype=np.bool_,
    )
