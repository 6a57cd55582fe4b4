"""The one call that makes a forecast: histories in, a distribution per bin out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from routing.forecast.activity import HOUR_S
from routing.forecast.city_forecast import CityForecast
from routing.forecast.fills import Fills
from routing.forecast.history import BinHistory
from routing.forecast.influences import ORDINARY, Influences
from routing.forecast.looks import looks_of
from routing.forecast.memory import ForecastMemory, Recalled, recall
from routing.forecast.state import overdue, sensor_states
from tomma.city import City
from tomma.model import BinId

HORIZON_H = 168


def forecast_city(
    city: City,
    history: Mapping[BinId, BinHistory],
    now_utc: datetime,
    *,
    horizon_h: int = HORIZON_H,
    step_h: int = 1,
    influences: Influences = ORDINARY,
) -> CityForecast:
    """Return the distribution of every bin's fill from now on, if nobody empties it.

    A bin without an entry in `history` has none. Readings and emptyings after `now_utc` are not looked at.

    Raises:
        ValueError: If a horizon or step is not positive.
    """
    looks = looks_of(tuple(city.bins), history, now_utc)
    recalled = recall(ForecastMemory.empty(city), city, looks, now_utc, influences)
    return forecast_from(recalled, city, now_utc, horizon_h=horizon_h, step_h=step_h)


def forecast_from(
    recalled: Recalled, city: City, now_utc: datetime, *, horizon_h: int = HORIZON_H, step_h: int = 1
) -> CityForecast:
    """Return the forecast from what was recalled of `city` at `now_utc`.

    Raises:
        ValueError: If a horizon or step is not positive.
    """
    if horizon_h < 1 or step_h < 1:
        raise ValueError(f"horizon_h and step_h must be at least 1, got {horizon_h} and {step_h}")
    now_s, heard, learned = now_utc.timestamp(), recalled.heard, recalled.learned
    silent = ((now_s - heard.newest_s) / HOUR_S).tolist()
    return CityForecast(
        as_of_utc=now_utc,
        bin_ids=tuple(city.bins),
        steps_utc=tuple(now_utc + timedelta(hours=hour) for hour in range(0, horizon_h + 1, step_h)),
        sensor_states=sensor_states(heard, now_s),
        silent_h=tuple(None if np.isinf(hours) else hours for hours in silent),
        is_overdue=overdue(heard, now_s),
        no_data=tuple(recalled.no_data.tolist()),
        fills=_fills(recalled),
        clocks=learned.clocks,
        leftover=learned.leftover,
        volume_l=np.array([city.container_type_of(each).volume_l for each in city.bins], dtype=np.float64),
    )


def _fills(recalled: Recalled) -> Fills:
    levels, learned = recalled.levels, recalled.learned
    return Fills(
        level=levels.level,
        level_var=levels.variance,
        since_h=learned.clocks.hours_of(levels.at_s, learned.clocks.clock_of),
        rate_per_h=learned.rates.mean_per_h,
        rate_var=learned.rates.variance,
        lump=learned.spread.lump,
        day_variance=learned.spread.day_variance,
    )
