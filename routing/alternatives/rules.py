"""How bins are chosen without a forecast: by the calendar, or by the level that a sensor tells. Pure.

What a municipality does without us. The counterfactual of a day and the proving ground ask the same functions, so that
"fixed rounds" and "threshold" mean one thing everywhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.choice.demand import Demand
from tomma.city import City
from tomma.model import BinId
from tomma.reasons import Reason, ReasonCode

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ROUNDS_DAYS = (1, 2, 3, 4, 5, 7, 10, 14, 21, 28)
"""Intervals a municipality writes into a calendar."""
DISTRICTS = 28
"""Sectors around the depot; those of one have their days together. As many as the longest interval has days."""
LEVEL_FRACTION = 0.70
WHY = (Reason(ReasonCode.REQUESTED),)
"""A rule has no reasons but itself."""


def interval_days(volume_l: FloatArray, rate_l_per_day: FloatArray, margin: float) -> IntArray:
    """Return the longest interval of the calendar at which a bin hardly overflows, and a day at least. By bin.

    Args:
        volume_l: What each holds.
        rate_l_per_day: What arrives on an average day.
        margin: How much of the days to full the interval may take.
    """
    days_to_full = volume_l / np.maximum(rate_l_per_day, 1e-6)
    fits = np.searchsorted(ROUNDS_DAYS, margin * days_to_full, side="right") - 1
    return np.asarray(ROUNDS_DAYS, dtype=np.int64)[np.maximum(fits, 0)]


def districts(city: City, bin_ids: Sequence[BinId]) -> IntArray:
    """Return each bin's district: the direction in which it lies from the depot, `DISTRICTS` to the full circle."""
    depot = next(iter(city.depots.values())).position
    at = [city.position_of(bin_id) for bin_id in bin_ids]
    north = np.asarray([each.lat_deg - depot.lat_deg for each in at])
    east = np.asarray([each.lon_deg - depot.lon_deg for each in at]) * np.cos(np.radians(depot.lat_deg))
    # By rank and not by angle: a depot at the edge sees its town within a narrow angle.
    rank = np.argsort(np.argsort(np.arctan2(north, east), kind="stable"), kind="stable")
    return np.asarray(rank * DISTRICTS // max(1, len(rank)), dtype=np.int64)


def is_turn(day_number: int, district: IntArray, interval: IntArray) -> BoolArray:
    """Return whose turn it is on a day: a district's days follow each other at its bins' intervals. By bin."""
    return np.asarray((day_number + district) % interval == 0)


def at_level(fill_fraction: FloatArray, from_fraction: float = LEVEL_FRACTION) -> BoolArray:
    """Return which bins the threshold takes; one of which nothing is known (NaN) is taken. By bin."""
    return np.asarray(np.nan_to_num(fill_fraction, nan=1.0) >= from_fraction)


def hygiene_due(
    city: City, bin_ids: Sequence[BinId], last_emptied: Mapping[BinId, datetime], next_utc: datetime
) -> BoolArray:
    """Return which bins would stand longer than their waste stream may before `next_utc`. By bin."""
    limits = [city.fraction_of(bin_id).hygiene_interval_days for bin_id in bin_ids]
    return np.array(
        [
            limit is not None and bin_id in last_emptied and next_utc - last_emptied[bin_id] > timedelta(days=limit)
            for bin_id, limit in zip(bin_ids, limits, strict=True)
        ],
        dtype=np.bool_,
    )


def asked_by_rule(
    city: City,
    bin_ids: Sequence[BinId],
    musts: BoolArray,
    fill_fraction: FloatArray,
    prize_minor: FloatArray | None = None,
) -> tuple[Demand, ...]:
    """Return the demands that a rule makes: of bins it must have and, where it knows prizes, of those worth one.

    Args:
        city: The snapshot that the bins are of.
        bin_ids: In the order of the arrays.
        musts: What the rule takes.
        fill_fraction: What a truck will find, so that it plans its unloading; above 1 lies beside the bin.
        prize_minor: What a visit is worth to a rule that may leave bins out.
    """
    prizes = np.zeros(len(musts)) if prize_minor is None else prize_minor
    containers = [city.container_type_of(bin_id) for bin_id in bin_ids]
    return tuple(
        Demand(
            bin_id=bin_id,
            fill_fraction=min(float(fill_fraction[row]), 1.0),
            volume_l=float(fill_fraction[row]) * containers[row].volume_l,
            weight_kg=min(
                float(fill_fraction[row]) * containers[row].volume_l * city.fraction_of(bin_id).density_kg_per_l,
                containers[row].max_kg,
            ),
            must=bool(musts[row]),
            prize_minor=0 if musts[row] else round(float(prizes[row])),
            p_overflow=0.0,
            reasons=WHY,
        )
        for row, bin_id in enumerate(bin_ids)
        if musts[row] or prizes[row] > 0.0
    )
