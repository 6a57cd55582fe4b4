"""The one call that makes a forecast: histories in, a distribution per bin out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from routing.forecast.activity import HOUR_S, ActivityClock, clock_of, make_calendar
from routing.forecast.city_forecast import CityForecast
from routing.forecast.fills import Fills
from routing.forecast.gather import Heard
from routing.forecast.history import BinHistory
from routing.forecast.learn import Learned, learn
from routing.forecast.level import last_levels
from routing.forecast.observations import Observations, observe
from routing.forecast.state import sensor_state
from tomma.city import City
from tomma.model import BinId

AHEAD_H = 14 * 24
"""How far the calendar reaches beyond now; further on, all hours count the same."""

ENOUGH_TEACHERS = 1_000
"""Bins whose deposits show the week's profile to a percent or two; more would cost time and teach nothing."""


def forecast_city(
    city: City,
    history: Mapping[BinId, BinHistory],
    now_utc: datetime,
    *,
    horizon_h: int = 72,
    step_h: int = 1,
) -> CityForecast:
    """Return the distribution of every bin's fill from now on, if nobody empties it.

    A bin without an entry in `history` has none. Readings and emptyings after `now_utc` are not looked at.

    Raises:
        ValueError: If a horizon or step is not positive.
    """
    if horizon_h < 1 or step_h < 1:
        raise ValueError(f"horizon_h and step_h must be at least 1, got {horizon_h} and {step_h}")
    bin_ids = tuple(city.bins)
    seen = observe(bin_ids, history, now_utc)
    now_s = now_utc.timestamp()
    first_s = float(min(seen.time_s.min(initial=now_s), now_s))
    calendar = make_calendar(city.organisation.timezone, first_s, now_s + AHEAD_H * HOUR_S)
    learned = learn(seen, groups_of(city), calendar, _teachers(bin_ids))
    clock = clock_of(calendar, learned.week)
    usual_gap_s = _city_gap_s(seen.heard)
    return CityForecast(
        as_of_utc=now_utc,
        bin_ids=bin_ids,
        steps_utc=tuple(now_utc + timedelta(hours=hour) for hour in range(0, horizon_h + 1, step_h)),
        sensor_states=tuple(sensor_state(each, now_s, usual_gap_s) for each in seen.heard),
        silent_h=tuple((now_s - each.newest_s) / HOUR_S if np.isfinite(each.newest_s) else None for each in seen.heard),
        no_data=tuple(((seen.last_of_bin < 0) & ~np.isfinite(seen.reset_s)).tolist()),
        fills=_fills(seen, learned, clock, now_s),
        clock=clock,
        leftover=learned.leftover,
        volume_l=np.array([city.container_type_of(each).volume_l for each in bin_ids], dtype=np.float64),
    )


def groups_of(city: City) -> NDArray[np.int64]:
    """Return a number per bin; bins of one waste stream in one kind of container share it."""
    kinds = [(each.fraction_code, each.container_type_id) for each in city.bins.values()]
    number = {kind: at for at, kind in enumerate(sorted(set(kinds)))}
    return np.array([number[kind] for kind in kinds], dtype=np.int64)


def _teachers(bin_ids: Sequence[BinId]) -> NDArray[np.bool_]:
    """Return which bins teach the city's week: all, or in a large city a fair thousand, the same in any order."""
    lots = np.array([crc32(bin_id.encode()) for bin_id in bin_ids], dtype=np.int64)
    if len(lots) <= ENOUGH_TEACHERS:
        return np.ones(len(lots), dtype=np.bool_)
    return np.asarray(lots <= np.partition(lots, ENOUGH_TEACHERS)[ENOUGH_TEACHERS])


def _fills(seen: Observations, learned: Learned, clock: ActivityClock, now_s: float) -> Fills:
    last = last_levels(seen, learned.rates, learned.spread, clock, learned.noise_sd, learned.leftover, now_s)
    return Fills(
        level=last.level,
        level_var=last.variance,
        since_h=clock.hours_at(last.at_s),
        rate_per_h=learned.rates.mean_per_h,
        rate_var=learned.rates.variance,
        lump=learned.spread.lump,
        day_variance=learned.spread.day_variance,
    )


def _city_gap_s(heard: Sequence[Heard]) -> float:
    gaps = [each.usual_gap_s for each in heard if np.isfinite(each.usual_gap_s)]
    return float(np.median(gaps)) if gaps else np.nan
