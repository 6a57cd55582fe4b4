"""How good a probability forecast was: coverage, CRPS and calibration, for a fill that cannot be seen beyond full."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LEVELS = np.linspace(0.025, 0.975, 39)
"""The quantiles that stand for a distribution."""
DRAWS = 40
"""So many worlds in which every told risk is right show what calibration error chance alone makes."""


def crps(quantiles: FloatArray, truth: FloatArray) -> float:
    """Return the mean CRPS of forecasts given by their `LEVELS` (last axis), as twice the mean pinball loss."""
    miss = truth[:, None] - quantiles
    return float(2.0 * np.maximum(LEVELS * miss, (LEVELS - 1.0) * miss).mean())


def coverage(low: FloatArray, high: FloatArray, p_full: FloatArray, truth: FloatArray) -> float:
    """Return the share of truths within the band from the 10 % to the 90 % quantile: 0.80 when all is right.

    Full is an atom: of a bin that is full, with P(full) = p, the part of [1 - p, 1] within [0.1, 0.9] counts
    (the mean of the randomised probability integral transform).
    """
    p = np.maximum(p_full, 1e-9)
    atom = np.maximum(0.9 - np.maximum(1.0 - p, 0.1), 0.0) / p
    inside = ((truth >= low) & (truth <= high)).astype(np.float64)
    return float(np.where(truth >= 1.0, atom, inside).mean())


def calibration_error(p: FloatArray, happened: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: mean distance of told and seen frequency over ten bands of p."""
    band = np.clip((p * 10).astype(np.int64), 0, 9)
    told = np.bincount(band, p, 10)
    seen = np.bincount(band, happened.astype(np.float64), 10)
    return float(np.abs(told - seen).sum() / len(p))


def calibration_floor(p: FloatArray) -> float:
    """Return the calibration error that perfect risks would show on average, by chance alone.

    As if all cases were unrelated; those of one bin are not, so the true floor lies somewhat higher.
    """
    rng = np.random.default_rng(0)
    return float(np.mean([calibration_error(p, rng.random(len(p)) < p) for _ in range(DRAWS)]))
