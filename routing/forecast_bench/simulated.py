"""Scores on made-up towns: the truth is known, and nobody's route decides when we look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.forecast import CityForecast, forecast_city
from routing.forecast_bench.rivals import Rule, dressed, ewma_by_weekday, last_and_slope
from routing.forecast_bench.score import LEVELS, calibration_error, coverage, crps
from routing.forecast_bench.town import Town, TownSettings, build_town

FloatArray = NDArray[np.float64]

AHEAD_H = (6, 12, 24, 48, 72)
FIRST_LOOK_H = 28 * 24 + 5
LOOKS_H = (29 * 24 + 5, 30 * 24 + 13, 31 * 24 + 19)
"""Morning, noon and evening of three days, the town's clock in UTC."""
RULES: dict[str, Rule] = {"last_slope": last_and_slope, "ewma_weekday": ewma_by_weekday}


@dataclass(frozen=True)
class Score:
    """How the forecast did at one distance, and the CRPS of the simpler rules beside it."""

    ahead_h: int
    coverage_80: float
    calibration_error: float
    p_overflow: float
    overflowed: float
    crps: float
    crps_of_rules: dict[str, float]


def score_towns(settings: TownSettings, seeds: Sequence[int]) -> list[Score]:
    """Return one score per distance, over all bins of all seeds at three looks each."""
    looks = [look for seed in seeds for look in _looks(build_town(replace(settings, seed=seed)))]
    return [_score(looks, number) for number in range(len(AHEAD_H))]


@dataclass(frozen=True)
class _Look:
    town: Town
    hour: int
    forecast: CityForecast
    rules: dict[str, list[FloatArray]]
    """Quantiles by rule, for each of `AHEAD_H`."""


def _looks(town: Town) -> Iterator[_Look]:
    earlier = town.histories(FIRST_LOOK_H)
    past = {name: rule(earlier, town.at(FIRST_LOOK_H), AHEAD_H) for name, rule in RULES.items()}
    past_truth = [town.unvisited(FIRST_LOOK_H, ahead) for ahead in AHEAD_H]
    for hour in LOOKS_H:
        history = town.histories(hour)
        rules = {}
        for name, rule in RULES.items():
            told = rule(history, town.at(hour), AHEAD_H)
            rules[name] = [dressed(told[:, n], past[name][:, n], past_truth[n]) for n in range(len(AHEAD_H))]
        yield _Look(town, hour, forecast_city(town.city, history, town.at(hour)), rules)


def _score(looks: Sequence[_Look], number: int) -> Score:
    ahead = AHEAD_H[number]
    truth = np.concatenate([each.town.unvisited(each.hour, ahead) for each in looks])
    p = np.concatenate([each.forecast.p_overflow_steps[:, ahead] for each in looks])
    low = np.concatenate([each.forecast.p10[:, ahead] for each in looks])
    high = np.concatenate([each.forecast.p90[:, ahead] for each in looks])
    quantiles = np.concatenate([each.forecast.quantiles_at(each.town.at(each.hour + ahead), LEVELS) for each in looks])
    return Score(
        ahead_h=ahead,
        coverage_80=coverage(low, high, p, truth),
        calibration_error=calibration_error(p, truth >= 1.0),
        p_overflow=float(p.mean()),
        overflowed=float((truth >= 1.0).mean()),
        crps=crps(quantiles, truth),
        crps_of_rules={
            name: crps(np.concatenate([each.rules[name][number] for each in looks]), truth) for name in RULES
        },
    )
