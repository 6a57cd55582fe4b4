"""What overflowing costs, in money: by the event, by the hour that a bin stands full, by the litre beside it."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from routing.forecast import CityForecast
from tomma.planning_settings import PlanningSettings

FloatArray = NDArray[np.float64]


def overflow_minor[T: (float, FloatArray)](planning: PlanningSettings, events: T, hours: T, litres: T) -> T:
    """Return what so many overflows cost that lasted so many hours and left so many litres beside the bins."""
    return (
        planning.overflow_cost_minor * events
        + planning.overflow_cost_per_h_minor * hours
        + planning.overflow_cost_per_l_minor * litres
    )


def expected_overflow_minor(
    forecast: CityForecast, planning: PlanningSettings, from_utc: datetime, until_utc: datetime
) -> FloatArray:
    """Return what overflowing within [from_utc, until_utc] is expected to cost if nobody empties. By bin."""
    return overflow_minor(
        planning,
        np.maximum(forecast.p_overflow_at(until_utc) - forecast.p_overflow_at(from_utc), 0.0),
        forecast.expected_overflow_h(from_utc, until_utc),
        forecast.expected_overflow_l(from_utc, until_utc),
    )
