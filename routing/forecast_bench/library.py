"""A library model as a rival: scikit-learn's gradient-boosted trees, one for each distance and quantile.

scikit-learn is for tests and benchmarks only; nothing that runs in a city imports it.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.forecast_bench.rivals import Past, ewma_by_weekday
from routing.forecast_bench.score import LEVELS
from tomma.errors import ConfigurationError

FloatArray = NDArray[np.float64]

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SETTINGS: dict[str, Any] = {"max_iter": 80, "max_leaf_nodes": 12, "learning_rate": 0.1, "min_samples_leaf": 40}


class Trees:
    """Quantiles of a number from features, by gradient-boosted trees."""

    def __init__(self, features: FloatArray, truth: FloatArray, seed: int) -> None:
        """Learn from these rows.

        Raises:
            ConfigurationError: If scikit-learn is not installed.
        """
        make = boosting()
        with _one_thread():
            self._models = [
                make(loss="quantile", quantile=each, random_state=seed, early_stopping=False, **SETTINGS).fit(
                    features, truth
                )
                for each in QUANTILES
            ]

    def quantiles(self, features: FloatArray) -> FloatArray:
        """Return `LEVELS` of each row's distribution, within [0, 1]."""
        with _one_thread():
            told = np.sort(np.column_stack([model.predict(features) for model in self._models]), axis=1)
        rows = [np.interp(LEVELS, QUANTILES, row) for row in np.clip(told, 0.0, 1.0)]
        return np.array(rows).reshape(-1, len(LEVELS))


def _one_thread() -> Any:
    """Small tables: threads would only wait for each other."""
    return import_module("threadpoolctl").threadpool_limits(1)


def boosting() -> Any:
    """Return scikit-learn's regressor; ConfigurationError says what to do where there is none."""
    try:
        return import_module("sklearn.ensemble").HistGradientBoostingRegressor
    except ImportError as exc:
        raise ConfigurationError(
            "scikit-learn is not installed; only this benchmark needs it: requirements/test.txt, or --no-library"
        ) from exc


def features(past: Past, ahead_h: Sequence[int]) -> list[FloatArray]:
    """Return what a model may know of each bin, for each distance: levels, paces, the clock, and a simpler rule."""
    simple = ewma_by_weekday(past, ahead_h)
    clock = np.full(len(past.level), past.hour % 24), np.full(len(past.level), (past.hour // 24) % 7)
    known = (past.level[:, -1], past.age_h, past.per_h(24), past.per_h(168), past.per_h(672), *clock)
    tables = []
    for number, ahead in enumerate(ahead_h):
        begin = past.rise.shape[1] - 168
        last_week = past.rise[:, begin : begin + ahead].sum(axis=1)
        tables.append(np.column_stack((*known, last_week, simple[:, number])))
    return tables
