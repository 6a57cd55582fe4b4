"""What an optional visit is worth today, in money.

    prize = expected cost of overflowing between the visit and the next opportunity
          + visit_cost * (1 - time left / time a visit buys)

The first term is the overflow that only a visit today avoids. The second is the visit that has to be made soon
anyway: a bin that can wait R hours before it becomes a must, and that lasts T hours from one emptying to the next,
gives up R of the T hours that a visit buys when it is taken now, so the visit is worth the share 1 - R/T of what
one costs (the renewal-reward argument: cost per cycle over length of cycle). It counts only for bins that become a
must within `SOON_OPPORTUNITIES`; what lies further ahead will be decided with better knowledge.

What a visit costs: service at the place and the bin, and the leg to it. With n visits a day in an area A a tour's
leg is 0.7124 sqrt(A / n) on average (Beardwood, Halton and Hammersley 1959), or out and back along the town where
it is a line or the visits are few; times the detour of streets. n follows from how long the bins last. A prize that
would not even pay the service is no prize: no engine would take the bin, so it does not burden the problem.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from routing.forecast import CityForecast
from routing.overflow_cost import expected_overflow_minor
from tomma.city import City
from tomma.model import BinId
from tomma.settings import PlanningSettings

FloatArray = NDArray[np.float64]

SOON_OPPORTUNITIES = 3
TOUR_CONSTANT = 0.7124
STREET_DETOUR, STREET_SPEED_MPS = 1.35, 22.0 / 3.6
"""Only to size a typical visit; the planner charges the real legs."""
M_PER_DEG = 111_195.0


def prizes_minor(
    city: City,
    forecast: CityForecast,
    planning: PlanningSettings,
    at_utc: datetime,
    must: frozenset[BinId],
) -> NDArray[np.int64]:
    """Return each bin's prize in the order of `forecast.bin_ids`; 0 for a must and for a bin not worth its service."""
    next_utc = at_utc + timedelta(hours=planning.next_opportunity_h)
    avoided = expected_overflow_minor(forecast, planning, at_utc, next_utc)
    alpha = planning.accepted_overflow_probability
    lasts_h = np.maximum(forecast.hours_from_empty(alpha), 1.0)
    left_h = np.maximum(forecast.hours_until(alpha) - (at_utc - forecast.as_of_utc) / timedelta(hours=1), 0.0)
    soon = left_h <= SOON_OPPORTUNITIES * planning.next_opportunity_h
    kept_share = np.where(soon, np.clip(1.0 - np.where(soon, left_h, 0.0) / lasts_h, 0.0, 1.0), 0.0)
    service = _service_minor(city, forecast.bin_ids, planning)
    prize = avoided + kept_share * (
        service + _leg_minor(city, forecast.bin_ids, planning, float((24.0 / lasts_h).sum()))
    )
    worth = (prize >= _least_minor(city, forecast.bin_ids, planning, must)) & ~_among(forecast.bin_ids, must)
    return np.where(worth, np.rint(prize), 0.0).astype(np.int64)


def _service_minor(city: City, bin_ids: Sequence[BinId], planning: PlanningSettings) -> FloatArray:
    seconds = [city.bins[each].service_s + city.sites[city.bins[each].site_id].service_s for each in bin_ids]
    return np.array(seconds, dtype=np.float64) * planning.cost_per_h_minor / 3600.0


def _least_minor(
    city: City, bin_ids: Sequence[BinId], planning: PlanningSettings, must: frozenset[BinId]
) -> FloatArray:
    """Return what a visit costs without any leg; where the truck stops anyway, only the bin's own service."""
    stops = {city.bins[each].site_id for each in must}
    own = np.array([city.bins[each].service_s for each in bin_ids]) * planning.cost_per_h_minor / 3600.0
    there = np.array([city.bins[each].site_id in stops for each in bin_ids], dtype=np.bool_)
    return np.maximum(np.where(there, own, _service_minor(city, bin_ids, planning)), 1.0)


def _leg_minor(city: City, bin_ids: Sequence[BinId], planning: PlanningSettings, visits_a_day: float) -> float:
    """Return what a typical leg costs in driving and time."""
    if not bin_ids:
        return 0.0
    at = np.array([(position.lat_deg, position.lon_deg) for position in map(city.position_of, bin_ids)])
    span_deg = np.ptp(at, axis=0)
    height_m, width_m = span_deg * M_PER_DEG * (1.0, np.cos(np.radians(at[:, 0].mean())))
    by_area_m = TOUR_CONSTANT * np.sqrt(height_m * width_m / max(visits_a_day, 1.0))
    by_length_m = 2.0 * np.hypot(height_m, width_m) / (visits_a_day + 1.0)
    leg_m = STREET_DETOUR * float(max(by_area_m, by_length_m))
    return leg_m / 1000.0 * planning.cost_per_km_minor + leg_m / STREET_SPEED_MPS / 3600.0 * planning.cost_per_h_minor


def _among(bin_ids: Sequence[BinId], chosen: frozenset[BinId]) -> NDArray[np.bool_]:
    return np.array([each in chosen for each in bin_ids], dtype=np.bool_)
