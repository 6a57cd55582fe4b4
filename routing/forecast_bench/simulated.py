"""Scores on made-up towns: the truth is known, and nobody's route decides when we look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.forecast import CityForecast, ForecastMemory, forecast_from, recall
from routing.forecast_bench.library import Trees, features
from routing.forecast_bench.rivals import Past, Rule, dressed, ewma_by_weekday, last_and_slope
from routing.forecast_bench.score import LEVELS, calibration_error, calibration_floor, coverage, crps
from routing.forecast_bench.town import Town, TownSettings, build_town

FloatArray = NDArray[np.float64]

AHEAD_H = (6, 12, 24, 48, 72, 120, 168)
FIRST_LOOK_H = 28 * 24 + 5
LOOKS_H = (29 * 24 + 5, 30 * 24 + 13, 31 * 24 + 19)
"""Morning, noon and evening of three days, the town's clock in UTC."""
LESSONS_H = tuple(range(14 * 24 + 5, FIRST_LOOK_H, 31))
"""From these hours the library model learns: every time of day, before anybody is asked."""
LESSONS = 12_000
"""Rows that the library model learns from, unless asked for fewer."""
RULES: dict[str, Rule] = {"last_slope": last_and_slope, "ewma_weekday": ewma_by_weekday}
LIBRARY = "boosted_trees"


@dataclass(frozen=True)
class Score:
    """How the forecast did at one distance, and the CRPS of the rivals beside it."""

    ahead_h: int
    cases: int
    coverage_80: float
    calibration_error: float
    calibration_floor: float
    """What chance alone makes of it."""
    p_overflow: float
    overflowed: float
    crps: float
    crps_of_rivals: Mapping[str, float]


@dataclass(frozen=True)
class Scores:
    """All distances, and the calibration of all risks told together."""

    by_distance: tuple[Score, ...]
    calibration_error: float
    calibration_floor: float


def score_towns(settings: TownSettings, seeds: Sequence[int], *, lessons: int = LESSONS) -> Scores:
    """Return the scores over all bins of all seeds at three looks each.

    Every rival learns only from what lies before the looks; of that it is told the very truth. The library model
    learns from so many `lessons`; without any it is left out.
    """
    towns = [build_town(replace(settings, seed=seed)) for seed in seeds]
    trees = _learn_trees(towns, lessons) if lessons else None
    looks = [look for town in towns for look in _looks(town, trees)]
    scores = tuple(_score(looks, number) for number in range(len(AHEAD_H)))
    p = np.concatenate([each.p_overflow[number] for each in looks for number in range(len(AHEAD_H))])
    truth = np.concatenate([each.truth[number] for each in looks for number in range(len(AHEAD_H))])
    return Scores(scores, calibration_error(p, truth >= 1.0), calibration_floor(p))


@dataclass(frozen=True)
class _Look:
    """What was told at one look and what came, for each of `AHEAD_H`."""

    truth: list[FloatArray]
    p_overflow: list[FloatArray]
    quantiles: list[FloatArray]
    rivals: dict[str, list[FloatArray]]


def _looks(town: Town, trees: Sequence[Trees] | None) -> Iterator[_Look]:
    earlier = Past.of(town.seen(FIRST_LOOK_H), FIRST_LOOK_H)
    past = {name: rule(earlier, AHEAD_H) for name, rule in RULES.items()}
    past_truth = [town.unvisited(FIRST_LOOK_H, ahead) for ahead in AHEAD_H]
    for hour in LOOKS_H:
        seen = Past.of(town.seen(hour), hour)
        rivals: dict[str, list[FloatArray]] = {}
        for name, rule in RULES.items():
            told = rule(seen, AHEAD_H)
            rivals[name] = [dressed(told[:, n], past[name][:, n], past_truth[n]) for n in range(len(AHEAD_H))]
        if trees is not None:
            rivals[LIBRARY] = [model.quantiles(x) for model, x in zip(trees, features(seen, AHEAD_H), strict=True)]
        forecast = _forecast(town, hour)
        times = [town.at(hour + ahead) for ahead in AHEAD_H]
        yield _Look(
            truth=[town.unvisited(hour, ahead) for ahead in AHEAD_H],
            p_overflow=[forecast.p_overflow_at(at) for at in times],
            quantiles=[forecast.quantiles_at(at, LEVELS) for at in times],
            rivals=rivals,
        )


def _forecast(town: Town, hour: int) -> CityForecast:
    city, now = town.city, town.at(hour)
    return forecast_from(recall(ForecastMemory.empty(city), city, town.looks(hour), now), city, now)


def _learn_trees(towns: Sequence[Town], lessons: int) -> list[Trees]:
    share = max(lessons // (len(towns) * len(LESSONS_H)), 1)
    tables: list[list[FloatArray]] = [[] for _ in AHEAD_H]
    truths: list[list[FloatArray]] = [[] for _ in AHEAD_H]
    for town in towns:
        for hour in LESSONS_H:
            found = features(Past.of(town.seen(hour)[:share], hour), AHEAD_H)
            for number, ahead in enumerate(AHEAD_H):
                if hour + ahead <= FIRST_LOOK_H:
                    tables[number].append(found[number])
                    truths[number].append(town.unvisited(hour, ahead)[:share])
    return [Trees(np.vstack(x), np.concatenate(y), seed=0) for x, y in zip(tables, truths, strict=True)]


def _score(looks: Sequence[_Look], number: int) -> Score:
    truth = np.concatenate([each.truth[number] for each in looks])
    p = np.concatenate([each.p_overflow[number] for each in looks])
    quantiles = np.concatenate([each.quantiles[number] for each in looks])
    low, high = (quantiles[:, np.searchsorted(LEVELS, level - 1e-9)] for level in (0.1, 0.9))
    return Score(
        ahead_h=AHEAD_H[number],
        cases=len(truth),
        coverage_80=coverage(low, high, p, truth),
        calibration_error=calibration_error(p, truth >= 1.0),
        calibration_floor=calibration_floor(p),
        p_overflow=float(p.mean()),
        overflowed=float((truth >= 1.0).mean()),
        crps=crps(quantiles, truth),
        crps_of_rivals={
            name: crps(np.concatenate([each.rivals[name][number] for each in looks]), truth) for name in looks[0].rivals
        },
    )
