"""How long a large city takes: a week of the distribution, a day of news, and learning four weeks anew."""

import time
from dataclasses import dataclass, fields, replace

import numpy as np

from routing.forecast import (
    BinHistory,
    CityForecast,
    ForecastMemory,
    Looks,
    forecast_from,
    from_bytes,
    looks_of,
    recall,
    to_bytes,
)
from routing.forecast.looks import Levels, Resets
from routing.forecast_bench.town import Town, TownSettings, build_town
from tomma.model import BinId

BINS, COPIES = 1_000, 10
LEARNT_H, NOW_H = 29 * 24, 30 * 24


@dataclass(frozen=True)
class Speed:
    """Processor seconds of one core for 10,000 bins that speak every hour, a fifth of it lost."""

    bins: int
    readings_of_a_day: int
    update_s: float
    """A day of readings as objects, taken into the memory."""
    answer_s: float
    """Bands and risks of every hour of seven days."""
    kept_s: float
    """Writing the memory and reading it back."""
    relearn_s: float
    """Four weeks of readings, as columns, with an empty memory."""
    memory_mb: float

    @property
    def week_s(self) -> float:
        """All that a forecast of seven days takes when the memory is there."""
        return self.update_s + self.answer_s + self.kept_s


def measure_speed() -> Speed:
    """Return the times, on ten copies of a made-up town."""
    town = build_town(TownSettings(bins=BINS, days=31))
    city = build_town(TownSettings(bins=BINS * COPIES, days=1)).city
    past, news = _copies(town.looks(LEARNT_H)), _a_day(town)
    began_at = time.process_time()
    recalled = recall(ForecastMemory.empty(city), city, past, town.at(LEARNT_H))
    relearnt_at = time.process_time()
    kept = to_bytes(recalled.memory)
    memory = from_bytes(kept)
    read_at = time.process_time()
    ids = tuple(city.bins)
    history = dict(zip(ids, COPIES * list(news.values()), strict=True))
    updating_at = time.process_time()
    told = recall(memory, city, looks_of(ids, history, town.at(NOW_H)), town.at(NOW_H))
    updated_at = time.process_time()
    _ask_everything(forecast_from(told, city, town.at(NOW_H)))
    answered_at = time.process_time()
    return Speed(
        bins=BINS * COPIES,
        readings_of_a_day=COPIES * sum(len(had.readings) for had in news.values()),
        update_s=updated_at - updating_at,
        answer_s=answered_at - updated_at,
        kept_s=read_at - relearnt_at,
        relearn_s=relearnt_at - began_at,
        memory_mb=len(kept) / 1e6,
    )


def _a_day(town: Town) -> dict[BinId, BinHistory]:
    return town.histories(NOW_H, window_days=1)


def _ask_everything(forecast: CityForecast) -> None:
    for told in (forecast.p10, forecast.p50, forecast.p90, forecast.p_overflow_steps):
        if not np.isfinite(told).all():
            raise AssertionError("a forecast must be made of numbers")


def _copies(looks: Looks) -> Looks:
    def stacked(table: Levels | Resets) -> list[np.ndarray]:
        parts = [replace(table, bin_of=table.bin_of + BINS * number) for number in range(COPIES)]
        return [np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(table)]

    return Looks(Levels(*stacked(looks.levels)), Resets(*stacked(looks.resets)))
