"""Why and how much each bin wants a visit: forecast in, `Demand` out, one for every bin."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from routing.forecast import CityForecast
from tomma.city import City
from tomma.model import BinId, Reason
from tomma.settings import PlanningSettings


@dataclass(frozen=True, slots=True)
class Demand:
    """What a visit to one bin would bring, and what leaving it would cost."""

    bin_id: BinId
    fill_fraction: float
    """Expected at the visit, within [0, 1]."""
    volume_l: float
    weight_kg: float
    must: bool
    """Leaving it out breaks a promise: the planner does so only when it cannot be helped."""
    prize_minor: int
    """What a visit today is worth when it is optional; 0 for a must and for a bin not worth a thought."""
    p_overflow: float
    """P(overflow before the next opportunity)."""
    reasons: tuple[Reason, ...]
    """Why it is wanted; or, with neither must nor prize, why it is not."""
    reasons_if_left: tuple[Reason, ...] = ()
    """What to tell when an optional bin did not make it onto a route; empty for a must."""


def demands(
    city: City,
    forecast: CityForecast,
    planning: PlanningSettings,
    at_utc: datetime,
    last_emptied: Mapping[BinId, datetime],
    requested: frozenset[BinId] = frozenset(),
) -> tuple[Demand, ...]:
    """Return every bin's demand for a visit at `at_utc`, in the order of `forecast.bin_ids`."""
    raise NotImplementedError
