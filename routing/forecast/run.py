"""The one call that makes a forecast."""

from collections.abc import Mapping
from datetime import datetime

from routing.forecast.city_forecast import CityForecast
from routing.forecast.history import BinHistory
from tomma.city import City
from tomma.model import BinId


def forecast_city(
    city: City,
    history: Mapping[BinId, BinHistory],
    now_utc: datetime,
    *,
    horizon_h: int = 72,
    step_h: int = 1,
) -> CityForecast:
    """Return the distribution of every bin's fill from now on; a bin without an entry in `history` has none."""
    raise NotImplementedError
