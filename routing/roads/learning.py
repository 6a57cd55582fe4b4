"""What a city's own streets teach about its straight lines, for the day the streets give no answer.

Distances are the great circle times a factor; times are a start (the first junction, getting away) plus the distance at
one speed. The factor makes all drives together as long as they are. Start and speed are fitted so that each drive's
*share* of error is least: between neighbours, of which routes are made, the start is half the time.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.roads.port import Matrix
from routing.roads.straight_line import StraightLineRoads, great_circles_m
from tomma.city import Position
from tomma.errors import StoreUnavailableError
from tomma.plan import RoadsSource
from tomma.stores.files.drafts import replacing

log = logging.getLogger(__name__)

LESSON = "straight_line.json"
POINTS_ENOUGH = 20
POINTS_LOOKED_AT = 300
"""Spread evenly over the question: 90,000 drives tell as much as all of them."""
APART_M = 30.0
"""Nearer points share a halt; their drive says nothing about streets."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Straight lines as good as they get here, and how good that is."""

    detour_factor: float
    speed_kmh: float
    leg_s: float
    points: int
    """How many it was learnt from."""
    time_error_share: float
    """How far its times are off, as a share of the driving time: measured on points it was not learnt from."""
    distance_error_share: float

    def roads(self) -> StraightLineRoads:
        """Return the guess."""
        return StraightLineRoads(self.detour_factor, self.speed_kmh, self.leg_s)


def learn(points: Sequence[Position], matrix: Matrix) -> Lesson | None:
    """Return what the drives teach; None when they are too few, or no streets."""
    if matrix.source is not RoadsSource.STREETS:
        return None
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), POINTS_LOOKED_AT)).astype(np.intp))
    if len(chosen) < POINTS_ENOUGH:
        return None
    first, second = _Drives.among(points, matrix, chosen[::2]), _Drives.among(points, matrix, chosen[1::2])
    everything = _Drives.among(points, matrix, chosen)
    if min(len(first.line_m), len(second.line_m)) < POINTS_ENOUGH:
        return None
    time_error, distance_error = second.errors_of(first.fitted())
    guess = everything.fitted()
    return Lesson(guess.detour_factor, guess.speed_kmh, guess.leg_s, len(chosen), time_error, distance_error)


def errors_of(guess: StraightLineRoads, points: Sequence[Position], matrix: Matrix) -> tuple[float, float]:
    """Return how far the guess's times and distances are off, as shares of all driving time and distance."""
    return _Drives.among(points, matrix, np.arange(len(points), dtype=np.intp)).errors_of(guess)


def remember(lesson: Lesson, roads_dir: Path) -> None:
    """Keep the lesson with the city's streets; a disk that refuses is only worth a warning."""
    try:
        roads_dir.mkdir(parents=True, exist_ok=True)
        with replacing(roads_dir / LESSON) as draft:
            draft.write_text(json.dumps(asdict(lesson), indent=1), encoding="utf-8")
    except (OSError, StoreUnavailableError) as exc:
        log.warning("straight lines not remembered error=%s", exc)


def recall(roads_dir: Path) -> Lesson | None:
    """Return the lesson learnt last, or None."""
    try:
        told = json.loads((roads_dir / LESSON).read_text(encoding="utf-8"))
        lesson = Lesson(**{field.name: told[field.name] for field in fields(Lesson)})
        lesson.roads()  # refuses numbers that cannot be
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return lesson


@dataclass(frozen=True, slots=True)
class _Drives:
    """Drives that exist, between points that are apart."""

    line_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    duration_s: NDArray[np.float64]

    @classmethod
    def among(cls, points: Sequence[Position], matrix: Matrix, chosen: NDArray[np.intp]) -> "_Drives":
        line_m, square = great_circles_m([points[each] for each in chosen.tolist()]), np.ix_(chosen, chosen)
        told = matrix.reachable[square] & (line_m > APART_M) & (matrix.duration_s[square] > 0)
        return cls(
            line_m[told],
            matrix.distance_m[square][told].astype(np.float64),
            matrix.duration_s[square][told].astype(np.float64),
        )

    def fitted(self) -> StraightLineRoads:
        """Return the straight lines that come nearest."""
        factor = float(np.clip(self.distance_m.sum() / self.line_m.sum(), 1.0, 5.0))
        guess_m = self.line_m * factor
        shares = np.stack([1.0 / self.duration_s, guess_m / self.duration_s], axis=1)
        (leg_s, s_per_m), *_ = np.linalg.lstsq(shares, np.ones(len(guess_m)), rcond=None)
        if leg_s < 0 or s_per_m <= 0:  # no start to speak of: one speed
            leg_s, s_per_m = np.float64(0.0), self.duration_s.sum() / guess_m.sum()
        # The least shares lean to the short side; all drives together are to take as long as they do.
        scale = self.duration_s.sum() / (leg_s * len(guess_m) + s_per_m * guess_m.sum())
        speed_kmh = float(np.clip(3.6 / (s_per_m * scale), 1.0, 130.0))
        return StraightLineRoads(factor, speed_kmh, float(np.clip(leg_s * scale, 0.0, 300.0)))

    def errors_of(self, guess: StraightLineRoads) -> tuple[float, float]:
        """Return the guess's absolute errors as shares of all time and all distance."""
        distance_m = self.line_m * guess.detour_factor
        duration_s = guess.leg_s + distance_m / (guess.speed_kmh / 3.6)
        return (
            float(np.abs(duration_s - self.duration_s).sum() / max(1.0, self.duration_s.sum())),
            float(np.abs(distance_m - self.distance_m).sum() / max(1.0, self.distance_m.sum())),
        )
